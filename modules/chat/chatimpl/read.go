package chatimpl

import (
	"context"
	"fmt"
	"slices"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
)

func (s *service) Get(ctx context.Context, q chat.GetRequest) (chat.Conversation, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Conversation{}, err
	}
	view, err := find(s.db.Read(ctx), q.ID, actor.UserID)
	if err != nil {
		return chat.Conversation{}, err
	}
	return view.conversation(), nil
}

// listKey is where a page of List begins: after the conversation that was active then.
type listKey struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

func (s *service) List(ctx context.Context, q chat.ListRequest) (chat.List, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.List{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, conversationsPerPage)
	after := page.After[listKey](&c, q.Cursor)
	if err := c.Err(); err != nil {
		return chat.List{}, err
	}
	query := viewsOf(s.db.Read(ctx), actor.UserID).Where("me.listed")
	if after != nil {
		query = query.Where("(me.active_at, me.conversation_id) < (?, ?)", after.At.UTC(), after.ID)
	}
	var rows []viewRow
	if err := query.Order("me.active_at DESC, me.conversation_id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return chat.List{}, fmt.Errorf("list conversations: %w", err)
	}
	answer := chat.List{Items: []chat.Conversation{}}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		if answer.NextCursor, err = page.Cursor(listKey{last.ActiveAt.UTC(), last.ID}); err != nil {
			return chat.List{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	for _, r := range rows {
		answer.Items = append(answer.Items, r.conversation())
	}
	return answer, nil
}

// messageKey is where a page of older messages ends: before this number.
type messageKey struct {
	Before int64 `json:"b"`
}

func (s *service) ListMessages(ctx context.Context, q chat.ListMessagesRequest) (chat.MessageList, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.MessageList{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, messagesPerPage)
	before := page.After[messageKey](&c, q.Cursor)
	c.That(q.AfterSeq >= 0, "after_seq", "Use the number of a message.")
	c.That(q.AfterSeq == 0 || q.Cursor == "", "cursor", "Ask for older or for newer messages, not for both.")
	if err := c.Err(); err != nil {
		return chat.MessageList{}, err
	}
	if _, err := find(s.db.Read(ctx), q.ConversationID, actor.UserID); err != nil {
		return chat.MessageList{}, err
	}
	rows, err := s.messages(ctx, q, before, limit)
	if err != nil {
		return chat.MessageList{}, err
	}
	answer := chat.MessageList{Items: []chat.Message{}}
	for _, r := range rows {
		answer.Items = append(answer.Items, r.message())
	}
	// The numbers have no gaps, so the first one says whether something is older. Who asks for newer ones has the older.
	if q.AfterSeq == 0 && len(rows) > 0 && rows[0].Seq > 1 {
		if answer.NextCursor, err = page.Cursor(messageKey{rows[0].Seq}); err != nil {
			return chat.MessageList{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	return answer, nil
}

// messages reads the page that is asked for, oldest first.
func (s *service) messages(ctx context.Context, q chat.ListMessagesRequest, before *messageKey, limit int) ([]messageRow, error) {
	query := s.db.Read(ctx).Where("conversation_id = ?", q.ConversationID).Limit(limit)
	newer := q.AfterSeq > 0
	if newer {
		query = query.Where("seq > ?", q.AfterSeq).Order("seq")
	} else {
		query = query.Order("seq DESC")
	}
	if before != nil {
		query = query.Where("seq < ?", before.Before)
	}
	var rows []messageRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	if !newer {
		slices.Reverse(rows)
	}
	return rows, nil
}

func (s *service) CountUnread(ctx context.Context, _ chat.CountUnreadRequest) (chat.Unread, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Unread{}, err
	}
	var n chat.Unread
	err = s.db.Read(ctx).Raw("SELECT COALESCE(SUM(unread), 0) AS messages, COUNT(*) AS conversations FROM participants WHERE user_id = ? AND unread > 0",
		actor.UserID).Scan(&n).Error
	if err != nil {
		return chat.Unread{}, fmt.Errorf("count what is unread: %w", err)
	}
	return n, nil
}
