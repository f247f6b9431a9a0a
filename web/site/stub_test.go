package site_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/web/edge"
	"marketplace/web/site"
)

// world is a small marketplace that answers what the pages ask: two people, some gigs, an order in each state.
type world struct {
	now     time.Time
	text    string // what people wrote, everywhere
	fail    error  // what the next command answers
	seller  bool   // whether ana sells
	empty   bool   // nothing is there
	calls   []string
	payment string
	state   order.Status
	role    string
}

const (
	anaID = "01990000-0000-7000-8000-0000000000a1" // who looks
	benID = "01990000-0000-7000-8000-0000000000b1" // the other one
	gigA  = "01990000-0000-7000-8000-00000000c001"
)

func newWorld() *world {
	return &world{
		now: time.Date(2026, 3, 12, 14, 5, 0, 0, time.UTC), seller: true, role: "buyer", state: order.StatusDelivered, payment: "pending",
		text: "I draw **calm** and confident marks.\n\n## What you get\n\n- Three drafts\n- All source files",
	}
}

func (w *world) call(name string) error {
	w.calls = append(w.calls, name)
	return w.fail
}

func (w *world) edge() edge.Edge {
	c := config.Defaults()
	c.PublicURL, c.Demo, c.Name = "http://marketplace.test", true, "Meridian"
	return edge.Edge{
		Services: edge.Services{
			Auth: auths{w: w}, Users: users{w: w}, Gigs: gigs{w: w}, Orders: orders{w: w}, Reviews: reviews{w: w}, Chats: chats{w: w},
			Notifications: notifications{w: w},
		},
		Config: c, Clock: clock.New(), Log: zap.NewNop(),
	}
}

// open serves the pages of a world; who is acting is in the actor.
func open(t testing.TB, w *world, actor identity.Actor) http.Handler {
	t.Helper()
	e := w.edge()
	e.Clock.Advance(w.now.Sub(e.Clock.Now()))
	s, err := site.New(e, site.Login{Username: "ana", Password: "ana-demo-1", About: "Sells logos"})
	if err != nil {
		t.Fatal(err)
	}
	router := echo.New()
	router.HTTPErrorHandler = func(err error, c echo.Context) {
		if fault.Of(err).Code == fault.Internal {
			t.Logf("%s %s: %v", c.Request().Method, c.Request().URL, err)
		}
		if err := s.ShowError(c, err); err != nil {
			t.Errorf("the error page failed: %v", err)
		}
	}
	router.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.SetRequest(c.Request().WithContext(identity.With(c.Request().Context(), actor)))
			return next(c)
		}
	})
	for _, p := range s.Pages() {
		router.Add(p.Method, p.Path, func(c echo.Context) error {
			if err := p.Access.Check(c.Request().Context()); err != nil {
				return err
			}
			return p.Handler(c)
		})
	}
	return router
}

func ana() identity.Actor {
	return identity.Actor{UserID: anaID, Username: "ana", Verified: true, SessionID: "s1"}
}

func visit(h http.Handler, path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Header.Set("Accept", "text/html")
	h.ServeHTTP(rec, r)
	return rec
}

func send(h http.Handler, path string, form map[string]string) *httptest.ResponseRecorder {
	var pairs []string
	for name, value := range form {
		pairs = append(pairs, name+"="+strings.NewReplacer("%", "%25", "&", "%26", "=", "%3D", "+", "%2B", " ", "+", "\n", "%0A", "<", "%3C", ">", "%3E", `"`, "%22").Replace(value))
	}
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Join(pairs, "&")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.ServeHTTP(rec, r)
	return rec
}

type auths struct {
	auth.Service
	w *world
}

func (a auths) account() auth.Account {
	return auth.Account{ID: anaID, Username: "ana", Email: "ana@example.com", CreatedAt: a.w.now}
}

func (a auths) SignUp(context.Context, auth.SignUpRequest) (auth.Account, error) {
	return a.account(), a.w.call("SignUp")
}

func (a auths) LogIn(_ context.Context, q auth.LogInRequest) (auth.Session, error) {
	return auth.Session{ID: "s1", Token: "token-of-" + q.Login, Account: a.account(), ExpiresAt: a.w.now.Add(24 * time.Hour)}, a.w.call("LogIn")
}

