package notificationimpl

import (
	"context"

	"marketplace/modules/notification"
	"marketplace/platform/rpc"
)

// remote reaches notification in another process.
type remote struct{ c *rpc.Client }

func newRemote(c *rpc.Client) notification.Service { return remote{c} }

func (r remote) SendMail(ctx context.Context, q notification.SendMailRequest) (notification.Done, error) {
	return rpc.Call[notification.Done](ctx, r.c, "SendMail", q)
}

func (r remote) List(ctx context.Context, q notification.ListRequest) (notification.List, error) {
	return rpc.Read[notification.List](ctx, r.c, "List", q)
}

func (r remote) MarkRead(ctx context.Context, q notification.MarkReadRequest) (notification.Unread, error) {
	return rpc.Call[notification.Unread](ctx, r.c, "MarkRead", q)
}

func (r remote) CountUnread(ctx context.Context, q notification.CountUnreadRequest) (notification.Unread, error) {
	return rpc.Read[notification.Unread](ctx, r.c, "CountUnread", q)
}

func (r remote) ListMails(ctx context.Context, q notification.ListMailsRequest) (notification.MailList, error) {
	return rpc.Read[notification.MailList](ctx, r.c, "ListMails", q)
}

func (r remote) ReportAlerts(ctx context.Context, q notification.ReportAlertsRequest) (notification.Done, error) {
	return rpc.Call[notification.Done](ctx, r.c, "ReportAlerts", q)
}

func (r remote) ListAlerts(ctx context.Context, q notification.ListAlertsRequest) (notification.AlertList, error) {
	return rpc.Read[notification.AlertList](ctx, r.c, "ListAlerts", q)
}

func (r remote) MailLog(ctx context.Context, q notification.MailLogRequest) (notification.MailRecords, error) {
	return rpc.Read[notification.MailRecords](ctx, r.c, "MailLog", q)
}

func (r remote) RetryMail(ctx context.Context, q notification.RetryMailRequest) (notification.MailRecord, error) {
	return rpc.Call[notification.MailRecord](ctx, r.c, "RetryMail", q)
}

func (r remote) House(ctx context.Context, q notification.HouseRequest) (notification.House, error) {
	return rpc.Read[notification.House](ctx, r.c, "House", q)
}

func (r remote) Close(ctx context.Context, q notification.CloseRequest) (notification.House, error) {
	return rpc.Call[notification.House](ctx, r.c, "Close", q)
}

func (r remote) Reopen(ctx context.Context, q notification.ReopenRequest) (notification.House, error) {
	return rpc.Call[notification.House](ctx, r.c, "Reopen", q)
}

func (r remote) Texts(ctx context.Context, q notification.TextsRequest) (notification.TextList, error) {
	return rpc.Read[notification.TextList](ctx, r.c, "Texts", q)
}

func (r remote) WriteText(ctx context.Context, q notification.WriteTextRequest) (notification.TextList, error) {
	return rpc.Call[notification.TextList](ctx, r.c, "WriteText", q)
}
