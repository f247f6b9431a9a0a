package site

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// conversationPage is one conversation, with the list beside it on wide screens.
type conversationPage struct {
	inboxPage
	Conversation chat.Conversation
	Other        user.Profile
	Response     *chat.Response
	Messages     messageList
	Older        string // address of older messages
	Newest       string // address of the newest ones, where they are not shown
	Find         string // the letters that are looked for in it
	Form         form
	Editing      *chat.Message // the composer changes this one
	Replies      []savedReply
	Gig          *gig.Gig
	Order        *order.Order
	Here         string // the address of the conversation
	Sells        bool   // who looks can make an offer
}

// savedReply is a saved answer as it would be sent here.
type savedReply struct {
	ID, Title, Text string
	Path            string // of the page with it in the composer
}

// messageList is a run of messages as one of the two sees them.
type messageList struct {
	Items        []messageView
	TheirRead    int64
	Conversation string
	Changeable   bool // there may be menus: it is not what a search has found
}

// messageView is one message.
type messageView struct {
	chat.Message
	Mine bool
	Day  time.Time // set on the first message of a day
	Path string    // of what a search has found: where it stands

	Offer *offerView // of a card; nil: it cannot be shown at the moment
}

const (
	messagesShown = 50
	answersShown  = 50
)

// ShowConversation shows the last messages, those around one (at), older ones (cursor), or those with some letters (find).
// Looking marks nothing as read: the button does, or the script when the messages are really on the screen.
func (s *Site) ShowConversation(c echo.Context) error {
	return s.showConversation(c, http.StatusOK, form{})
}

