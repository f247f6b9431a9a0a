package chatimpl

import (
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
	row := messageRow{ID: id.String(), ConversationID: q.ConversationID, SenderID: actor.UserID, SenderUsername: actor.Username,
		ClientID: q.ClientID, Kind: chat.KindText, Text: q.Text, Folded: strings.ToLower(q.Text), Files: len(files)}
	made := row
	err = s.keepFiles(ctx, files, func() (used bool, err error) {
		err = s.db.Tx(ctx, func(tx *db.Tx) error {
			row = made // the transaction may run again
			used, err = s.sendOnce(tx, &row, files)
			return err
		})
		return used, err
	})
	if err != nil {
		return chat.Message{}, err
	}
	return s.message(s.db.Read(ctx), row, actor.UserID)
}

// sendOnce posts a message unless its sender's client has sent it before; then row is the one that is stored.
func (s *service) sendOnce(tx *db.Tx, row *messageRow, files []file) (posted bool, err error) {
	view, err := find(tx.DB, row.ConversationID, row.SenderID)
	if err != nil {
		return false, err
	}
	if err := holdPerson(tx, row.SenderID); err != nil {
		return false, err
	}
	stored, err := sentBefore(tx, *row)
	if err != nil || stored.ID != "" {
		*row = stored
		return false, err
	}
	if err := s.maySend(tx.DB, row.SenderID, tx.Now()); err != nil {
		return false, err
	}
	if err := mayWrite(view); err != nil {
		return false, err
	}
	if row.Warnings, err = s.screen(tx.DB, view, row.SenderID, row.Text); err != nil {
		return false, err
	}
	row.OrderID = view.OrderID
	if err := post(tx, row, view); err != nil {
		return false, err
	}
	return true, writeFiles(tx, files)
}

// mayWrite refuses where one of the two has blocked the other (row C7).
func mayWrite(view viewRow) error {
	switch {
	case view.Blocked:
		return fault.Forbiddenf("You have blocked this person. Unblock them to write.")
	case view.Barred:
		return fault.Forbiddenf("You cannot write to this person.")
	}
	return nil
}

// sentBefore returns the message that the sender's client has sent under this name; without an id if there is none.
func sentBefore(tx *db.Tx, m messageRow) (stored messageRow, err error) {
	if m.ClientID == "" {
		return stored, nil
	}
	err = tx.Where("conversation_id = ? AND sender_id = ? AND client_id = ?", m.ConversationID, m.SenderID, m.ClientID).
		Limit(1).Find(&stored).Error
	if err != nil {
		return stored, fmt.Errorf("look for the message: %w", err)
	}
	return stored, nil
}

// maySend refuses who is writing too fast (row W5).
func (s *service) maySend(g *gorm.DB, userID string, now time.Time) error {
	sent := g.Model(&messageRow{}).Where("sender_id = ?", userID)
	seconds, err := tooFast(sent, s.settings.MessagesPerMinute, time.Minute, now)
	if err == nil && seconds > 0 {
		err = fault.TooManyf(seconds, "You are writing very fast. Please wait a moment.")
	}
	return err
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
	if err := s.maySend(g, actor.UserID, s.db.Now()); err != nil {
		return chat.Conversation{}, err
	}
	if err := mayWrite(view); err != nil {
		return chat.Conversation{}, err
	}
	if _, err := s.screen(g, view, actor.UserID, q.Text); err != nil {
		return chat.Conversation{}, err
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

// post numbers, keeps, counts and announces a message; view is the conversation as its sender sees it.
func post(tx *db.Tx, m *messageRow, view viewRow) (err error) {
	if m.Seq, err = number(tx, m.ConversationID); err != nil {
		return err
	}
	m.CreatedAt = tx.Now()
	if err := tx.Create(m).Error; err != nil {
		return fmt.Errorf("keep a message: %w", err)
	}
	if err := count(tx, *m); err != nil {
		return err
	}
	if err := turn(tx, *m, view); err != nil {
		return err
	}
	return tx.Emit(chat.MessageSent{ConversationID: m.ConversationID, MessageID: m.ID, Seq: m.Seq, SenderID: m.SenderID,
		SenderUsername: m.SenderUsername, RecipientID: view.WithID, At: m.CreatedAt, Quiet: view.TheySpam || m.Kind != chat.KindText})
}
