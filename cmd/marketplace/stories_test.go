package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"marketplace/platform/apptest"
	"marketplace/platform/trace/tracetest"
)

func unique() string { return uuid.Must(uuid.NewV7()).String() }

// Row X5: the same stories, whatever runs where. In these two shapes runs all that is ours: both databases, events in memory and
// through RabbitMQ, peers here and elsewhere.
func TestStories(t *testing.T) { all := shapes(); tellIn(t, []shape{all[0], all[3]}) }

// Row X5: the other shapes, without the race detector, which has seen the same code in those two.
func TestStoriesInFurtherShapes(t *testing.T) {
	all := shapes()
	tellIn(t, []shape{all[1], all[2], all[4]})
}

// Row X5: also where nobody would have thought of it.
func TestStoriesInRandomPartitions(t *testing.T) {
	inShapes(t, partitions(t, 10), tell)
}

// tellIn tells the stories in shapes whose logs, traces and metrics are looked at afterwards.
func tellIn(t *testing.T, shapes []shape) {
	t.Helper()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			m := startTelling(t, s, &told{collector: tracetest.New(t), sample: 10_000})
			tell(t, m)
			t.Run("What was told of it is orderly", func(t *testing.T) { expectOrderlyLog(t, m) })
			t.Run("One request is one trace", func(t *testing.T) { expectOneTrace(t, m) })
			t.Run("Thirty secrets stay where they belong", func(t *testing.T) { thirtySecrets(t, m.with("x")) })
			t.Run("Strangers make no series", func(t *testing.T) { strangersMakeNoSeries(t, m) })
		})
	}
}

// tell tells all stories, one after the other in one marketplace, by people of their own. Every event has its effect then.
func tell(t *testing.T, m *market) {
	all := stories()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) { all[name](t, m.with(fmt.Sprint(i))) })
	}
	t.Run("No event was given up", func(t *testing.T) {
		m.drain(t)
		for _, a := range m.apps {
			if letters, err := a.Bus().DeadLetters(t.Context(), "", 0); len(letters) > 0 || err != nil {
				t.Errorf("dead letters: %+v, %v", letters, err)
			}
		}
	})
}

// stories is what people do. Each is told in every shape, one after the other in one marketplace, by people of its own.
func stories() map[string]func(testing.TB, *market) {
	return map[string]func(testing.TB, *market){
		"A stranger's first order":                                         aStrangersFirstOrder,
		"Fifty parallel identical orders are one":                          fiftyParallelIdenticalOrdersAreOne,
		"The marketplace is closed and opened":                             theMarketplaceIsClosedAndOpened,
		"The operator looks after it":                                      theOperatorLooksAfterIt,
		"Two sides who do not agree":                                       twoSidesWhoDoNotAgree,
		"More than the price":                                              moreThanThePrice,
		"An offer with three milestones":                                   anOfferWithThreeMilestones,
		"A client's price is refused by name":                              aClientsPriceIsRefusedByName,
		"A delivered order completes itself":                               aDeliveredOrderCompletesItself,
		"A buyer cancels before the work begins":                           aBuyerCancelsBeforeTheWorkBegins,
		"An ended session is refused everywhere":                           anEndedSessionIsRefusedEverywhere,
		"A message reaches the reader at once":                             aMessageReachesTheReaderAtOnce,
		"Two people write before an order":                                 twoPeopleWriteBeforeAnOrder,
		"Everybody sees who is there":                                      everybodySeesWhoIsThere,
		"A talk survives cuts":                                             aTalkSurvivesCuts,
		"Who is not verified can neither buy nor sell and a logout is one": whoIsNotVerifiedCanNeitherBuyNorSellAndALogoutIsOne,
	}
}

