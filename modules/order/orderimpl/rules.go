package orderimpl

import "marketplace/modules/order"

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
	sellerDecline        event = "seller_decline"
	deliver              event = "deliver"
	markLate             event = "mark_late"
	markVeryLate         event = "mark_very_late"
	buyerCancelVeryLate  event = "buyer_cancel_very_late"
	lateAutoCancel       event = "late_auto_cancel"
	requestRevision      event = "request_revision"
	accept               event = "accept"
	completionReminder   event = "completion_reminder"
	autoComplete         event = "auto_complete"
	earningCleared       event = "earning_cleared"
	review               event = "review"
	extendReview         event = "extend_review"
	partialRefund        event = "partial_refund"

	requestCancel    event = "request_cancel"
	requestExtension event = "request_extension"
	requestPrice     event = "request_price"
	requestRaise     event = "request_raise"
	acceptCancel     event = "accept_cancel"
	acceptExtension  event = "accept_extension"
	acceptPrice      event = "accept_price"
	acceptRaise      event = "accept_raise" // as what is asked for: both have agreed, and the buyer has not paid yet
	payRaise         event = "pay_raise"
	raisePaid        event = "raise_paid"
	declineRequest   event = "decline_request"
	withdrawRequest  event = "withdraw_request"
	requestGranted   event = "request_granted" // silence is consent
	requestLapsed    event = "request_lapsed"

	openDispute     event = "open_dispute"
	stateDispute    event = "state_dispute"
	escalateDispute event = "escalate_dispute"
	withdrawDispute event = "withdraw_dispute"
	resolveRefund   event = "resolve_refund"
	resolveSplit    event = "resolve_split"
	disputeBackstop event = "dispute_backstop"

	staffCancel event = "staff_cancel"
	staffRefund event = "staff_refund"

	tip            event = "tip"
	tipPaid        event = "tip_paid"
	tipCleared     event = "tip_cleared"
	paymentSurplus event = "payment_surplus" // money came when there was no use for it any more
)

// guard is a condition beside status and actor, in words; the empty one always holds (guard.holds).
type guard string

const (
	asksQuestions guard = "the gig has questions"
	asksNothing   guard = "the gig has no questions"
	isUnpaid      guard = "nothing was paid before"
	isVeryLate    guard = "due more than 24 h ago"
	isRevisable   guard = "revisions are left"
	isUncleared   guard = "not cleared before, and not contested"
	isReviewable  guard = "ended at most 14 d ago"
	isOnTime      guard = "not due yet"
	isLate        guard = "due, not very late"

	nothingAsked  guard = "no request is open"
	buyerAsks     guard = "the buyer's request is open"
	sellerAsks    guard = "the seller's request is open"
	buyerAsksLate guard = "the buyer's request is open, and the delivery is late"
	isRefundable  guard = "the limit of partial refunds is not reached"
	isExtendable  guard = "extensions of the review are left"
	isDisputable  guard = "late, or a request to cancel was refused"

	isAgreed         guard = "both have agreed on a higher price"
	isTippable       guard = "ended at most 30 d ago, and not tipped"
	isUntipped       guard = "not tipped"
	isTipUncleared   guard = "the tip has not cleared"
	isContestable    guard = "the earning has not cleared, and nothing was decided"
	isContested      guard = "a dispute is open"
	isUncontested    guard = "part of the price is left, and no dispute is open"
	isContestUnheard guard = "a dispute is open, and the seller has not answered it"

	buyerDisputes  guard = "the buyer opened the dispute"
	sellerDisputes guard = "the seller opened the dispute"
	buyerUnheard   guard = "the buyer has not answered the dispute"
	sellerUnheard  guard = "the seller has not answered the dispute"
	isUnheard      guard = "the other side has not answered the dispute"
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
	tipClearingEnd    moment = "tip_clearing_end"
	requestEnd        moment = "request_end"
	disputeAnswerEnd  moment = "dispute_answer_end"
	disputeTarget     moment = "dispute_target"
	disputeEnd        moment = "dispute_end"
)

// clock says how a deadline is set: the seller's, or the end of the buyer's review (clock.set).
type clock string

const (
	deliveryClock  clock = "due in the delivery days"
	revisionClock  clock = "due in half of the delivery days, at least 2"
	extensionClock clock = "due the agreed days later"
	reviewClock    clock = "review begins"
	longerReview   clock = "review 3 d longer"
	respite        clock = "review at least 1 d more"
	resume         clock = "as much time as before the dispute"
	raiseClock     clock = "due the paid days later"
)

// journal names a movement of money by its number in docs/orders.md.
type journal string

const (
	fund    journal = "J1"
	release journal = "J4"
	clears  journal = "J5"
	refunds journal = "J9"
	partly  journal = "J10"
	split   journal = "J11"

	raises   journal = "J14"
	bounces  journal = "J14, J9" // of a surplus
	tips     journal = "J13"
	clearTip journal = "J5" + " (tip)"
	freezes  journal = "J15b"
	thaws    journal = "J15b reversed"
	takes    journal = "J12"
	takesAll journal = "J12 (all)"
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
	late              announcement = "late"
	changeRequested   announcement = "change_requested"
	changeSettled     announcement = "change_settled"
	reviewExtended    announcement = "review_extended"
	partlyRefunded    announcement = "partly_refunded"
	disputed          announcement = "disputed"
	disputeStated     announcement = "dispute_stated"
	disputeSettled    announcement = "dispute_settled"
	changeAgreed      announcement = "change_agreed"
	tipped            announcement = "tipped"
	tipReady          announcement = "cleared (tip)"
	takenBack         announcement = "taken_back"
)

// rule is one line of the process: if the order is in From, the guard holds and (for the marketplace) the moment When
// has come, the actor may do the event. Then the order goes to To (an empty To: it stays), money moves, the seller's
// deadline and timers are set, announcements are made. Leaving a status clears its timers, but for that of an open
// request.
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
	Of     event        // the open request asks for this; empty: whatever
	Was    order.Status // the status before the dispute; empty: whatever
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
