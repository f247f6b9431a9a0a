package site

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// inboxPage is the list of conversations.
type inboxPage struct {
	Missing       missing
	Conversations []conversationRow
	First         string
	Next          string
}

// conversationRow is a conversation in the list.
type conversationRow struct {
	chat.Conversation
	Name     string // of the other person
	AvatarID string
	Presence user.Presence
	Mine     bool // the last message is theirs who looks
	Open     bool // it is the one that is shown
}

// conversationPage is one conversation, with the list beside it on wide screens.
type conversationPage struct {
	inboxPage
	Conversation chat.Conversation
	Other        user.Profile
	Messages     messageList
	Older        string // address of older messages
	Form         form
	Gig          *gig.Gig
	Order        *order.Order
}

// messageList is a run of messages as one of the two sees them.
type messageList struct {
	Items     []messageView
	TheirRead int64
}

// messageView is one message.
type messageView struct {
	chat.Message
	Mine bool
	Day  time.Time // set on the first message of a day
}

const (
	conversationsShown = 20
	messagesShown      = 50
)

// ListConversations shows the inbox.
func (s *Site) ListConversations(c echo.Context) error {
	page, err := s.inbox(c.Request().Context(), c.QueryParam("cursor"), "")
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, "inbox/list", view{Title: "Messages", Missing: page.Missing, Data: page})
}

func (s *Site) inbox(ctx context.Context, cursor, open string) (inboxPage, error) {
	list, err := s.Chats.List(ctx, chat.ListRequest{Limit: conversationsShown, Cursor: cursor})
	if err != nil {
		return inboxPage{}, err
	}
	ids := make([]string, len(list.Items))
	for i, conversation := range list.Items {
		ids[i] = conversation.With.ID
	}
	people := map[string]user.Profile{}
	g := s.gather(ctx)
	if len(ids) > 0 {
		g.want(partProfile, func(ctx context.Context) error {
			profiles, err := s.Users.List(ctx, user.ListRequest{IDs: ids})
			for _, p := range profiles.Items {
				people[p.ID] = p
			}
			return err
		})
	}
	var page inboxPage
	if page.Missing, err = g.wait(); err != nil {
		return inboxPage{}, err
	}
	for _, conversation := range list.Items {
		row := conversationRow{Conversation: conversation, Name: conversation.With.Username, Open: conversation.ID == open}
		if p, ok := people[conversation.With.ID]; ok {
			row.Name, row.AvatarID, row.Presence = p.DisplayName, p.AvatarID, p.Presence
		}
		row.Mine = conversation.LastMessage != nil && conversation.LastMessage.SenderID != conversation.With.ID
		page.Conversations = append(page.Conversations, row)
	}
	page.First, page.Next = pageLinks("/inbox", nil, cursor, list.NextCursor)
	return page, nil
}

// OpenConversation goes to the conversation with a person, the seller of a gig, or the other side of an order.
func (s *Site) OpenConversation(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	conversation, err := s.Chats.Open(c.Request().Context(), chat.OpenRequest{
		Username: values.Get("username"), GigID: values.Get("gig_id"), OrderID: values.Get("order_id"),
	})
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, conversationPath(conversation.ID))
}

func conversationPath(id string) string { return "/inbox/" + url.PathEscape(id) }

// ShowConversation shows the last messages. Looking marks nothing as read: the button does, or the script when the
// messages are really on the screen.
func (s *Site) ShowConversation(c echo.Context) error {
	return s.showConversation(c, http.StatusOK, form{})
}

