package orderimpl

import (
	"slices"

	"marketplace/modules/order"
)

// actor is who makes something happen with an order.
type actor string

const (
	buyer       actor = "buyer"
	seller      actor = "seller"
	provider    actor = "provider"    // the payment provider
	marketplace actor = "marketplace" // by time
	moderator   actor = "moderator"   // of the marketplace's staff
)

// event is what happens: a line of the process table, and of an order's timeline.
type event string

const (
	place                event = "place"
	pay                  event = "pay"
	paymentConfirmed     event = "payment_confirmed"
	paymentDeclined      event = "payment_declined"
	paymentExpired       event = "payment_expired"
	paymentLate          event = "payment_late"
	buyerCancelUnpaid    event = "buyer_cancel_unpaid"
	submitRequirements   event = "submit_requirements"
	skipRequirements     event = "skip_requirements"
	requirementsReminder event = "requirements_reminder"
	requirementsTimeout  event = "requirements_timeout"
	buyerCancelUnstarted event = "buyer_cancel_unstarted"
	deliver              event = "deliver"
	buyerCancelVeryLate  event = "buyer_cancel_very_late"
	lateAutoCancel       event = "late_auto_cancel"
	requestRevision      event = "request_revision"
	accept               event = "accept"
	completionReminder   event = "completion_reminder"
	autoComplete         event = "auto_complete"
	earningCleared       event = "earning_cleared"
	review               event = "review"
)

// guard is a condition beside status and actor, in words; the empty one always holds (guard.holds).
type guard string

const (
	asksQuestions guard = "the gig has questions"
	asksNothing   guard = "the gig has no questions"
	isUnpaid      guard = "nothing was paid before"
	isVeryLate    guard = "due more than 24 h ago"
	isRevisable   guard = "revisions are left"
	isUncleared   guard = "not cleared before"
	isReviewable  guard = "ended at most 14 d ago"
	isOnTime      guard = "not due yet"
	isLate        guard = "due, not very late"
)

// moment is a point in the life of an order (moment.in). Those that rules name in Sets are kept as timers.
type moment string

const (
	paymentEnd        moment = "payment_end"
	firstReminder     moment = "first_reminder"
	secondReminder    moment = "second_reminder"
	requirementsEnd   moment = "requirements_end"
	deliveryDue       moment = "delivery_due"
	veryLateFrom      moment = "very_late_from"
	lateEnd           moment = "late_end"
	completionNearing moment = "completion_nearing"
	completionEnd     moment = "completion_end"
	clearingEnd       moment = "clearing_end"
)

// clock says how the seller's deadline is set (clock.from).
type clock string

const (
	deliveryClock clock = "delivery days"
	revisionClock clock = "half of the delivery days, at least 2"
)

// journal names a movement of money by its number in docs/orders.md.
type journal string

const (
	fund    journal = "J1"
	release journal = "J4"
	clears  journal = "J5"
	refunds journal = "J9"
)

// announcement names an event of the contract (service.announce).
type announcement string

const (
	placed            announcement = "placed"
	paid              announcement = "paid"
	declined          announcement = "declined"
	expired           announcement = "expired"
	requirementsDue   announcement = "requirements_due"
	started           announcement = "started"
	delivered         announcement = "delivered"
	completionNear    announcement = "completion_near"
	revisionRequested announcement = "revision_requested"
	completed         announcement = "completed"
	cancelled         announcement = "cancelled"
	cleared           announcement = "cleared"
)

// rule is one line of the process: if the order is in From, the guard holds and (for the marketplace) the moment When
// has come, the actor may do the event. Then the order goes to To (an empty To: it stays), money moves, the seller's
// deadline and timers are set, announcements are made. Leaving a status clears its timers.
//
// Waits and Says are what both sides read while the event is what comes next (and While holds): who has to act, and a
// sentence; At is when it happens.
type rule struct {
	Row    string // in docs/orders.md
	Event  event
	Actor  actor
	From   order.Status
	To     order.Status
	Guard  guard
	When   moment
	Money  []journal
	Clock  clock
	Sets   []moment
	Emits  []announcement
	Action order.Action // what a person calls it; empty: no person does it
	Else   bool         // done at the provider or in another module: allowed, never executed here
	Quiet  bool         // not in the buyer's timeline

	Waits actor
	Says  string
	While guard
	At    moment
}

// table is the whole life of an order.
type table []rule

// process is the one table. It drives what is executed and refused, the buttons, "what happens next", the diagram in
// docs/orders.md. The tests have another one, written independently.
func process() table {
	return slices.Concat(paying(), working(), ending())
}

