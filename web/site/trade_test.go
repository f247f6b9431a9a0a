package site_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

type orders struct {
	order.Service
	w *world
}

func (o orders) order() order.Order {
	at := func(hours int) time.Time { return o.w.now.Add(time.Duration(hours) * time.Hour) }
	usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
	due, placed := at(40), at(-90)
	x := order.Order{
		ID: "o1", Number: "MX-4K7Q", Status: o.w.state, Version: 4, BuyerID: anaID, BuyerUsername: "ana", SellerID: benID, SellerUsername: "ben",
		GigID: gigA, GigTitle: "I will draw a calm and confident logo for your brand", GigPictureID: "p1", Package: "standard", PackageTitle: "Mark and colours",
		Includes: []string{"Three drafts", "All formats"}, DeliveryDays: 5, Revisions: 3, RevisionUsed: 1, Quantity: 1,
		Price: usd(10000), Subtotal: usd(10000), Fee: usd(550), Total: usd(10550), Earnings: usd(8000), PlacedAt: placed, PaidAt: &placed, DueAt: &due,
		Requirements: []order.Requirement{
			{Question: "What does your company do?", Type: "text", Required: true, Answer: o.w.text},
			{Question: "Which style?", Type: "choice", Choices: []string{"Calm", "Loud"}, Answer: "Calm"},
			{Question: "Anything to look at?", Type: "file", Files: []order.FileRef{{ID: "f1", Name: "mood board.pdf", Size: 2_300_000}}},
		},
		Deliveries: []order.Delivery{
			{ID: "d1", Number: 1, Message: o.w.text, At: at(-30), Files: []order.FileRef{{ID: "f2", Name: "logo-drafts.zip", Size: 1200}}, Revision: "Rounder, please."},
			{ID: "d2", Number: 2, Message: "Rounder it is.", At: at(-3), Files: []order.FileRef{{ID: "f3", Name: "logo-final.zip", Size: 84_000}}},
		},
		Timeline: []order.Entry{
			{Event: "place", Actor: "buyer", At: at(-90), Number: 1}, {Event: "payment_confirmed", Actor: "provider", At: at(-90), Number: 2},
			{Event: "submit_requirements", Actor: "buyer", At: at(-80), Number: 3}, {Event: "deliver", Actor: "seller", At: at(-30), Number: 4},
			{Event: "request_revision", Actor: "buyer", At: at(-20), Note: "Rounder, please.", Number: 5}, {Event: "deliver", Actor: "seller", At: at(-3), Number: 6},
		},
		Next:    &order.Next{Actor: "buyer", Event: "auto_complete", Text: "The buyer accepts the delivery or asks for a revision. Otherwise the order completes by itself.", At: &due},
		Allowed: []order.Action{order.ActionAccept, order.ActionRequestRevision},
		Payment: &order.Payment{ID: "pay1", Provider: "simulator", Status: o.w.payment, Amount: usd(10550), CheckoutURL: "http://marketplace.test/simulator/pay/pay1"},
	}
	switch o.w.state {
	case order.StatusPendingPayment:
		x.Allowed = []order.Action{order.ActionPay, order.ActionCancel}
		x.Deliveries, x.Timeline, x.PaidAt, x.DueAt = nil, x.Timeline[:1], nil, nil
		x.Payment.Message = "Insufficient funds."
	case order.StatusAwaitingRequirements:
		x.Allowed = []order.Action{order.ActionSubmitRequirements, order.ActionCancel, order.ActionSkipRequirements}
		x.Deliveries = nil
	case order.StatusInProgress, order.StatusInRevision:
		x.Allowed = []order.Action{order.ActionDeliver, order.ActionAgree, order.ActionDecline, order.ActionAsk, order.ActionRefund, order.ActionDispute}
		x.Late = true
		x.Changes = []order.Change{{ID: "c1", Kind: order.ChangeExtension, AskedBy: "buyer", Reason: o.w.text, Days: 3, Status: "open", AskedAt: at(-2), AnswerBy: at(46)}}
	case order.StatusDisputed:
		x.Allowed = []order.Action{order.ActionState, order.ActionWithdrawDispute, order.ActionResolve, order.ActionStaffCancel}
		x.Dispute = &order.Dispute{ID: "d1", OpenedBy: "buyer", Reason: "quality", Status: "open", OpenedAt: at(-1), Statements: []order.Claim{
			{Actor: "buyer", Text: o.w.text, At: at(-1), Files: []order.FileRef{{ID: "f4", Name: "proof.png", Size: 900, SHA256: "0123456789abcdef"}}}}}
	case order.StatusCompleted:
		x.Allowed, x.Next, x.EndedAt = []order.Action{order.ActionReview, order.ActionTip, order.ActionStaffRefund}, nil, &placed
		x.Dispute = &order.Dispute{ID: "d1", OpenedBy: "buyer", Reason: "quality", Status: "resolved", OpenedAt: at(-20), Refund: usd(1000), Decision: o.w.text}
		x.Tip = &order.Tip{Amount: usd(500), Message: o.w.text, Payment: &order.Payment{ID: "pay2", Status: "pending", Amount: usd(500), CheckoutURL: "http://marketplace.test/simulator/pay/pay2"}}
	case order.StatusCancelled, order.StatusExpired:
		x.Allowed, x.Next, x.EndedAt = nil, nil, &placed
	}
	if o.w.milestone > 0 {
		x.OfferID, x.Milestone, x.Milestones, x.Package = "of1", o.w.milestone, 2, "offer"
	}
	if o.w.role == "seller" {
		x.BuyerID, x.BuyerUsername, x.SellerID, x.SellerUsername, x.Payment = benID, "ben", anaID, "ana", nil
	}
	return x
}

