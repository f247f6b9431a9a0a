package chatimpl

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
	"marketplace/platform/text"
)

func (s *service) Get(ctx context.Context, q chat.GetRequest) (chat.Conversation, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Conversation{}, err
	}
	g := s.db.Read(ctx)
	view, err := find(g, q.ID, actor.UserID)
	if err != nil {
		return chat.Conversation{}, err
	}
	c, err := s.conversation(g, view, actor.UserID)
	if err != nil {
		return chat.Conversation{}, err
	}
	c.Readings, err = readingsOf(g, "conversation_id", view.ID, false)
	return c, err
}

// listKey is where a page of List begins: after the conversation that was active then, among those with or without
// something unread.
type listKey struct {
	Unread int       `json:"u"`
	At     time.Time `json:"a"`
	ID     string    `json:"i"`
}

const hasUnread = "(CASE WHEN me.unread > 0 THEN 1 ELSE 0 END)"

func (s *service) List(ctx context.Context, q chat.ListRequest) (chat.List, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.List{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, conversationsPerPage)
	after := page.After[listKey](&c, q.Cursor)
	q.Query = text.Line(&c, "query", q.Query, 0, maxQuery)
	q.Label = text.Line(&c, "label", q.Label, 0, maxLabel)
	if q.Folder == "" && q.Query == "" && q.Label == "" {
		q.Folder = chat.FolderInbox
	}
	c.That(slices.Contains([]string{"", chat.FolderInbox, chat.FolderUnread, chat.FolderStarred, chat.FolderArchived, chat.FolderSpam}, q.Folder),
		"folder", "Use inbox, unread, starred, archived or spam.")
	if err := c.Err(); err != nil {
		return chat.List{}, err
	}
	query := filtered(viewsOf(s.db.Read(ctx), actor.UserID).Where("me.listed"), q)
	if after != nil {
		query = query.Where("("+hasUnread+", me.active_at, me.conversation_id) < (?, ?, ?)", after.Unread, after.At.UTC(), after.ID)
	}
	var rows []viewRow
	if err := query.Order(hasUnread + " DESC, me.active_at DESC, me.conversation_id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return chat.List{}, fmt.Errorf("list conversations: %w", err)
	}
	var answer chat.List
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		if answer.NextCursor, err = page.Cursor(listKey{min(last.Unread, 1), last.ActiveAt.UTC(), last.ID}); err != nil {
			return chat.List{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	if answer.Items, err = s.conversations(s.db.Read(ctx), rows, actor.UserID); err != nil {
		return chat.List{}, err
	}
	return answer, s.markFound(ctx, answer.Items, q.Query, actor.UserID)
}

// filtered narrows a list to what is asked for.
func filtered(g *gorm.DB, q chat.ListRequest) *gorm.DB {
	switch q.Folder {
	case chat.FolderInbox:
		g = g.Where("NOT me.archived AND NOT me.spam")
	case chat.FolderUnread:
		g = g.Where("me.unread > 0 AND NOT me.spam")
	case chat.FolderStarred:
		g = g.Where("me.starred AND NOT me.spam")
	case chat.FolderArchived:
		g = g.Where("me.archived AND NOT me.spam")
	case chat.FolderSpam:
		g = g.Where("me.spam")
	default:
		g = g.Where("NOT me.spam")
	}
	if q.Label != "" {
		g = g.Where("EXISTS (SELECT 1 FROM labels AS l WHERE l.user_id = me.user_id AND l.conversation_id = me.conversation_id AND l.label = ?)", q.Label)
	}
	if q.Query != "" {
		like := db.Like(strings.ToLower(q.Query))
		g = g.Where(`(them.folded LIKE ? ESCAPE '\' OR EXISTS (SELECT 1 FROM messages AS f WHERE f.conversation_id = me.conversation_id AND f.folded LIKE ? ESCAPE '\'))`, like, like)
	}
	return g
}

// markFound shows, in each conversation that a search has found, the newest message with the letters: one query for all.
func (s *service) markFound(ctx context.Context, list []chat.Conversation, query, viewer string) error {
	if query == "" || len(list) == 0 {
		return nil
	}
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	g := s.db.Read(ctx)
	var rows []messageRow
	err := g.Raw(`SELECT m.* FROM messages AS m JOIN (SELECT conversation_id, MAX(seq) AS seq FROM messages
			WHERE conversation_id IN ? AND folded LIKE ? ESCAPE '\' GROUP BY conversation_id) AS f
		ON f.conversation_id = m.conversation_id AND f.seq = m.seq`, ids, db.Like(strings.ToLower(query))).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("find messages: %w", err)
	}
	found, err := s.messages(g, rows, viewer)
	if err != nil {
		return err
	}
	for i := range list {
		for j := range found {
			if found[j].ConversationID == list[i].ID {
				list[i].Found = &found[j]
			}
		}
	}
	return nil
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
	q.Query = text.Line(&c, "query", q.Query, 0, maxQuery)
	checkWhich(&c, q)
	if err := c.Err(); err != nil {
		return chat.MessageList{}, err
	}
	g := s.db.Read(ctx)
	if q.ConversationID == "" && q.OrderID != "" {
		if q.ConversationID, err = conversationOf(g, q.OrderID, actor.UserID); err != nil || q.ConversationID == "" {
			return chat.MessageList{Items: []chat.Message{}}, err
		}
	}
	if err := mayRead(g, q.ConversationID, actor.UserID); err != nil {
		return chat.MessageList{}, err
	}
	if q.AroundSeq > 0 {
		before = &messageKey{q.AroundSeq + int64(limit)/2 + 1}
	}
	rows, err := messagesOf(g, q, before, limit)
	if err != nil {
		return chat.MessageList{}, err
	}
	var answer chat.MessageList
	if answer.Items, err = s.messages(g, rows, actor.UserID); err != nil {
		return chat.MessageList{}, err
	}
	answer.NextCursor, err = olderCursor(q, rows, limit)
	return answer, err
}

// conversationOf is the conversation of the person in which the order was written about; empty: there is none.
func conversationOf(g *gorm.DB, orderID, userID string) (string, error) {
	var ids []string
	if !text.IsID(orderID) {
		return "", nil
	}
	err := g.Raw(`SELECT m.conversation_id FROM messages AS m JOIN participants AS p ON p.conversation_id = m.conversation_id AND p.user_id = ?
		WHERE m.order_id = ? LIMIT 1`, userID, orderID).Scan(&ids).Error
	if err != nil {
		return "", fmt.Errorf("find the conversation about an order: %w", err)
	}
	if len(ids) == 0 {
		return "", nil
	}
	return ids[0], nil
}

// checkWhich refuses to list messages in two ways at once.
func checkWhich(c *fault.Check, q chat.ListMessagesRequest) {
	ways := 0
	for name, n := range map[string]int64{"after_seq": q.AfterSeq, "around_seq": q.AroundSeq, "from_change": q.FromChange, "query": int64(len(q.Query))} {
		c.That(n >= 0, name, "Use the number of a message.")
		if n > 0 {
			ways++
		}
	}
	c.That(ways <= 1, "query", "Ask for one thing at a time: after_seq, around_seq, from_change or query.")
	c.That(q.Cursor == "" || q.AfterSeq == 0 && q.AroundSeq == 0 && q.FromChange == 0, "cursor", "Ask for older or for newer messages, not for both.")
}

// olderCursor is where older messages begin; empty at the beginning. Who asks for newer ones has the older. The numbers
// have no gaps, so the first one says whether something is older; of those found by a query, a full page says so.
func olderCursor(q chat.ListMessagesRequest, rows []messageRow, limit int) (string, error) {
	if len(rows) == 0 || q.AfterSeq > 0 || q.FromChange > 0 {
		return "", nil
	}
	oldest, more := rows[0].Seq, rows[0].Seq > 1
	if q.Query != "" {
		oldest = rows[len(rows)-1].Seq
	}
	if q.Query != "" || q.OrderID != "" {
		more = len(rows) == limit
	}
	if !more {
		return "", nil
	}
	cursor, err := page.Cursor(messageKey{oldest})
	if err != nil {
		return "", fmt.Errorf("write the cursor: %w", err)
	}
	return cursor, nil
}

// messagesOf reads the page that is asked for, oldest first; what a query finds, newest first.
func messagesOf(g *gorm.DB, q chat.ListMessagesRequest, before *messageKey, limit int) ([]messageRow, error) {
	query := g.Where("conversation_id = ?", q.ConversationID).Limit(limit)
	switch {
	case q.AfterSeq > 0:
		query = query.Where("seq > ?", q.AfterSeq).Order("seq")
	case q.FromChange > 0:
		query = query.Where("change >= ?", q.FromChange).Order("change")
	default:
		query = query.Order("seq DESC")
	}
	if q.Query != "" {
		query = query.Where(`folded LIKE ? ESCAPE '\'`, db.Like(strings.ToLower(q.Query)))
	}
	if q.OrderID != "" {
		query = query.Where("order_id = ?", q.OrderID)
	}
	if before != nil {
		query = query.Where("seq < ?", before.Before)
	}
	var rows []messageRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	if q.AfterSeq == 0 && q.FromChange == 0 && q.Query == "" {
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
	err = s.db.Read(ctx).Raw("SELECT COALESCE(SUM(unread), 0) AS messages, COUNT(*) AS conversations FROM participants WHERE user_id = ? AND unread > 0 AND NOT spam",
		actor.UserID).Scan(&n).Error
	if err != nil {
		return chat.Unread{}, fmt.Errorf("count what is unread: %w", err)
	}
	return n, nil
}
