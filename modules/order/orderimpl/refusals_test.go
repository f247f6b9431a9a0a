package orderimpl

import (
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// Row O4: each refusal has a sentence of its own, and says what is allowed instead.
func TestARefusalSaysWhyAndWhatIsPossibleInstead(t *testing.T) {
	p, due := process(), hours(2)
	l := life{Revisions: 2, Used: 2, DeliveryDays: 3, Terms: defaults().terms(), PlacedAt: hours(0), PaidAt: &due, DueAt: &due, DeliveredAt: &due}
	for _, c := range []struct {
		status order.Status
		who    actor
		action order.Action
		want   string
	}{
		{order.StatusDelivered, seller, order.ActionAccept, "Only the buyer can accept the delivery."},
		{order.StatusInProgress, buyer, order.ActionDeliver, "Only the seller can deliver the work."},
		{order.StatusDelivered, buyer, order.ActionRequestRevision, "All revisions of this package are used: 2 of 2. What you can do now: "},
		{order.StatusInProgress, buyer, order.ActionAccept, "You can accept the delivery only while the order is delivered; it is in progress."},
		{order.StatusDelivered, seller, order.ActionDeliver, "You can deliver the work only while the order is in progress or in revision; it is delivered."},
		{order.StatusInProgress, buyer, order.ActionCancel, "only when the delivery is very late, which is after 2 January 2026, 02:00 UTC."},
		{order.StatusCancelled, buyer, order.ActionAccept, "The order has ended, and there is nothing left to do."},
	} {
		l.Status = c.status
		_, err := p.attempt(l, c.who, due, c.action)
		if f := refused(t, err, fault.Conflict); !strings.Contains(f.Message, c.want) {
			t.Errorf("%s by the %s when %s: %q, want %q", c.action, c.who, c.status, f.Message, c.want)
		}
	}
}

// Every action that somebody can do has words, and no two refusals of one person in one status are the same sentence.
func TestEveryIllegalActionHasASentenceOfItsOwn(t *testing.T) {
	p, now := process(), hours(30)
	var actions []order.Action
	for _, r := range p {
		if r.Action != "" && !containsAction(actions, r.Action) {
			actions = append(actions, r.Action)
		}
	}
	for _, status := range statuses() {
		for _, who := range []actor{buyer, seller} {
			said := map[string]order.Action{}
			for _, a := range actions {
				l := life{Status: status, Revisions: 1, Used: 1, Terms: defaults().terms(), PlacedAt: hours(0)}
				_, err := p.attempt(l, who, now, a)
				if err == nil {
					continue
				}
				text := fault.Of(err).Message
				if other, there := said[text]; there || strings.Contains(text, string(a)) && strings.Contains(string(a), "-") {
					t.Errorf("%s when %s, the %s is told %q, as for %s", a, status, who, text, other)
				}
				said[text] = a
			}
		}
	}
}

func containsAction(all []order.Action, a order.Action) bool {
	for _, other := range all {
		if other == a {
			return true
		}
	}
	return false
}
