package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/config"
	"marketplace/platform/identity"
	"marketplace/platform/trace/tracetest"
	"marketplace/web"
	"marketplace/web/edge"
)

// scene is a page in one of its states, looked at by somebody.
type scene struct {
	who  string // whose browser; empty: a visitor
	path string
	form string // a form on it that is sent empty, to see what it says then
	name string // of the state, where the path alone says too little
}

// title names the scene, as a file could be called.
func (s scene) title() string {
	name := strings.Trim(strings.NewReplacer("/", "-", "?", "-", "&", "-", "=", "-", "%", "", "#", "-").Replace(s.path), "-")
	if s.name != "" {
		name = s.name
	}
	if name == "" {
		name = "home"
	}
	if s.form != "" {
		name += "-wrong"
	}
	return strings.Trim(s.who+"-"+name, "-")
}

// The people who look: one buys, one sells, one has just joined, one has not confirmed the address yet.
const (
	buying     = "bella"
	selling    = "mara"
	fresh      = "nova"
	unverified = "umbert"
	operating  = "opal"
)

// gallery is the demonstration, running, with some people and texts that test how much a page can take.
type gallery struct {
	*market
	t     testing.TB
	route map[string][]scene // of the routes that need an id, or more than their address

	adjusted bool // an operator has done something by hand
}

// newGallery fills a marketplace with a demonstration and starts it.
func newGallery(t testing.TB, fill func(testing.TB, config.Config)) *gallery {
	t.Helper()
	m := newMarket()
	c := load(t, "", map[string]any{"listen": freeAddress(t), "internal": freeAddress(t), "log.level": "error", "data": t.TempDir(), "demo": true})
	fill(t, c)
	m.told = &told{collector: tracetest.New(t)} // so that there is a log to look at
	m.missing = freeAddress(t)
	m.run(t, c)
	m.waitReady(t)
	g := &gallery{market: m, t: t}
	m.join(t, fresh)
	m.visitor(t).post("/auth/signup", map[string]any{"username": unverified, "email": unverified + "@example.com", "password": password}).ok(201)
	m.join(t, operating)
	g.promote(operating)
	g.stretch()
	g.arrange()
	g.operation()
	return g
}

