package orderimpl

import (
	"testing"
	"time"

	"marketplace/modules/order"
)

// Row X3: the figures of the business, counted from what is not over and from what happens.
func TestTheFiguresTellWhatIsHeldAndWhatHasMoved(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		expect := func(want map[string]float64) {
			t.Helper()
			if err := b.RunTasks(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := b.Series(t)
			for key, value := range want {
				if got["marketplace_"+key] != value {
					t.Errorf("%s is %v, want %v", key, got["marketplace_"+key], value)
				}
			}
		}
		expect(map[string]float64{"orders_open order in_progress": 0, "escrow_minor USD order": 0, "payouts_open order requested": 0})
		working := b.working()
		b.place("plain")
		expect(map[string]float64{"orders_open order in_progress": 1, "orders_open order pending_payment": 1, "escrow_minor USD order": 10000,
			"gmv_minor_total USD order": 10000, "order_steps_total payment_confirmed order": 1, "order_steps_total place order": 2, "order_timers_overdue order": 0})
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: working.ID, RequestID: b.key(), Amount: 2500, Reason: "A colour less."}))(t)
		expect(map[string]float64{"escrow_minor USD order": 7500, "returned_minor_total USD order": 2500})
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: working.ID, Message: "Here it is."}))(t)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: working.ID, RequestID: b.key()}))(t)
		expect(map[string]float64{"orders_open order in_progress": 0, "orders_open order delivered": 0, "escrow_minor USD order": 0, "gmv_minor_total USD order": 10000})
	})
}

func TestAStepThatIsOverdueIsTold(t *testing.T) {
	t.Parallel()
	b := onSQLite(t)
	b.place("plain")
	b.Clock.Advance(30 * time.Minute) // the payment's time is over, and nobody has looked
	if err := b.orders.(*service).count(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.Series(t); got["marketplace_order_timers_overdue order"] != 1 || got["marketplace_order_timers_oldest_seconds order"] < 800 {
		t.Errorf("%v", got)
	}
}
