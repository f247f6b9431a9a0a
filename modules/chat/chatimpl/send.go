package chatimpl

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

func (s *service) Send(ctx context.Context, q chat.SendRequest) (chat.Message, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return chat.Message{}, err
	}
	if q, err = check(q); err != nil {
		return chat.Message{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return chat.Message{}, fmt.Errorf("make an id: %w", err)
	}
	if len(q.Files) > 0 { // before they are looked at, which costs
		if _, err := find(s.db.Read(ctx), q.ConversationID, actor.UserID); err != nil {
			return chat.Message{}, err
		}
	}
	files, err := s.receive(ctx, q.Files, q.ConversationID, id.String())
	if err != nil {
		return chat.Message{}, err
	}
	d := &draft{files: files, cause: db.CauseOf(ctx), asked: messageRow{ID: id.String(), ConversationID: q.ConversationID,
		SenderID: actor.UserID, SenderUsername: actor.Username, ClientID: q.ClientID, Kind: chat.KindText, Text: q.Text,
		Folded: strings.ToLower(q.Text), Files: len(files)}}
	err = s.keepFiles(ctx, files, func() (used bool, err error) {
		if err := s.drafts.Write(ctx, d); err != nil {
			return false, err
		}
		return d.posted, d.refusal
	})
	if err != nil {
		return chat.Message{}, err
	}
	return s.message(s.db.Read(ctx), d.row, actor.UserID)
}

// mayWrite refuses where one of the two has blocked the other (row C7).
func mayWrite(blocked, barred bool) error {
	switch {
	case blocked:
		return fault.Forbiddenf("You have blocked this person. Unblock them to write.")
	case barred:
		return fault.Forbiddenf("You cannot write to this person.")
	}
	return nil
}

// maySend refuses who is writing too fast (row W5), of whom so many messages are being sent now.
func (s *service) maySend(g *gorm.DB, userID string, now int, at time.Time) error {
	seconds := int(time.Minute / time.Second)
	if left := s.settings.MessagesPerMinute - now; left > 0 {
		var err error
		if seconds, err = tooFast(g.Model(&messageRow{}).Where("sender_id = ?", userID), left, time.Minute, at); err != nil || seconds == 0 {
			return err
		}
	}
	return fault.TooManyf(seconds, "You are writing very fast. Please wait a moment.")
}

// MayWrite is documented in the contract.
func (s *service) MayWrite(ctx context.Context, q chat.MayWriteRequest) (chat.Conversation, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return chat.Conversation{}, err
	}
	g := s.db.Read(ctx)
	id := q.ConversationID
	if id == "" {
		if id, err = between(g, actor.UserID, q.UserID); err != nil {
			return chat.Conversation{}, err
		}
	}
	view, err := find(g, id, actor.UserID)
	if err != nil {
		return chat.Conversation{}, err
	}
	if err := mayWrite(view.Blocked, view.Barred); err != nil {
		return chat.Conversation{}, err
	}
	if q.Text == "" {
		return s.conversation(g, view, actor.UserID)
	}
	if err := s.maySend(g, actor.UserID, 0, s.db.Now()); err != nil {
		return chat.Conversation{}, err
	}
	sieve, err := s.sieve(g)
	if err != nil {
		return chat.Conversation{}, err
	}
	if _, refusal, err := sieve.screen(g, actor.UserID, view.WithID, q.Text); cmp.Or(err, refusal) != nil {
		return chat.Conversation{}, cmp.Or(err, refusal)
	}
	return s.conversation(g, view, actor.UserID)
}

// between is the id of the conversation of two people; empty if they have none.
func between(g *gorm.DB, one, other string) (id string, err error) {
	if !text.IsID(other) {
		return "", nil
	}
	low, high := pair(chat.Person{ID: one}, chat.Person{ID: other})
	if err := g.Raw("SELECT id FROM conversations WHERE low_id = ? AND high_id = ?", low.ID, high.ID).Scan(&id).Error; err != nil {
		return "", fmt.Errorf("find the conversation: %w", err)
	}
	return id, nil
}
