package orderimpl

import (
	"slices"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/money"
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

	ReviewEndsAt *time.Time // when a delivered order completes by itself
	Extensions   int        // of the review
	Price        int64      // minor units: what the order is about, without the buyer's fee
	Refunded     int64      // of Price

	Asked       event // what the open request asks for; empty: none is open
	AskedBy     actor
	AskedAt     *time.Time
	AskedDays   int
	AskedAmount int64 // of Price, to go back; of a raise, on top of it
	AskedMore   int   // revisions, of a raise
	Pressed     bool  // a request to cancel was declined or not answered

	DisputedAt   *time.Time
	DisputedBy   actor
	DisputedFrom order.Status // the status before
	Heard        bool         // the other side has answered
	Contested    bool         // the order is completed, and a dispute is open
	Judged       bool         // a dispute was decided

	TippedAt     *time.Time
	TipClearedAt *time.Time
}

// deal is what a person says beside the event.
type deal struct {
	Days      int   // of an extension, or of a raise
	Amount    int64 // of the price, that goes back: minor units; of a raise, on top of it
	Revisions int   // of a raise
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
		return after(l.reviewEnd(), l.Terms.CompletionReminder-l.Terms.CompletionWindow)
	case completionEnd:
		return l.reviewEnd()
	case clearingEnd:
		return after(l.EndedAt, l.Terms.Clearing)
	case tipClearingEnd:
		return after(l.TippedAt, l.Terms.Clearing)
	case requestEnd:
		return after(l.AskedAt, l.Terms.AnswerWindow)
	case disputeAnswerEnd:
		return after(l.DisputedAt, l.Terms.AnswerWindow)
	case disputeTarget:
		return after(l.DisputedAt, l.Terms.DisputeTarget)
	case disputeEnd:
		return after(l.DisputedAt, l.Terms.DisputeBackstop)
	}
	return nil
}

// isNotice says whether the moment only tells people something, so that it is not made up for.
func (m moment) isNotice() bool {
	switch m {
	case firstReminder, secondReminder, deliveryDue, veryLateFrom, completionNearing, disputeAnswerEnd:
		return true
	}
	return false
}

// reviewEnd is when a delivered order completes by itself. Orders that were delivered before it could be moved have the
// usual time.
func (l life) reviewEnd() *time.Time {
	if l.ReviewEndsAt != nil {
		return l.ReviewEndsAt
	}
	return after(l.DeliveredAt, l.Terms.CompletionWindow)
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
		return l.ClearedAt == nil && !l.Contested
	case isReviewable:
		return l.EndedAt != nil && !now.After(l.EndedAt.Add(l.Terms.ReviewWindow))
	case isRefundable:
		return l.mayGoBack() > 0
	case isExtendable:
		return l.Extensions < l.Terms.ReviewExtensions
	}
	return g.holdsAfter(l, now)
}

// holdsBetween are the guards about what the two sides ask of each other.
func (g guard) holdsBetween(l life, now time.Time) bool {
	switch g {
	case nothingAsked:
		return l.Asked == ""
	case buyerAsks:
		return l.Asked != "" && l.AskedBy == buyer
	case sellerAsks:
		return l.Asked != "" && l.AskedBy == seller
	case isAgreed:
		return l.Asked == acceptRaise
	case buyerAsksLate:
		return l.Asked != "" && l.AskedBy == buyer && deliveryDue.past(l, now)
	case isDisputable:
		return l.Pressed || deliveryDue.past(l, now)
	case buyerDisputes:
		return l.DisputedBy == buyer
	case sellerDisputes:
		return l.DisputedBy == seller
	case isUnheard:
		return !l.Heard
	case sellerUnheard:
		return !l.Heard && l.DisputedBy == buyer
	case buyerUnheard:
		return !l.Heard && l.DisputedBy == seller
	}
	return true
}

// mayGoBack is how much of the price the seller may give back while the work goes on.
func (l life) mayGoBack() int64 {
	if l.Asked == requestPrice {
		return 0 // it is about the same money
	}
	most, err := money.Of(l.Price, "").Share(int64(l.Terms.RefundLimit))
	if err != nil {
		return 0
	}
	return max(0, most.Minor-l.Refunded)
}

// set moves a deadline: the seller's, or the end of the buyer's review.
func (c clock) set(l *life, now time.Time) {
	whole := time.Duration(l.DeliveryDays) * day
	switch c {
	case deliveryClock:
		l.DueAt = after(&now, whole)
	case revisionClock:
		l.DueAt = after(&now, max(2*day, whole/2))
	case extensionClock:
		if l.DueAt == nil || l.DueAt.Before(now) {
			l.DueAt = &now
		}
		l.DueAt = after(l.DueAt, time.Duration(l.AskedDays)*day)
	case raiseClock:
		l.DueAt = after(l.DueAt, time.Duration(l.AskedDays)*day)
	case reviewClock:
		l.ReviewEndsAt = after(&now, l.Terms.CompletionWindow)
	case longerReview:
		l.ReviewEndsAt = after(l.reviewEnd(), l.Terms.ReviewExtension)
		l.Extensions++
	case respite:
		if least := after(&now, day); l.reviewEnd().Before(*least) {
			l.ReviewEndsAt = least
		}
	case resume:
		pause := now.Sub(*l.DisputedAt)
		l.DueAt = after(l.DueAt, pause)
		if l.DisputedFrom == order.StatusDelivered {
			l.ReviewEndsAt = after(l.reviewEnd(), pause)
		}
	}
}

