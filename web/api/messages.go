package api

import (
	"context"
	"net/http"

	"marketplace/modules/chat"
	"marketplace/modules/user"
	"marketplace/web/edge"
)

// messages is what is done with conversations and their messages beside writing and reading them.
func (a *API) messages() {
	on(a, op{method: "PUT", path: "/conversations/{id}/messages/{message}", id: "editMessage", access: edge.Verified, summary: "Change an own message, within the time for it"}, a.editMessage)
	on(a, op{method: "DELETE", path: "/conversations/{id}/messages/{message}", id: "deleteMessage", access: edge.SignedIn, summary: "Empty an own message, within the time for it; its place remains"}, a.deleteMessage)
	on(a, op{method: "GET", path: "/conversations/{id}/files/{file}", id: "linkConversationFile", access: edge.SignedIn, summary: "A link to a file of a message that works for ten minutes"}, a.linkConversationFile)
	on(a, op{method: "GET", path: "/orders/{id}/messages", id: "listOrderMessages", access: edge.SignedIn, summary: "What the two sides of an order have written about it, oldest first"}, a.listOrderMessages)
	on(a, op{method: "POST", path: "/conversations/{id}/tidy", id: "tidyConversation", access: edge.SignedIn, summary: "Star, archive or label a conversation, or call it spam, for yourself"}, a.tidyConversation)
	on(a, op{method: "GET", path: "/me/labels", id: "listLabels", access: edge.SignedIn, summary: "The own labels, with how many conversations have each"}, a.listLabels)
	on(a, op{method: "GET", path: "/me/replies", id: "listReplies", access: edge.SignedIn, summary: "The own saved answers"}, a.listReplies)
	on(a, op{method: "POST", path: "/me/replies", id: "createReply", access: edge.SignedIn, status: http.StatusCreated, summary: "Save an answer, to be used again"}, a.createReply)
	on(a, op{method: "PUT", path: "/me/replies/{id}", id: "changeReply", access: edge.SignedIn, summary: "Change a saved answer"}, a.changeReply)
	on(a, op{method: "DELETE", path: "/me/replies/{id}", id: "deleteReply", access: edge.SignedIn, summary: "Remove a saved answer"}, a.deleteReply)
	on(a, op{method: "GET", path: "/users/{username}/responses", id: "getResponses", access: edge.Anyone, summary: "How fast and how surely somebody answers, from their messages of the last 90 days"}, a.getResponses)
}

// OneMessage is a request that names a message in its path.
type OneMessage struct {
	ByID
	Message string `path:"message" maxLength:"64" doc:"The id of the message."`
}

type editMessageInput struct {
	OneMessage
	Body struct {
		Text string `json:"text" doc:"1 to 4,000 characters; of a message with files it may be empty."`
	}
}

func (a *API) editMessage(ctx context.Context, in *editMessageInput) (*body[chat.Message], error) {
	return answer(a.Chats.Edit(ctx, chat.EditRequest{ConversationID: in.ID, MessageID: in.Message, Text: in.Body.Text}))
}

func (a *API) deleteMessage(ctx context.Context, in *OneMessage) (*body[chat.Message], error) {
	return answer(a.Chats.Delete(ctx, chat.DeleteRequest{ConversationID: in.ID, MessageID: in.Message}))
}

type linkConversationFileInput struct {
	ByID
	File    string `path:"file" maxLength:"64" doc:"The id of the file."`
	Preview bool   `query:"preview" doc:"Of a picture, a small one."`
}

func (a *API) linkConversationFile(ctx context.Context, in *linkConversationFileInput) (*body[fileLink], error) {
	l, err := a.Chats.LinkFile(ctx, chat.FileRequest{ConversationID: in.ID, FileID: in.File, Preview: in.Preview})
	return answer(fileLink{URL: a.Config.PublicURL + "/attachments/" + l.Token, ExpiresAt: l.ExpiresAt}, err)
}

func (a *API) listOrderMessages(ctx context.Context, in *PageOf) (*body[List[chat.Message]], error) {
	messages, err := a.Chats.ListMessages(ctx, chat.ListMessagesRequest{OrderID: in.ID, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(messages.Items, messages.NextCursor), err)
}

type tidyConversationInput struct {
	ByID
	Body struct {
		Starred  *bool     `json:"starred,omitempty" nullable:"false" doc:"What is absent stays."`
		Archived *bool     `json:"archived,omitempty" nullable:"false" doc:"A message of the other takes it out of the archive."`
		Spam     *bool     `json:"spam,omitempty" nullable:"false" doc:"Nobody is told of messages in spam."`
		Labels   *[]string `json:"labels,omitempty" nullable:"false" maxItems:"5" doc:"All that it shall have: at most 5 of 1 to 30 characters."`
	}
}

func (a *API) tidyConversation(ctx context.Context, in *tidyConversationInput) (*body[chat.Conversation], error) {
	return answer(a.Chats.Tidy(ctx, chat.TidyRequest{ConversationID: in.ID, Starred: in.Body.Starred, Archived: in.Body.Archived, Spam: in.Body.Spam, Labels: in.Body.Labels}))
}

func (a *API) listLabels(ctx context.Context, _ *struct{}) (*body[List[chat.Label]], error) {
	labels, err := a.Chats.ListLabels(ctx, chat.ListLabelsRequest{})
	return answer(listOf(labels.Items, ""), err)
}

func (a *API) listReplies(ctx context.Context, _ *struct{}) (*body[List[chat.Reply]], error) {
	replies, err := a.Chats.ListReplies(ctx, chat.ListRepliesRequest{})
	return answer(listOf(replies.Items, ""), err)
}

// replyBody is what a saved answer says.
type replyBody struct {
	Title string `json:"title" doc:"1 to 60 characters."`
	Text  string `json:"text" doc:"1 to 4,000 characters; {name} stands for the name of who is written to."`
}

type createReplyInput struct{ Body replyBody }

func (a *API) createReply(ctx context.Context, in *createReplyInput) (*body[chat.Reply], error) {
	return answer(a.Chats.SaveReply(ctx, chat.SaveReplyRequest{Title: in.Body.Title, Text: in.Body.Text}))
}

type changeReplyInput struct {
	ByID
	Body replyBody
}

func (a *API) changeReply(ctx context.Context, in *changeReplyInput) (*body[chat.Reply], error) {
	return answer(a.Chats.SaveReply(ctx, chat.SaveReplyRequest{ID: in.ID, Title: in.Body.Title, Text: in.Body.Text}))
}

func (a *API) deleteReply(ctx context.Context, in *ByID) (*body[chat.Done], error) {
	return answer(a.Chats.DeleteReply(ctx, chat.DeleteReplyRequest{ID: in.ID}))
}

// Named is a request that names a person in its path.
type Named struct {
	Username string `path:"username" maxLength:"64" doc:"In any case."`
}

func (a *API) getResponses(ctx context.Context, in *Named) (*body[chat.Response], error) {
	whom, err := a.Users.Get(ctx, user.GetRequest{Username: in.Username})
	if err != nil {
		return nil, err
	}
	list, err := a.Chats.ListResponses(ctx, chat.ListResponsesRequest{UserIDs: []string{whom.ID}})
	found := chat.Response{UserID: whom.ID}
	if len(list.Items) > 0 {
		found = list.Items[0]
	}
	return answer(found, err)
}