func (s *Site) showConversation(c echo.Context, status int, f form) error {
	ctx := c.Request().Context()
	conversation, err := s.Chats.Get(ctx, chat.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	page := conversationPage{Conversation: conversation, Form: f}
	if err := s.fillConversation(ctx, &page, c.QueryParam("cursor")); err != nil {
		return err
	}
	return s.show(c, status, "inbox/show", view{Title: "Chat with " + page.Other.DisplayName, Missing: page.Missing, Data: page})
}

func (s *Site) fillConversation(ctx context.Context, page *conversationPage, cursor string) (err error) {
	conversation, g := page.Conversation, s.gather(ctx)
	page.Other = user.Profile{ID: conversation.With.ID, Username: conversation.With.Username, DisplayName: conversation.With.Username}
	g.need(func(ctx context.Context) (err error) {
		page.inboxPage, err = s.inbox(ctx, "", conversation.ID)
		return err
	})
	g.want(partProfile, func(ctx context.Context) error {
		list, err := s.Users.List(ctx, user.ListRequest{IDs: []string{conversation.With.ID}})
		if len(list.Items) > 0 {
			page.Other = list.Items[0]
		}
		return err
	})
	g.need(func(ctx context.Context) error {
		list, err := s.Chats.ListMessages(ctx, chat.ListMessagesRequest{ConversationID: conversation.ID, Limit: messagesShown, Cursor: cursor})
		page.Messages = messageList{showMessages(ctx, list.Items, time.Time{}), conversation.TheirRead}
		if list.NextCursor != "" {
			page.Older = conversationPath(conversation.ID) + "?cursor=" + url.QueryEscape(list.NextCursor)
		}
		return err
	})
	g.want(partSubject, func(ctx context.Context) error {
		if conversation.OrderID == "" {
			return nil
		}
		o, err := s.Orders.Get(ctx, order.GetRequest{ID: conversation.OrderID})
		switch {
		case err == nil:
			page.Order = &o
		case !isOurs(err): // it is told if it can be
			return nil
		}
		return err
	})
	g.want(partSubject, func(ctx context.Context) error {
		if conversation.GigID == "" || conversation.OrderID != "" {
			return nil
		}
		list, err := s.Gigs.List(ctx, gig.ListRequest{IDs: []string{conversation.GigID}})
		if len(list.Items) > 0 {
			page.Gig = &list.Items[0]
		}
		return err
	})
	without, err := g.wait()
	page.Missing = slices.Compact(slices.Sorted(slices.Values(slices.Concat(page.Missing, without))))
	return err
}

// showMessages marks whose messages are whose, and where a day begins; before is when the message above was sent.
func showMessages(ctx context.Context, messages []chat.Message, before time.Time) []messageView {
	me := identity.From(ctx).UserID
	views := make([]messageView, len(messages))
	for i, m := range messages {
		views[i] = messageView{Message: m, Mine: m.SenderID == me}
		if day := m.CreatedAt.UTC().Format("2 January 2006"); before.IsZero() || day != before.UTC().Format("2 January 2006") {
			views[i].Day = m.CreatedAt
		}
		before = m.CreatedAt
	}
	return views
}

// SendMessage sends what was typed. The hidden client_id was made with the form, so that a double click is one message.
func (s *Site) SendMessage(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	sent, err := s.Chats.Send(ctx, chat.SendRequest{
		ConversationID: c.Param("id"), ClientID: values.Get("client_id"), Text: values.Get("text"),
	})
	if f, ok := rejected(values, err, nil); ok {
		return s.showConversation(c, http.StatusUnprocessableEntity, f)
	}
	if fault.Is(err, fault.TooMany) {
		return s.showConversation(c, http.StatusTooManyRequests, form{Values: values, Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	if _, err := s.Chats.MarkRead(ctx, chat.MarkReadRequest{ConversationID: c.Param("id"), Seq: sent.Seq}); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, conversationPath(c.Param("id"))+"#end")
}

// ListMessages returns the messages after a sequence number as a piece of a page: what a script missed while it was away.
func (s *Site) ListMessages(c echo.Context) error {
	after, err := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	if err != nil || after < 0 {
		return fault.Malformedf("Say after which message, by its number.")
	}
	ctx := c.Request().Context()
	conversation, err := s.Chats.Get(ctx, chat.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	list := chat.MessageList{}
	if after < conversation.LastSeq {
		list, err = s.Chats.ListMessages(ctx, chat.ListMessagesRequest{ConversationID: conversation.ID, AfterSeq: after, Limit: messagesShown})
	}
	if err != nil {
		return err
	}
	before := s.Clock.Now() // no heading for today
	return s.showPart(c, "inbox/show", "messages", messageList{showMessages(ctx, list.Items, before), conversation.TheirRead})
}

// ReadConversation marks everything up to a message as read.
func (s *Site) ReadConversation(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	seq, err := strconv.ParseInt(values.Get("seq"), 10, 64)
	if err != nil || seq < 0 {
		return fault.Malformedf("Say up to which message, by its number.")
	}
	if _, err := s.Chats.MarkRead(c.Request().Context(), chat.MarkReadRequest{ConversationID: c.Param("id"), Seq: seq}); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, conversationPath(c.Param("id"))+"#end")
}
