package orderimpl

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

func (b *bed) decide(o order.Order, succeed bool) order.SimulatedPayment {
	b.t.Helper()
	return must(b.orders.DecideSimulatedPayment(b.buyer, order.DecideSimulatedPaymentRequest{ID: o.Payment.ID, Succeed: succeed}))(b.t)
}

func TestADeclinedPaymentCanBeTriedAgainOnTheSamePage(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.place("plain")
		page := must(b.orders.SimulatedPayment(b.buyer, order.SimulatedPaymentRequest{ID: o.Payment.ID}))(t)
		if want := (order.SimulatedPayment{ID: o.Payment.ID, OrderID: o.ID, Description: "I will do it at once, One draft", Amount: o.Total, Status: "pending",
			ReturnURL: "http://marketplace.test/orders/" + o.ID}); page != want {
			t.Errorf("the page shows %+v", page)
		}
		for range 2 {
			if got := b.decide(o, false); got.Status != "declined" {
				t.Errorf("the page says %s", got.Status)
			}
		}
		got := b.get(o)
		b.is(got, order.StatusPendingPayment)
		if got.Payment.Status != "declined" || got.Payment.Message == "" || got.Payment.CheckoutURL != o.Payment.CheckoutURL {
			t.Errorf("the payment is %+v", got.Payment)
		}
		if n := len(apptest.Emitted[order.Declined](t, b.Harness)); n != 2 {
			t.Errorf("%d refusals were told, want 2", n)
		}
		if got := b.decide(o, true); got.Status != "succeeded" {
			t.Errorf("the page says %s", got.Status)
		}
		b.is(b.get(o), order.StatusInProgress)
		if got := b.decide(o, false); got.Status != "succeeded" {
			t.Errorf("a payment that had succeeded became %s", got.Status)
		}
		b.tasks()
		if got := b.get(o); got.Payment.Status != "succeeded" || got.Payment.Message != "" || got.Payment.CheckoutURL != "" {
			t.Errorf("the payment is %+v", got.Payment)
		}
		b.sound()
	})
}

// Row O2.
func TestAPaymentWhoseWebhookIsLostIsFoundByAsking(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.hooks.lost.Store(true)
		o := b.place("plain")
		b.decide(o, true)
		b.is(b.get(o), order.StatusPendingPayment)
		b.pass(31 * time.Second)
		b.is(b.get(o), order.StatusInProgress)
		if b.hooks.arrived.Load() != 0 {
			t.Error("a webhook has arrived")
		}
		b.sound()
	})
}

func TestAWebhookIsRepeatedUntilItArrives(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.hooks.lost.Store(true)
		o := b.place("plain")
		b.decide(o, true)
		b.pass(time.Second)
		b.hooks.lost.Store(false)
		b.Clock.Advance(10 * time.Minute) // however long it has taken so far
		if err := b.orders.(*service).simulator.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.is(b.get(o), order.StatusInProgress)
		b.pass(time.Hour)
		if n := b.hooks.arrived.Load(); n != 1 {
			t.Errorf("it arrived %d times", n)
		}
	})
}

func TestAWebhookIsGivenUpAfterThreeDays(t *testing.T) {
	b := onSQLite(t)
	b.hooks.lost.Store(true)
	b.decide(b.place("plain"), true)
	for range 4 {
		b.pass(25 * time.Hour)
	}
	var waiting int
	if err := b.DB.Read(t.Context()).Raw("SELECT COUNT(*) FROM simulator_webhooks WHERE due_at IS NOT NULL").Scan(&waiting).Error; err != nil || waiting != 0 {
		t.Errorf("%d are still to be sent, %v", waiting, err)
	}
}

