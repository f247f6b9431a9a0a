package orderimpl

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// seen is what an operation answered: whether it was done, or the status that was read.
type seen struct {
	done   bool
	status order.Status
}

// linear is the oracle as a specification of one order: whatever happens at once must look as if it had happened one
// after the other.
func linear(first world) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return first },
		Step: func(state, input, output any) (bool, any) {
			w, a, got := state.(world), input.(attempt), output.(seen)
			if a.what == "get" {
				return w.status == string(got.status), w
			}
			next, _, ok := oracle(w, a)
			return ok == got.done, next
		},
		Equal: func(a, b any) bool { return a.(world) == b.(world) },
	}
}

// blows are what the workers fight with.
func (b *bed) blows(id string) map[attempt]func() (order.Order, error) {
	return map[attempt]func() (order.Order, error){
		{who: "buyer", what: "accept"}: func() (order.Order, error) { return b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: id}) },
		{who: "buyer", what: "request_revision"}: func() (order.Order, error) {
			return b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: id, Message: "x"})
		},
		{who: "seller", what: "deliver"}: func() (order.Order, error) {
			return b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: id, Message: "x"})
		},
		{who: "buyer", what: "request_cancel"}: func() (order.Order, error) {
			return b.orders.Ask(b.buyer, order.AskRequest{OrderID: id, Kind: order.ChangeCancel, Reason: "x"})
		},
		{who: "seller", what: "accept_cancel"}: func() (order.Order, error) {
			return b.orders.Agree(b.seller, order.AnswerRequest{OrderID: id})
		},
		{who: "seller", what: "decline_request"}: func() (order.Order, error) {
			return b.orders.Decline(b.seller, order.AnswerRequest{OrderID: id})
		},
		{who: "seller", what: "open_dispute"}: func() (order.Order, error) {
			return b.orders.OpenDispute(b.seller, order.OpenDisputeRequest{OrderID: id, Reason: "other", Text: "x"})
		},
		{who: "seller", what: "withdraw_dispute"}: func() (order.Order, error) {
			return b.orders.WithdrawDispute(b.seller, order.WithdrawDisputeRequest{OrderID: id})
		},
		{who: "moderator", what: "staff_cancel"}: func() (order.Order, error) {
			return b.orders.StaffCancel(b.staff, order.StaffCancelRequest{OrderID: id, Reason: "x"})
		},
		{who: "buyer", what: "get"}: func() (order.Order, error) { return b.orders.Get(b.buyer, order.GetRequest{ID: id}) },
	}
}

// record is the history of what happened to each order.
type record struct {
	sync.Mutex
	clock atomic.Int64
	of    map[string][]porcupine.Operation
}

func (r *record) do(client int, id string, a attempt, call func() (order.Order, error)) error {
	from := r.clock.Add(1)
	o, err := call()
	to := r.clock.Add(1)
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	r.Lock()
	defer r.Unlock()
	r.of[id] = append(r.of[id], porcupine.Operation{ClientId: client, Input: a, Call: from, Output: seen{err == nil, o.Status}, Return: to})
	return nil
}

// Row O4, ASVS 2.3.4: 64 workers and the timers fight over 50 orders. What everybody is told fits one order of events, and
// nobody is told of a deadlock.
func TestWhateverHappensAtOnceLooksAsIfItHappenedOneAfterTheOther(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		workers, orders, each := 64, 50, 16
		if raceDetector || testing.Short() {
			workers, orders, each = 16, 10, 8
		}
		ids := make([]string, orders)
		for i := range ids {
			ids[i] = b.delivered().ID
		}
		b.Clock.Advance(3*day + time.Hour) // every order would complete itself now
		seed, r := rand.Uint64(), &record{of: map[string][]porcupine.Operation{}}
		t.Logf("seed %d", seed)
		var wait sync.WaitGroup
		for n := range workers {
			wait.Go(func() {
				random := rand.New(rand.NewPCG(seed, uint64(n)))
				for range each {
					id := ids[random.IntN(len(ids))]
					for a, call := range b.blows(id) { // in random order
						a.now = 90
						if a.what == "staff_cancel" && random.IntN(8) > 0 {
							continue
						}
						if err := r.do(n, id, a, call); err != nil {
							t.Error(err)
						}
						break
					}
					if random.IntN(40) == 0 {
						if err := b.orders.(*service).fireTimers(t.Context()); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		wait.Wait()
		b.compare(t, r, ids)
		b.tasks()
		b.sound()
	})
}

// compare looks for an order of events in which everything that was answered is right.
func (b *bed) compare(t *testing.T, r *record, ids []string) {
	t.Helper()
	first := world{status: "delivered", allowed: 1, days: 3, placed: 1, paid: 1, due: 73, delivered: 10, review: 82, price: 10000}
	end, moves := r.clock.Add(1), 0
	for _, id := range ids {
		o := must(b.orders.Get(context.WithoutCancel(b.buyer), order.GetRequest{ID: id}))(t)
		for _, line := range o.Timeline {
			if line.Event == string(autoComplete) { // a timer did it, at some time
				r.of[id] = append(r.of[id], porcupine.Operation{ClientId: 1000, Input: attempt{who: "marketplace", what: "auto_complete", now: 90},
					Output: seen{done: true}, Return: end})
			}
		}
		moves += len(o.Timeline)
		if !porcupine.CheckOperations(linear(first), r.of[id]) {
			t.Errorf("no order of events explains what was answered about one order:\n%+v\n%+v", r.of[id], o.Timeline)
		}
	}
	t.Logf("%d operations, %d steps", r.clock.Load()/2, moves)
}

// The comparison can fail: what two people were told about one acceptance does not fit together.
func TestTwoWhoBothWonAreNoticed(t *testing.T) {
	first := world{status: "delivered", allowed: 1, days: 3, placed: 1, paid: 1, due: 73, delivered: 10, review: 82, price: 10000}
	accepted := attempt{who: "buyer", what: "accept", now: 50}
	history := []porcupine.Operation{
		{ClientId: 1, Input: accepted, Call: 1, Output: seen{done: true}, Return: 4},
		{ClientId: 2, Input: accepted, Call: 2, Output: seen{done: false}, Return: 3},
	}
	if !porcupine.CheckOperations(linear(first), history) {
		t.Error("one winner is noticed too")
	}
	history[1].Output = seen{done: true}
	if porcupine.CheckOperations(linear(first), history) {
		t.Error("two winners are not noticed")
	}
	stale := porcupine.Operation{ClientId: 2, Input: attempt{who: "buyer", what: "get"}, Call: 5, Output: seen{status: order.StatusDelivered}, Return: 6}
	if porcupine.CheckOperations(linear(first), []porcupine.Operation{history[0], stale}) {
		t.Error("an answer from before is not noticed")
	}
}
