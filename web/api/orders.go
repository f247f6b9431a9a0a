package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/fault"
	"marketplace/web/edge"
)

func (a *API) orders() {
	on(a, op{method: "GET", path: "/quote", id: "getQuote", access: edge.Anyone, summary: "What a package costs, fees included; or a milestone of an offer, to its buyer"}, a.getQuote)
	on(a, op{method: "POST", path: "/orders", id: "placeOrder", access: edge.Verified, status: http.StatusCreated, summary: "Order a package, or a milestone of an offer; the server prices it"}, a.placeOrder)
	on(a, op{method: "GET", path: "/orders", id: "listOrders", access: edge.SignedIn, summary: "The own orders, newest first"}, a.listOrders)
	on(a, op{method: "GET", path: "/orders/{id}", id: "getOrder", access: edge.SignedIn, summary: "One order with its deliveries and timeline"}, a.getOrder)
	on(a, op{method: "POST", path: "/orders/{id}/requirements", id: "submitRequirements", access: edge.SignedIn, summary: "Answer the seller's questions; the clock starts"}, a.submitRequirements)
	on(a, op{method: "POST", path: "/orders/{id}/skip-requirements", id: "skipRequirements", access: edge.SignedIn, summary: "Start the clock without answers, as the seller"}, a.skipRequirements)
	on(a, op{method: "POST", path: "/orders/{id}/deliveries", id: "deliver", access: edge.SignedIn, limit: filesBytes, summary: "Hand over the work, as the seller"}, a.deliver)
	on(a, op{method: "POST", path: "/orders/{id}/revisions", id: "requestRevision", access: edge.SignedIn, summary: "Send the delivery back, as the buyer"}, a.requestRevision)
	on(a, op{method: "POST", path: "/orders/{id}/accept", id: "acceptOrder", access: edge.SignedIn, summary: "Complete the order and release the money, as the buyer"}, a.acceptOrder)
	on(a, op{method: "POST", path: "/orders/{id}/cancel", id: "cancelOrder", access: edge.SignedIn, summary: "Cancel where the buyer alone may; the money returns"}, a.cancelOrder)
	on(a, op{method: "POST", path: "/orders/{id}/reviews", id: "reviewOrder", access: edge.SignedIn, status: http.StatusCreated, summary: "Review the other side, once"}, a.reviewOrder)
	on(a, op{method: "GET", path: "/orders/{id}/reviews", id: "getOrderReviews", access: edge.SignedIn, summary: "The reviews of one order, as far as they are public to you"}, a.getOrderReviews)
	on(a, op{method: "GET", path: "/me/balance", id: "getBalance", access: edge.SignedIn, summary: "What the books say about you"}, a.getBalance)
	on(a, op{method: "POST", path: "/payments/webhooks/{provider}", id: "receiveWebhook", raw: true, access: edge.Anyone, summary: "For payment providers: signed, checked, acted upon once"}, a.receiveWebhook)
	if a.simulated() {
		on(a, op{method: "GET", path: "/simulator/payments/{id}", id: "getSimulatedPayment", access: edge.Anyone, summary: "A payment at the simulator"}, a.getSimulatedPayment)
		on(a, op{method: "POST", path: "/simulator/payments/{id}/succeed", id: "succeedPayment", access: edge.Anyone, summary: "Let the simulated card payment succeed"}, a.decide(true))
		on(a, op{method: "POST", path: "/simulator/payments/{id}/decline", id: "declinePayment", access: edge.Anyone, summary: "Let the simulated card payment be declined"}, a.decide(false))
	}
}

// simulated says whether the simulator is the payment provider, as the configuration has it.
func (a *API) simulated() bool {
	var settings struct {
		Provider string `koanf:"provider"`
	}
	section, _ := a.Config.Settings["order"].(map[string]any)
	if provider, ok := section["provider"].(string); ok {
		settings.Provider = provider
	}
	return settings.Provider == "" || settings.Provider == "simulator"
}

// Keyed is the header of draft-ietf-httpapi-idempotency-key-header-07.
type Keyed struct {
	Key string `header:"Idempotency-Key" maxLength:"255" doc:"Chosen by the client: the same key with the same request has one effect and one answer."`
}

// Replayable is an answer that says whether it was given before.
type Replayable[T any] struct {
	Replayed string `header:"Idempotency-Replayed"`
	Body     T
}

// needKey refuses what moves money without a key, so that a lost answer never makes somebody do it twice.
func needKey(key string) error {
	if key == "" {
		return fault.Malformedf("Send an Idempotency-Key header: a text of your choice, new for every request.")
	}
	return nil
}

