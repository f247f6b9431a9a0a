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

func (r remote) MayWrite(ctx context.Context, q chat.MayWriteRequest) (chat.Conversation, error) {
	return rpc.Read[chat.Conversation](ctx, r.c, "MayWrite", q)
}

func (r remote) Edit(ctx context.Context, q chat.EditRequest) (chat.Message, error) {
	return rpc.Call[chat.Message](ctx, r.c, "Edit", q)
}

func (r remote) Delete(ctx context.Context, q chat.DeleteRequest) (chat.Message, error) {
	return rpc.Call[chat.Message](ctx, r.c, "Delete", q)
}

func (r remote) Tidy(ctx context.Context, q chat.TidyRequest) (chat.Conversation, error) {
	return rpc.Call[chat.Conversation](ctx, r.c, "Tidy", q)
}

func (r remote) ListLabels(ctx context.Context, q chat.ListLabelsRequest) (chat.LabelList, error) {
	return rpc.Read[chat.LabelList](ctx, r.c, "ListLabels", q)
}

func (r remote) File(ctx context.Context, q chat.FileRequest) (chat.File, error) {
	return rpc.Read[chat.File](ctx, r.c, "File", q)
}

func (r remote) LinkFile(ctx context.Context, q chat.FileRequest) (chat.FileLink, error) {
	return rpc.Read[chat.FileLink](ctx, r.c, "LinkFile", q)
}

func (r remote) LinkedFile(ctx context.Context, q chat.LinkedFileRequest) (chat.File, error) {
	return rpc.Read[chat.File](ctx, r.c, "LinkedFile", q)
}

func (r remote) SetBlock(ctx context.Context, q chat.SetBlockRequest) (chat.Block, error) {
	return rpc.Call[chat.Block](ctx, r.c, "SetBlock", q)
}

func (r remote) ListBlocks(ctx context.Context, q chat.ListBlocksRequest) (chat.BlockList, error) {
	return rpc.Read[chat.BlockList](ctx, r.c, "ListBlocks", q)
}

func (r remote) Report(ctx context.Context, q chat.ReportRequest) (chat.Case, error) {
	return rpc.Call[chat.Case](ctx, r.c, "Report", q)
}

func (r remote) ListCases(ctx context.Context, q chat.ListCasesRequest) (chat.CaseList, error) {
	return rpc.Read[chat.CaseList](ctx, r.c, "ListCases", q)
}

func (r remote) GetCase(ctx context.Context, q chat.GetCaseRequest) (chat.Case, error) {
	return rpc.Read[chat.Case](ctx, r.c, "GetCase", q)
}

func (r remote) ReadCase(ctx context.Context, q chat.ReadCaseRequest) (chat.Reading, error) {
	return rpc.Call[chat.Reading](ctx, r.c, "ReadCase", q)
}

func (r remote) ListCaseMessages(ctx context.Context, q chat.ListCaseMessagesRequest) (chat.CaseMessageList, error) {
	return rpc.Read[chat.CaseMessageList](ctx, r.c, "ListCaseMessages", q)
}

func (r remote) CloseCase(ctx context.Context, q chat.CloseCaseRequest) (chat.Case, error) {
	return rpc.Call[chat.Case](ctx, r.c, "CloseCase", q)
}

func (r remote) GetScreening(ctx context.Context, q chat.GetScreeningRequest) (chat.Screening, error) {
	return rpc.Read[chat.Screening](ctx, r.c, "GetScreening", q)
}

func (r remote) SetScreening(ctx context.Context, q chat.SetScreeningRequest) (chat.Screening, error) {
	return rpc.Call[chat.Screening](ctx, r.c, "SetScreening", q)
}

func (r remote) ListReplies(ctx context.Context, q chat.ListRepliesRequest) (chat.ReplyList, error) {
	return rpc.Read[chat.ReplyList](ctx, r.c, "ListReplies", q)
}

func (r remote) SaveReply(ctx context.Context, q chat.SaveReplyRequest) (chat.Reply, error) {
	return rpc.Call[chat.Reply](ctx, r.c, "SaveReply", q)
}

func (r remote) DeleteReply(ctx context.Context, q chat.DeleteReplyRequest) (chat.Done, error) {
	return rpc.Call[chat.Done](ctx, r.c, "DeleteReply", q)
}

func (r remote) ListResponses(ctx context.Context, q chat.ListResponsesRequest) (chat.ResponseList, error) {
	return rpc.Read[chat.ResponseList](ctx, r.c, "ListResponses", q)
}
