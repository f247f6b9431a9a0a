package site_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

func clerk() identity.Actor {
	a := ana()
	a.Roles = []string{"operator"}
	return a
}

// Rows P9, P10, P13.
func TestEarningsShowEveryBalanceMonthWithdrawalAndCase(t *testing.T) {
	w := newWorld()
	page := visit(w.member(t), "/earnings").Body.String()
	for _, text := range []string{"Available", "Withdrawn", "<rect", "March 2026: $135.74", `action="/earnings/withdraw"`, "Every Monday", "$79.00", "The account is in another name.",
		"Your answer is needed", `action="/earnings/chargebacks/c-needs_response"`, "/statement"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	w.empty = true
	if page := visit(w.member(t), "/earnings").Body.String(); !strings.Contains(page, "Set up payouts") || strings.Contains(page, `action="/earnings/withdraw"`) {
		t.Error("who is not known to the provider is offered a withdrawal")
	}
}

func TestFormsOfTheEarningsDoWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		path string
		form map[string]string
		call string
		to   string
	}{
		{"/earnings/withdraw", map[string]string{"amount": "12.50", "request_id": "k"}, "RequestPayout 1250 k", "/earnings"},
		{"/earnings/schedule", map[string]string{"every": "month", "minimum": "25"}, "SchedulePayouts month 2500", "/earnings"},
		{"/earnings/chargebacks/c1", map[string]string{"evidence": "It was delivered."}, "AnswerChargeback c1 It was delivered.", "/earnings"},
	} {
		w := newWorld()
		answer := send(w.member(t), c.path, c.form)
		if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != c.to || !slices.Contains(w.calls, c.call) {
			t.Errorf("%s: %d to %s, calls %v", c.path, answer.Code, answer.Header().Get("Location"), w.calls)
		}
		w.fail = fault.Wrong("amount", "You can withdraw at most 3.00 USD.")
		if c.path == "/earnings/chargebacks/c1" {
			w.fail = fault.Wrong("evidence", "Write 1 to 5,000 characters.")
		}
		if c.path == "/earnings/schedule" {
			w.fail = fault.Wrong("minimum", "Use less.")
		}
		if answer := send(w.member(t), c.path, c.form); answer.Code != http.StatusUnprocessableEntity || !strings.Contains(answer.Body.String(), fault.Of(w.fail).Fields[0].Message) {
			t.Errorf("%s refused: %d", c.path, answer.Code)
		}
	}
	w := newWorld()
	if answer := send(w.member(t), "/earnings/withdraw", map[string]string{"amount": "a lot"}); answer.Code != http.StatusUnprocessableEntity || len(w.calls) != 0 {
		t.Errorf("a lot: %d, %v", answer.Code, w.calls)
	}
	w.fail = fault.Conflictf("A withdrawal of yours is under way.")
	if answer := send(w.member(t), "/earnings/withdraw", map[string]string{"amount": "12"}); answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(), "under way") {
		t.Errorf("the second: %d", answer.Code)
	}
}

// The policy of the pages lets no form lead elsewhere, so a page with a link does.
func TestProvidersPagesAreReachedByALink(t *testing.T) {
	w := newWorld()
	if page := send(w.member(t), "/earnings/onboarding", nil); page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `href="https://connect.stripe.com/setup/1"`) {
		t.Errorf("onboarding: %d", page.Code)
	}
	if page := visit(w.member(t), "/pay/p1"); page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `href="https://checkout.stripe.com/c/pay/cs_1"`) {
		t.Errorf("checkout: %d", page.Code)
	}
}

// Row P16.
func TestAStatementIsAPageAndAFile(t *testing.T) {
	w := newWorld()
	page := visit(w.member(t), "/statement?since=2026-01-01&until=2026-03-31").Body.String()
	for _, text := range []string{"Order completed", "$80.00", "MX-4K7Q", "/statement.csv?side=seller&amp;since=2026-01-01&amp;until=2026-03-31", `rel="next"`} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	if strings.Contains(page, "side=operator") || !strings.Contains(visit(open(t, w, clerk()), "/statement").Body.String(), "side=operator") {
		t.Error("all books are for operators")
	}
	file := visit(w.member(t), "/statement.csv?side=buyer")
	lines, err := csv.NewReader(file.Body).ReadAll()
	if err != nil || len(lines) != 3 || lines[1][1] != "j1" || lines[2][1] != "j2" || lines[1][7] != "80.00" || !strings.HasPrefix(file.Header().Get("Content-Type"), "text/csv") {
		t.Errorf("the file is %v, %v", lines, err)
	}
	if got := visit(w.member(t), "/statement?since=yesterday").Code; got != http.StatusUnprocessableEntity {
		t.Errorf("since yesterday: %d", got)
	}
}

