package payment

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"marketplace/platform/apptest"
	"marketplace/platform/money"
)

const hookSecret = "whsec_0123456789abcdef0123456789abcdef"

// stand is Stripe's end of the line: it answers with the shapes of the public API reference, and keeps what it was asked.
type stand struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]string // by method and path
	status  map[string]int
	asked   []asked
}

type asked struct {
	what, key, account string
	form               url.Values
}

func (s *stand) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	what := r.Method + " " + r.URL.Path
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, asked{what, r.Header.Get("Idempotency-Key"), r.Header.Get("Stripe-Account"), r.Form})
	w.Header().Set("Content-Type", "application/json")
	answer, ok := s.answers[what]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		answer = `{"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such object"}}`
	} else if s.status[what] != 0 {
		w.WriteHeader(s.status[what])
	}
	_, _ = w.Write([]byte(answer))
}

func (s *stand) times(what string) (n int) {
	for _, a := range s.asked {
		if a.what == what {
			n++
		}
	}
	return n
}

func atStripe(t *testing.T, run func(t *testing.T, s *Stripe, at *stand)) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		h := open("order")
		at := &stand{answers: map[string]string{}, status: map[string]int{}}
		at.Server = httptest.NewServer(at)
		t.Cleanup(at.Close)
		run(t, NewStripe(h.DB, h.Clock, StripeKeys{Secret: "sk_test_123", Webhook: "whsec_other," + hookSecret, URL: at.URL}, "http://marketplace.test"), at)
	})
}

func session(paid bool, expires time.Time) string {
	status := "unpaid"
	intent := "null"
	if paid {
		status, intent = "paid", `"pi_1"`
	}
	return fmt.Sprintf(`{"id": "cs_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/pay/cs_1", "amount_total": 10550, "currency": "usd",
		"payment_status": %q, "payment_intent": %s, "expires_at": %d}`, status, intent, expires.Unix())
}

func TestStripesPageIsMadeOnceAndAskedForTheTruth(t *testing.T) {
	atStripe(t, func(t *testing.T, s *Stripe, at *stand) {
		if c, err := s.Fetch(t.Context(), "p1"); err != nil || c.State != Pending {
			t.Fatalf("before: %+v, %v", c, err)
		}
		at.answers["POST /v1/checkout/sessions"] = session(false, s.clock.Now().Add(time.Hour))
		at.answers["GET /v1/checkout/sessions/cs_1"] = session(false, s.clock.Now())
		q := Checkout{PaymentID: "p1", Amount: money.Of(10550, "USD"), Description: "I will draw a logo", ReturnURL: "http://marketplace.test/orders/o1"}
		for range 2 { // two clicks are one page
			if page, err := s.Checkout(t.Context(), q); err != nil || page != "https://checkout.stripe.com/c/pay/cs_1" {
				t.Fatal(page, err)
			}
		}
		first := at.asked[0]
		if at.times("POST /v1/checkout/sessions") != 1 || first.key != "session:p1:" || first.form.Get("line_items[0][price_data][unit_amount]") != "10550" ||
			first.form.Get("line_items[0][price_data][currency]") != "usd" || first.form.Get("payment_intent_data[metadata][payment_id]") != "p1" || first.form.Get("mode") != "payment" {
			t.Errorf("asked %+v", at.asked)
		}
		if c, err := s.Fetch(t.Context(), "p1"); err != nil || c.State != Pending {
			t.Errorf("unpaid: %+v, %v", c, err)
		}
		at.answers["GET /v1/checkout/sessions/cs_1"] = session(true, s.clock.Now())
		want := Charge{ID: "pi_1", State: Succeeded, Amount: money.Of(10550, "USD"), Attempt: 1}
		if c, err := s.Fetch(t.Context(), "p1"); err != nil || c != want {
			t.Errorf("paid: %+v, %v", c, err)
		}
		if s.CheckoutURL("p1") != "http://marketplace.test/pay/p1" || s.Name() != "stripe" {
			t.Error(s.CheckoutURL("p1"))
		}
	})
}

