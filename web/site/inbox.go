package site

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/modules/user"
	"marketplace/platform/text"
)

// inboxPage is the list of conversations.
type inboxPage struct {
	Missing       missing
	Conversations []conversationRow
	Folders       []tab
	Labels        []tab
	Folder        string
	Label         string
	Query         string
	Action        string // where the search is asked
	Undo          *undo  // what was just done and can be taken back
	First         string
	Next          string
}

// undo is what was done to a conversation, and how it is taken back.
type undo struct{ ID, Text, Field string }

// conversationRow is a conversation in the list.
type conversationRow struct {
	chat.Conversation
	Name     string // of the other person
	AvatarID string
	Presence user.Presence
	Mine     bool          // the shown message is theirs who looks
	Open     bool          // it is the one that is shown
	Shown    *chat.Message // what a search has found, or the last one
	Path     string
}

const conversationsShown = 20

// inboxFilter is which conversations are listed; the address alone brings the list back.
type inboxFilter struct{ Folder, Label, Query, Cursor string }

func inboxFilterOf(c echo.Context) inboxFilter {
	return inboxFilter{Folder: c.QueryParam("folder"), Label: c.QueryParam("label"), Query: c.QueryParam("q"), Cursor: c.QueryParam("cursor")}
}

// path is an address that keeps the filter.
func (f inboxFilter) path(path string, pairs ...string) string {
	return listPath(path, append([]string{"folder", f.Folder, "label", f.Label, "q", f.Query}, pairs...)...)
}

// ListConversations shows the inbox.
func (s *Site) ListConversations(c echo.Context) error {
	filter := inboxFilterOf(c)
	page, err := s.inbox(c.Request().Context(), filter, "")
	if err != nil {
		return err
	}
	page.Undo = undoOf(c.QueryParam("undo"), c.QueryParam("of"))
	return s.show(c, http.StatusOK, "inbox/list", view{Title: "Messages", Missing: page.Missing, Data: page})
}

// undoOf is what the address says was just done; nil for anything else.
func undoOf(what, id string) *undo {
	texts := map[string]string{"archived": "The conversation is in the archive.", "spam": "The conversation is in spam. Nobody tells you of its messages."}
	if texts[what] == "" || !text.IsID(id) {
		return nil
	}
	return &undo{ID: id, Text: texts[what], Field: what}
}

// inbox is the list beside or without a conversation that is open.
func (s *Site) inbox(ctx context.Context, filter inboxFilter, open string) (inboxPage, error) {
	page := inboxPage{Folder: filter.Folder, Label: filter.Label, Query: filter.Query, Action: "/inbox"}
	list, err := s.Chats.List(ctx, chat.ListRequest{Folder: filter.Folder, Label: filter.Label, Query: filter.Query, Limit: conversationsShown, Cursor: filter.Cursor})
	if err != nil {
		return inboxPage{}, err
	}
	ids := make([]string, len(list.Items))
	for i, conversation := range list.Items {
		ids[i] = conversation.With.ID
	}
	people := map[string]user.Profile{}
	var labels chat.LabelList
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
	g.need(func(ctx context.Context) (err error) {
		labels, err = s.Chats.ListLabels(ctx, chat.ListLabelsRequest{})
		return err
	})
	if page.Missing, err = g.wait(); err != nil {
		return inboxPage{}, err
	}
	for _, conversation := range list.Items {
		row := newConversationRow(conversation, filter)
		row.Open = conversation.ID == open
		if p, ok := people[conversation.With.ID]; ok {
			row.Name, row.AvatarID, row.Presence = p.DisplayName, p.AvatarID, p.Presence
		}
		page.Conversations = append(page.Conversations, row)
	}
	page.tabs(labels.Items)
	page.First, page.Next = pageLinks("/inbox", url.Values{"folder": {filter.Folder}, "label": {filter.Label}, "q": {filter.Query}}, filter.Cursor, list.NextCursor)
	return page, nil
}

func newConversationRow(c chat.Conversation, filter inboxFilter) conversationRow {
	row := conversationRow{Conversation: c, Name: c.With.Username, Shown: c.LastMessage, Path: filter.path(conversationPath(c.ID))}
	if c.Found != nil {
		row.Shown = c.Found
		row.Path = filter.path(conversationPath(c.ID), "at", strconv.FormatInt(c.Found.Seq, 10)) + messageAnchor(c.Found.Seq)
	}
	row.Mine = row.Shown != nil && row.Shown.SenderID != c.With.ID
	return row
}

// tabs are the folders, and the labels that there are.
func (p *inboxPage) tabs(labels []chat.Label) {
	for _, t := range []struct{ label, folder string }{{"Inbox", ""}, {"Unread", chat.FolderUnread}, {"Starred", chat.FolderStarred}, {"Archived", chat.FolderArchived}, {"Spam", chat.FolderSpam}} {
		p.Folders = append(p.Folders, tab{t.label, inboxFilter{Folder: t.folder, Query: p.Query}.path("/inbox"), p.Folder == t.folder && p.Label == ""})
	}
	for _, l := range labels {
		filter := inboxFilter{Label: l.Name, Query: p.Query}
		if l.Name == p.Label {
			filter.Label = ""
		}
		p.Labels = append(p.Labels, tab{l.Name, filter.path("/inbox"), l.Name == p.Label})
	}
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

// messageAnchor is where a message stands on the page of its conversation.
func messageAnchor(seq int64) string { return "#m-" + strconv.FormatInt(seq, 10) }