func (o orders) Quote(_ context.Context, q order.QuoteRequest) (order.Quote, error) {
	o.w.read("orders.Quote")
	usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
	return order.Quote{Lines: []order.Line{{Text: "standard", Quantity: 1, Price: usd(12000), Amount: usd(12000)}, {Text: "service fee", Quantity: 1, Price: usd(660), Amount: usd(660)}}, Subtotal: usd(12000), Fee: usd(660), Total: usd(12660), SellerFee: usd(2400), Earnings: usd(9600), BuyerFeeBips: 550, SellerFeeBips: 2000, ClearingDays: 14}, nil
}

func (o orders) Place(_ context.Context, q order.PlaceRequest) (order.Placement, error) {
	if q.OfferID != "" {
		return order.Placement{Order: o.order()}, o.w.call(fmt.Sprintf("Place %s %d %s", q.OfferID, q.Milestone, q.RequestID))
	}
	return order.Placement{Order: o.order()}, o.w.call(fmt.Sprintf("Place %s %d %s", q.Package, q.Quantity, q.RequestID))
}

func (o orders) Get(_ context.Context, q order.GetRequest) (order.Order, error) {
	o.w.read("orders.Get")
	if q.ID != "o1" {
		return order.Order{}, fault.NotFoundf("You have no such order.")
	}
	x := o.order()
	x.BankDecides = o.w.banks
	return x, nil
}

func (o orders) List(_ context.Context, q order.ListRequest) (order.List, error) {
	o.w.read("orders.List")
	if o.w.empty {
		return order.List{}, nil
	}
	var list order.List
	for _, status := range []order.Status{order.StatusDelivered, order.StatusInProgress, order.StatusCompleted, order.StatusCancelled} {
		if len(q.Status) == 0 || slices.Contains(q.Status, status) {
			x := orders{w: &world{now: o.w.now, text: o.w.text, state: status, role: q.Role, milestone: o.w.milestone}}.order()
			list.Items = append(list.Items, x)
		}
	}
	if !o.w.once {
		list.NextCursor = "more"
	}
	return list, nil
}

