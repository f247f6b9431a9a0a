package api

import (
	"context"
	"net/http"

	"marketplace/modules/chat"
	"marketplace/modules/notification"
	"marketplace/web/edge"
)

func (a *API) conversations() {
	on(a, op{method: "GET", path: "/conversations", id: "listConversations", access: edge.SignedIn, summary: "The own conversations: unread first, then the last active"}, a.listConversations)
	on(a, op{method: "POST", path: "/conversations", id: "openConversation", access: edge.Verified, status: http.StatusCreated, summary: "Open the conversation with somebody, about a gig or an order if one is named"}, a.openConversation)
	on(a, op{method: "GET", path: "/conversations/{id}", id: "getConversation", access: edge.SignedIn, summary: "One conversation"}, a.getConversation)
	on(a, op{method: "GET", path: "/conversations/{id}/messages", id: "listMessages", access: edge.SignedIn, summary: "Messages, oldest first: the last page, older ones by cursor, newer ones by after_seq, changes by from_change"}, a.listMessages)
	on(a, op{method: "POST", path: "/conversations/{id}/messages", id: "sendMessage", access: edge.Verified, status: http.StatusCreated, limit: filesBytes, summary: "Send a message; the same client_id twice sends it once"}, a.sendMessage)
	on(a, op{method: "POST", path: "/conversations/{id}/read", id: "markConversationRead", access: edge.SignedIn, summary: "Note what has been seen"}, a.markConversationRead)
}

type listConversationsInput struct {
	Paged
	Folder string `query:"folder" enum:"inbox,unread,starred,archived,spam" doc:"The inbox if absent; with a query or a label, all but spam."`
	Label  string `query:"label" maxLength:"30" doc:"Only those with this label."`
	Query  string `query:"q" maxLength:"100" doc:"Letters in the other's names or in messages."`
}

func (a *API) listConversations(ctx context.Context, in *listConversationsInput) (*body[List[chat.Conversation]], error) {
	conversations, err := a.Chats.List(ctx, chat.ListRequest{Folder: in.Folder, Label: in.Label, Query: in.Query, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(conversations.Items, conversations.NextCursor), err)
}

type openConversationInput struct {
	Body struct {
		UserID   string `json:"user_id" doc:"The other person; or username, gig_id or order_id says who."`
		Username string `json:"username"`
		GigID    string `json:"gig_id" doc:"What it is about."`
		OrderID  string `json:"order_id" doc:"What it is about."`
		Text     string `json:"text" doc:"A first message, if wanted."`
	}
}

func (a *API) openConversation(ctx context.Context, in *openConversationInput) (*body[chat.Conversation], error) {
	return answer(a.Chats.Open(ctx, chat.OpenRequest{UserID: in.Body.UserID, Username: in.Body.Username, GigID: in.Body.GigID, OrderID: in.Body.OrderID, Text: in.Body.Text}))
}

func (a *API) getConversation(ctx context.Context, in *ByID) (*body[chat.Conversation], error) {
	return answer(a.Chats.Get(ctx, chat.GetRequest{ID: in.ID}))
}

type listMessagesInput struct {
	PageOf
	AfterSeq   int64  `query:"after_seq" minimum:"0" doc:"Only messages after this sequence number."`
	AroundSeq  int64  `query:"around_seq" minimum:"0" doc:"The page with this message in its middle."`
	FromChange int64  `query:"from_change" minimum:"0" doc:"Only what was edited or deleted since this change (1 is the first), in the order of the changes."`
	Query      string `query:"q" maxLength:"100" doc:"Only messages with these letters, newest first."`
}

func (a *API) listMessages(ctx context.Context, in *listMessagesInput) (*body[List[chat.Message]], error) {
	messages, err := a.Chats.ListMessages(ctx, chat.ListMessagesRequest{ConversationID: in.ID, AfterSeq: in.AfterSeq, AroundSeq: in.AroundSeq,
		FromChange: in.FromChange, Query: in.Query, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(messages.Items, messages.NextCursor), err)
}

type sendMessageInput struct {
	ByID
	Body struct {
		Text     string        `json:"text" doc:"1 to 4,000 characters; with files it may be empty."`
		ClientID string        `json:"client_id" doc:"What the client calls the message, at most 64 characters."`
		Files    []chat.Upload `json:"files,omitempty" doc:"At most 10, each with its name and its content in base64; 15 MB together."`
	}
}

func (a *API) sendMessage(ctx context.Context, in *sendMessageInput) (*body[chat.Message], error) {
	return answer(a.Chats.Send(ctx, chat.SendRequest{ConversationID: in.ID, ClientID: in.Body.ClientID, Text: in.Body.Text, Files: in.Body.Files}))
}

type markConversationReadInput struct {
	ByID
	Body *struct {
		Seq int64 `json:"seq,omitempty" doc:"Up to this sequence number; everything if absent."`
	}
}

func (a *API) markConversationRead(ctx context.Context, in *markConversationReadInput) (*body[chat.Conversation], error) {
	q := chat.MarkReadRequest{ConversationID: in.ID}
	if in.Body != nil {
		q.Seq = in.Body.Seq
	}
	return answer(a.Chats.MarkRead(ctx, q))
}

func (a *API) notifications() {
	on(a, op{method: "GET", path: "/notifications", id: "listNotifications", access: edge.SignedIn, summary: "The own notifications, newest first"}, a.listNotifications)
	on(a, op{method: "POST", path: "/notifications/read", id: "markNotificationsRead", access: edge.SignedIn, summary: "Mark the named notifications as read, or all"}, a.markNotificationsRead)
}

type listNotificationsInput struct {
	Paged
	UnreadOnly bool `query:"unread_only"`
}

// notificationPage is a page of notifications with the number for the badge.
type notificationPage struct {
	List[notification.Notification]
	Unread int `json:"unread" doc:"Of all, for the badge."`
}

func (a *API) listNotifications(ctx context.Context, in *listNotificationsInput) (*body[notificationPage], error) {
	notes, err := a.Notifications.List(ctx, notification.ListRequest{UnreadOnly: in.UnreadOnly, Limit: in.Limit, Cursor: in.Cursor})
	return answer(notificationPage{List: listOf(notes.Items, notes.NextCursor), Unread: notes.Unread}, err)
}

type markNotificationsReadInput struct {
	Body *struct {
		IDs []string `json:"ids,omitempty" maxItems:"100" doc:"Without ids and all, all of them."`
		All *bool    `json:"all,omitempty" nullable:"false"`
	}
}

// unread is the number for the badge.
type unread struct {
	Unread int `json:"unread"`
}

func (a *API) markNotificationsRead(ctx context.Context, in *markNotificationsReadInput) (*body[unread], error) {
	q := notification.MarkReadRequest{All: true}
	if b := in.Body; b != nil && (b.IDs != nil || b.All != nil) {
		q = notification.MarkReadRequest{IDs: b.IDs, All: b.All != nil && *b.All}
	}
	left, err := a.Notifications.MarkRead(ctx, q)
	return answer(unread{Unread: left.Count}, err)
}