// Row P14.
func TestAWebhookThatIsForgedOrOldIsRefusedAndStoresNothing(t *testing.T) {
	b := onSQLite(t)
	o := b.place("plain")
	b.pay(o) // to see a good one
	good := *b.hooks.last.Load()
	before := b.count("webhooks")

	with := func(change func(q *order.ReceiveWebhookRequest)) order.ReceiveWebhookRequest {
		q := good
		q.Headers = map[string]string{}
		for k, v := range good.Headers {
			q.Headers[k] = v
		}
		change(&q)
		return q
	}
	for name, q := range map[string]order.ReceiveWebhookRequest{
		"another body": with(func(q *order.ReceiveWebhookRequest) {
			q.Body = []byte(strings.ReplaceAll(string(q.Body), "payment_id", "payment_Id"))
		}),
		"another id":      with(func(q *order.ReceiveWebhookRequest) { q.Headers["webhook-id"] = "evt_other" }),
		"another time":    with(func(q *order.ReceiveWebhookRequest) { q.Headers["webhook-timestamp"] += "0" }),
		"no time":         with(func(q *order.ReceiveWebhookRequest) { delete(q.Headers, "webhook-timestamp") }),
		"no signature":    with(func(q *order.ReceiveWebhookRequest) { delete(q.Headers, "webhook-signature") }),
		"other signature": with(func(q *order.ReceiveWebhookRequest) { q.Headers["webhook-signature"] = "v1,AAAA v2,BBBB" }),
		"nothing":         {Provider: "simulator"},
	} {
		_, err := b.orders.ReceiveWebhook(apptest.Visitor(), q)
		if f := refused(t, err, fault.Unauthenticated); strings.Contains(f.Message, o.ID) {
			t.Errorf("%s: the refusal tells too much", name)
		}
	}
	b.Clock.Advance(301 * time.Second)
	_, err := b.orders.ReceiveWebhook(apptest.Visitor(), good)
	refused(t, err, fault.Unauthenticated)
	b.Clock.Advance(-301*time.Second - 10*time.Minute)
	_, err = b.orders.ReceiveWebhook(apptest.Visitor(), good)
	refused(t, err, fault.Unauthenticated)
	_, err = b.orders.ReceiveWebhook(apptest.Visitor(), order.ReceiveWebhookRequest{Provider: "stripe", Headers: good.Headers, Body: good.Body})
	refused(t, err, fault.NotFound)
	if b.count("webhooks") != before {
		t.Error("a refused webhook was stored")
	}
}

func TestAWebhookThatComesAgainAndAgainActsOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		hook := *b.hooks.last.Load()
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				if _, err := b.orders.ReceiveWebhook(apptest.Visitor(), hook); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := b.count("journals"); n != 1 || b.count("webhooks") != 1 {
			t.Errorf("%d journals, %d webhooks", n, b.count("webhooks"))
		}
		if got := b.get(o); got.Version != 2 {
			t.Errorf("the order has version %d", got.Version)
		}
		b.sound()
	})
}

// The webhook of the refusal comes after that of the success: the provider is asked, so the success stays.
func TestWebhooksAreHarmlessInTheWrongOrder(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.place("plain")
		b.hooks.lost.Store(true)
		b.decide(o, false)
		b.decide(o, true)
		b.hooks.lost.Store(false)
		var ids []string
		if err := b.DB.Read(t.Context()).Raw("SELECT id FROM simulator_webhooks ORDER BY id DESC").Scan(&ids).Error; err != nil || len(ids) != 2 {
			t.Fatalf("%d webhooks, %v", len(ids), err)
		}
		b.pass(11 * time.Second)
		b.is(b.get(o), order.StatusInProgress)
		if n := len(apptest.Emitted[order.Declined](t, b.Harness)); n != 0 {
			t.Errorf("%d refusals were told after the success", n)
		}
		b.sound()
	})
}