func (o orders) LinkedFile(ctx context.Context, q order.LinkedFileRequest) (order.File, error) {
	if q.Token != "good" {
		return order.File{}, fault.NotFoundf("There is no such file.")
	}
	return o.File(ctx, order.FileRequest{OrderID: "o1"})
}
func (o orders) Ask(_ context.Context, q order.AskRequest) (order.Order, error) {
	return o.done(fmt.Sprintf("Ask %s %d %d", q.Kind, q.Days, q.Amount))
}
func (o orders) Agree(_ context.Context, q order.AnswerRequest) (order.Order, error) {
	return o.done("Agree " + q.Note)
}
func (o orders) Decline(context.Context, order.AnswerRequest) (order.Order, error) {
	return o.done("Decline")
}
func (o orders) Withdraw(context.Context, order.AnswerRequest) (order.Order, error) {
	return o.done("Withdraw")
}
func (o orders) ExtendReview(context.Context, order.ExtendReviewRequest) (order.Order, error) {
	return o.done("ExtendReview")
}
func (o orders) RefundPart(_ context.Context, q order.RefundPartRequest) (order.Order, error) {
	return o.done(fmt.Sprintf("RefundPart %d", q.Amount))
}
func (o orders) OpenDispute(_ context.Context, q order.OpenDisputeRequest) (order.Order, error) {
	return o.done("OpenDispute " + q.Reason)
}
func (o orders) State(context.Context, order.StateRequest) (order.Order, error) {
	return o.done("State")
}
func (o orders) WithdrawDispute(context.Context, order.WithdrawDisputeRequest) (order.Order, error) {
	return o.done("WithdrawDispute")
}
func (o orders) Resolve(_ context.Context, q order.ResolveRequest) (order.Order, error) {
	return o.done(fmt.Sprintf("Resolve %d", q.Refund))
}
func (o orders) StaffCancel(context.Context, order.StaffCancelRequest) (order.Order, error) {
	return o.done("StaffCancel")
}

func (o orders) StaffRefund(_ context.Context, q order.StaffRefundRequest) (order.Order, error) {
	return o.done(fmt.Sprintf("StaffRefund %d", q.Amount))
}
func (o orders) Tip(_ context.Context, q order.TipRequest) (order.Order, error) {
	return o.done(fmt.Sprintf("Tip %d", q.Amount))
}

func (o orders) done(name string) (order.Order, error) { return o.order(), o.w.call(name) }

func (o orders) SubmitRequirements(_ context.Context, q order.SubmitRequirementsRequest) (order.Order, error) {
	return o.done(fmt.Sprintf("SubmitRequirements %d", len(q.Answers)))
}
func (o orders) SkipRequirements(context.Context, order.SkipRequirementsRequest) (order.Order, error) {
	return o.done("SkipRequirements")
}
func (o orders) Deliver(_ context.Context, q order.DeliverRequest) (order.Order, error) {
	return o.done(fmt.Sprintf("Deliver %d", len(q.Files)))
}
func (o orders) RequestRevision(context.Context, order.RequestRevisionRequest) (order.Order, error) {
	return o.done("RequestRevision")
}
func (o orders) Accept(context.Context, order.AcceptRequest) (order.Order, error) {
	return o.done("Accept")
}
func (o orders) Cancel(context.Context, order.CancelRequest) (order.Order, error) {
	return o.done("Cancel")
}

func (o orders) File(_ context.Context, q order.FileRequest) (order.File, error) {
	if q.OrderID != "o1" {
		return order.File{}, fault.NotFoundf("There is no such file.")
	}
	return order.File{FileRef: order.FileRef{ID: "f1", Name: "Entwürfe; \"final\"\r\nX: y.html", ContentType: "text/html"}, Content: []byte("<script>alert(1)</script>")}, nil
}

func (o orders) Balance(context.Context, order.BalanceRequest) (order.Balance, error) {
	o.w.read("orders.Balance")
	usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
	return order.Balance{Escrow: usd(12000), Pending: usd(80000), Available: usd(214550), Withdrawn: usd(1240000), Credit: usd(0)}, nil
}

func (o orders) SimulatedPayment(_ context.Context, q order.SimulatedPaymentRequest) (order.SimulatedPayment, error) {
	if q.ID != "pay1" {
		return order.SimulatedPayment{}, fault.NotFoundf("There is no such payment.")
	}
	return order.SimulatedPayment{ID: "pay1", OrderID: "o1", Description: "Order MX-4K7Q", Amount: money.Of(10550, "USD"), Status: o.w.payment, ReturnURL: "http://marketplace.test/orders/o1"}, nil
}

func (o orders) DecideSimulatedPayment(_ context.Context, q order.DecideSimulatedPaymentRequest) (order.SimulatedPayment, error) {
	o.w.payment = map[bool]string{true: "succeeded", false: "declined"}[q.Succeed]
	return o.SimulatedPayment(nil, order.SimulatedPaymentRequest{ID: q.ID}) //nolint:staticcheck // the stub reads nothing from it
}

type reviews struct {
	review.Service
	w *world
}