func (a auths) LogOut(context.Context, auth.LogOutRequest) (auth.Done, error) {
	return auth.Done{}, a.w.call("LogOut")
}

func (a auths) VerifyEmail(context.Context, auth.VerifyEmailRequest) (auth.Account, error) {
	return a.account(), a.w.call("VerifyEmail")
}

func (a auths) ResendVerification(context.Context, auth.ResendVerificationRequest) (auth.Account, error) {
	return a.account(), a.w.call("ResendVerification")
}

func (a auths) RequestReset(context.Context, auth.RequestResetRequest) (auth.Done, error) {
	return auth.Done{}, a.w.call("RequestReset")
}

func (a auths) ResetPassword(context.Context, auth.ResetPasswordRequest) (auth.Done, error) {
	return auth.Done{}, a.w.call("ResetPassword")
}

func (a auths) ChangePassword(context.Context, auth.ChangePasswordRequest) (auth.Done, error) {
	return auth.Done{}, a.w.call("ChangePassword")
}

func (a auths) ListSessions(context.Context, auth.ListSessionsRequest) (auth.SessionList, error) {
	return auth.SessionList{Items: []auth.Session{
		{ID: "s1", Device: "Firefox on Linux", Address: "203.0.113.7", Current: true, LastActiveAt: a.w.now},
		{ID: "s2", Device: "Safari on iPhone", Address: "198.51.100.4", LastActiveAt: a.w.now.Add(-50 * time.Hour)},
	}}, nil
}

type users struct {
	user.Service
	w *world
}

func (u users) profile(id string) user.Profile {
	p := user.Profile{ID: id, Username: "ben", DisplayName: "Ben Okafor", Country: "DE", MemberSince: u.w.now.Add(-400 * 24 * time.Hour)}
	if id == anaID {
		p.Username, p.DisplayName, p.Bio = "ana", "Ana Lindqvist", u.w.text
	}
	if id == benID || u.w.seller {
		p.Seller = &user.Seller{
			Headline: "Brand designer who keeps it simple", Description: u.w.text, Skills: []string{"Logo design", "Illustration", "Type"},
			Languages: []user.Language{{Name: "German", Level: "native"}, {Name: "English", Level: "fluent"}}, Since: u.w.now.Add(-300 * 24 * time.Hour),
		}
	}
	return p
}

func (u users) Get(_ context.Context, q user.GetRequest) (user.Profile, error) {
	switch {
	case q.ID == anaID || q.Username == "ana":
		return u.profile(anaID), nil
	case q.ID == benID || q.Username == "ben":
		return u.profile(benID), nil
	}
	return user.Profile{}, fault.NotFoundf("There is nobody of that name.")
}

func (u users) List(_ context.Context, q user.ListRequest) (user.ProfileList, error) {
	var list user.ProfileList
	for _, id := range q.IDs {
		list.Items = append(list.Items, u.profile(id))
	}
	return list, nil
}

func (u users) Update(context.Context, user.UpdateRequest) (user.Profile, error) {
	return u.profile(anaID), u.w.call("Update")
}

func (u users) SetSeller(context.Context, user.SetSellerRequest) (user.Profile, error) {
	return u.profile(anaID), u.w.call("SetSeller")
}

func (u users) SetAvatar(context.Context, user.SetAvatarRequest) (user.Profile, error) {
	return u.profile(anaID), u.w.call("SetAvatar")
}