func paying() []rule {
	const from = order.StatusPendingPayment
	return []rule{
		{Row: "1", Event: place, Actor: buyer, To: from, Sets: []moment{paymentEnd}, Emits: []announcement{placed}},
		{Row: "2", Event: pay, Actor: buyer, From: from, Action: order.ActionPay, Else: true},
		{Row: "2", Event: paymentConfirmed, Actor: provider, From: from, To: order.StatusAwaitingRequirements, Guard: asksQuestions,
			Money: []journal{fund}, Sets: []moment{firstReminder, secondReminder, requirementsEnd}, Emits: []announcement{paid}},
		{Row: "2", Event: paymentConfirmed, Actor: provider, From: from, To: order.StatusInProgress, Guard: asksNothing,
			Money: []journal{fund}, Clock: deliveryClock, Sets: []moment{lateEnd}, Emits: []announcement{paid, started}},
		{Row: "2a", Event: paymentDeclined, Actor: provider, From: from, Emits: []announcement{declined}},
		{Row: "3", Event: paymentExpired, Actor: marketplace, From: from, To: order.StatusExpired, When: paymentEnd, Emits: []announcement{expired},
			Waits: buyer, Says: "The buyer pays. Without a payment the order expires.", At: paymentEnd},
		{Row: "3a", Event: buyerCancelUnpaid, Actor: buyer, From: from, To: order.StatusCancelled, Emits: []announcement{cancelled}, Action: order.ActionCancel},
		{Row: "3b", Event: paymentLate, Actor: provider, From: order.StatusExpired, Guard: isUnpaid, Money: []journal{fund, refunds}},
		{Row: "3b", Event: paymentLate, Actor: provider, From: order.StatusCancelled, Guard: isUnpaid, Money: []journal{fund, refunds}},
	}
}

func working() []rule {
	const awaiting, working, revising = order.StatusAwaitingRequirements, order.StatusInProgress, order.StatusInRevision
	return []rule{
		{Row: "4", Event: submitRequirements, Actor: buyer, From: awaiting, To: working, Clock: deliveryClock, Sets: []moment{lateEnd},
			Emits: []announcement{started}, Action: order.ActionSubmitRequirements},
		{Row: "5", Event: skipRequirements, Actor: seller, From: awaiting, To: working, Clock: deliveryClock, Sets: []moment{lateEnd},
			Emits: []announcement{started}, Action: order.ActionSkipRequirements},
		{Row: "6", Event: requirementsReminder, Actor: marketplace, From: awaiting, When: firstReminder, Emits: []announcement{requirementsDue}},
		{Row: "6", Event: requirementsReminder, Actor: marketplace, From: awaiting, When: secondReminder, Emits: []announcement{requirementsDue}},
		{Row: "6", Event: requirementsTimeout, Actor: marketplace, From: awaiting, To: order.StatusCancelled, When: requirementsEnd,
			Money: []journal{refunds}, Emits: []announcement{cancelled},
			Waits: buyer, Says: "The buyer answers the seller's questions. Without answers the order is cancelled and the money returned.", At: requirementsEnd},
		{Row: "7", Event: buyerCancelUnstarted, Actor: buyer, From: awaiting, To: order.StatusCancelled, Money: []journal{refunds},
			Emits: []announcement{cancelled}, Action: order.ActionCancel},
		{Row: "8", Event: deliver, Actor: seller, From: working, To: order.StatusDelivered, Sets: []moment{completionNearing, completionEnd},
			Emits: []announcement{delivered}, Action: order.ActionDeliver, Waits: seller, Says: "The seller delivers.", While: isOnTime, At: deliveryDue},
		{Row: "8", Event: deliver, Actor: seller, From: revising, To: order.StatusDelivered, Sets: []moment{completionNearing, completionEnd},
			Emits: []announcement{delivered}, Action: order.ActionDeliver, Waits: seller, Says: "The seller delivers the revision.", At: deliveryDue},
		{Row: "10", Event: buyerCancelVeryLate, Actor: buyer, From: working, To: order.StatusCancelled, Guard: isVeryLate, Money: []journal{refunds},
			Emits: []announcement{cancelled}, Action: order.ActionCancel, Waits: seller, While: isLate, At: veryLateFrom,
			Says: "The delivery is late. Without one by then, the buyer may cancel and gets the money back."},
		{Row: "11", Event: lateAutoCancel, Actor: marketplace, From: working, To: order.StatusCancelled, When: lateEnd, Money: []journal{refunds},
			Emits: []announcement{cancelled}, Waits: seller, While: isVeryLate, At: lateEnd,
			Says: "The delivery is very late. The buyer may cancel; without a delivery the order is cancelled and the money returned."},
	}
}

func ending() []rule {
	const from, done = order.StatusDelivered, order.StatusCompleted
	return []rule{
		{Row: "12", Event: requestRevision, Actor: buyer, From: from, To: order.StatusInRevision, Guard: isRevisable, Clock: revisionClock,
			Emits: []announcement{revisionRequested}, Action: order.ActionRequestRevision},
		{Row: "14", Event: accept, Actor: buyer, From: from, To: done, Money: []journal{release}, Sets: []moment{clearingEnd},
			Emits: []announcement{completed}, Action: order.ActionAccept},
		{Row: "15", Event: completionReminder, Actor: marketplace, From: from, When: completionNearing, Emits: []announcement{completionNear}},
		{Row: "15", Event: autoComplete, Actor: marketplace, From: from, To: done, When: completionEnd, Money: []journal{release},
			Sets: []moment{clearingEnd}, Emits: []announcement{completed}, Waits: buyer, At: completionEnd,
			Says: "The buyer accepts the delivery or asks for a revision. Otherwise the order completes by itself."},
		{Row: "J5", Event: earningCleared, Actor: marketplace, From: done, Guard: isUncleared, When: clearingEnd, Money: []journal{clears},
			Emits: []announcement{cleared}, Quiet: true},
		{Row: "24", Event: review, Actor: buyer, From: done, Guard: isReviewable, Action: order.ActionReview, Else: true},
		{Row: "24", Event: review, Actor: seller, From: done, Guard: isReviewable, Action: order.ActionReview, Else: true},
	}
}