// Rows A1–A4, A11, U1, G1, G2, G5, G8, G9, G11, O1, O4, O5, O12, O13, O19, P2–P6, P9, P14, R1, R2, R7, C1, C2, C5,
// N1, N4, Z6.
func aStrangersFirstOrder(t testing.TB, m *market) {
	seller, buyer, visitor := m.join(t, "Sonja"), m.join(t, "bert"), m.visitor(t)
	gig := seller.sell(map[string]any{"question": "What is the name?", "type": "text", "required": true})

	found := visitor.get("/gigs?q=lasting+logo+" + seller.username + "&min_price=4000&max_price=6000&delivery_days=3&sort=price_asc&category=graphics-design").ok(200)
	if len(found.items()) != 1 || found.text("items", 0, "id") != gig {
		t.Fatalf("the visitor did not find the gig: %s", found.raw)
	}
	if profile := visitor.get("/users/" + strings.ToLower(seller.username)).ok(200); profile.text("seller", "headline") != "Logos that last" {
		t.Fatalf("the seller's profile: %s", profile.raw)
	}

	conversation := buyer.post("/conversations", map[string]any{"gig_id": gig}).ok(201).text("id")
	buyer.post("/conversations/"+conversation+"/messages", map[string]any{"text": "Can you do it by Friday?"}).ok(201)
	if inbox := seller.get("/conversations").ok(200); inbox.number("items", 0, "unread") != 1 {
		t.Errorf("the seller's inbox: %s", inbox.raw)
	}
	seller.post("/conversations/"+conversation+"/read", nil).ok(200)
	m.visitor(t).get("/conversations/" + conversation).ok(401)
	m.join(t, "eve").get("/conversations/" + conversation + "/messages").ok(404)

	placed := buyer.post("/orders", map[string]any{"gig_id": gig, "package": "standard", "quantity": 1}, "Idempotency-Key", unique()).ok(201)
	order := placed.text("id")
	if placed.text("status") != "pending_payment" || placed.number("total", "minor") != 10550 || placed.text("total", "currency") != "USD" {
		t.Fatalf("the order: %s", placed.raw)
	}
	if !strings.Contains(placed.text("payment", "checkout_url"), "/simulator/pay/") {
		t.Errorf("the way to pay: %s", placed.raw)
	}
	buyer.post("/simulator/payments/"+placed.text("payment", "id")+"/decline", nil).ok(200)
	buyer.post("/simulator/payments/"+placed.text("payment", "id")+"/succeed", nil).ok(200)
	buyer.awaitStatus(order, "awaiting_requirements")
	if b := seller.get("/me/balance").ok(200); b.number("escrow", "minor") != 8000 {
		t.Errorf("the seller's escrow: %s", b.raw)
	}

	seller.post("/orders/"+order+"/deliveries", map[string]any{"message": "Too early."}).ok(409)
	buyer.post("/orders/"+order+"/requirements", map[string]any{"answers": []map[string]any{{"question": "What is the name?", "answer": "Fenwick"}}}).ok(200)
	seller.post("/orders/"+order+"/deliveries", map[string]any{"message": "Here it is."}).ok(200)
	revised := buyer.post("/orders/"+order+"/revisions", map[string]any{"message": "Bolder, please."}).ok(200)
	if revised.text("status") != "in_revision" || revised.number("revisions_used") != 1 {
		t.Errorf("the revision: %s", revised.raw)
	}
	delivered := seller.post("/orders/"+order+"/deliveries", map[string]any{"message": "Bolder."}).ok(200)
	if delivered.text("next", "event") != "auto_complete" || delivered.text("next", "at") == "" {
		t.Errorf("what happens next: %s", delivered.raw)
	}
	m.join(t, "mallory").post("/orders/"+order+"/accept", nil).ok(404)
	done := buyer.post("/orders/"+order+"/accept", nil).ok(200)
	if done.text("status") != "completed" || len(done.at("deliveries").([]any)) != 2 || len(done.at("timeline").([]any)) < 7 {
		t.Errorf("the completed order: %s", done.raw)
	}
	if b := seller.get("/me/balance").ok(200); b.number("pending", "minor") != 8000 || b.number("escrow", "minor") != 0 {
		t.Errorf("the seller's balance after completion: %s", b.raw)
	}

	buyer.post("/orders/"+order+"/reviews", map[string]any{"rating": 5, "text": "Lovely."}).ok(201)
	buyer.post("/orders/"+order+"/reviews", map[string]any{"rating": 1, "text": "Again."}).ok(409)
	seller.post("/orders/"+order+"/reviews", map[string]any{"rating": 4, "text": "Clear brief."}).ok(201)
	if reviews := visitor.get("/gigs/" + gig + "/reviews").ok(200); len(reviews.items()) != 1 || reviews.number("items", 0, "rating") != 5 {
		t.Errorf("the gig's reviews: %s", reviews.raw)
	}
	apptest.Eventually(t, func() error {
		if g := visitor.get("/gigs/" + gig).ok(200); g.number("rating", "count") != 1 || g.number("rating", "average") != 5 || g.number("sales") != 1 {
			return fmt.Errorf("the gig's average: %s", g.raw)
		}
		return nil
	})
	if profile := visitor.get("/users/" + strings.ToLower(seller.username)).ok(200); profile.number("rating", "count") != 1 {
		t.Errorf("the seller's average: %s", profile.raw)
	}
	expectTold(t, m, seller, "new order", "completed")
	expectTold(t, m, buyer, "delivered", "receipt")

	m.clock.Advance(15 * 24 * time.Hour)
	seller.logIn(strings.Replace(seller.email(), "example", "EXAMPLE", 1), password)
	apptest.Eventually(t, func() error {
		if b := seller.get("/me/balance").ok(200); b.number("available", "minor") != 8000 {
			return fmt.Errorf("the seller's balance after clearing: %s", b.raw)
		}
		return nil
	})
}

