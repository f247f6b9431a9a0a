package site_test

import (
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/identity"
)

// What staff read is between two others: what one pays and what the other gets.
func TestStaffSeeAnOrderFromNeitherSide(t *testing.T) {
	w := newWorld()
	w.state = order.StatusDisputed
	desk := open(t, w, identity.Actor{UserID: "01990000-0000-7000-8000-0000000000c1", Username: "cleo", Verified: true, Roles: []string{"operator"}})
	page := visit(desk, "/orders/o1").Body.String()
	for _, part := range []string{`href="/operator/orders"`, `href="/users/ana"`, `href="/users/ben"`, "<dt>Buyer pays</dt><dd>$105.50</dd>", "<dt>Seller gets</dt><dd>$80.00</dd>"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page is without %s", part)
		}
	}
	if strings.Contains(page, "You earn") {
		t.Error("staff are told that they earn")
	}
}

func TestAmountsOfAnOrderAreAskedForInItsCurrency(t *testing.T) {
	w := newWorld()
	for state, names := range map[order.Status][]string{
		order.StatusInProgress: {"change_amount", "refund_amount"}, order.StatusDisputed: {"resolve_refund"}, order.StatusCompleted: {"tip_amount", "staff_amount"},
	} {
		w.state = state
		document := parsed(t, visit(w.member(t), "/orders/o1"))
		for _, name := range names {
			if input := named(document, name); input == nil || !strings.Contains(words(input.Parent), "USD") {
				t.Errorf("%s says no currency", name)
			}
		}
	}
}

func TestADisputeTellsInWordsHowItEnded(t *testing.T) {
	w := newWorld()
	w.state = order.StatusCompleted
	if page := words(parsed(t, visit(w.member(t), "/orders/o1?lang=de"))); !strings.Contains(page, "Streitfall entschieden") || strings.Contains(page, "resolved") {
		t.Errorf("the page says %s", page)
	}
}

// Until when somebody may answer is a time, and how long that is stands beside it.
func TestAnOfferSaysUntilWhenItCanBeAnswered(t *testing.T) {
	w := newWorld()
	w.offer = order.OfferSent
	for path, want := range map[string]string{
		"/offers/of1": "Can be answered until 16 Mar 2026, 18:05 UTC (in 4 days)", "/offers/of1?lang=de": "Kann beantwortet werden bis 16. März 2026, 18:05 UTC (in 4 Tagen)",
	} {
		if page := strings.ReplaceAll(words(parsed(t, visit(w.member(t), path))), "\u00a0", " "); !strings.Contains(page, want) {
			t.Errorf("%s does not say %q: %s", path, want, page)
		}
	}
}