// allows says whether the rule can be followed now.
func (r *rule) allows(l *life, now time.Time) bool {
	if r.From != l.Status || r.Of != "" && r.Of != l.Asked || r.Was != "" && r.Was != l.DisputedFrom || !r.Guard.holds(*l, now) {
		return false
	}
	if r.When == "" {
		return true
	}
	at := r.When.in(*l)
	return at != nil && !now.Before(*at)
}

// follow returns the order's life after the rule.
func (r rule) follow(l life, now time.Time, d deal) life {
	from := l.Status
	l = r.pay(l, now, d)
	r.Clock.set(&l, now)
	l = r.agree(l, now, d)
	if r.To == "" {
		return l
	}
	l.Status = r.To
	switch r.To {
	case order.StatusInProgress:
		if from != order.StatusDisputed {
			l.StartedAt = &now
		}
	case order.StatusDelivered:
		if from != order.StatusDisputed {
			l.DeliveredAt, l.Extensions = &now, 0
		}
	case order.StatusInRevision:
		if from != order.StatusDisputed {
			l.Used++
		}
	case order.StatusDisputed:
		l.DisputedAt, l.DisputedBy, l.DisputedFrom, l.Heard = &now, r.Actor, from, false
		l.Asked, l.AskedBy, l.AskedAt = "", "", nil
	case order.StatusCompleted, order.StatusCancelled, order.StatusExpired:
		l.EndedAt = &now
		l.Asked, l.AskedBy, l.AskedAt = "", "", nil
	}
	return l
}

// pay notes what the journals of the rule move.
func (r rule) pay(l life, now time.Time, d deal) life {
	for _, m := range r.Money {
		switch m {
		case fund:
			l.PaidAt = &now
		case clears:
			l.ClearedAt = &now
		case refunds:
			l.Refunded = l.Price
		case split:
			l.Judged = true
			l.Refunded += d.Amount
		case partly:
			if r.Of == requestPrice {
				d.Amount = l.AskedAmount
			}
			l.Refunded += d.Amount
		case raises:
			l.Price += l.AskedAmount
			if l.Revisions != gig.Unlimited {
				l.Revisions += l.AskedMore
			}
		default:
			l = r.payAfter(l, now, d, m)
		}
	}
	return l
}

// agree notes what the two sides ask of each other.
func (r rule) agree(l life, now time.Time, d deal) life {
	switch r.Event {
	case requestCancel, requestExtension, requestPrice, requestRaise:
		l.Asked, l.AskedBy, l.AskedAt, l.AskedDays, l.AskedAmount, l.AskedMore = r.Event, r.Actor, &now, d.Days, d.Amount, d.Revisions
	case acceptRaise:
		l.Asked, l.AskedAt = r.Event, &now
	case declineRequest, requestLapsed:
		l.Pressed = l.Pressed || l.Asked == requestCancel
		l.Asked, l.AskedBy, l.AskedAt = "", "", nil
	case acceptCancel, acceptExtension, acceptPrice, raisePaid, withdrawRequest, requestGranted, paymentReversed:
		l.Asked, l.AskedBy, l.AskedAt = "", "", nil
	case stateDispute:
		l.Heard = l.Heard || r.Actor != l.DisputedBy
	}
	return l
}

// find returns the rule by which the actor may make something happen now: an event, a person's action, a moment.
func (p table) find(l life, who actor, now time.Time, wanted func(*rule) bool) (rule, bool) {
	for i := range p {
		if r := &p[i]; r.From == l.Status && r.Actor == who && !r.Else && wanted(r) && r.allows(&l, now) {
			return *r, true
		}
	}
	return rule{}, false
}

func byEvent(events ...event) func(*rule) bool {
	return func(r *rule) bool { return slices.Contains(events, r.Event) }
}

func byMoment(m moment) func(*rule) bool { return func(r *rule) bool { return r.When == m } }

// allowed is what the actor may do now, in the order of the process.
func (p table) allowed(l life, who actor, now time.Time) []order.Action {
	actions := []order.Action{}
	for i := range p {
		if r := &p[i]; r.Actor == who && r.Action != "" && r.allows(&l, now) && !slices.Contains(actions, r.Action) {
			actions = append(actions, r.Action)
		}
	}
	return actions
}

// upcoming is what happens next and when (row Z6); nil when it is over. An open request comes before all else.
func (p table) upcoming(l life, now time.Time) *order.Next {
	var next *order.Next
	for i := range p {
		r := &p[i]
		asked := r.While == buyerAsks || r.While == sellerAsks || r.While == isAgreed
		if r.Says != "" && r.From == l.Status && r.While.holds(l, now) && (next == nil || asked) {
			next = &order.Next{Actor: string(r.Waits), Event: string(r.Event), Text: r.Says, At: r.At.in(l)}
		}
	}
	return next
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