// expectTold waits until the person has unread notifications and mails whose subjects have the words.
func expectTold(t testing.TB, m *market, p *person, words ...string) {
	t.Helper()
	m.drain(t)
	apptest.Eventually(t, func() error {
		mails := string(p.get("/dev/mail?to=" + p.email()).ok(200).raw)
		for _, word := range words {
			if !strings.Contains(strings.ToLower(mails), word) {
				return fmt.Errorf("%s has no mail with %q", p.username, word)
			}
		}
		if list := p.get("/notifications").ok(200); len(list.items()) == 0 || list.number("unread") == 0 {
			return fmt.Errorf("%s has no notifications: %s", p.username, list.raw)
		}
		return nil
	})
	p.post("/notifications/read", nil).ok(200)
	if left := p.get("/notifications").ok(200).number("unread"); left != 0 {
		t.Errorf("%d notifications are unread after reading all", left)
	}
}

// Row O3, P15, Z7.
func fiftyParallelIdenticalOrdersAreOne(t testing.TB, m *market) {
	gig, buyer := m.join(t, "sonja").sell(), m.join(t, "bert")
	var wait sync.WaitGroup
	replies := make([]reply, 50)
	for i := range replies {
		wait.Go(func() {
			replies[i] = buyer.post("/orders", map[string]any{"gig_id": gig, "package": "basic"}, "Idempotency-Key", "the-one-and-only")
		})
	}
	wait.Wait()
	first := 0
	for _, r := range replies {
		r.ok(201)
		if string(r.raw) != string(replies[0].raw) {
			t.Errorf("two answers differ:\n%s\n%s", r.raw, replies[0].raw)
		}
		if r.header.Get("Idempotency-Replayed") == "" {
			first++
		}
	}
	if first != 1 {
		t.Errorf("%d answers say that they were the first", first)
	}
	if orders := buyer.get("/orders").ok(200).items(); len(orders) != 1 {
		t.Errorf("there are %d orders", len(orders))
	}
	other := buyer.post("/orders", map[string]any{"gig_id": gig, "package": "premium"}, "Idempotency-Key", "the-one-and-only")
	other.ok(422)
	buyer.post("/orders", map[string]any{"gig_id": gig, "package": "premium"}).ok(400)
}