func TestAStoredWebhookIsHandledAfterARestart(t *testing.T) {
	b := onSQLite(t)
	o := b.place("plain")
	b.hooks.lost.Store(true)
	b.decide(o, true)
	s := b.orders.(*service)
	err := s.db.Tx(t.Context(), txExec(`INSERT INTO webhooks (provider, event_id, payment_id, body, received_at, attempts, try_at) VALUES ('simulator', 'evt_1', ?, '', ?, 0, ?)`,
		o.Payment.ID, b.Clock.Now(), b.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	b.Clock.Advance(6 * time.Second)
	if err := s.handleWebhooks(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.is(b.get(o), order.StatusInProgress)
}

func TestMoneyThatArrivesAfterTheOrderHasEndedGoesBack(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		expired := b.place("plain")
		b.pass(16 * time.Minute)
		b.is(b.get(expired), order.StatusExpired)
		if got := must(b.orders.SimulatedPayment(b.buyer, order.SimulatedPaymentRequest{ID: expired.Payment.ID}))(t); got.Status != "expired" {
			t.Errorf("the pay page says %s", got.Status)
		}
		cancelled := b.place("plain")
		must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: cancelled.ID}))(t)

		for _, o := range []order.Order{expired, cancelled} {
			status := b.get(o).Status
			b.decide(o, true)
			got := b.get(o)
			b.is(got, status)
			if got.Payment.Status != "refunding" {
				t.Errorf("the payment is %s", got.Payment.Status)
			}
			if last := got.Timeline[len(got.Timeline)-1]; last.Event != "payment_late" {
				t.Errorf("the timeline ends with %+v", last)
			}
			b.sound()
		}
		b.tasks()
		for _, o := range []order.Order{expired, cancelled} {
			if got := b.get(o); got.Payment.Status != "refunded" {
				t.Errorf("the payment is %s", got.Payment.Status)
			}
		}
		if r := b.sound(); r.Journals != 6 {
			t.Errorf("%d journals, want 1, 9 and 9b of both", r.Journals)
		}
	})
}

func TestAnOrderThatWasPaidIsNotExpiredThoughTheWebhookWasLost(t *testing.T) {
	b := onSQLite(t)
	b.hooks.lost.Store(true)
	o := b.place("plain")
	b.decide(o, true)
	b.Clock.Advance(time.Hour)
	if err := b.orders.(*service).fireTimers(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.is(b.get(o), order.StatusInProgress)
}

func TestACaptureOfAnotherAmountStopsAndTouchesNothing(t *testing.T) {
	b := onSQLite(t)
	o := b.place("plain")
	if _, err := b.orders.(*service).simulator.Decide(t.Context(), o.Payment.ID, money.Of(1, "USD"), true); err != nil {
		t.Fatal(err)
	}
	b.is(b.get(o), order.StatusPendingPayment)
	if err := b.orders.(*service).ask(t.Context(), o.Payment.ID); err == nil || !strings.Contains(err.Error(), "somebody has to look") {
		t.Errorf("asking said %v", err)
	}
	if b.count("journals") != 0 {
		t.Error("something was posted")
	}
}

func TestAPaymentIsShownToItsBuyerOnly(t *testing.T) {
	b := onSQLite(t)
	o := b.place("plain")
	if got := must(b.orders.Get(b.seller, order.GetRequest{ID: b.working().ID}))(t); got.Payment != nil {
		t.Error("the seller sees the payment")
	}
	_, err := b.orders.SimulatedPayment(b.seller, order.SimulatedPaymentRequest{ID: o.Payment.ID})
	refused(t, err, fault.NotFound)
	_, err = b.orders.DecideSimulatedPayment(b.another, order.DecideSimulatedPaymentRequest{ID: o.Payment.ID, Succeed: true})
	refused(t, err, fault.NotFound)
	b.is(b.get(o), order.StatusPendingPayment)
	must(b.orders.DecideSimulatedPayment(apptest.Visitor(), order.DecideSimulatedPaymentRequest{ID: o.Payment.ID, Succeed: true}))(t)
}

func TestWebhooksOfManyPaymentsInAnyOrderBookEachPaymentOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		var hooks []order.ReceiveWebhookRequest
		for i := range 10 {
			o := b.place("plain")
			for range i % 3 {
				b.decide(o, false)
				hooks = append(hooks, *b.hooks.last.Load())
			}
			b.decide(o, true)
			hooks = append(hooks, *b.hooks.last.Load())
		}
		var wait sync.WaitGroup
		for i := range 10 {
			wait.Go(func() {
				for j := range hooks {
					if _, err := b.orders.ReceiveWebhook(apptest.Visitor(), hooks[(j*7+i*3)%len(hooks)]); err != nil {
						t.Error(strconv.Itoa(j), err)
					}
				}
			})
		}
		wait.Wait()
		if r := b.sound(); r.Journals != 10 {
			t.Errorf("%d journals for 10 payments", r.Journals)
		}
	})
}
