package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"testing"

	"marketplace/platform/apptest"
)

// twoSidesWhoDoNotAgree have a quote, a deadline that is moved, a preview, a dispute that is withdrawn, and part of the price
// given back (rows G3, O1, O15, O18, O20, O23, Os1, Z4, Z10, Z19).
func twoSidesWhoDoNotAgree(t testing.TB, m *market) {
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	gig := seller.sell()
	quote := buyer.get("/quote?gig_id=" + gig + "&package=standard&extra=All+source+files").ok(200)
	wanted := map[string]any{"gig_id": gig, "package": "standard", "quote": quote.text("token")}
	buyer.post("/orders", wanted, "Idempotency-Key", unique()).ok(422) // the quote is for more than this
	wanted["extras"] = []string{"All source files"}
	placed := buyer.post("/orders", wanted, "Idempotency-Key", unique()).ok(201)
	if placed.number("total", "minor") != 13188 || quote.number("total", "minor") != 13188 || placed.number("delivery_days") != 7 || placed.number("revisions") != 3 {
		t.Errorf("shown %s, charged %s", quote.raw, placed.raw)
	}
	order := placed.text("id")
	seller.get("/orders/" + order).ok(404) // not paid yet
	buyer.post("/simulator/payments/"+placed.text("payment", "id")+"/succeed", nil).ok(200)
	buyer.awaitStatus(order, "in_progress")

	key := unique()
	asked := map[string]any{"kind": "extension", "days": 2, "reason": "I am ill."}
	seller.post("/orders/"+order+"/changes", asked, "Idempotency-Key", key).ok(200)
	if again := seller.post("/orders/"+order+"/changes", asked, "Idempotency-Key", key).ok(200); again.header.Get("Idempotency-Replayed") != "true" {
		t.Error("the repetition does not say so")
	}
	due := seller.get("/orders/" + order).ok(200).text("due_at")
	if moved := buyer.post("/orders/"+order+"/changes/accept", map[string]any{"note": "Get well."}).ok(200); moved.text("due_at") <= due {
		t.Errorf("the deadline was not moved: %s", moved.raw)
	}

	var drawing bytes.Buffer
	if err := png.Encode(&drawing, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	file := map[string]any{"name": "logo.png", "content": base64.StdEncoding.EncodeToString(drawing.Bytes())}
	seller.post("/orders/"+order+"/deliveries", map[string]any{"message": "Here.", "files": []any{file}}).ok(200)
	delivered := buyer.get("/orders/" + order).ok(200)
	if delivered.at("deliveries", 0, "files", 0, "preview") != true {
		t.Errorf("the buyer's file is no preview: %s", delivered.raw)
	}
	if link := buyer.get("/orders/" + order + "/files/" + delivered.text("deliveries", 0, "files", 0, "id")).ok(200); link.text("url") == "" {
		t.Errorf("the link: %s", link.raw)
	}

	buyer.post("/orders/"+order+"/extend-review", nil).ok(200)
	if refused := seller.post("/orders/"+order+"/accept", nil).ok(409); refused.text("detail") == "" {
		t.Errorf("the refusal: %s", refused.raw)
	}
	buyer.post("/orders/"+order+"/disputes", map[string]any{"reason": "quality", "text": "It is crooked."}).ok(200)
	seller.post("/orders/"+order+"/disputes/statements", map[string]any{"text": "It is straight.", "files": []any{file}}).ok(200)
	m.join(t, "mallory").post("/orders/"+order+"/disputes/resolve", map[string]any{"refund": 0, "reason": "x"}, "Idempotency-Key", unique()).ok(404)
	buyer.post("/orders/"+order+"/accept", nil).ok(409)
	buyer.post("/orders/"+order+"/disputes/withdraw", nil).ok(200)

	seller.post("/orders/"+order+"/refunds", map[string]any{"amount": 3000, "reason": "One is missing."}, "Idempotency-Key", unique()).ok(200)
	done := buyer.post("/orders/"+order+"/accept", nil).ok(200)
	if done.text("status") != "completed" || done.number("refunded", "minor") != 3000 {
		t.Errorf("the order at its end: %s", done.raw)
	}
	if b := seller.get("/me/balance").ok(200); b.number("pending", "minor") != 7600 {
		t.Errorf("the seller has %s", b.raw)
	}
}

// moreThanThePrice is paid for more work, is disputed after completion, and goes back in part; a tip is on top (rows O20, O21,
// P6, Z2).
func moreThanThePrice(t testing.TB, m *market) {
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	order := buyer.order(seller.sell(), "standard")
	buyer.awaitStatus(order, "in_progress")
	pays := func(payment string, arrived func(reply) bool) {
		buyer.post("/simulator/payments/"+payment+"/succeed", nil).ok(200)
		apptest.Eventually(t, func() error {
			if o := seller.get("/orders/" + order).ok(200); !arrived(o) {
				return fmt.Errorf("the payment has not arrived: %s", o.raw)
			}
			return nil
		})
	}
	seller.post("/orders/"+order+"/changes", map[string]any{"kind": "raise", "amount": 5000, "days": 1, "revisions": 1, "reason": "A second page."}).ok(200)
	agreed := buyer.post("/orders/"+order+"/changes/accept", nil).ok(200)
	if seen := seller.get("/orders/" + order).ok(200); seen.number("subtotal", "minor") != 10000 {
		t.Errorf("the price is higher before it is paid: %s", seen.raw)
	}
	pays(agreed.text("changes", 0, "payment", "id"), func(o reply) bool { return o.number("subtotal", "minor") == 15000 })
	seller.post("/orders/"+order+"/deliveries", map[string]any{"message": "Both pages."}).ok(200)
	buyer.post("/orders/"+order+"/tips", map[string]any{"amount": 1000}, "Idempotency-Key", unique()).ok(409)
	buyer.post("/orders/"+order+"/accept", nil).ok(200)

	tip := buyer.post("/orders/"+order+"/tips", map[string]any{"amount": 1000, "message": "Lovely."}, "Idempotency-Key", unique()).ok(200)
	pays(tip.text("tip", "payment", "id"), func(o reply) bool { return o.at("tip") != nil })
	buyer.post("/orders/"+order+"/staff-refund", map[string]any{"amount": 100, "reason": "x"}, "Idempotency-Key", unique()).ok(409)
	buyer.post("/orders/"+order+"/disputes", map[string]any{"reason": "rights", "text": "The second page is not yours."}).ok(200)
	if b := seller.get("/me/balance").ok(200); b.number("held", "minor") != 12000 || b.number("pending", "minor") != 1000 {
		t.Errorf("while it is disputed the seller has %s", b.raw)
	}
	buyer.post("/orders/"+order+"/disputes/withdraw", nil).ok(200)
	if b := seller.get("/me/balance").ok(200); b.number("held", "minor") != 0 || b.number("pending", "minor") != 13000 {
		t.Errorf("at the end the seller has %s", b.raw)
	}
}
