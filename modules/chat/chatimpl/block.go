package chatimpl

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/chat"
	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
)

// blockRow says that one person does not want to hear from another.
type blockRow struct {
	BlockerID       string
	BlockedID       string
	BlockedUsername string
	CreatedAt       time.Time
}

// TableName is what GORM calls it.
func (blockRow) TableName() string { return "blocks" }

func (r blockRow) block() chat.Block {
	return chat.Block{Person: chat.Person{ID: r.BlockedID, Username: r.BlockedUsername}, Blocked: true, CreatedAt: r.CreatedAt.UTC()}
}

func (s *service) SetBlock(ctx context.Context, q chat.SetBlockRequest) (chat.Block, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Block{}, err
	}
	whom, err := s.users.Get(ctx, user.GetRequest{ID: q.UserID, Username: q.Username})
	if err != nil {
		return chat.Block{}, err
	}
	if whom.ID == actor.UserID {
		return chat.Block{}, fault.Invalidf("You cannot block yourself.")
	}
	done := chat.Block{Person: chat.Person{ID: whom.ID, Username: whom.Username}, Blocked: q.Blocked}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if !q.Blocked {
			return tx.Exec("DELETE FROM blocks WHERE blocker_id = ? AND blocked_id = ?", actor.UserID, whom.ID).Error
		}
		kept, err := block(tx, actor.UserID, done.Person)
		done.CreatedAt = kept.CreatedAt.UTC()
		return err
	})
	if err != nil {
		return chat.Block{}, fmt.Errorf("block a person: %w", err)
	}
	return done, nil
}

// block keeps that somebody is blocked, once. What they have not been answered counts no more.
func block(tx *db.Tx, blockerID string, whom chat.Person) (kept blockRow, err error) {
	row := blockRow{BlockerID: blockerID, BlockedID: whom.ID, BlockedUsername: whom.Username, CreatedAt: tx.Now()}
	err = tx.Exec("INSERT INTO blocks (blocker_id, blocked_id, blocked_username, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		row.BlockerID, row.BlockedID, row.BlockedUsername, row.CreatedAt).Error
	if err != nil {
		return row, fmt.Errorf("keep a block: %w", err)
	}
	low, high := pair(chat.Person{ID: blockerID}, whom)
	var ids []string
	if err := tx.Raw("SELECT id FROM conversations WHERE low_id = ? AND high_id = ?", low.ID, high.ID).Scan(&ids).Error; err != nil {
		return row, fmt.Errorf("find the conversation: %w", err)
	}
	for _, id := range ids {
		if err := forgetTurns(tx, id, blockerID); err != nil {
			return row, err
		}
	}
	err = tx.Where("blocker_id = ? AND blocked_id = ?", blockerID, whom.ID).Take(&kept).Error
	return kept, err
}

func isBlocked(g *gorm.DB, blockerID, blockedID string) (bool, error) {
	var n int64
	err := g.Model(&blockRow{}).Where("blocker_id = ? AND blocked_id = ?", blockerID, blockedID).Count(&n).Error
	if err != nil {
		return false, fmt.Errorf("look for a block: %w", err)
	}
	return n > 0, nil
}

// momentKey is where a page of a list by time begins: after the one that was made then.
type momentKey struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

func (s *service) ListBlocks(ctx context.Context, q chat.ListBlocksRequest) (chat.BlockList, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.BlockList{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, conversationsPerPage)
	after := page.After[momentKey](&c, q.Cursor)
	if err := c.Err(); err != nil {
		return chat.BlockList{}, err
	}
	query := s.db.Read(ctx).Where("blocker_id = ?", actor.UserID)
	if after != nil {
		query = query.Where("(created_at, blocked_id) < (?, ?)", after.At.UTC(), after.ID)
	}
	var rows []blockRow
	if err := query.Order("created_at DESC, blocked_id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return chat.BlockList{}, fmt.Errorf("list blocks: %w", err)
	}
	answer := chat.BlockList{Items: []chat.Block{}}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		if answer.NextCursor, err = page.Cursor(momentKey{last.CreatedAt.UTC(), last.BlockedID}); err != nil {
			return chat.BlockList{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	for _, r := range rows {
		answer.Items = append(answer.Items, r.block())
	}
	return answer, nil
}