func TestStripeRefundsOnceAndSaysHowItGoes(t *testing.T) {
	atStripe(t, func(t *testing.T, s *Stripe, at *stand) {
		q := Refund{ID: "r1", PaymentID: "p1", Amount: money.Of(3165, "USD")}
		if state, err := s.Refund(t.Context(), q); err != nil || state != RefundRejected {
			t.Errorf("of a payment that is not there: %s, %v", state, err)
		}
		at.answers["POST /v1/checkout/sessions"] = session(false, s.clock.Now().Add(time.Hour))
		if _, err := s.Checkout(t.Context(), Checkout{PaymentID: "p1", Amount: money.Of(10550, "USD")}); err != nil {
			t.Fatal(err)
		}
		at.answers["GET /v1/checkout/sessions/cs_1"] = session(true, s.clock.Now())
		at.answers["POST /v1/refunds"] = `{"id": "re_1", "object": "refund", "status": "pending"}`
		if state, err := s.Refund(t.Context(), q); err != nil || state != RefundMoving {
			t.Errorf("at first: %s, %v", state, err)
		}
		for status, want := range map[string]RefundState{"pending": RefundMoving, "requires_action": RefundMoving, "succeeded": RefundArrived, "failed": RefundRejected, "canceled": RefundRejected} {
			at.answers["GET /v1/refunds/re_1"] = fmt.Sprintf(`{"id": "re_1", "object": "refund", "status": %q}`, status)
			if state, err := s.Refund(t.Context(), q); err != nil || state != want {
				t.Errorf("%s: %s, %v", status, state, err)
			}
		}
		if at.times("POST /v1/refunds") != 1 {
			t.Errorf("asked for %d refunds", at.times("POST /v1/refunds"))
		}
		at.status["POST /v1/refunds"] = http.StatusBadRequest
		for code, want := range map[string]RefundState{"charge_already_refunded": RefundRejected, "charge_disputed": RefundDisputed, "rate_limit": ""} {
			at.answers["POST /v1/refunds"] = fmt.Sprintf(`{"error": {"type": "invalid_request_error", "code": %q, "message": "no"}}`, code)
			if state, err := s.Refund(t.Context(), Refund{ID: "r-" + code, PaymentID: "p1", Amount: q.Amount}); state != want || (err == nil) != (want != "") {
				t.Errorf("%s: %s, %v", code, state, err)
			}
		}
	})
}

func TestStripePaysOutByTransferAndPayoutAndTakesBackWhatFails(t *testing.T) {
	atStripe(t, func(t *testing.T, s *Stripe, at *stand) {
		q := Payout{ID: "w1", Account: "acct_1", Amount: money.Of(7900, "USD")}
		at.answers["POST /v1/transfers"] = `{"id": "tr_1", "object": "transfer", "amount": 7900}`
		at.answers["POST /v1/payouts"] = `{"id": "po_1", "object": "payout", "status": "pending"}`
		if r, err := s.Payout(t.Context(), q); err != nil || r.State != PayoutMoving || r.Reference != "po_1" {
			t.Fatalf("%+v, %v", r, err)
		}
		transfer, payout := at.asked[0], at.asked[1]
		if transfer.key != "transfer:w1" || transfer.form.Get("destination") != "acct_1" || transfer.account != "" || payout.account != "acct_1" || payout.form.Get("amount") != "7900" {
			t.Errorf("asked %+v", at.asked)
		}
		at.answers["POST /v1/transfers/tr_1/reversals"] = `{"id": "trr_1", "object": "transfer_reversal"}`
		for _, c := range []struct {
			status string
			want   PayoutState
		}{{"in_transit", PayoutMoving}, {"paid", PayoutPaid}, {"failed", PayoutFailed}, {"failed", PayoutFailed}} {
			at.answers["GET /v1/payouts/po_1"] = fmt.Sprintf(`{"id": "po_1", "object": "payout", "status": %q}`, c.status)
			if r, err := s.Payout(t.Context(), q); err != nil || r.State != c.want || (r.Message != "") != (c.want == PayoutFailed) {
				t.Errorf("%s: %+v, %v", c.status, r, err)
			}
		}
		for what, n := range map[string]int{"POST /v1/transfers": 1, "POST /v1/payouts": 1, "POST /v1/transfers/tr_1/reversals": 1} {
			if at.times(what) != n {
				t.Errorf("%s was asked %d times", what, at.times(what))
			}
		}
	})
}

