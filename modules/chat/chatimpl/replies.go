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
	"marketplace/platform/text"
)

const (
	mostReplies = 50
	maxTitle    = 60 // characters
)

// replyRow is a saved answer.
type replyRow struct {
	ID        string
	UserID    string
	Title     string
	Text      string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// TableName is what GORM calls it.
func (replyRow) TableName() string { return "replies" }

func (r replyRow) reply() chat.Reply {
	return chat.Reply{ID: r.ID, Title: r.Title, Text: r.Text, UpdatedAt: r.UpdatedAt.UTC()}
}

func noSuchReply() error { return fault.NotFoundf("There is no such saved answer.") }

func (s *service) ListReplies(ctx context.Context, _ chat.ListRepliesRequest) (chat.ReplyList, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.ReplyList{}, err
	}
	var rows []replyRow
	if err := s.db.Read(ctx).Where("user_id = ?", actor.UserID).Order("title, id").Limit(mostReplies).Find(&rows).Error; err != nil {
		return chat.ReplyList{}, fmt.Errorf("list saved answers: %w", err)
	}
	list := chat.ReplyList{Items: []chat.Reply{}}
	for _, r := range rows {
		list.Items = append(list.Items, r.reply())
	}
	return list, nil
}

func (s *service) SaveReply(ctx context.Context, q chat.SaveReplyRequest) (chat.Reply, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Reply{}, err
	}
	var c fault.Check
	q.Title = text.Line(&c, "title", q.Title, 1, maxTitle)
	q.Text = text.Prose(&c, "text", q.Text, 1, maxText)
	if err := c.Err(); err != nil {
		return chat.Reply{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return chat.Reply{}, fmt.Errorf("make an id: %w", err)
	}
	row := replyRow{ID: id.String(), UserID: actor.UserID, Title: q.Title, Text: q.Text}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		row.CreatedAt, row.UpdatedAt = tx.Now(), tx.Now()
		if q.ID != "" {
			row.ID = q.ID
			return changeReply(tx, row)
		}
		if err := holdPeople(tx, actor.UserID); err != nil {
			return err
		}
		var n int64
		if err := tx.Model(&replyRow{}).Where("user_id = ?", actor.UserID).Count(&n).Error; err != nil {
			return fmt.Errorf("count saved answers: %w", err)
		}
		if n >= mostReplies {
			return fault.Conflictf("You have %d saved answers, which is all there can be. Remove one first.", mostReplies)
		}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("keep a saved answer: %w", err)
		}
		return nil
	})
	return row.reply(), err
}

func changeReply(tx *db.Tx, row replyRow) error {
	if !text.IsID(row.ID) {
		return noSuchReply()
	}
	done := tx.Exec("UPDATE replies SET title = ?, text = ?, updated_at = ? WHERE id = ? AND user_id = ?", row.Title, row.Text, row.UpdatedAt, row.ID, row.UserID)
	if done.Error != nil {
		return fmt.Errorf("change a saved answer: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return noSuchReply()
	}
	return nil
}

func (s *service) DeleteReply(ctx context.Context, q chat.DeleteReplyRequest) (chat.Done, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Done{}, err
	}
	if !text.IsID(q.ID) {
		return chat.Done{}, noSuchReply()
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		done := tx.Exec("DELETE FROM replies WHERE id = ? AND user_id = ?", q.ID, actor.UserID)
		if done.Error != nil {
			return fmt.Errorf("remove a saved answer: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return noSuchReply()
		}
		return nil
	})
	return chat.Done{}, err
}