func (u users) Avatar(context.Context, user.AvatarRequest) (user.Picture, error) {
	return user.Picture{ContentType: "image/svg+xml", Content: []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#2b7a78"/><circle cx="4" cy="3" r="1.6" fill="#fff"/><ellipse cx="4" cy="7" rx="2.6" ry="2" fill="#fff"/></svg>`)}, nil
}

type gigs struct {
	gig.Service
	w *world
}

func (g gigs) gig(n int) gig.Gig {
	titles := []string{
		"I will draw a calm and confident logo for your brand", "I will build a fast website that you can edit yourself",
		"I will translate your texts from English to German", "I will cut your footage into a story people finish",
		"I will set up your books and keep them tidy", "I will record a warm voice over for your film",
		"I will write product texts that sell without shouting", "I will find out what your data says", "I will paint your character",
	}
	usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
	offer := gig.Gig{
		ID: gigA[:len(gigA)-1] + fmt.Sprint(n), Slug: "i-will-draw-a-calm-logo", SellerID: benID, SellerUsername: "ben", Title: titles[(n-1)%len(titles)],
		Description: g.w.text, Category: "logo-design", Tags: []string{"logo", "branding", "minimal"}, Status: gig.StatusActive,
		From: usd(int64(4500 + n*1300)), FastestDays: n, Rating: gig.Rating{Hundredths: 500 - n*7, Count: 213 / n}, Sales: 410 / n, Version: 3,
		Packages: []gig.Package{
			{Name: "basic", Title: "One mark", Description: "A single drafted idea, cleaned up.", Price: usd(4500), DeliveryDays: 3, Revisions: 1, Includes: []string{"One draft", "PNG and SVG"}},
			{Name: "standard", Title: "Mark and colours", Description: "Three directions, one chosen and refined.", Price: usd(12000), DeliveryDays: 5, Revisions: 3, Includes: []string{"Three drafts", "All formats", "Colour sheet"}},
			{Name: "premium", Title: "Whole identity", Description: "Everything to start with: logo, type, colours, cards.", Price: usd(36000), DeliveryDays: 10, Revisions: gig.Unlimited, Includes: []string{"Five drafts", "All formats", "Brand book", "Business cards"}},
		},
		Requirements: []gig.Requirement{{Question: "What does your company do?", Type: "text", Required: true}, {Question: "Which style?", Type: "choice", Choices: []string{"Calm", "Loud"}}},
		Pictures:     []gig.PictureRef{},
	}
	if n == 1 {
		offer.Title = strings.TrimSpace(offer.Title)
		offer.Pictures = []gig.PictureRef{{ID: "p1", Width: 1280, Height: 800}, {ID: "p2", Width: 1280, Height: 800}}
	}
	if n == 9 {
		offer.Rating, offer.Sales = gig.Rating{}, 0
	}
	return offer
}

func (g gigs) mine(n int, status gig.Status) gig.Gig {
	offer := g.gig(n)
	offer.SellerID, offer.SellerUsername, offer.Status = anaID, "ana", status
	return offer
}

func (g gigs) Categories(context.Context, gig.CategoriesRequest) (gig.CategoryList, error) {
	if g.w.empty {
		return gig.CategoryList{}, nil
	}
	names := [][3]string{
		{"graphics-design", "Graphics & Design", "Logos, brands and pictures that people remember."}, {"programming-tech", "Programming & Tech", "Websites, apps and everything behind them."},
		{"digital-marketing", "Digital Marketing", "Be found, and be chosen."}, {"writing-translation", "Writing & Translation", "The right words, in every language."},
		{"video-animation", "Video & Animation", "Moving pictures that move people."}, {"music-audio", "Music & Audio", "Voices, songs and clean sound."},
		{"business", "Business", "Plans, numbers and help with the daily work."}, {"ai-data", "AI & Data", "Make sense of your data."},
	}
	var list gig.CategoryList
	for _, n := range names {
		list.Items = append(list.Items, gig.Category{Slug: n[0], Name: n[1], Blurb: n[2], Gigs: 12})
	}
	for _, n := range [][2]string{{"logo-design", "Logo Design"}, {"illustration", "Illustration"}, {"packaging-design", "Packaging Design"}} {
		list.Items = append(list.Items, gig.Category{Slug: n[0], Name: n[1], Parent: "graphics-design", Blurb: "A mark for your business.", Gigs: 4})
	}
	return list, nil
}

func (g gigs) Search(_ context.Context, q gig.SearchRequest) (gig.Results, error) {
	if g.w.fail != nil {
		return gig.Results{}, g.w.fail
	}
	var found gig.Results
	if g.w.empty || q.Text == "nothing" {
		return found, nil
	}
	for n := 1; n <= min(9, q.Limit+9*(1-min(1, q.Limit))); n++ {
		found.Items = append(found.Items, g.gig(n))
	}
	found.Total, found.NextCursor = 1000, "next"
	return found, nil
}

func (g gigs) Get(_ context.Context, q gig.GetRequest) (gig.Gig, error) {
	switch q.ID {
	case gigA:
		return g.gig(1), nil
	case "mine", "draft":
		return g.mine(2, gig.StatusDraft), nil
	}
	return gig.Gig{}, fault.NotFoundf("There is no such gig.")
}

func (g gigs) List(context.Context, gig.ListRequest) (gig.List, error) {
	return gig.List{Items: []gig.Gig{g.gig(1)}}, nil
}

func (g gigs) Mine(context.Context, gig.MineRequest) (gig.List, error) {
	if g.w.empty {
		return gig.List{}, nil
	}
	return gig.List{Items: []gig.Gig{g.mine(1, gig.StatusActive), g.mine(2, gig.StatusDraft), g.mine(3, gig.StatusPaused)}}, nil
}

func (g gigs) Create(context.Context, gig.CreateRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDraft), g.w.call("Create")
}