func TestStripeSaysWhetherItKnowsASeller(t *testing.T) {
	atStripe(t, func(t *testing.T, s *Stripe, at *stand) {
		at.answers["POST /v1/accounts"] = `{"id": "acct_1", "object": "account"}`
		at.answers["POST /v1/account_links"] = `{"object": "account_link", "url": "https://connect.stripe.com/setup/1"}`
		for _, c := range []struct {
			account string
			want    AccountStatus
		}{
			{`"details_submitted": false, "payouts_enabled": false`, AccountIncomplete},
			{`"details_submitted": true, "payouts_enabled": false, "requirements": {"disabled_reason": "requirements.pending_verification"}`, AccountReview},
			{`"details_submitted": true, "payouts_enabled": false, "requirements": {"disabled_reason": "requirements.past_due"}`, AccountRestricted},
			{`"details_submitted": true, "payouts_enabled": false, "requirements": {"disabled_reason": "rejected.fraud"}`, AccountRestricted},
			{`"details_submitted": true, "payouts_enabled": true`, AccountReady},
		} {
			at.answers["GET /v1/accounts/acct_1"] = `{"id": "acct_1", "object": "account", ` + c.account + `}`
			a, err := s.Onboard(t.Context(), Onboarding{UserID: "u1", ReturnURL: "http://marketplace.test/earnings"})
			if err != nil || a.ID != "acct_1" || a.Status != c.want || a.URL != "https://connect.stripe.com/setup/1" || (a.Message == "") != (c.want == AccountReady) {
				t.Errorf("%s: %+v, %v", c.account, a, err)
			}
		}
		if n := at.times("POST /v1/accounts"); n != 1 {
			t.Errorf("%d accounts were made", n)
		}
	})
}

func TestStripesDisputesHaveStages(t *testing.T) {
	atStripe(t, func(t *testing.T, s *Stripe, at *stand) {
		for status, want := range map[string]ChargebackStage{"needs_response": NeedsResponse, "under_review": UnderReview, "won": Won, "lost": Lost,
			"warning_needs_response": "", "warning_closed": ""} {
			at.answers["GET /v1/disputes/dp_1"] = fmt.Sprintf(`{"id": "dp_1", "object": "dispute", "amount": 10550, "currency": "usd", "reason": "product_not_received", "status": %q,
				"balance_transactions": [{"id": "txn_1", "object": "balance_transaction", "amount": -10550, "fee": 1500, "currency": "usd"}],
				"payment_intent": {"id": "pi_1", "object": "payment_intent", "metadata": {"payment_id": "p1"}}}`, status)
			c, err := s.Chargeback(t.Context(), "dp_1")
			if err != nil || c != (Chargeback{"dp_1", "p1", want, money.Of(10550, "USD"), money.Of(1500, "USD"), "product not received"}) {
				t.Errorf("%s: %+v, %v", status, c, err)
			}
		}
		at.answers["POST /v1/disputes/dp_1"] = `{"id": "dp_1", "object": "dispute"}`
		if err := s.Answer(t.Context(), "dp_1", "It was delivered."); err != nil {
			t.Fatal(err)
		}
		if last := at.asked[len(at.asked)-1]; last.form.Get("evidence[uncategorized_text]") != "It was delivered." || last.form.Get("submit") != "true" {
			t.Errorf("asked %+v", last)
		}
	})
}

// signed is the header that Stripe sends.
func signed(at time.Time, body []byte, secret string) string {
	return fmt.Sprintf("t=%d,v0=%s,v1=%s", at.Unix(), strings.Repeat("0", 64), hex.EncodeToString(webhook.ComputeSignature(at, body, secret)))
}