func (s *Site) showConversation(c echo.Context, status int, f form) error {
	ctx := c.Request().Context()
	conversation, err := s.Chats.Get(ctx, chat.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	page := conversationPage{Conversation: conversation, Form: f, Here: conversationPath(conversation.ID), Find: strings.TrimSpace(c.QueryParam("find"))}
	if err := s.fillConversation(ctx, &page, c); err != nil {
		return err
	}
	page.compose(c.QueryParam("edit"), c.QueryParam("reply"))
	return s.show(c, status, "inbox/show", view{Title: "Chat with " + page.Other.DisplayName, Missing: page.Missing, Data: page})
}

// compose puts into the composer what the address asks for: a message to change, or a saved answer.
func (p *conversationPage) compose(edit, reply string) {
	for _, m := range p.Messages.Items {
		if m.ID == edit && m.ChangeUntil != nil {
			p.Editing = &m.Message
			if p.Form.Values == nil {
				p.Form = filled("text", m.Text)
			}
		}
	}
	for _, r := range p.Replies {
		if r.ID == reply && p.Form.Values == nil {
			p.Form = filled("text", r.Text)
		}
	}
}

func (s *Site) fillConversation(ctx context.Context, page *conversationPage, c echo.Context) (err error) {
	conversation, g := page.Conversation, s.gather(ctx)
	filter := inboxFilterOf(c)
	filter.Cursor = ""
	page.Other = user.Profile{ID: conversation.With.ID, Username: conversation.With.Username, DisplayName: conversation.With.Username}
	g.need(func(ctx context.Context) (err error) {
		page.inboxPage, err = s.inbox(ctx, filter, conversation.ID)
		return err
	})
	g.want(partProfile, func(ctx context.Context) error {
		me := identity.From(ctx).UserID
		list, err := s.Users.List(ctx, user.ListRequest{IDs: []string{conversation.With.ID, me}})
		for _, p := range list.Items {
			if p.ID == conversation.With.ID {
				page.Other = p
			}
			page.Sells = page.Sells || p.ID == me && p.Seller != nil
		}
		return err
	})
	g.need(func(ctx context.Context) error { return s.readMessages(ctx, page, c) })
	g.need(func(ctx context.Context) (err error) {
		page.Response, err = s.response(ctx, conversation.With.ID)
		return err
	})
	var replies chat.ReplyList
	g.need(func(ctx context.Context) (err error) {
		replies, err = s.Chats.ListReplies(ctx, chat.ListRepliesRequest{})
		return err
	})
	g.want(partSubject, func(ctx context.Context) error { return s.readSubject(ctx, page) })
	without, err := g.wait()
	if err != nil {
		return err
	}
	cards := s.gather(ctx)
	cards.want(partOffers, func(ctx context.Context) error { return s.showOffers(ctx, page.Messages.Items, page.Here) })
	withoutCards, err := cards.wait()
	page.Missing = slices.Compact(slices.Sorted(slices.Values(slices.Concat(page.Missing, without, withoutCards))))
	for _, r := range replies.Items {
		page.Replies = append(page.Replies, savedReply{ID: r.ID, Title: r.Title, Text: strings.ReplaceAll(r.Text, "{name}", page.Other.DisplayName),
			Path: listPath(page.Here, "reply", r.ID) + "#text"})
	}
	return err
}

// readSubject asks what the conversation is about. Of what one may not see any more, nothing is said.
func (s *Site) readSubject(ctx context.Context, page *conversationPage) error {
	conversation := page.Conversation
	switch {
	case conversation.OrderID != "":
		o, err := s.Orders.Get(ctx, order.GetRequest{ID: conversation.OrderID})
		if err != nil && !isOurs(err) {
			return nil
		}
		if err == nil {
			page.Order = &o
		}
		return err
	case conversation.GigID != "":
		list, err := s.Gigs.List(ctx, gig.ListRequest{IDs: []string{conversation.GigID}})
		if len(list.Items) > 0 {
			page.Gig = &list.Items[0]
		}
		return err
	}
	return nil
}

// readMessages asks for the messages that the address is about.
func (s *Site) readMessages(ctx context.Context, page *conversationPage, c echo.Context) error {
	q := chat.ListMessagesRequest{ConversationID: page.Conversation.ID, Limit: messagesShown, Cursor: c.QueryParam("before"), Query: page.Find}
	at, err := strconv.ParseInt(c.QueryParam("at"), 10, 64)
	if err == nil && at > 0 && q.Cursor == "" && q.Query == "" {
		q.AroundSeq = at
	}
	list, err := s.Chats.ListMessages(ctx, q)
	if err != nil {
		return err
	}
	page.Messages = messageList{Items: showMessages(ctx, list.Items, time.Time{}), TheirRead: page.Conversation.TheirRead, Conversation: page.Conversation.ID, Changeable: page.Find == ""}
	if page.Find != "" {
		for i, m := range page.Messages.Items {
			page.Messages.Items[i].Path = listPath(page.Here, "at", strconv.FormatInt(m.Seq, 10)) + messageAnchor(m.Seq)
		}
	}
	if list.NextCursor != "" {
		page.Older = listPath(page.Here, "find", page.Find, "before", list.NextCursor)
	}
	if n := len(list.Items); page.Find != "" || n > 0 && list.Items[n-1].Seq < page.Conversation.LastSeq {
		page.Newest = page.Here + "#end"
	}
	return nil
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

// response is how a person answers; nil where there is too little to say.
func (s *Site) response(ctx context.Context, userID string) (*chat.Response, error) {
	list, err := s.Chats.ListResponses(ctx, chat.ListResponsesRequest{UserIDs: []string{userID}})
	if err != nil || len(list.Items) == 0 {
		return nil, err
	}
	return &list.Items[0], nil
}

// SendMessage sends what was typed and chosen. The hidden client_id was made with the form, so that a double click is one
// message.
func (s *Site) SendMessage(c echo.Context) error {
	limit := int64(formBytes)
	if strings.HasPrefix(c.Request().Header.Get(echo.HeaderContentType), echo.MIMEMultipartForm) {
		limit = filesBytes
	}
	values, err := readForm(c, limit)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	q := chat.SendRequest{ConversationID: c.Param("id"), ClientID: values.Get("client_id"), Text: values.Get("text")}
	files, err := uploads(c, "files")
	for _, f := range files {
		q.Files = append(q.Files, chat.Upload{Name: f.Name, Content: f.Content})
	}
	var sent chat.Message
	if err == nil {
		sent, err = s.Chats.Send(ctx, q)
	}
	if f, ok := rejected(values, err, filesInput, "files"); ok {
		return s.showConversation(c, http.StatusUnprocessableEntity, f)
	}
	if status, ok := oneOf(err, fault.TooMany, fault.Forbidden); ok {
		return s.showConversation(c, status, form{Values: values, Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	if _, err := s.Chats.MarkRead(ctx, chat.MarkReadRequest{ConversationID: c.Param("id"), Seq: sent.Seq}); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, conversationPath(c.Param("id"))+"#end")
}

// ListMessages returns the messages after a sequence number, or those that were changed after a change, as a piece of a
// page: what a script missed while it was away.
func (s *Site) ListMessages(c echo.Context) error {
	after, err := strconv.ParseInt(c.QueryParam("after"), 10, 64)
	changed := c.QueryParam("changed")
	if changed != "" {
		after, err = strconv.ParseInt(changed, 10, 64)
	}
	if err != nil || after < 0 {
		return fault.Malformedf("Say after which message, by its number.")
	}
	ctx := c.Request().Context()
	conversation, err := s.Chats.Get(ctx, chat.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	q := chat.ListMessagesRequest{ConversationID: conversation.ID, AfterSeq: after, Limit: messagesShown}
	last := conversation.LastSeq
	if changed != "" {
		q.AfterSeq, q.FromChange, last = 0, after+1, conversation.LastChange
	}
	list := chat.MessageList{}
	if after < last {
		list, err = s.Chats.ListMessages(ctx, q)
	}
	if err != nil {
		return err
	}
	shown := showMessages(ctx, list.Items, s.Clock.Now()) // no heading for today
	cards := s.gather(ctx)
	cards.want(partOffers, func(ctx context.Context) error { return s.showOffers(ctx, shown, conversationPath(conversation.ID)) })
	if _, err := cards.wait(); err != nil {
		return err
	}
	return s.showPart(c, "inbox/show", "messages", messageList{Items: shown, TheirRead: conversation.TheirRead, Conversation: conversation.ID, Changeable: true})
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

// ShowMessageFile sends a file of a message to be saved. Whatever it is, a browser opens nothing of it (ASVS 3.2.1).
func (s *Site) ShowMessageFile(c echo.Context) error {
	file, err := s.Chats.File(c.Request().Context(), chat.FileRequest{ConversationID: c.Param("id"), FileID: c.Param("file")})
	if err != nil {
		return err
	}
	return sendAttachment(c, file)
}

// ShowMessagePicture shows a small picture in its message. It was drawn anew by us.
func (s *Site) ShowMessagePicture(c echo.Context) error {
	file, err := s.Chats.File(c.Request().Context(), chat.FileRequest{ConversationID: c.Param("id"), FileID: c.Param("file"), Preview: true})
	if err != nil {
		return err
	}
	if !file.IsPicture() {
		return fault.NotFoundf("There is no such picture.")
	}
	header := c.Response().Header()
	header.Set("Content-Disposition", "inline")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cache-Control", "private, no-store")
	return c.Blob(http.StatusOK, file.ContentType, file.Content)
}

// ShowLinkedAttachment sends the file of a link that works for a short time, whoever has it.
func (s *Site) ShowLinkedAttachment(c echo.Context) error {
	token, err := url.PathUnescape(c.Param("token"))
	if err != nil {
		return fault.NotFoundf("There is no such file.")
	}
	file, err := s.Chats.LinkedFile(c.Request().Context(), chat.LinkedFileRequest{Token: token})
	if err != nil {
		return err
	}
	return sendAttachment(c, file)
}

func sendAttachment(c echo.Context, file chat.File) error {
	return sendFile(c, order.File{FileRef: order.FileRef{Name: file.Name, ContentType: file.ContentType}, Content: file.Content})
}