func (r reviews) review(rating int) review.Review {
	return review.Review{ID: fmt.Sprint("r", rating), OrderID: "o1", GigID: gigA, GigTitle: "Logo", AuthorID: anaID, AuthorUsername: "ana", AuthorRole: "buyer", SubjectID: benID, Rating: rating, Text: r.w.text, CreatedAt: r.w.now.Add(-time.Duration(rating) * 30 * time.Hour)}
}

func (r reviews) Write(context.Context, review.WriteRequest) (review.Review, error) {
	return r.review(5), r.w.call("Write")
}

func (r reviews) OfOrder(context.Context, review.OfOrderRequest) (review.OrderReviews, error) {
	r.w.read("reviews.OfOrder")
	closes := r.w.now.Add(200 * time.Hour)
	if r.w.role == "seller" {
		mine := r.review(4)
		return review.OrderReviews{Mine: &mine, ClosesAt: closes}, nil
	}
	return review.OrderReviews{MayWrite: true, ClosesAt: closes}, nil
}

func (r reviews) List(context.Context, review.ListRequest) (review.List, error) {
	r.w.read("reviews.List")
	if r.w.empty {
		return review.List{}, nil
	}
	return review.List{Items: []review.Review{r.review(5), r.review(4), r.review(2)}, NextCursor: "more"}, nil
}

func (r reviews) ListSummaries(_ context.Context, q review.ListSummariesRequest) (review.SummaryList, error) {
	r.w.read("reviews.ListSummaries")
	var list review.SummaryList
	for range append(q.GigIDs, q.UserIDs...) {
		s := review.Summary{Hundredths: 487, Count: 213, Stars: [5]int{1, 2, 6, 24, 180}}
		if r.w.empty {
			s = review.Summary{}
		}
		list.Items = append(list.Items, s)
	}
	return list, nil
}

type notifications struct {
	notification.Service
	w *world
}

func (n notifications) List(context.Context, notification.ListRequest) (notification.List, error) {
	n.w.read("notifications.List")
	if n.w.empty {
		return notification.List{}, nil
	}
	return notification.List{Unread: 1, Items: []notification.Notification{
		{ID: "n1", Kind: "order_delivered", Title: "Ben has delivered", Text: n.w.text, Link: "/orders/o1", CreatedAt: n.w.now.Add(-3 * time.Hour)},
		{ID: "n2", Kind: "message", Title: "A message from Ben", Text: "Yes, tomorrow morning.", Link: "//evil.example", Read: true, CreatedAt: n.w.now.Add(-300 * time.Hour)},
	}}, nil
}

func (n notifications) MarkRead(_ context.Context, q notification.MarkReadRequest) (notification.Unread, error) {
	return notification.Unread{}, n.w.call(fmt.Sprintf("MarkRead %v %v", q.IDs, q.All))
}

func (n notifications) House(context.Context, notification.HouseRequest) (notification.House, error) {
	return notification.House{Closed: n.w.closed}, nil
}

func (n notifications) Texts(context.Context, notification.TextsRequest) (notification.TextList, error) {
	return notification.TextList{Items: []notification.Text{{Name: "terms", Language: "en", Text: "## Own", Version: 2, ChangedAt: n.w.now}}}, nil
}

func (n notifications) WriteText(_ context.Context, q notification.WriteTextRequest) (notification.TextList, error) {
	return notification.TextList{}, n.w.call(fmt.Sprintf("WriteText %s %s %q %d", q.Name, q.Language, q.Text, q.Version))
}

func (n notifications) CountUnread(context.Context, notification.CountUnreadRequest) (notification.Unread, error) {
	n.w.read("notifications.CountUnread")
	return notification.Unread{Count: 120}, nil
}

func (n notifications) ListMails(context.Context, notification.ListMailsRequest) (notification.MailList, error) {
	n.w.read("notifications.ListMails")
	return notification.MailList{Items: []notification.Mail{{
		ID: "mail1", To: "ana@example.com", Subject: "Confirm your address", Text: "Hello ana\n\nhttp://marketplace.test/verify-email?token=abc", Status: "sent",
		HTML: `<p style="color:teal">Hello ana</p>`, Links: []string{"http://marketplace.test/verify-email?token=abc"}, CreatedAt: n.w.now.Add(-time.Minute),
	}}}, nil
}
