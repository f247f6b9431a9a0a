package chatimpl

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

// The limits of what is looked for.
const (
	mostWords     = 300
	leastWord     = 2 // characters
	longestWord   = 40
	versionsShown = 20
)

// screeningRow is a version of what is looked for in messages. None is ever changed.
type screeningRow struct {
	Version         int64
	Strictness      chat.Strictness
	Words           string // a JSON list
	ChangedBy       string
	ChangedUsername string
	CreatedAt       time.Time
}

// TableName is what GORM calls it.
func (screeningRow) TableName() string { return "screenings" }

func (r screeningRow) words() ([]string, error) {
	words := []string{}
	if err := json.Unmarshal([]byte(r.Words), &words); err != nil {
		return nil, fmt.Errorf("read the words of version %d: %w", r.Version, err)
	}
	return words, nil
}

// screening is what is looked for now: the last version, or what the configuration says.
func (s *service) screening(g *gorm.DB) (chat.Screening, error) {
	var rows []screeningRow
	if err := g.Order("version DESC").Limit(1).Find(&rows).Error; err != nil {
		return chat.Screening{}, fmt.Errorf("read what is looked for: %w", err)
	}
	if len(rows) == 0 {
		words, err := checkScreening(chat.Strictness(s.settings.Screening), s.settings.ScreeningWords)
		return chat.Screening{Strictness: chat.Strictness(s.settings.Screening), Words: words, History: []chat.Change{}}, err
	}
	words, err := rows[0].words()
	return chat.Screening{Version: rows[0].Version, Strictness: rows[0].Strictness, Words: words, ChangedBy: rows[0].ChangedUsername,
		ChangedAt: utc(&rows[0].CreatedAt), History: []chat.Change{}}, err
}

// checkScreening cleans the words, and tells what is wrong.
func checkScreening(strictness chat.Strictness, words []string) ([]string, error) {
	var c fault.Check
	c.That(slices.Contains([]chat.Strictness{chat.StrictOff, chat.StrictWarn, chat.StrictBlock}, strictness), "strictness", "Use off, warn or block.")
	kept := text.Lines(&c, "words", words, mostWords, longestWord)
	for i, w := range kept {
		kept[i] = strings.ToLower(w)
		c.That(len([]rune(w)) >= leastWord && len(wordsOf(plainText(w))) > 0, "words", "Use words of %d to %d characters, with letters or digits: not “%s”.", leastWord, longestWord, w)
	}
	slices.Sort(kept)
	return slices.Compact(kept), c.Err()
}

func (s *service) GetScreening(ctx context.Context, _ chat.GetScreeningRequest) (chat.Screening, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Screening{}, err
	}
	if !isStaff(actor) {
		return chat.Screening{}, fault.NotFoundf("There is no such page.")
	}
	return s.screeningWithHistory(s.db.Read(ctx))
}

func (s *service) screeningWithHistory(g *gorm.DB) (chat.Screening, error) {
	set, err := s.screening(g)
	if err != nil {
		return chat.Screening{}, err
	}
	var rows []screeningRow
	if err := g.Order("version DESC").Limit(versionsShown).Find(&rows).Error; err != nil {
		return chat.Screening{}, fmt.Errorf("read the history of what is looked for: %w", err)
	}
	for _, r := range rows {
		words, err := r.words()
		if err != nil {
			return chat.Screening{}, err
		}
		set.History = append(set.History, chat.Change{Version: r.Version, Strictness: r.Strictness, Words: len(words), ChangedBy: r.ChangedUsername, ChangedAt: r.CreatedAt.UTC()})
	}
	return set, nil
}

func (s *service) SetScreening(ctx context.Context, q chat.SetScreeningRequest) (chat.Screening, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return chat.Screening{}, err
	}
	if !actor.Is(auth.RoleOperator) {
		return chat.Screening{}, fault.NotFoundf("There is no such page.")
	}
	words, err := checkScreening(q.Strictness, q.Words)
	if err != nil {
		return chat.Screening{}, err
	}
	kept, err := json.Marshal(words)
	if err != nil {
		return chat.Screening{}, fmt.Errorf("write the words: %w", err)
	}
	var set chat.Screening
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		now, err := s.screening(tx.DB)
		if err != nil {
			return err
		}
		conflict := fault.Conflictf("Somebody else has changed this meanwhile. Look at it again.")
		if now.Version != q.Version {
			return conflict
		}
		row := screeningRow{Version: now.Version + 1, Strictness: q.Strictness, Words: string(kept), ChangedBy: actor.UserID, ChangedUsername: actor.Username, CreatedAt: tx.Now()}
		done := tx.Exec("INSERT INTO screenings (version, strictness, words, changed_by, changed_username, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
			row.Version, row.Strictness, row.Words, row.ChangedBy, row.ChangedUsername, row.CreatedAt)
		if done.Error != nil {
			return fmt.Errorf("keep what is looked for: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return conflict
		}
		set, err = s.screeningWithHistory(tx.DB)
		return err
	})
	return set, err
}