// Row P14.
func TestStripesWebhooksAreCheckedForSignatureAndAge(t *testing.T) {
	atStripe(t, func(t *testing.T, s *Stripe, _ *stand) {
		body := []byte(`{"id": "evt_1", "object": "event", "type": "checkout.session.completed", "data": {"object": {"id": "cs_1", "object": "checkout.session", "client_reference_id": "p1"}}}`)
		now := s.clock.Now()
		if n, err := s.VerifyWebhook(map[string]string{stripeSignature: signed(now, body, hookSecret)}, body); err != nil || n != (Notice{"evt_1", AboutPayment, "p1"}) {
			t.Errorf("%+v, %v", n, err)
		}
		for name, header := range map[string]string{
			"nothing": "", "another secret": signed(now, body, "whsec_wrong"), "too old": signed(now.Add(-window-2*time.Second), body, hookSecret),
			"too new": signed(now.Add(window+2*time.Second), body, hookSecret), "no time": "v1=" + strings.Repeat("0", 64),
			"another time": strings.Replace(signed(now, body, hookSecret), "t="+fmt.Sprint(now.Unix()), "t="+fmt.Sprint(now.Unix()-1), 1),
		} {
			if _, err := s.VerifyWebhook(map[string]string{stripeSignature: header}, body); !errors.Is(err, ErrSignature) {
				t.Errorf("%s: %v", name, err)
			}
		}
		other := append([]byte{}, body...)
		other[10]++
		if _, err := s.VerifyWebhook(map[string]string{stripeSignature: signed(now, body, hookSecret)}, other); !errors.Is(err, ErrSignature) {
			t.Errorf("a changed body: %v", err)
		}
	})
}

// The shapes of the events of the public API reference, shortened to what is read.
func TestStripesEventsSayWhomToAsk(t *testing.T) {
	for body, want := range map[string]Notice{
		`{"id": "e", "type": "checkout.session.async_payment_succeeded", "data": {"object": {"id": "cs_1", "client_reference_id": "p1"}}}`: {"e", AboutPayment, "p1"},
		`{"id": "e", "type": "payment_intent.payment_failed", "data": {"object": {"id": "pi_1", "metadata": {"payment_id": "p1"}}}}`:       {"e", AboutPayment, "p1"},
		`{"id": "e", "type": "charge.dispute.funds_withdrawn", "data": {"object": {"id": "dp_1", "metadata": {}}}}`:                        {"e", AboutChargeback, "dp_1"},
		`{"id": "e", "type": "refund.updated", "data": {"object": {"id": "re_1", "metadata": {"refund_id": "r1"}}}}`:                       {"e", AboutRefund, "r1"},
		`{"id": "e", "type": "payout.failed", "account": "acct_1", "data": {"object": {"id": "po_1", "metadata": {"payout_id": "w1"}}}}`:   {"e", AboutPayout, "w1"},
		`{"id": "e", "type": "account.updated", "account": "acct_1", "data": {"object": {"id": "acct_1"}}}`:                                {"e", AboutAccount, "acct_1"},
		`{"id": "e", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}`:                                                     {"e", AboutPayment, ""},
	} {
		var e stripeEvent
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.notice() != want {
			t.Errorf("%s: %+v, %v", body, e.notice(), err)
		}
	}
}

