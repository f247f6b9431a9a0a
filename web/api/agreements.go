package api

import (
	"context"
	"time"

	"marketplace/modules/order"
	"marketplace/web/edge"
)

// agreements is what the two sides of an order ask of each other, their disputes, and what the staff decide.
func (a *API) agreements() {
	on(a, op{method: "POST", path: "/orders/{id}/changes", id: "askForChange", access: edge.SignedIn, summary: "Ask the other side to cancel, for more days, for a lower or for a higher price"}, a.askForChange)
	on(a, op{method: "POST", path: "/orders/{id}/changes/accept", id: "acceptChange", access: edge.SignedIn, summary: "Accept what the other side asks for; it happens at once"}, a.answerChange(a.Orders.Agree))
	on(a, op{method: "POST", path: "/orders/{id}/changes/decline", id: "declineChange", access: edge.SignedIn, summary: "Decline what the other side asks for"}, a.answerChange(a.Orders.Decline))
	on(a, op{method: "POST", path: "/orders/{id}/changes/withdraw", id: "withdrawChange", access: edge.SignedIn, summary: "Take back what you have asked for"}, a.answerChange(a.Orders.Withdraw))
	on(a, op{method: "POST", path: "/orders/{id}/extend-review", id: "extendReview", access: edge.SignedIn, summary: "Take more time to look at a delivery, as the buyer"}, a.extendReview)
	on(a, op{method: "POST", path: "/orders/{id}/refunds", id: "refundPart", access: edge.SignedIn, summary: "Give part of the price back while the work goes on, as the seller"}, a.refundPart)
	on(a, op{method: "POST", path: "/orders/{id}/disputes", id: "openDispute", access: edge.SignedIn, limit: filesBytes, summary: "Ask the marketplace to decide; the order stands still"}, a.openDispute)
	on(a, op{method: "POST", path: "/orders/{id}/disputes/statements", id: "stateInDispute", access: edge.SignedIn, limit: filesBytes, summary: "Say something in the dispute"}, a.stateInDispute)
	on(a, op{method: "POST", path: "/orders/{id}/disputes/withdraw", id: "withdrawDispute", access: edge.SignedIn, summary: "End your own dispute; the order goes on with the time that was left"}, a.withdrawDispute)
	on(a, op{method: "POST", path: "/orders/{id}/disputes/resolve", id: "resolveDispute", access: edge.SignedIn, summary: "Decide a dispute, as staff: how much of the price goes back"}, a.resolveDispute)
	on(a, op{method: "POST", path: "/orders/{id}/staff-cancel", id: "staffCancelOrder", access: edge.SignedIn, summary: "End an order and return its money, as staff"}, a.staffCancel)
	on(a, op{method: "POST", path: "/orders/{id}/staff-refund", id: "staffRefundOrder", access: edge.SignedIn, summary: "Give money of a completed order back, as staff"}, a.staffRefund)
	on(a, op{method: "POST", path: "/orders/{id}/tips", id: "tipOrder", access: edge.SignedIn, summary: "Give the seller of a completed order a tip; pay it at tip.payment.checkout_url"}, a.tipOrder)
	on(a, op{method: "GET", path: "/orders/{id}/files/{file}", id: "linkFile", access: edge.SignedIn, summary: "A link to a file of the order that works for ten minutes"}, a.linkFile)
	on(a, op{method: "GET", path: "/operator/orders", id: "listAllOrders", access: edge.Staff, summary: "Everybody's orders, for staff, newest first"}, a.listAllOrders)
}

type askInput struct {
	ByID
	Keyed
	Body struct {
		Kind      string `json:"kind" doc:"cancel, extension, price (a lower one) or raise (a higher one, with what it buys)."`
		Reason    string `json:"reason" doc:"1 to 1,000 characters."`
		Days      int    `json:"days" doc:"1 to 90 more, for an extension; 0 to 90, for a raise."`
		Amount    int64  `json:"amount" doc:"Minor units off the price, for a lower one; on top of it, for a raise."`
		Revisions int    `json:"revisions,omitempty" doc:"0 to 20 more, for a raise."`
	}
}

func (a *API) askForChange(ctx context.Context, in *askInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.Ask(ctx, order.AskRequest{RequestID: in.Key, OrderID: in.ID, Kind: order.ChangeKind(in.Body.Kind),
		Reason: in.Body.Reason, Days: in.Body.Days, Amount: in.Body.Amount, Revisions: in.Body.Revisions}))
}

type answerInput struct {
	ByID
	Keyed
	Body *struct {
		Note string `json:"note,omitempty" doc:"At most 1,000 characters, for the other side."`
	}
}

func (a *API) answerChange(answer func(context.Context, order.AnswerRequest) (order.Order, error)) func(context.Context, *answerInput) (*Replayable[order.Order], error) {
	return func(ctx context.Context, in *answerInput) (*Replayable[order.Order], error) {
		q := order.AnswerRequest{RequestID: in.Key, OrderID: in.ID}
		if in.Body != nil {
			q.Note = in.Body.Note
		}
		return repeatable(answer(ctx, q))
	}
}

func (a *API) extendReview(ctx context.Context, in *commandInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.ExtendReview(ctx, order.ExtendReviewRequest{RequestID: in.Key, OrderID: in.ID}))
}