// Row O1: the client's price changes nothing, and the field is refused by name.
func aClientsPriceIsRefusedByName(t testing.TB, m *market) {
	gig, buyer := m.join(t, "sonja").sell(), m.join(t, "bert")
	r := buyer.post("/orders", map[string]any{"gig_id": gig, "package": "basic", "price": 1}, "Idempotency-Key", unique()).ok(422)
	if r.text("errors", 0, "name") != "price" || r.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("the refusal: %s", r.raw)
	}
	if orders := buyer.get("/orders").ok(200).items(); len(orders) != 0 {
		t.Errorf("an order was made all the same")
	}
}

// Row O14, Z6: also when nobody was there at that moment.
func aDeliveredOrderCompletesItself(t testing.TB, m *market) {
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	order := buyer.order(seller.sell(), "basic")
	seller.post("/orders/"+order+"/deliveries", map[string]any{"message": "Here."}).ok(200)
	m.clock.Advance(3*24*time.Hour + time.Minute)
	buyer.logIn(buyer.username, password)
	buyer.awaitStatus(order, "completed")
}

// Row O17: cancelling returns the money in the same operation.
func aBuyerCancelsBeforeTheWorkBegins(t testing.TB, m *market) {
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	order := buyer.order(seller.sell(map[string]any{"question": "Name?", "type": "text", "required": true}), "basic")
	cancelled := buyer.post("/orders/"+order+"/cancel", nil).ok(200)
	if cancelled.text("status") != "cancelled" {
		t.Errorf("the order: %s", cancelled.raw)
	}
	if b := seller.get("/me/balance").ok(200); b.number("escrow", "minor") != 0 {
		t.Errorf("the money is still held: %s", b.raw)
	}
	apptest.Eventually(t, func() error {
		if s := buyer.get("/orders/"+order).ok(200).text("payment", "status"); s != "refunded" {
			return fmt.Errorf("the payment is %s", s)
		}
		return nil
	})
}

// Row A1, A4.
func whoIsNotVerifiedCanNeitherBuyNorSellAndALogoutIsOne(t testing.TB, m *market) {
	gig := m.join(t, "sonja").sell()
	p := m.visitor(t)
	p.username = "nina" + m.cast
	p.post("/auth/signup", map[string]any{"username": p.username, "email": p.email(), "password": password}).ok(201)
	p.logIn(strings.ToUpper(p.username), password)
	p.post("/orders", map[string]any{"gig_id": gig, "package": "basic"}, "Idempotency-Key", unique()).ok(403)
	p.call("PUT", "/me/seller", map[string]any{"headline": "x"}).ok(403)
	p.post("/auth/verify-email", map[string]any{"token": m.mailedToken(t, p.email(), "verify")}).ok(200)
	p.post("/orders", map[string]any{"gig_id": gig, "package": "basic"}, "Idempotency-Key", unique()).ok(201)
	old := *p
	refreshed := p.post("/auth/refresh", map[string]any{"refresh_token": p.refresh}).ok(200)
	p.access = refreshed.text("access_token")
	p.post("/auth/logout", nil).ok(204)
	p.get("/me").ok(401)
	apptest.Eventually(t, func() error { // another gateway may know it 5 seconds later
		if got := old.get("/me"); got.status != http.StatusUnauthorized {
			return fmt.Errorf("the old token: %d", got.status)
		}
		return nil
	})
	p.post("/auth/refresh", map[string]any{"refresh_token": refreshed.text("refresh_token")}).ok(401)
	if r := p.get("/me"); r.header.Get("WWW-Authenticate") == "" || r.status != http.StatusUnauthorized {
		t.Errorf("the refusal does not say how to authenticate: %v", r.header)
	}
}
