package chatimpl

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
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
	row := messageRow{ID: id.String(), ConversationID: q.ConversationID, SenderID: actor.UserID,
		SenderUsername: actor.Username, ClientID: q.ClientID, Text: q.Text}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		view, err := find(tx.DB, q.ConversationID, actor.UserID)
		if err != nil {
			return err
		}
		if err := holdPerson(tx, actor.UserID); err != nil {
			return err
		}
		stored, err := sentBefore(tx, row)
		if err != nil || stored.ID != "" {
			row = stored
			return err
		}
		if err := s.maySend(tx, actor.UserID); err != nil {
			return err
		}
		return post(tx, &row, view.WithID)
	})
	if err != nil {
		return chat.Message{}, err
	}
	return row.message(), nil
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
func (s *service) maySend(tx *db.Tx, userID string) error {
	sent := tx.Model(&messageRow{}).Where("sender_id = ?", userID)
	seconds, err := tooFast(sent, s.settings.MessagesPerMinute, time.Minute, tx.Now())
	if err == nil && seconds > 0 {
		err = fault.TooManyf(seconds, "You are writing very fast. Please wait a moment.")
	}
	return err
}

// post numbers, keeps, counts and announces a message.
func post(tx *db.Tx, m *messageRow, recipientID string) (err error) {
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
	return tx.Emit(chat.MessageSent{ConversationID: m.ConversationID, MessageID: m.ID, Seq: m.Seq, SenderID: m.SenderID,
		SenderUsername: m.SenderUsername, RecipientID: recipientID, At: m.CreatedAt})
}