type getQuoteInput struct {
	GigID    string `query:"gig_id" maxLength:"64"`
	Package  string `query:"package" enum:"basic,standard,premium" default:"basic"`
	Quantity int    `query:"quantity" minimum:"1" maximum:"20" default:"1"`

	Extras []string `query:"extra,explode" maxItems:"10" doc:"The title of one of the gig's extras; repeat it for each."`
	Credit bool     `query:"use_credit" doc:"The caller's credit pays as much as it can; the token is for that."`

	OfferID   string `query:"offer_id" maxLength:"64" doc:"Instead of a gig's package: an offer to the caller."`
	Milestone int    `query:"milestone" minimum:"0" maximum:"10" doc:"Of the offer: 1, 2, …"`
}

func (a *API) getQuote(ctx context.Context, in *getQuoteInput) (*body[order.Quote], error) {
	return answer(a.Orders.Quote(ctx, order.QuoteRequest{GigID: in.GigID, Package: in.Package, Quantity: in.Quantity, Extras: in.Extras, UseCredit: in.Credit,
		OfferID: in.OfferID, Milestone: in.Milestone}))
}

type placeOrderInput struct {
	Keyed
	Body struct {
		GigID    string   `json:"gig_id"`
		Package  string   `json:"package" doc:"basic, standard or premium."`
		Quantity int      `json:"quantity" doc:"1 to 20; 1 if absent."`
		Extras   []string `json:"extras,omitempty" doc:"Titles of the gig's extras, for each one."`
		Credit   bool     `json:"use_credit,omitempty" doc:"The buyer's credit pays what the quote says of it; without a quote, as much as there is."`
		Quote    string   `json:"quote,omitempty" doc:"The token of GET /quote for just this: what was shown is charged. Without it, the price of now."`

		OfferID   string `json:"offer_id,omitempty" doc:"Instead of gig_id and package: an offer to the caller. The first milestone of an open offer accepts it."`
		Milestone int    `json:"milestone,omitempty" doc:"Of the offer: 1, 2, … Ordered again while it waits for its payment, it is answered with that order."`
	}
}

func (a *API) placeOrder(ctx context.Context, in *placeOrderInput) (*Replayable[order.Order], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	placed, err := a.Place(ctx, order.PlaceRequest{
		RequestID: in.Key, GigID: in.Body.GigID, Package: in.Body.Package, Quantity: in.Body.Quantity, Extras: in.Body.Extras, Quote: in.Body.Quote,
		UseCredit: in.Body.Credit, OfferID: in.Body.OfferID, Milestone: in.Body.Milestone,
	})
	placed.Order.Replayed = placed.Replayed
	return repeatable(placed.Order, err)
}

// repeatable says in the header what the module says of a repeated command; the body is that of the first answer.
func repeatable(o order.Order, err error) (*Replayable[order.Order], error) {
	if err != nil {
		return nil, err
	}
	header := replayedHeader(o.Replayed)
	o.Replayed = false
	return &Replayable[order.Order]{Replayed: header, Body: o}, nil
}

func replayedHeader(replayed bool) string {
	if replayed {
		return "true"
	}
	return ""
}

type listOrdersInput struct {
	Paged
	Role   string    `query:"role" enum:"buyer,seller" doc:"Both if absent."`
	Status []string  `query:"status" maxItems:"9" doc:"Comma separated."`
	Since  time.Time `query:"since" doc:"Placed at or after."`
	Until  time.Time `query:"until" doc:"Placed before."`
}

func (a *API) listOrders(ctx context.Context, in *listOrdersInput) (*body[List[order.Order]], error) {
	q := order.ListRequest{Role: in.Role, Limit: in.Limit, Cursor: in.Cursor, Since: given(in.Since), Until: given(in.Until)}
	for _, s := range in.Status {
		q.Status = append(q.Status, order.Status(s))
	}
	orders, err := a.Orders.List(ctx, q)
	return answer(listOf(orders.Items, orders.NextCursor), err)
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *API) getOrder(ctx context.Context, in *ByID) (*body[order.Order], error) {
	return answer(a.Orders.Get(ctx, order.GetRequest{ID: in.ID}))
}

type submitRequirementsInput struct {
	ByID
	Keyed
	Body struct {
		Answers []struct {
			Question string `json:"question"`
			Answer   string `json:"answer"`
		} `json:"answers"`
	}
}

func (a *API) submitRequirements(ctx context.Context, in *submitRequirementsInput) (*Replayable[order.Order], error) {
	q := order.SubmitRequirementsRequest{RequestID: in.Key, OrderID: in.ID}
	for _, given := range in.Body.Answers {
		q.Answers = append(q.Answers, order.Answer{Question: given.Question, Answer: given.Answer})
	}
	return repeatable(a.Orders.SubmitRequirements(ctx, q))
}