// promote makes somebody an operator, as the first one is made: in the database.
func (g *gallery) promote(username string) {
	g.t.Helper()
	accounts, err := sql.Open("sqlite", "file:"+filepath.Join(g.config.Data, "auth.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = accounts.Close() }()
	if _, err := accounts.Exec(`UPDATE accounts SET roles = '["operator"]' WHERE username = ?`, username); err != nil {
		g.t.Fatal(err)
	}
}

// passwordOf is what the person logs in with.
func passwordOf(who string) string {
	if who == buying || who == selling {
		return demoPassword
	}
	return password
}

// as is a context in which a person of the gallery acts.
func (g *gallery) as(username string) context.Context {
	g.t.Helper()
	p, err := g.services.Users.Get(context.Background(), user.GetRequest{Username: username})
	if err != nil {
		g.t.Fatal(err)
	}
	return identity.With(context.Background(), identity.Actor{UserID: p.ID, Username: username, Verified: true})
}

func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// The longest of everything, and words that cannot be broken.
const (
	longWord = "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrikantenverband"
	longName = "Wolfeschlegelsteinhausenbergerdorff-Oppenheimer II"
	longUser = "a-user-name-of-thirty-letters-"
)

// stretch makes a seller and a gig with the longest texts that are taken, and lets them talk.
func (g *gallery) stretch() {
	g.t.Helper()
	who := longUser[:29] + "x"
	g.join(g.t, who)
	name := longName
	must[user.Profile](g.t)(g.services.Users.Update(g.as(who), user.UpdateRequest{DisplayName: &name}))
	must[user.Profile](g.t)(g.services.Users.SetSeller(g.as(who), user.SetSellerRequest{
		Headline: strings.Repeat("Everything that can be said about it ", 3)[:100], Description: strings.Repeat(longWord+" and so on. ", 24),
		Skills: []string{longWord[:30], "a", "b c d e f g"}, Country: "VC", Languages: []user.Language{{Name: "Low German", Level: "native"}},
	}))
	of := must[gig.Results](g.t)(g.services.Gigs.Search(context.Background(), gig.SearchRequest{Limit: 1})).Items[0]
	draft := gig.CreateRequest{
		Title: "I will " + longWord + " " + strings.Repeat("x", 24), Category: of.Category, Tags: []string{"one", "two words", strings.Repeat("t", 30)},
		Description:  "## A heading\n\n" + strings.Repeat(longWord+" ", 12) + "\n\n| a | b | c |\n|---|---|---|\n| " + longWord + " | " + longWord + " | x |\n\n```\n" + strings.Repeat("code ", 60) + "\n```\n\n> " + longWord,
		Requirements: []gig.Requirement{{Question: strings.Repeat(longWord+" ", 4), Type: "text", Required: true}, {Question: "A file?", Type: "file"}},
		FAQ:          []gig.FAQ{{Question: strings.Repeat(longWord+" ", 3)[:200], Answer: strings.Repeat(longWord+" ", 12)}, {Question: "Short?", Answer: "Yes."}},
	}
	for i, name := range gig.PackageNames() {
		price := of.Packages[0].Price
		price.Minor = []int64{500, 123456, 999999}[i]
		draft.Packages = append(draft.Packages, gig.Package{Name: name, Title: strings.Repeat(longWord, 2)[:100], Description: strings.Repeat(longWord+" ", 7),
			Price: price, DeliveryDays: 90, Revisions: gig.Unlimited, Includes: []string{longWord, strings.Repeat("w", 100)}})
	}
	long := must[gig.Gig](g.t)(g.services.Gigs.Create(g.as(who), draft))
	must[gig.Gig](g.t)(g.services.Gigs.Publish(g.as(who), gig.PublishRequest{ID: long.ID}))
	talk := must[chat.Conversation](g.t)(g.services.Chats.Open(g.as(buying), chat.OpenRequest{GigID: long.ID}))
	for _, text := range []string{strings.Repeat(longWord, 20), "https://example.com/" + strings.Repeat("path/", 60), strings.Repeat("A line\n", 40)} {
		must[chat.Message](g.t)(g.services.Chats.Send(g.as(buying), chat.SendRequest{ConversationID: talk.ID, Text: text}))
	}
	must[order.Placement](g.t)(g.services.Orders.Place(g.as(buying), order.PlaceRequest{RequestID: unique(), GigID: long.ID, Package: "premium", Quantity: 3}))
	g.longOffer(who, long)
	g.route = map[string][]scene{
		"/gigs/:id":         {{path: "/gigs/" + long.ID, name: "gig-long"}, {who: buying, path: "/gigs/" + long.ID, name: "gig-long"}},
		"/gigs/:id/order":   {{who: buying, path: "/gigs/" + long.ID + "/order?package=premium", name: "checkout-long"}},
		"/users/:username":  {{path: "/users/" + who, name: "profile-long"}},
		"/inbox/:id":        {{who: buying, path: "/inbox/" + talk.ID, name: "chat-long", form: "[data-send]"}},
		"/dev/mail/:id":     nil,
		"/categories/:slug": {{path: "/categories/" + of.Category, name: "category"}},
	}
	g.drain(g.t)
}

// arrange finds something to show for every route with an id, in every state that the demonstration has.
func (g *gallery) arrange() {
	g.t.Helper()
	add := func(route string, s scene) { g.route[route] = append(g.route[route], s) }
	mine := must[gig.List](g.t)(g.services.Gigs.Mine(g.as(selling), gig.MineRequest{Limit: 20})).Items
	add("/gigs/:id", scene{path: "/gigs/" + mine[0].Slug + "-" + mine[0].ID, name: "gig"})
	add("/gigs/:id", scene{who: selling, path: "/gigs/" + mine[0].ID, name: "gig-own"})
	add("/gigs/:id/order", scene{who: buying, path: "/gigs/" + mine[0].ID + "/order?package=standard", name: "checkout"})
	add("/gigs/:id/edit", scene{who: selling, path: "/gigs/" + mine[0].ID + "/edit", name: "gig-edit"})
	add("/gigs/:id/edit", scene{who: selling, path: "/gigs/" + mine[0].ID + "/edit", name: "gig-edit", form: "#gig"})
	add("/gigs/:id/delete", scene{who: selling, path: "/gigs/" + mine[0].ID + "/delete", name: "gig-delete"})
	add("/users/:username", scene{path: "/users/" + selling, name: "profile"})
	add("/users/:username", scene{who: fresh, path: "/users/" + fresh, name: "profile-own-empty"})
	for _, who := range []string{buying, selling} {
		talks := must[chat.List](g.t)(g.services.Chats.List(g.as(who), chat.ListRequest{Limit: 5})).Items
		add("/inbox/:id", scene{who: who, path: "/inbox/" + talks[len(talks)-1].ID, name: "chat"})
	}
	g.reports(add)
	mails := must[notification.MailList](g.t)(g.services.Notifications.ListMails(identity.System(context.Background()), notification.ListMailsRequest{Limit: 3})).Items
	add("/dev/mail/:id", scene{path: "/dev/mail/" + mails[0].ID, name: "dev-mail"})
	g.orders(add)
	g.offers(add)
	for _, s := range []scene{{path: "/login"}, {path: "/signup"}, {path: "/forgot-password"}, {who: buying, path: "/settings"}, {who: selling, path: "/settings/seller"},
		{who: buying, path: "/settings/security"}, {who: selling, path: "/gigs/new"}} {
		s.form = "main form:not([enctype]):not(.demo-list form)"
		add(s.path, s)
	}
	add("/gigs", scene{path: "/gigs?q=logo&min=5&max=900&sort=rating", name: "search"})
	add("/gigs", scene{path: "/gigs?q=nothing-is-called-that", name: "search-nothing"})
	add("/gigs", scene{path: "/gigs?min=x", name: "search-wrong"})
	add("/reset-password", scene{path: "/reset-password?token=abc", name: "reset-password"})
	add("/verify-email", scene{path: "/verify-email?token=abc", name: "verify-email"})
	add("/verify-email", scene{who: unverified, path: "/verify-email", name: "verify-email-waiting"})
	g.becoming(add)
	g.troubles(add)
	add("/seller/gigs", scene{who: selling, path: "/seller/gigs"})
	add("/earnings", scene{who: selling, path: "/earnings"})
	add("/simulator/onboarding/:id", scene{who: selling, path: "/simulator/onboarding/example", name: "onboarding"})
	add("/statement", scene{who: selling, path: "/statement"})
	add("/", scene{who: unverified, path: "/"})
	add("/", scene{path: "/nothing-here", name: "error-404"})
	add("/", scene{who: unverified, path: "/gigs/new", name: "error-403"})
	add("/orders", scene{who: selling, path: "/orders?role=seller", name: "orders-selling"})
}

// becoming adds the steps on the way to a seller: at the beginning, and with everything written.
func (g *gallery) becoming(add func(string, scene)) {
	g.t.Helper()
	const address = "/settings/seller/steps/"
	headline, text, country := strings.Repeat(longWord, 2)[:100], strings.Repeat(longWord+" and so on. ", 12), "VC"
	must[user.SellerDraft](g.t)(g.services.Users.DraftSeller(g.as(buying), user.DraftSellerRequest{Headline: &headline, Description: &text, Country: &country,
		Skills: &[]string{longWord[:40], "a", "b c d"}, Languages: &[]user.Language{{Name: longWord[:40], Level: "conversational"}, {Name: "Low German", Level: "native"}}}))
	add(address+":step", scene{who: fresh, path: address + "1", name: "become-1", form: "form[action$='/1']"})
	for _, step := range []string{"1", "2", "3", "4"} {
		add(address+":step", scene{who: buying, path: address + step, name: "become-" + step})
	}
}

// reports adds what people do about messages that they do not want, and what staff see of it.
func (g *gallery) reports(add func(string, scene)) {
	g.t.Helper()
	talk := must[chat.List](g.t)(g.services.Chats.List(g.as(buying), chat.ListRequest{Query: longWord[:20]})).Items[0]
	must[chat.Message](g.t)(g.services.Chats.Send(g.as(buying), chat.SendRequest{ConversationID: talk.ID, Text: "Write to me at me@example.com",
		Files: []chat.Upload{{Name: longWord + ".txt", Content: []byte("words")}, {Name: "plan.png", Content: pixels(g.t)}}}))
	labels := []string{longWord[:30], "urgent"}
	must[chat.Conversation](g.t)(g.services.Chats.Tidy(g.as(buying), chat.TidyRequest{ConversationID: talk.ID, Labels: &labels}))
	must[chat.Reply](g.t)(g.services.Chats.SaveReply(g.as(buying), chat.SaveReplyRequest{Title: longWord[:60], Text: "Hello {name}, " + longWord}))
	must[chat.Block](g.t)(g.services.Chats.SetBlock(g.as(buying), chat.SetBlockRequest{Username: fresh, Blocked: true}))
	blocked := must[chat.Conversation](g.t)(g.services.Chats.Open(g.as(buying), chat.OpenRequest{Username: fresh}))
	report := chat.ReportRequest{ConversationID: talk.ID, Reason: "off_platform", Text: strings.Repeat(longWord+" ", 20)}
	opened := must[chat.Case](g.t)(g.services.Chats.Report(g.as(buying), report))
	report.ConversationID = blocked.ID
	unread := must[chat.Case](g.t)(g.services.Chats.Report(g.as(buying), report))
	must[chat.Reading](g.t)(g.services.Chats.ReadCase(g.staff(), chat.ReadCaseRequest{ID: opened.ID, Reason: "To see what was written"}))
	add("/operator/reports/:id", scene{who: operating, path: "/operator/reports/" + opened.ID, name: "report-reading"})
	add("/operator/reports/:id", scene{who: operating, path: "/operator/reports/" + unread.ID, name: "report", form: "form[action$='/read']"})
	add("/operator/texts/:name", scene{who: operating, path: "/operator/texts/help?of=en", name: "text"})
	add("/inbox/:id/report", scene{who: buying, path: "/inbox/" + blocked.ID + "/report", name: "chat-report", form: "form[action$='/report']"})
	add("/inbox/:id", scene{who: buying, path: "/inbox/" + blocked.ID, name: "chat-blocked"})
	add("/inbox/:id", scene{who: buying, path: "/inbox/" + talk.ID + "?find=line", name: "chat-find"})
	add("/inbox", scene{who: buying, path: "/inbox?q=line", name: "inbox-search"})
	add("/inbox", scene{who: buying, path: "/inbox?folder=archived", name: "inbox-empty"})
	add("/inbox", scene{who: buying, path: "/inbox?undo=archived&of=" + talk.ID, name: "inbox-undo"})
}

// pixels are a small picture.
func pixels(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// orders adds one order of each state, for both sides; those where something is to be written also with nothing written.
func (g *gallery) orders(add func(string, scene)) {
	g.t.Helper()
	for _, who := range []string{buying, selling} {
		role := map[string]string{buying: "buyer", selling: "seller"}[who]
		seen := map[order.Status]bool{}
		for _, o := range must[order.List](g.t)(g.services.Orders.List(g.as(who), order.ListRequest{Role: role, Limit: 100})).Items {
			if seen[o.Status] {
				continue
			}
			seen[o.Status] = true
			add("/orders/:id", scene{who: who, path: "/orders/" + o.ID, name: "order-" + string(o.Status)})
			if o.Status == order.StatusCompleted {
				add("/orders/:id/invoice", scene{who: who, path: "/orders/" + o.ID + "/invoice", name: "invoice"})
				add("/orders/:id/take-home", scene{who: who, path: "/orders/" + o.ID + "/take-home?price=5", name: "order-take-home"})
			}
			if o.Status == order.StatusPendingPayment && who == buying && o.Payment != nil {
				add("/simulator/pay/:id", scene{who: who, path: "/simulator/pay/" + o.Payment.ID, name: "pay"})
			}
			if form := map[order.Status]string{order.StatusAwaitingRequirements: "buyer requirements", order.StatusInProgress: "seller deliveries",
				order.StatusDelivered: "buyer revisions"}[o.Status]; strings.HasPrefix(form, role) {
				add("/orders/:id", scene{who: who, path: "/orders/" + o.ID, name: "order-" + string(o.Status), form: "form[action$='/" + strings.Fields(form)[1] + "']"})
			}
		}
	}
}

// longOffer is an offer with as many milestones and words as it can have.
func (g *gallery) longOffer(who string, of gig.Gig) {
	g.t.Helper()
	q := order.SendOfferRequest{RequestID: unique(), BuyerID: identity.From(g.as(buying)).UserID, GigID: of.ID}
	q.Description = strings.Repeat(longWord+" ", 30)
	for range 10 {
		q.Milestones = append(q.Milestones, order.NewMilestone{Title: strings.Repeat(longWord, 2)[:80], Price: 1999999, DeliveryDays: 90, Revisions: gig.Unlimited})
	}
	must[order.Offer](g.t)(g.services.Orders.SendOffer(g.as(who), q))
}

// offers adds what two people offer each other: on its own page, in the list and in the conversation, for who is to answer, who
// waits and who pays; and the forms, also with nothing written.
func (g *gallery) offers(add func(string, scene)) {
	g.t.Helper()
	for _, who := range []string{buying, selling} {
		seen := map[string]bool{}
		for _, o := range must[order.OfferList](g.t)(g.services.Orders.ListOffers(g.as(who), order.ListOffersRequest{Limit: 100})).Items {
			name := fmt.Sprintf("%s-%d", o.Status, len(o.Milestones))
			if seen[name] || who == selling && o.Status != order.OfferAccepted {
				continue
			}
			seen[name] = true
			add("/offers/:id", scene{who: who, path: "/offers/" + o.ID, name: "offer-" + name})
			if slices.Contains(o.Allowed, order.OfferCounter) && len(o.Milestones) < 10 {
				add("/offers/:id/counter", scene{who: who, path: "/offers/" + o.ID + "/counter", name: "offer-counter"})
			}
			if o.Status == order.OfferAccepted {
				g.accepted(add, who, o)
			}
		}
	}
}

// accepted adds where else an offer is shown: to its buyer in the conversation and at the checkout, to its seller in an order,
// and the form of the next one.
func (g *gallery) accepted(add func(string, scene), who string, o order.Offer) {
	g.t.Helper()
	talk := must[chat.Conversation](g.t)(g.services.Chats.Open(g.as(buying), chat.OpenRequest{Username: selling}))
	if who == buying {
		add("/offers/:id/order", scene{who: who, path: "/offers/" + o.ID + "/order", name: "offer-checkout"})
		add("/inbox/:id", scene{who: who, path: "/inbox/" + talk.ID, name: "chat-offer"})
		return
	}
	add("/orders/:id", scene{who: who, path: "/orders/" + o.Milestones[0].OrderID, name: "order-milestone"})
	add("/inbox/:id/offer", scene{who: who, path: "/inbox/" + talk.ID + "/offer", name: "offer-new", form: "form[action$='/offer']"})
}

// notPages are routes that answer something else than a page.
func notPages() []string {
	return []string{"/static/*", "/pictures/:id", "/avatars/:id", "/gigs/:id/cover", "/gigs/:id/card", "/users/:username/card", "/categories/:slug/card",
		"/categories/:slug/feed", "/sitemaps/:name", "/files/:token", "/orders/:id/invoice.pdf", "/pay/:id", "/orders/:id/files/:file", "/offers/:id/card", "/inbox/:id/messages", "/dev/mail/:id/html",
		"/inbox/:id/files/:file", "/inbox/:id/pictures/:file", "/attachments/:token"}
}

// scenes are all pages in all states, made from the route table: a route that this knows nothing about fails the test.
func (g *gallery) scenes() (all []scene) {
	g.t.Helper()
	known := map[string]bool{}
	for _, address := range notPages() {
		known[address] = true
	}
	for _, r := range g.web.Routes() {
		if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/api/") || known[r.Path] {
			continue
		}
		known[r.Path] = true
		if strings.ContainsAny(r.Path, ":*") {
			if len(g.route[r.Path]) == 0 {
				g.t.Errorf("no scene shows %s: add one to arrange, or to notPages if it answers something else than a page", r.Path)
			}
		} else if path.Ext(r.Path) == "" && g.isPage(r) {
			all = append(all, plain(r)...)
		}
		all = append(all, g.route[r.Path]...)
	}
	return all
}

// plain are the scenes of a page that needs nothing but its address.
func plain(r web.Route) []scene {
	if strings.HasPrefix(r.Path, "/operator") {
		return []scene{{who: operating, path: r.Path}}
	}
	if r.Access == edge.SignedIn || r.Access == edge.Verified {
		return []scene{{who: buying, path: r.Path}, {who: fresh, path: r.Path}}
	}
	return []scene{{path: r.Path}}
}

// isPage asks the address what it answers; what sends a visitor away is a page for somebody else.
func (g *gallery) isPage(r web.Route) bool {
	g.t.Helper()
	answer, err := g.client.Get(g.url + r.Path)
	if err != nil {
		g.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html")
}

// enter opens a browser and logs in.
func (g *gallery) enter(t testing.TB, who string) *surfer {
	t.Helper()
	return g.enterWith(t, who, passwordOf(who))
}

func (g *gallery) enterWith(t testing.TB, who, word string) *surfer {
	t.Helper()
	name := who
	if who == "" {
		name = "a visitor"
	}
	s := g.surfer(t, name)
	if who == "" {
		return s
	}
	s.open("/login?next=" + url.QueryEscape("/help"))
	s.fill("User name or e-mail", who, "Password", word)
	s.follow("Log in")
	s.holds("somebody is logged in", "document.body.dataset.user")
	return s
}
