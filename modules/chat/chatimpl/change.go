package chatimpl

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

func (s *service) Edit(ctx context.Context, q chat.EditRequest) (chat.Message, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return chat.Message{}, err
	}
	var row messageRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		var view viewRow
		if row, view, err = s.ownMessage(tx, actor, q.ConversationID, q.MessageID); err != nil {
			return err
		}
		var c fault.Check
		said := text.Prose(&c, "text", q.Text, leastText(row.Files), maxText)
		if err := c.Err(); err != nil || said == row.Text {
			return err
		}
		if err := mayWrite(view.Blocked, view.Barred); err != nil {
			return err
		}
		sieve, err := s.sieve(tx.DB)
		if err != nil {
			return err
		}
		found, refusal, err := sieve.screen(tx.DB, actor.UserID, view.WithID, said)
		if err = cmp.Or(err, refusal); err != nil {
			return err
		}
		now := tx.Now()
		if err := replace(tx, &row, said, found); err != nil {
			return err
		}
		row.EditedAt = &now
		if err := tx.Exec("UPDATE messages SET edited_at = ? WHERE id = ?", now, row.ID).Error; err != nil {
			return fmt.Errorf("note an edit: %w", err)
		}
		return tx.Emit(chat.MessageEdited{ConversationID: row.ConversationID, MessageID: row.ID, Seq: row.Seq, Change: row.Change,
			SenderID: row.SenderID, RecipientID: view.WithID, At: now})
	})
	if err != nil {
		return chat.Message{}, err
	}
	return s.message(s.db.Read(ctx), row, actor.UserID)
}

func (s *service) Delete(ctx context.Context, q chat.DeleteRequest) (chat.Message, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Message{}, err
	}
	var row messageRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		var view viewRow
		if row, view, err = s.ownMessage(tx, actor, q.ConversationID, q.MessageID); err != nil {
			return err
		}
		now := tx.Now()
		if err := replace(tx, &row, "", ""); err != nil {
			return err
		}
		row.DeletedAt = &now
		if err := tx.Exec("UPDATE messages SET deleted_at = ? WHERE id = ?", now, row.ID).Error; err != nil {
			return fmt.Errorf("note a deletion: %w", err)
		}
		return tx.Emit(chat.MessageDeleted{ConversationID: row.ConversationID, MessageID: row.ID, Seq: row.Seq, Change: row.Change,
			SenderID: row.SenderID, RecipientID: view.WithID, At: now})
	})
	if err != nil {
		return chat.Message{}, err
	}
	return s.message(s.db.Read(ctx), row, actor.UserID)
}

// ownMessage holds the conversation and returns a message in it that the person may still change.
func (s *service) ownMessage(tx *db.Tx, actor identity.Actor, conversationID, messageID string) (row messageRow, view viewRow, err error) {
	if _, err := hold(tx, conversationID, actor.UserID); err != nil {
		return row, view, err
	}
	if view, err = find(tx.DB, conversationID, actor.UserID); err != nil {
		return row, view, err
	}
	if text.IsID(messageID) {
		err = tx.Where("id = ? AND conversation_id = ?", messageID, conversationID).Limit(1).Find(&row).Error
	}
	switch {
	case err != nil:
		return row, view, fmt.Errorf("read the message: %w", err)
	case row.ID == "":
		return row, view, fault.NotFoundf("There is no such message.")
	case row.SenderID != actor.UserID:
		return row, view, fault.Forbiddenf("Only who has written a message can change it.")
	case row.DeletedAt != nil:
		return row, view, fault.Conflictf("This message was deleted.")
	case !row.isChangeable():
		return row, view, fault.Conflictf("This cannot be changed here.")
	case !tx.Now().Before(row.CreatedAt.Add(s.settings.EditWindow)):
		return row, view, fault.Conflictf("This message can no longer be changed: it was sent too long ago. Write another one.")
	}
	return row, view, nil
}

// replace gives a message another text, numbers the change, and keeps what it said.
func replace(tx *db.Tx, row *messageRow, said, found string) error {
	err := tx.Raw("UPDATE conversations SET last_change = last_change + 1 WHERE id = ? RETURNING last_change", row.ConversationID).Scan(&row.Change).Error
	if err != nil {
		return fmt.Errorf("number a change: %w", err)
	}
	err = tx.Exec("INSERT INTO versions (message_id, change, conversation_id, text, until) VALUES (?, ?, ?, ?, ?)",
		row.ID, row.Change, row.ConversationID, row.Text, tx.Now()).Error
	if err != nil {
		return fmt.Errorf("keep what a message said: %w", err)
	}
	row.Text, row.Folded, row.Warnings = said, strings.ToLower(said), found
	err = tx.Exec("UPDATE messages SET text = ?, folded = ?, warnings = ?, change = ? WHERE id = ?",
		row.Text, row.Folded, row.Warnings, row.Change, row.ID).Error
	if err != nil {
		return fmt.Errorf("change a message: %w", err)
	}
	return nil
}

const forgottenAtOnce = 100

// forget is the background task that drops what messages said before, and the files of deleted ones, after the time for
// it; not while a case about the conversation is open.
func (s *service) forget(ctx context.Context) error {
	before := s.db.Now().Add(-s.settings.KeepVersions)
	var files []attachmentRow
	err := s.db.Read(ctx).Table("attachments AS a").Select("a.*").Joins("JOIN messages AS m ON m.id = a.message_id").
		Where("m.deleted_at < ? AND NOT EXISTS (SELECT 1 FROM cases AS c WHERE c.conversation_id = a.conversation_id AND c.status = 'open')", before).
		Order("a.id").Limit(forgottenAtOnce).Find(&files).Error
	if err != nil {
		return fmt.Errorf("find the files of deleted messages: %w", err)
	}
	for _, f := range files {
		s.removeFile(ctx, f)
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		for _, f := range files {
			if err := tx.Exec("DELETE FROM attachments WHERE id = ?", f.ID).Error; err != nil {
				return fmt.Errorf("forget a file: %w", err)
			}
		}
		err := tx.Exec(`DELETE FROM versions WHERE until < ? AND NOT EXISTS
			(SELECT 1 FROM cases AS c WHERE c.conversation_id = versions.conversation_id AND c.status = 'open')`, before).Error
		if err != nil {
			return fmt.Errorf("forget what messages said: %w", err)
		}
		return nil
	})
}
