package orderimpl

import (
	"slices"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
)

// life is what the rules look at, and what they change. It is a value: next returns another one.
type life struct {
	Status       order.Status
	Questions    int // that the seller asks
	Revisions    int // allowed; gig.Unlimited
	Used         int // revisions
	DeliveryDays int
	Terms        terms

	PlacedAt    time.Time
	PaidAt      *time.Time
	StartedAt   *time.Time
	DueAt       *time.Time
	DeliveredAt *time.Time
	EndedAt     *time.Time
	ClearedAt   *time.Time
}

// in returns when the moment is; nil while that is not known.
func (m moment) in(l life) *time.Time {
	switch m {
	case paymentEnd:
		return after(&l.PlacedAt, l.Terms.PaymentWindow)
	case firstReminder:
		return after(l.PaidAt, l.Terms.FirstReminder)
	case secondReminder:
		return after(l.PaidAt, l.Terms.SecondReminder)
	case requirementsEnd:
		return after(l.PaidAt, l.Terms.RequirementsWindow)
	case deliveryDue:
		return l.DueAt
	case veryLateFrom:
		return after(l.DueAt, l.Terms.VeryLate)
	case lateEnd:
		return after(l.DueAt, l.Terms.LateCancel)
	case completionNearing:
		return after(l.DeliveredAt, l.Terms.CompletionReminder)
	case completionEnd:
		return after(l.DeliveredAt, l.Terms.CompletionWindow)
	case clearingEnd:
		return after(l.EndedAt, l.Terms.Clearing)
	}
	return nil
}

func after(t *time.Time, d time.Duration) *time.Time {
	if t == nil {
		return nil
	}
	later := t.Add(d)
	return &later
}

// reviewableUntil is when the time to review ends; nil unless the order is completed.
func (l life) reviewableUntil() *time.Time {
	if l.Status != order.StatusCompleted {
		return nil
	}
	return after(l.EndedAt, l.Terms.ReviewWindow)
}

// past says whether the moment is known and over.
func (m moment) past(l life, now time.Time) bool {
	at := m.in(l)
	return at != nil && now.After(*at)
}

func (g guard) holds(l life, now time.Time) bool {
	switch g {
	case asksQuestions:
		return l.Questions > 0
	case asksNothing:
		return l.Questions == 0
	case isUnpaid:
		return l.PaidAt == nil
	case isOnTime:
		return !deliveryDue.past(l, now)
	case isLate:
		return deliveryDue.past(l, now) && !veryLateFrom.past(l, now)
	case isVeryLate:
		return veryLateFrom.past(l, now)
	case isRevisable:
		return l.Revisions == gig.Unlimited || l.Used < l.Revisions
	case isUncleared:
		return l.ClearedAt == nil
	case isReviewable:
		return l.EndedAt != nil && !now.After(l.EndedAt.Add(l.Terms.ReviewWindow))
	}
	return true
}

// from is the seller's deadline when the clock starts now.
func (c clock) from(l life, now time.Time) time.Time {
	whole := time.Duration(l.DeliveryDays) * day
	if c == revisionClock {
		return now.Add(max(2*day, whole/2))
	}
	return now.Add(whole)
}

// allows says whether the rule can be followed now.
func (r rule) allows(l life, now time.Time) bool {
	if r.From != l.Status || !r.Guard.holds(l, now) {
		return false
	}
	if r.When == "" {
		return true
	}
	at := r.When.in(l)
	return at != nil && !now.Before(*at)
}

// follow returns the order's life after the rule.
func (r rule) follow(l life, now time.Time) life {
	if slices.Contains(r.Money, fund) {
		l.PaidAt = &now
	}
	if slices.Contains(r.Money, clears) {
		l.ClearedAt = &now
	}
	if r.Clock != "" {
		due := r.Clock.from(l, now)
		l.DueAt = &due
	}
	if r.To == "" {
		return l
	}
	l.Status = r.To
	switch r.To {
	case order.StatusInProgress:
		l.StartedAt = &now
	case order.StatusDelivered:
		l.DeliveredAt = &now
	case order.StatusInRevision:
		l.Used++
	case order.StatusCompleted, order.StatusCancelled, order.StatusExpired:
		l.EndedAt = &now
	}
	return l
}

// find returns the rule by which the actor may make something happen now: an event, a person's action, a moment.
func (p table) find(l life, who actor, now time.Time, wanted func(rule) bool) (rule, bool) {
	for _, r := range p {
		if r.Actor == who && !r.Else && wanted(r) && r.allows(l, now) {
			return r, true
		}
	}
	return rule{}, false
}

func byEvent(events ...event) func(rule) bool {
	return func(r rule) bool { return slices.Contains(events, r.Event) }
}

func byAction(a order.Action) func(rule) bool { return func(r rule) bool { return r.Action == a } }

func byMoment(m moment) func(rule) bool { return func(r rule) bool { return r.When == m } }

// allowed is what the actor may do now, in the order of the process.
func (p table) allowed(l life, who actor, now time.Time) []order.Action {
	actions := []order.Action{}
	for _, r := range p {
		if r.Actor == who && r.Action != "" && r.allows(l, now) && !slices.Contains(actions, r.Action) {
			actions = append(actions, r.Action)
		}
	}
	return actions
}

// upcoming is what happens next and when (row Z6); nil when it is over.
func (p table) upcoming(l life, now time.Time) *order.Next {
	for _, r := range p {
		if r.Says != "" && r.From == l.Status && r.While.holds(l, now) {
			return &order.Next{Actor: string(r.Waits), Event: string(r.Event), Text: r.Says, At: r.At.in(l)}
		}
	}
	return nil
}

func inWords(s order.Status) string {
	switch s {
	case order.StatusPendingPayment:
		return "waiting for its payment"
	case order.StatusAwaitingRequirements:
		return "waiting for the buyer's answers"
	case order.StatusInProgress:
		return "in progress"
	case order.StatusInRevision:
		return "in revision"
	}
	return string(s) // delivered, disputed, completed, cancelled, expired
}

// quiet says whether the event is none of the buyer's business.
func (p table) quiet(e event) bool {
	return slices.ContainsFunc(p, func(r rule) bool { return r.Event == e && r.Quiet })
}

// entry is the rule by which orders come to be.
func (p table) entry() (rule, bool) {
	i := slices.IndexFunc(p, func(r rule) bool { return r.From == "" })
	if i < 0 {
		return rule{}, false
	}
	return p[i], true
}