type commandInput struct {
	ByID
	Keyed
}

func (a *API) skipRequirements(ctx context.Context, in *commandInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.SkipRequirements(ctx, order.SkipRequirementsRequest{RequestID: in.Key, OrderID: in.ID}))
}

type messageInput struct {
	ByID
	Keyed
	Body struct {
		Message string `json:"message" doc:"1 to 5,000 characters."`
	}
}

// filesBytes is the most that a body with files may have; larger ones are handed over on the order's page.
const filesBytes = 15 << 20

type deliverInput struct {
	ByID
	Keyed
	Body struct {
		Message string         `json:"message" doc:"At most 5,000 characters; with files it may be empty."`
		Files   []order.Upload `json:"files,omitempty" doc:"At most 10, each with its name and its content in base64; 15 MB together."`
	}
}

func (a *API) deliver(ctx context.Context, in *deliverInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.Deliver(ctx, order.DeliverRequest{RequestID: in.Key, OrderID: in.ID, Message: in.Body.Message, Files: in.Body.Files}))
}

func (a *API) requestRevision(ctx context.Context, in *messageInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.RequestRevision(ctx, order.RequestRevisionRequest{RequestID: in.Key, OrderID: in.ID, Message: in.Body.Message}))
}

func (a *API) acceptOrder(ctx context.Context, in *commandInput) (*Replayable[order.Order], error) {
	return repeatable(a.Orders.Accept(ctx, order.AcceptRequest{RequestID: in.Key, OrderID: in.ID}))
}

type cancelInput struct {
	ByID
	Keyed
	Body *struct {
		Reason string `json:"reason,omitempty" doc:"At most 1,000 characters."`
	}
}

func (a *API) cancelOrder(ctx context.Context, in *cancelInput) (*Replayable[order.Order], error) {
	q := order.CancelRequest{RequestID: in.Key, OrderID: in.ID}
	if in.Body != nil {
		q.Reason = in.Body.Reason
	}
	return repeatable(a.Orders.Cancel(ctx, q))
}

type reviewInput struct {
	ByID
	Keyed
	Body struct {
		Rating int    `json:"rating" doc:"1 to 5."`
		Text   string `json:"text" doc:"At most 2,000 characters."`
	}
}

func (a *API) reviewOrder(ctx context.Context, in *reviewInput) (*Replayable[review.Review], error) {
	written, err := a.Reviews.Write(ctx, review.WriteRequest{RequestID: in.Key, OrderID: in.ID, Rating: in.Body.Rating, Text: in.Body.Text})
	if err != nil {
		return nil, err
	}
	header := replayedHeader(written.Replayed)
	written.Replayed = false
	return &Replayable[review.Review]{Replayed: header, Body: written}, nil
}

func (a *API) getOrderReviews(ctx context.Context, in *ByID) (*body[review.OrderReviews], error) {
	return answer(a.Reviews.OfOrder(ctx, review.OfOrderRequest{OrderID: in.ID}))
}

func (a *API) getBalance(ctx context.Context, _ *struct{}) (*body[order.Balance], error) {
	return answer(a.Orders.Balance(ctx, order.BalanceRequest{}))
}

type webhookInput struct {
	Provider string `path:"provider" maxLength:"40"`
	RawBody  []byte `contentType:"application/json"`

	headers map[string]string
}

// Resolve keeps the headers, where the signature is.
func (in *webhookInput) Resolve(hc huma.Context) []error {
	in.headers = map[string]string{}
	hc.EachHeader(func(name, value string) { in.headers[strings.ToLower(name)] = value })
	return nil
}

func (a *API) receiveWebhook(ctx context.Context, in *webhookInput) (*body[order.Done], error) {
	return answer(a.Orders.ReceiveWebhook(ctx, order.ReceiveWebhookRequest{Provider: in.Provider, Headers: in.headers, Body: in.RawBody}))
}

func (a *API) getSimulatedPayment(ctx context.Context, in *ByID) (*body[order.SimulatedPayment], error) {
	return answer(a.Orders.SimulatedPayment(ctx, order.SimulatedPaymentRequest{ID: in.ID}))
}

func (a *API) decide(succeed bool) func(context.Context, *ByID) (*body[order.SimulatedPayment], error) {
	return func(ctx context.Context, in *ByID) (*body[order.SimulatedPayment], error) {
		return answer(a.Orders.DecideSimulatedPayment(ctx, order.DecideSimulatedPaymentRequest{ID: in.ID, Succeed: succeed}))
	}
}