type refundInput struct {
	ByID
	Keyed
	Body struct {
		Amount int64  `json:"amount" doc:"Minor units of the price; the buyer's fee for it goes back too."`
		Reason string `json:"reason" doc:"1 to 1,000 characters, for the buyer."`
	}
}

func (a *API) refundPart(ctx context.Context, in *refundInput) (*Replayable[order.Order], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	return repeatable(a.Orders.RefundPart(ctx, order.RefundPartRequest{RequestID: in.Key, OrderID: in.ID, Amount: in.Body.Amount, Reason: in.Body.Reason}))
}

type disputeInput struct {
	ByID
	Keyed
	Body struct {
		Reason string         `json:"reason" doc:"not_delivered, not_as_described, quality, no_answer, rights or other."`
		Text   string         `json:"text" doc:"What happened: 1 to 5,000 characters."`
		Files  []order.Upload `json:"files,omitempty" doc:"At most 10, each with its name and its content in base64; 15 MB together."`
	}
}

func (a *API) openDispute(ctx context.Context, in *disputeInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.OpenDispute(ctx, order.OpenDisputeRequest{RequestID: in.Key, OrderID: in.ID, Reason: in.Body.Reason, Text: in.Body.Text, Files: in.Body.Files}))
}

type saidInput struct {
	ByID
	Keyed
	Body struct {
		Text  string         `json:"text" doc:"1 to 5,000 characters."`
		Files []order.Upload `json:"files,omitempty" doc:"At most 10, each with its name and its content in base64; 15 MB together."`
	}
}

func (a *API) stateInDispute(ctx context.Context, in *saidInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.State(ctx, order.StateRequest{RequestID: in.Key, OrderID: in.ID, Text: in.Body.Text, Files: in.Body.Files}))
}

func (a *API) withdrawDispute(ctx context.Context, in *commandInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.WithdrawDispute(ctx, order.WithdrawDisputeRequest{RequestID: in.Key, OrderID: in.ID}))
}

type resolveInput struct {
	ByID
	Keyed
	Body struct {
		Refund int64  `json:"refund" doc:"Minor units of the price that go back; 0 releases all to the seller."`
		Reason string `json:"reason" doc:"For both sides to read: 1 to 5,000 characters."`
	}
}

func (a *API) resolveDispute(ctx context.Context, in *resolveInput) (*Replayable[order.Order], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	return repeatable(a.Orders.Resolve(ctx, order.ResolveRequest{RequestID: in.Key, OrderID: in.ID, Refund: in.Body.Refund, Reason: in.Body.Reason}))
}

type staffCancelInput struct {
	ByID
	Keyed
	Body struct {
		Reason string `json:"reason" doc:"For both sides to read: 1 to 1,000 characters."`
	}
}

func (a *API) staffCancel(ctx context.Context, in *staffCancelInput) (*Replayable[order.Order], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	return repeatable(a.Orders.StaffCancel(ctx, order.StaffCancelRequest{RequestID: in.Key, OrderID: in.ID, Reason: in.Body.Reason}))
}

func (a *API) staffRefund(ctx context.Context, in *refundInput) (*Replayable[order.Order], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	return repeatable(a.Orders.StaffRefund(ctx, order.StaffRefundRequest{RequestID: in.Key, OrderID: in.ID, Amount: in.Body.Amount, Reason: in.Body.Reason}))
}

type tipInput struct {
	ByID
	Keyed
	Body struct {
		Amount  int64  `json:"amount" doc:"Minor units: 1 to 500 whole units of the currency."`
		Message string `json:"message,omitempty" doc:"At most 1,000 characters, for the seller."`
	}
}

func (a *API) tipOrder(ctx context.Context, in *tipInput) (*Replayable[order.Order], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	return repeatable(a.Orders.Tip(ctx, order.TipRequest{RequestID: in.Key, OrderID: in.ID, Amount: in.Body.Amount, Message: in.Body.Message}))
}

type linkFileInput struct {
	ByID
	File string `path:"file" maxLength:"64" doc:"The id of the file."`
}

// fileLink is where a file is, for a short time.
type fileLink struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (a *API) linkFile(ctx context.Context, in *linkFileInput) (*body[fileLink], error) {
	l, err := a.Orders.LinkFile(ctx, order.FileRequest{OrderID: in.ID, FileID: in.File})
	return answer(fileLink{URL: a.Config.PublicURL + "/files/" + l.Token, ExpiresAt: l.ExpiresAt}, err)
}

type listAllOrdersInput struct {
	Paged
	Status []string  `query:"status" maxItems:"9" doc:"Comma separated."`
	Since  time.Time `query:"since" doc:"Placed at or after."`
	Until  time.Time `query:"until" doc:"Placed before."`
}

func (a *API) listAllOrders(ctx context.Context, in *listAllOrdersInput) (*body[List[order.Order]], error) {
	q := order.ListRequest{Role: "staff", Limit: in.Limit, Cursor: in.Cursor, Since: given(in.Since), Until: given(in.Until)}
	for _, s := range in.Status {
		q.Status = append(q.Status, order.Status(s))
	}
	orders, err := a.Orders.List(ctx, q)
	return answer(listOf(orders.Items, orders.NextCursor), err)
}
