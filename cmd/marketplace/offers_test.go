package main

import (
	"fmt"
	"strings"
	"testing"

	"marketplace/platform/apptest"
)

// anOfferWithThreeMilestones is sent in a conversation, countered, accepted, and paid, delivered and released part by part; one
// part is cancelled with its money back (rows O7 to O10, Z26, C7, C8).
func anOfferWithThreeMilestones(t testing.TB, m *market) {
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	gig := seller.sell(map[string]any{"question": "What is the name?", "type": "text", "required": true})
	talk := buyer.post("/conversations", map[string]any{"gig_id": gig, "text": "A logo, a card and a poster?"}).ok(201).text("id")
	terms := func(first int) map[string]any {
		return map[string]any{"description": "Logo, card and poster.", "expires_in": 10, "milestones": []map[string]any{
			{"title": "Logo", "price": first, "delivery_days": 3, "revisions": 1}, {"title": "Card", "price": 20000, "delivery_days": 5, "revisions": -1},
			{"title": "Poster", "price": 5000, "delivery_days": 2}}}
	}
	send := terms(12000)
	send["gig_id"] = gig
	key := unique()
	offer := seller.post("/conversations/"+talk+"/offers", send, "Idempotency-Key", key).ok(201)
	if again := seller.post("/conversations/"+talk+"/offers", send, "Idempotency-Key", key).ok(201); again.text("id") != offer.text("id") {
		t.Errorf("it was sent twice: %s", again.raw)
	}
	buyer.post("/conversations/"+talk+"/offers", send, "Idempotency-Key", unique()).ok(422) // not the buyer's gig
	m.join(t, "mallory").get("/offers/" + offer.text("id")).ok(404)
	expectCard(t, buyer, talk, offer.text("id"), 1)
	expectTold(t, m, buyer, "sent you an offer")

	countered := buyer.post("/offers/"+offer.text("id")+"/counter", terms(10000), "Idempotency-Key", unique()).ok(201)
	id := countered.text("id")
	expectCard(t, seller, talk, id, 2)
	if agreed := seller.post("/offers/"+id+"/accept", map[string]any{"note": "Fine."}).ok(200); agreed.text("status") != "accepted" || agreed.text("history", 0, "status") != "countered" {
		t.Errorf("the agreement: %s", agreed.raw)
	}
	seller.post("/offers/"+id+"/decline", nil).ok(409)
	expectTold(t, m, buyer, "accepted your offer")

	logo, card, poster := buyer.milestone(id, 1, 10550), buyer.milestone(id, 2, 21100), buyer.milestone(id, 3, 5275)
	seller.post("/orders/"+card+"/changes", map[string]any{"kind": "cancel", "reason": "The printer is broken."}).ok(200)
	buyer.post("/orders/"+card+"/changes/accept", nil).ok(200)
	for _, order := range []string{logo, poster} {
		seller.post("/orders/"+order+"/deliveries", map[string]any{"message": "Here it is."}).ok(200)
		buyer.post("/orders/"+order+"/accept", nil).ok(200)
	}
	done := seller.get("/offers/" + id).ok(200)
	for i, want := range []string{"completed", "cancelled", "completed"} {
		if got := done.text("milestones", i, "order_status"); got != want {
			t.Errorf("milestone %d is %s, want %s", i+1, got, want)
		}
	}
	if b := seller.get("/me/balance").ok(200); b.number("pending", "minor") != 12000 || b.number("escrow", "minor") != 0 {
		t.Errorf("the seller has %s", b.raw)
	}
	buyer.post("/orders/"+logo+"/reviews", map[string]any{"rating": 5, "text": "Lovely."}).ok(201)
	if list := buyer.get("/conversations/" + talk + "/offers").ok(200); len(list.items()) != 2 || list.text("items", 0, "id") != id {
		t.Errorf("the offers between the two: %s", list.raw)
	}
	buyer.refusesOffers(seller, talk, send)
}

// milestone pays for a milestone as it was quoted, and waits until the work begins.
func (p *person) milestone(offer string, n, total int) (order string) {
	p.t.Helper()
	quote := p.get(fmt.Sprintf("/quote?offer_id=%s&milestone=%d", offer, n)).ok(200)
	wanted := map[string]any{"offer_id": offer, "milestone": n, "quote": quote.text("token")}
	placed := p.post("/orders", wanted, "Idempotency-Key", unique()).ok(201)
	if twice := p.post("/orders", wanted, "Idempotency-Key", unique()).ok(201); twice.text("id") != placed.text("id") {
		p.t.Errorf("milestone %d was ordered twice", n)
	}
	if quote.number("total", "minor") != total || placed.number("total", "minor") != total || placed.number("payment", "amount", "minor") != total {
		p.t.Errorf("milestone %d: shown %s, charged %s", n, quote.raw, placed.raw)
	}
	p.post("/simulator/payments/"+placed.text("payment", "id")+"/succeed", nil).ok(200)
	p.awaitStatus(placed.text("id"), "in_progress")
	p.post("/orders", wanted, "Idempotency-Key", unique()).ok(409)
	return placed.text("id")
}

// expectCard waits until the conversation shows the offer, once, as one of so many.
func expectCard(t testing.TB, p *person, talk, offer string, cards int) {
	t.Helper()
	apptest.Eventually(t, func() error {
		shown, of := 0, 0
		for _, item := range p.get("/conversations/" + talk + "/messages").ok(200).items() {
			if card, ok := item.(map[string]any); ok && card["kind"] == "offer" {
				shown++
				if card["subject_id"] == offer && card["text"] != "" {
					of++
				}
			}
		}
		if shown != cards || of != 1 {
			return fmt.Errorf("%d cards, %d of them of the offer", shown, of)
		}
		return nil
	})
}

// refusesOffers blocks a person, who can offer nothing then, neither new nor in answer.
func (p *person) refusesOffers(seller *person, talk string, terms map[string]any) {
	p.t.Helper()
	offer := seller.post("/conversations/"+talk+"/offers", terms, "Idempotency-Key", unique()).ok(201).text("id")
	counter := map[string]any{"description": "Less.", "milestones": terms["milestones"]}
	theirs := p.post("/offers/"+offer+"/counter", counter, "Idempotency-Key", unique()).ok(201).text("id")
	p.call("PUT", "/me/blocks/"+strings.ToLower(seller.username), nil).ok(200)
	seller.post("/conversations/"+talk+"/offers", terms, "Idempotency-Key", unique()).ok(403)
	seller.post("/offers/"+theirs+"/counter", counter, "Idempotency-Key", unique()).ok(403)
	p.post("/offers/"+theirs+"/withdraw", nil).ok(200)
}