func TestStripesReportIsReadByPages(t *testing.T) {
	atStripe(t, func(t *testing.T, s *Stripe, at *stand) {
		at.answers["GET /v1/balance_transactions"] = `{"object": "list", "has_more": false, "url": "/v1/balance_transactions", "data": [
			{"id": "txn_1", "object": "balance_transaction", "amount": 10550, "fee": 336, "currency": "usd", "created": 1700000000, "type": "charge", "source": {"id": "ch_1", "object": "charge", "metadata": {"payment_id": "p1"}}},
			{"id": "txn_2", "object": "balance_transaction", "amount": -3165, "fee": 0, "currency": "usd", "created": 1700000001, "type": "refund", "source": {"id": "re_1", "object": "refund", "metadata": {"refund_id": "r1"}}},
			{"id": "txn_3", "object": "balance_transaction", "amount": -7900, "fee": 0, "currency": "usd", "created": 1700000002, "type": "transfer", "source": {"id": "tr_1", "object": "transfer", "metadata": {"payout_id": "w1"}}},
			{"id": "txn_4", "object": "balance_transaction", "amount": -10550, "fee": 1500, "currency": "usd", "created": 1700000003, "type": "adjustment", "source": {"id": "dp_1", "object": "dispute"}},
			{"id": "txn_5", "object": "balance_transaction", "amount": -2000, "fee": 0, "currency": "usd", "created": 1700000004, "type": "payout", "source": {"id": "po_9", "object": "payout"}},
			{"id": "txn_7", "object": "balance_transaction", "amount": -500, "fee": 0, "currency": "usd", "created": 1700000006, "type": "refund", "source": {"id": "re_2", "object": "refund", "metadata": {}}},
			{"id": "txn_8", "object": "balance_transaction", "amount": 700, "fee": 0, "currency": "usd", "created": 1700000007, "type": "charge", "source": {"id": "ch_2", "object": "charge"}},
			{"id": "txn_6", "object": "balance_transaction", "amount": -100, "fee": 0, "currency": "usd", "created": 1700000005, "type": "stripe_fee", "source": null}]}`
		var got []string
		err := s.Report(t.Context(), time.Time{}, s.clock.Now(), func(x Transaction) error {
			got = append(got, fmt.Sprintf("%s %s %s %d %d", x.ID, x.Kind, x.Subject, x.Amount.Minor, x.Fee.Minor))
			return nil
		})
		want := "txn_1 charge p1 10550 336, txn_2 refund r1 -3165 0, txn_3 payout w1 -7900 0, txn_4 chargeback dp_1 -10550 1500, txn_5 settlement po_9 -2000 0" +
			", txn_7 refund re_2 -500 0, txn_8 charge ch_2 700 0" // by hand
		if strings.Join(got, ", ") != want || err != nil {
			t.Errorf("%v\n%v", got, err)
		}
	})
}

// Whatever Stripe's mock answers, it has checked every request against Stripe's own description of its API.
func TestStripesMockAcceptsEveryRequest(t *testing.T) {
	url := mock(t)
	h := apptest.Host(t, "order")
	s := NewStripe(h.DB, h.Clock, StripeKeys{Secret: "sk_test_123", Webhook: hookSecret, URL: url}, "http://marketplace.test")
	ctx := t.Context()
	page, err := s.Checkout(ctx, Checkout{PaymentID: "p1", Amount: money.Of(10550, "USD"), Description: "I will draw a logo", ReturnURL: "http://marketplace.test/orders/o1"})
	if err != nil || page == "" {
		t.Errorf("checkout: %q, %v", page, err)
	}
	if _, err := s.Fetch(ctx, "p1"); err != nil {
		t.Errorf("fetch: %v", err)
	}
	if err := s.keep(ctx, "refund", "r1", known{Object: "re_1"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Refund(ctx, Refund{ID: "r1", PaymentID: "p1", Amount: money.Of(100, "USD")}); err != nil {
		t.Errorf("refund: %v", err)
	}
	a, err := s.Onboard(ctx, Onboarding{UserID: "u1", ReturnURL: "http://marketplace.test/earnings"})
	if err != nil || a.ID == "" || a.URL == "" {
		t.Errorf("onboard: %+v, %v", a, err)
	}
	for range 2 {
		if r, err := s.Payout(ctx, Payout{ID: "w1", Account: a.ID, Amount: money.Of(7900, "USD")}); err != nil || r.Reference == "" {
			t.Errorf("payout: %+v, %v", r, err)
		}
	}
	if err := s.takeBack(ctx, Payout{ID: "w1"}, "tr_1"); err != nil {
		t.Errorf("reversal: %v", err)
	}
	if c, err := s.Chargeback(ctx, "dp_1"); err != nil || c.Reference == "" {
		t.Errorf("dispute: %+v, %v", c, err)
	}
	if err := s.Answer(ctx, "dp_1", "It was delivered."); err != nil {
		t.Errorf("evidence: %v", err)
	}
	if err := s.Report(ctx, time.Unix(0, 0), h.Clock.Now(), func(Transaction) error { return nil }); err != nil {
		t.Errorf("report: %v", err)
	}
}

// mock starts Stripe's mock of its API, which make test brings.
func mock(t *testing.T) string {
	t.Helper()
	const program = "../../../../.cache/stripe-mock"
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("Stripe's mock is not there: run .ci/services (%v)", err)
		}
		t.Skip("Stripe's mock is not there: make test brings it")
	}
	return serve(t, program)
}
