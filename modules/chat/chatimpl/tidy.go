package chatimpl

import (
	"context"
	"fmt"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

func (s *service) Tidy(ctx context.Context, q chat.TidyRequest) (chat.Conversation, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Conversation{}, err
	}
	var c fault.Check
	var labels []string
	if q.Labels != nil {
		labels = text.Lines(&c, "labels", *q.Labels, mostLabels, maxLabel)
	}
	if err := c.Err(); err != nil {
		return chat.Conversation{}, err
	}
	columns := map[string]any{}
	for name, value := range map[string]*bool{"starred": q.Starred, "archived": q.Archived, "spam": q.Spam} {
		if value != nil {
			columns[name] = *value
		}
	}
	var view viewRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if _, err := hold(tx, q.ConversationID, actor.UserID); err != nil {
			return err
		}
		if len(columns) > 0 {
			err := tx.Table("participants").Where("conversation_id = ? AND user_id = ?", q.ConversationID, actor.UserID).Updates(columns).Error
			if err != nil {
				return fmt.Errorf("tidy a conversation: %w", err)
			}
		}
		if q.Labels != nil {
			if err := label(tx, q.ConversationID, actor.UserID, labels); err != nil {
				return err
			}
		}
		if q.Spam != nil && *q.Spam {
			if err := forgetTurns(tx, q.ConversationID, actor.UserID); err != nil {
				return err
			}
		}
		var err error
		view, err = find(tx.DB, q.ConversationID, actor.UserID)
		return err
	})
	if err != nil {
		return chat.Conversation{}, err
	}
	return s.conversation(s.db.Read(ctx), view, actor.UserID)
}

// label puts these labels on a conversation, and no others.
func label(tx *db.Tx, conversationID, userID string, labels []string) error {
	if err := tx.Exec("DELETE FROM labels WHERE conversation_id = ? AND user_id = ?", conversationID, userID).Error; err != nil {
		return fmt.Errorf("take labels off: %w", err)
	}
	for _, l := range labels {
		if err := tx.Exec("INSERT INTO labels (user_id, label, conversation_id) VALUES (?, ?, ?)", userID, l, conversationID).Error; err != nil {
			return fmt.Errorf("put a label on: %w", err)
		}
	}
	return nil
}

const labelsShown = 100

func (s *service) ListLabels(ctx context.Context, _ chat.ListLabelsRequest) (chat.LabelList, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.LabelList{}, err
	}
	list := chat.LabelList{Items: []chat.Label{}}
	err = s.db.Read(ctx).Raw("SELECT label AS name, COUNT(*) AS conversations FROM labels WHERE user_id = ? GROUP BY label ORDER BY label LIMIT ?",
		actor.UserID, labelsShown).Scan(&list.Items).Error
	if err != nil {
		return chat.LabelList{}, fmt.Errorf("list labels: %w", err)
	}
	return list, nil
}
