package chatimpl

import (
	"context"

	"marketplace/modules/chat"
	"marketplace/platform/rpc"
)

// remote is the chat in another process.
type remote struct{ c *rpc.Client }

func newRemote(c *rpc.Client) chat.Service { return remote{c} }

func (r remote) Open(ctx context.Context, q chat.OpenRequest) (chat.Conversation, error) {
	return rpc.Call[chat.Conversation](ctx, r.c, "Open", q)
}

func (r remote) Get(ctx context.Context, q chat.GetRequest) (chat.Conversation, error) {
	return rpc.Read[chat.Conversation](ctx, r.c, "Get", q)
}

func (r remote) List(ctx context.Context, q chat.ListRequest) (chat.List, error) {
	return rpc.Read[chat.List](ctx, r.c, "List", q)
}

func (r remote) Send(ctx context.Context, q chat.SendRequest) (chat.Message, error) {
	return rpc.Call[chat.Message](ctx, r.c, "Send", q)
}

func (r remote) ListMessages(ctx context.Context, q chat.ListMessagesRequest) (chat.MessageList, error) {
	return rpc.Read[chat.MessageList](ctx, r.c, "ListMessages", q)
}

func (r remote) MarkRead(ctx context.Context, q chat.MarkReadRequest) (chat.Conversation, error) {
	return rpc.Call[chat.Conversation](ctx, r.c, "MarkRead", q)
}

func (r remote) ShowTyping(ctx context.Context, q chat.ShowTypingRequest) (chat.Typed, error) {
	return rpc.Call[chat.Typed](ctx, r.c, "ShowTyping", q)
}

func (r remote) CountUnread(ctx context.Context, q chat.CountUnreadRequest) (chat.Unread, error) {
	return rpc.Read[chat.Unread](ctx, r.c, "CountUnread", q)
}