// Row P5.
func TestAnInvoiceIsAPageAndAPDF(t *testing.T) {
	w := newWorld()
	page := visit(w.member(t), "/orders/o1/invoice").Body.String()
	for _, text := range []string{"INV-MX-4K7Q", "$105.50", "$31.65", "Service fee", "pi_1", "/orders/o1/invoice.pdf"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	pdf := visit(w.member(t), "/orders/o1/invoice.pdf")
	if pdf.Header().Get("Content-Type") != "application/pdf" || !strings.HasPrefix(pdf.Body.String(), "%PDF-") {
		t.Errorf("the PDF is %s", pdf.Header().Get("Content-Type"))
	}
	w.fail = fault.NotFoundf("There is no such order.")
	if got := visit(w.member(t), "/orders/o2/invoice.pdf").Code; got != http.StatusNotFound {
		t.Errorf("of somebody else: %d", got)
	}
}

func TestThePagesOfOperatorsAreForOperators(t *testing.T) {
	w := newWorld()
	for _, path := range []string{"/operator/payouts", "/operator/books"} {
		if got := visit(w.member(t), path).Code; got != http.StatusNotFound {
			t.Errorf("%s for a member: %d", path, got)
		}
		if got := visit(open(t, w, identity.Actor{}), path).Code; got != http.StatusUnauthorized && got != http.StatusSeeOther {
			t.Errorf("%s for a visitor: %d", path, got)
		}
	}
	if answer := send(w.member(t), "/operator/payouts/w1", map[string]string{"decision": "approve"}); answer.Code != http.StatusNotFound || len(w.calls) != 0 {
		t.Errorf("a member decides: %d, %v", answer.Code, w.calls)
	}
	desk := open(t, w, clerk())
	page := visit(desk, "/operator/payouts").Body.String()
	if !strings.Contains(page, `action="/operator/payouts/w-requested"`) || strings.Contains(page, `action="/operator/payouts/w-sending"`) {
		t.Error("the queue does not offer what can be decided")
	}
	books := visit(desk, "/operator/books").Body.String()
	if !strings.Contains(books, "If neither side can go on, cancel the order.") {
		t.Error("nobody is told what to do about a part that a bank has kept")
	}
	for _, text := range []string{"has not as much funded", "Broken", "Holds", "$105.49", "The amounts are not equal.", "1\u00a0difference"} {
		if !strings.Contains(books, text) {
			t.Errorf("the books do not show %q", text)
		}
	}
	if answer := send(desk, "/operator/payouts/w1", map[string]string{"decision": "reject", "reason": "Call us."}); answer.Code != http.StatusSeeOther || !slices.Contains(w.calls, "DecidePayout w1 reject Call us. ") {
		t.Errorf("%d, %v", answer.Code, w.calls)
	}
	if answer := send(desk, "/operator/books/reconcile", nil); answer.Code != http.StatusSeeOther {
		t.Errorf("compare now: %d", answer.Code)
	}
	w.fail = fault.Wrong("reason", "Say why: the seller reads it.")
	if answer := send(desk, "/operator/payouts/w1", map[string]string{"decision": "reject"}); answer.Code != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: %d", answer.Code)
	}
}

// Row Z8.
func TestTheControlPageOfTheSimulatorOffersEverything(t *testing.T) {
	w := newWorld()
	page := visit(w.member(t), "/dev/payments").Body.String()
	for _, text := range []string{`value="late" aria-pressed="true"`, `value="chargeback"`, `value="won"`, `value="lost"`, `value="again"`, `value="pay"`, `value="fail"`} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not offer %s", text)
		}
	}
	send(w.member(t), "/dev/payments", map[string]string{"action": "set", "name": "webhooks", "value": "twice"})
	send(w.member(t), "/simulator/onboarding/acct_1", map[string]string{"value": "ready"})
	send(w.member(t), "/simulator/pay/pay1/challenge", nil)
	if want := []string{"Simulate set  webhooks twice", "Simulate account acct_1  ready", "Simulate challenge pay1  "}; !slices.Equal(w.calls, want) {
		t.Errorf("calls %q", w.calls)
	}
	if page := visit(w.member(t), "/simulator/onboarding/acct_1").Body.String(); !strings.Contains(page, `value="restricted"`) {
		t.Error("the onboarding has no refusal")
	}
}

// Row P13: an order whose payment is before the buyer's bank says so, to each side in its words.
func TestAnOrderSaysThatTheBankDecides(t *testing.T) {
	w := newWorld()
	w.state = order.StatusCancelled
	for _, role := range []string{"buyer", "seller"} {
		w.role = role
		for _, w.banks = range []bool{false, true} {
			page := visit(w.member(t), "/orders/o1").Body.String()
			mine, theirs := strings.Contains(page, "so that you do not get it twice"), strings.Contains(page, "What goes back to the buyer waits for that.")
			if mine != (w.banks && role == "buyer") || theirs != (w.banks && role == "seller") {
				t.Errorf("%s, %t: the buyer is told %t, the seller %t", role, w.banks, mine, theirs)
			}
		}
	}
}