func (g gigs) Update(context.Context, gig.UpdateRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDraft), g.w.call("Update")
}

func (g gigs) Publish(context.Context, gig.PublishRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusActive), g.w.call("Publish")
}

func (g gigs) Pause(context.Context, gig.PauseRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusPaused), g.w.call("Pause")
}

func (g gigs) Delete(context.Context, gig.DeleteRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDeleted), g.w.call("Delete")
}

func (g gigs) AddPicture(context.Context, gig.AddPictureRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDraft), g.w.call("AddPicture")
}

func (g gigs) RemovePicture(context.Context, gig.RemovePictureRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDraft), g.w.call("RemovePicture")
}

func (g gigs) Picture(context.Context, gig.PictureRequest) (gig.Picture, error) {
	return gig.Picture{ContentType: "image/svg+xml", Content: []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 10"><rect width="16" height="10" fill="#0b5f66"/><circle cx="8" cy="5" r="3" fill="#f0b35a"/></svg>`)}, nil
}

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
		x.Allowed = []order.Action{order.ActionDeliver}
	case order.StatusCompleted:
		x.Allowed, x.Next, x.EndedAt = []order.Action{order.ActionReview}, nil, &placed
	case order.StatusCancelled, order.StatusExpired:
		x.Allowed, x.Next, x.EndedAt = nil, nil, &placed
	}
	if o.w.role == "seller" {
		x.BuyerID, x.BuyerUsername, x.SellerID, x.SellerUsername, x.Payment = benID, "ben", anaID, "ana", nil
	}
	return x
}

func (o orders) Quote(_ context.Context, q order.QuoteRequest) (order.Quote, error) {
	usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
	return order.Quote{Subtotal: usd(12000), Fee: usd(660), Total: usd(12660), SellerFee: usd(2400), Earnings: usd(9600), BuyerFeeBips: 550, SellerFeeBips: 2000, ClearingDays: 14}, nil
}

func (o orders) Place(_ context.Context, q order.PlaceRequest) (order.Placement, error) {
	return order.Placement{Order: o.order()}, o.w.call(fmt.Sprintf("Place %s %d %s", q.Package, q.Quantity, q.RequestID))
}

func (o orders) Get(_ context.Context, q order.GetRequest) (order.Order, error) {
	if q.ID != "o1" {
		return order.Order{}, fault.NotFoundf("You have no such order.")
	}
	return o.order(), nil
}

func (o orders) List(_ context.Context, q order.ListRequest) (order.List, error) {
	if o.w.empty {
		return order.List{}, nil
	}
	var list order.List
	for _, status := range []order.Status{order.StatusDelivered, order.StatusInProgress, order.StatusCompleted, order.StatusCancelled} {
		if len(q.Status) == 0 || slices.Contains(q.Status, status) {
			x := orders{w: &world{now: o.w.now, text: o.w.text, state: status, role: q.Role}}.order()
			list.Items = append(list.Items, x)
		}
	}
	list.NextCursor = "more"
	return list, nil
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
	closes := r.w.now.Add(200 * time.Hour)
	if r.w.role == "seller" {
		mine := r.review(4)
		return review.OrderReviews{Mine: &mine, ClosesAt: closes}, nil
	}
	return review.OrderReviews{MayWrite: true, ClosesAt: closes}, nil
}

func (r reviews) List(context.Context, review.ListRequest) (review.List, error) {
	if r.w.empty {
		return review.List{}, nil
	}
	return review.List{Items: []review.Review{r.review(5), r.review(4), r.review(2)}, NextCursor: "more"}, nil
}

func (r reviews) ListSummaries(_ context.Context, q review.ListSummariesRequest) (review.SummaryList, error) {
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

type chats struct {
	chat.Service
	w *world
}

func (c chats) messages() []chat.Message {
	texts := []string{"Hello Ben, could you start this week?", "Hi Ana! Yes, tomorrow morning.", "Lovely. We like it calm.\nNo gradients, please.", c.w.text}
	messages := make([]chat.Message, len(texts))
	for i, text := range texts {
		messages[i] = chat.Message{ID: fmt.Sprint("m", i), ConversationID: "c1", Seq: int64(i + 1), SenderID: anaID, SenderUsername: "ana", Text: text, CreatedAt: c.w.now.Add(time.Duration(i-30) * time.Hour)}
		if i%2 == 1 {
			messages[i].SenderID, messages[i].SenderUsername = benID, "ben"
		}
	}
	return messages
}

func (c chats) conversation() chat.Conversation {
	last := c.messages()[3]
	return chat.Conversation{ID: "c1", With: chat.Person{ID: benID, Username: "ben"}, OrderID: "o1", LastMessage: &last, LastSeq: 4, ReadSeq: 3, TheirRead: 1, Unread: 1, UpdatedAt: c.w.now}
}

func (c chats) Open(context.Context, chat.OpenRequest) (chat.Conversation, error) {
	return c.conversation(), c.w.call("Open")
}

func (c chats) Get(_ context.Context, q chat.GetRequest) (chat.Conversation, error) {
	if q.ID != "c1" {
		return chat.Conversation{}, fault.NotFoundf("You have no such conversation.")
	}
	return c.conversation(), nil
}

func (c chats) List(context.Context, chat.ListRequest) (chat.List, error) {
	if c.w.empty {
		return chat.List{}, nil
	}
	quiet := c.conversation()
	quiet.ID, quiet.Unread, quiet.With = "c2", 0, chat.Person{ID: "u3", Username: "mei"}
	return chat.List{Items: []chat.Conversation{c.conversation(), quiet}}, nil
}

func (c chats) Send(_ context.Context, q chat.SendRequest) (chat.Message, error) {
	return chat.Message{ID: "m9", Seq: 5, ClientID: q.ClientID}, c.w.call("Send " + q.Text)
}

func (c chats) ListMessages(_ context.Context, q chat.ListMessagesRequest) (chat.MessageList, error) {
	return chat.MessageList{Items: c.messages()[q.AfterSeq:], NextCursor: "older"}, nil
}

func (c chats) MarkRead(_ context.Context, q chat.MarkReadRequest) (chat.Conversation, error) {
	return c.conversation(), c.w.call(fmt.Sprintf("MarkRead %d", q.Seq))
}

func (c chats) CountUnread(context.Context, chat.CountUnreadRequest) (chat.Unread, error) {
	return chat.Unread{Messages: 3, Conversations: 1}, nil
}

type notifications struct {
	notification.Service
	w *world
}

func (n notifications) List(context.Context, notification.ListRequest) (notification.List, error) {
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

func (n notifications) CountUnread(context.Context, notification.CountUnreadRequest) (notification.Unread, error) {
	return notification.Unread{Count: 120}, nil
}

func (n notifications) ListMails(context.Context, notification.ListMailsRequest) (notification.MailList, error) {
	return notification.MailList{Items: []notification.Mail{{
		ID: "mail1", To: "ana@example.com", Subject: "Confirm your address", Text: "Hello ana\n\nhttp://marketplace.test/verify-email?token=abc", Status: "sent",
		HTML: `<p style="color:teal">Hello ana</p>`, Links: []string{"http://marketplace.test/verify-email?token=abc"}, CreatedAt: n.w.now.Add(-time.Minute),
	}}}, nil
}
