package orderimpl

import (
	"slices"

	"marketplace/modules/order"
)

// table is the whole life of an order.
type table []rule

// process is the one table. It drives what is executed and refused, the buttons, "what happens next", the diagram in
// docs/orders.md. The tests have another one, written independently.
func process() table {
	return slices.Concat(paying(), working(), ending(), asking(), disputing(), staffing(), afterwards(), contesting())
}

// timersOf are what runs while an order is in the status.
func timersOf(s order.Status) []moment {
	switch s {
	case order.StatusInProgress:
		return []moment{deliveryDue, veryLateFrom, lateEnd}
	case order.StatusDelivered:
		return []moment{completionNearing, completionEnd}
	}
	return nil
}

// underWork are the statuses between the start and the end of the work.
func underWork() []order.Status {
	return []order.Status{order.StatusInProgress, order.StatusInRevision, order.StatusDelivered}
}

func paying() []rule {
	const from = order.StatusPendingPayment
	return []rule{
		{Row: "1", Event: place, Actor: buyer, To: from, Sets: []moment{paymentEnd}, Emits: []announcement{placed}},
		{Row: "2", Event: pay, Actor: buyer, From: from, Action: order.ActionPay, Else: true},
		{Row: "2", Event: paymentConfirmed, Actor: provider, From: from, To: order.StatusAwaitingRequirements, Guard: asksQuestions,
			Money: []journal{fund}, Sets: []moment{firstReminder, secondReminder, requirementsEnd}, Emits: []announcement{paid}},
		{Row: "2", Event: paymentConfirmed, Actor: provider, From: from, To: order.StatusInProgress, Guard: asksNothing,
			Money: []journal{fund}, Clock: deliveryClock, Sets: timersOf(order.StatusInProgress), Emits: []announcement{paid, started}},
		{Row: "2a", Event: paymentDeclined, Actor: provider, From: from, Emits: []announcement{declined}},
		{Row: "3", Event: paymentExpired, Actor: marketplace, From: from, To: order.StatusExpired, When: paymentEnd, Emits: []announcement{expired},
			Waits: buyer, Says: "The buyer pays. Without a payment the order expires.", At: paymentEnd},
		{Row: "3a", Event: buyerCancelUnpaid, Actor: buyer, From: from, To: order.StatusCancelled, Emits: []announcement{cancelled}, Action: order.ActionCancel},
		{Row: "3b", Event: paymentLate, Actor: provider, From: order.StatusExpired, Guard: isUnpaid, Money: []journal{fund, refunds}},
		{Row: "3b", Event: paymentLate, Actor: provider, From: order.StatusCancelled, Guard: isUnpaid, Money: []journal{fund, refunds}},
	}
}

// paidStatuses are those in which an order may be that was paid.
func paidStatuses() []order.Status {
	return append(underWork(), order.StatusAwaitingRequirements, order.StatusDisputed, order.StatusCompleted, order.StatusCancelled)
}

func working() []rule {
	const awaiting, working, revising = order.StatusAwaitingRequirements, order.StatusInProgress, order.StatusInRevision
	return []rule{
		{Row: "4", Event: submitRequirements, Actor: buyer, From: awaiting, To: working, Clock: deliveryClock, Sets: timersOf(working),
			Emits: []announcement{started}, Action: order.ActionSubmitRequirements},
		{Row: "5", Event: skipRequirements, Actor: seller, From: awaiting, To: working, Clock: deliveryClock, Sets: timersOf(working),
			Emits: []announcement{started}, Action: order.ActionSkipRequirements},
		{Row: "6", Event: requirementsReminder, Actor: marketplace, From: awaiting, When: firstReminder, Emits: []announcement{requirementsDue}},
		{Row: "6", Event: requirementsReminder, Actor: marketplace, From: awaiting, When: secondReminder, Emits: []announcement{requirementsDue}},
		{Row: "6", Event: requirementsTimeout, Actor: marketplace, From: awaiting, To: order.StatusCancelled, When: requirementsEnd,
			Money: []journal{refunds}, Emits: []announcement{cancelled},
			Waits: buyer, Says: "The buyer answers the seller's questions. Without answers the order is cancelled and the money returned.", At: requirementsEnd},
		{Row: "7", Event: buyerCancelUnstarted, Actor: buyer, From: awaiting, To: order.StatusCancelled, Money: []journal{refunds},
			Emits: []announcement{cancelled}, Action: order.ActionCancel},
		{Row: "7a", Event: sellerDecline, Actor: seller, From: awaiting, To: order.StatusCancelled, Money: []journal{refunds},
			Emits: []announcement{cancelled}, Action: order.ActionCancel},
		{Row: "8", Event: deliver, Actor: seller, From: working, To: order.StatusDelivered, Clock: reviewClock, Sets: timersOf(order.StatusDelivered),
			Emits: []announcement{delivered}, Action: order.ActionDeliver, Waits: seller, Says: "The seller delivers.", While: isOnTime, At: deliveryDue},
		{Row: "8", Event: deliver, Actor: seller, From: revising, To: order.StatusDelivered, Clock: reviewClock, Sets: timersOf(order.StatusDelivered),
			Emits: []announcement{delivered}, Action: order.ActionDeliver, Waits: seller, Says: "The seller delivers the revision.", At: deliveryDue},
		{Row: "9", Event: markLate, Actor: marketplace, From: working, When: deliveryDue, Emits: []announcement{late}},
		{Row: "9", Event: markVeryLate, Actor: marketplace, From: working, When: veryLateFrom, Emits: []announcement{late}},
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
	rules := []rule{
		{Row: "12", Event: requestRevision, Actor: buyer, From: from, To: order.StatusInRevision, Guard: isRevisable, Clock: revisionClock,
			Emits: []announcement{revisionRequested}, Action: order.ActionRequestRevision},
		{Row: "14", Event: accept, Actor: buyer, From: from, To: done, Money: []journal{release}, Sets: []moment{clearingEnd},
			Emits: []announcement{completed}, Action: order.ActionAccept},
		{Row: "13", Event: extendReview, Actor: buyer, From: from, Guard: isExtendable, Clock: longerReview, Sets: timersOf(from),
			Emits: []announcement{reviewExtended}, Action: order.ActionExtendReview},
		{Row: "15", Event: completionReminder, Actor: marketplace, From: from, When: completionNearing, Emits: []announcement{completionNear}},
		{Row: "15", Event: autoComplete, Actor: marketplace, From: from, To: done, Guard: nothingAsked, When: completionEnd, Money: []journal{release},
			Sets: []moment{clearingEnd}, Emits: []announcement{completed}, Waits: buyer, At: completionEnd,
			Says: "The buyer accepts the delivery or asks for a revision. Otherwise the order completes by itself."},
		{Row: "J5", Event: earningCleared, Actor: marketplace, From: done, Guard: isUncleared, When: clearingEnd, Money: []journal{clears},
			Emits: []announcement{cleared}, Quiet: true},
		{Row: "24", Event: review, Actor: buyer, From: done, Guard: isReviewable, Action: order.ActionReview, Else: true},
		{Row: "24", Event: review, Actor: seller, From: done, Guard: isReviewable, Action: order.ActionReview, Else: true},
	}
	for _, s := range underWork() {
		rules = append(rules, rule{Row: "20", Event: partialRefund, Actor: seller, From: s, Guard: isRefundable, Money: []journal{partly},
			Emits: []announcement{partlyRefunded}, Action: order.ActionRefund})
	}
	return rules
}

// asking is what the two sides can only do together: one asks, the other agrees.
func asking() []rule {
	var rules []rule
	for _, s := range underWork() {
		for _, who := range []actor{buyer, seller} {
			rules = append(rules, askingOf(s, who)...)
		}
		if s == order.StatusInProgress {
			rules = append(rules, rule{Row: "16", Event: requestGranted, Actor: marketplace, From: s, To: order.StatusCancelled, Guard: buyerAsksLate,
				Of: requestCancel, When: requestEnd, Money: []journal{refunds}, Emits: []announcement{changeSettled, cancelled}})
		}
		rules = append(rules,
			rule{Row: "16", Event: requestLapsed, Actor: marketplace, From: s, Guard: buyerAsks, When: requestEnd, Clock: pauseOf(s), Sets: timersOf(s),
				Emits: []announcement{changeSettled}, Waits: seller, While: buyerAsks, At: requestEnd, Says: "The seller answers the buyer's request."},
			rule{Row: "16", Event: requestLapsed, Actor: marketplace, From: s, Guard: sellerAsks, When: requestEnd, Clock: pauseOf(s), Sets: timersOf(s),
				Emits: []announcement{changeSettled}, Waits: buyer, While: sellerAsks, At: requestEnd, Says: "The buyer answers the seller's request."},
			rule{Row: "16a", Event: payRaise, Actor: buyer, From: s, Guard: isAgreed, Action: order.ActionPayChange, Else: true,
				Waits: buyer, While: isAgreed, At: requestEnd, Says: "The buyer pays what both have agreed on. Without a payment nothing changes."},
			rule{Row: "16a", Event: raisePaid, Actor: provider, From: s, Guard: isAgreed, Money: []journal{raises}, Clock: raisedClockOf(s), Sets: timersOf(s),
				Emits: []announcement{changeSettled}})
	}
	for _, s := range paidStatuses() {
		rules = append(rules, rule{Row: "3c", Event: paymentSurplus, Actor: provider, From: s, Money: []journal{bounces}})
	}
	return rules
}

// pauseOf gives the buyer of delivered work some time after a request was settled.
func pauseOf(s order.Status) clock {
	if s == order.StatusDelivered {
		return respite
	}
	return ""
}

// raisedClockOf is what a paid raise does to the deadline: of delivered work, to that of the review.
func raisedClockOf(s order.Status) clock {
	if s == order.StatusDelivered {
		return respite
	}
	return raiseClock
}

// askingOf is what one side asks for, and what the two do with it.
func askingOf(s order.Status, who actor) []rule {
	other, asks := seller, buyerAsks
	if who == seller {
		other, asks = buyer, sellerAsks
	}
	tell, settle := []announcement{changeRequested}, []announcement{changeSettled}
	ask := func(e event) rule {
		return rule{Row: "16", Event: e, Actor: who, From: s, Guard: nothingAsked, Sets: []moment{requestEnd}, Emits: tell, Action: order.ActionAsk}
	}
	rules := []rule{ask(requestCancel), ask(requestPrice), ask(requestRaise),
		{Row: "16", Event: acceptRaise, Actor: other, From: s, Guard: asks, Of: requestRaise, Sets: []moment{requestEnd},
			Emits: []announcement{changeAgreed}, Action: order.ActionAgree},
		{Row: "16", Event: acceptCancel, Actor: other, From: s, To: order.StatusCancelled, Guard: asks, Of: requestCancel, Money: []journal{refunds},
			Emits: []announcement{changeSettled, cancelled}, Action: order.ActionAgree},
		{Row: "16", Event: acceptPrice, Actor: other, From: s, Guard: asks, Of: requestPrice, Money: []journal{partly}, Clock: pauseOf(s), Sets: timersOf(s),
			Emits: []announcement{changeSettled, partlyRefunded}, Action: order.ActionAgree},
		{Row: "16", Event: declineRequest, Actor: other, From: s, Guard: asks, Clock: pauseOf(s), Sets: timersOf(s), Emits: settle, Action: order.ActionDecline},
		{Row: "16", Event: withdrawRequest, Actor: who, From: s, Guard: asks, Clock: pauseOf(s), Sets: timersOf(s), Emits: settle, Action: order.ActionWithdraw},
	}
	if s != order.StatusDelivered {
		rules = append(rules, ask(requestExtension),
			rule{Row: "16", Event: acceptExtension, Actor: other, From: s, Guard: asks, Of: requestExtension, Clock: extensionClock, Sets: timersOf(s),
				Emits: settle, Action: order.ActionAgree})
	}
	return rules
}

// disputing is what happens when the two sides do not agree. Nothing moves by itself meanwhile but the dispute.
func disputing() []rule {
	const in = order.StatusDisputed
	var rules []rule
	for _, who := range []actor{buyer, seller} {
		for _, s := range underWork() {
			open := rule{Row: "17", Event: openDispute, Actor: who, From: s, To: in, Sets: []moment{disputeAnswerEnd, disputeEnd},
				Emits: []announcement{disputed}, Action: order.ActionDispute}
			if s == order.StatusInProgress {
				open.Guard = isDisputable
			}
			rules = append(rules, open)
		}
		rules = append(rules, rule{Row: "17", Event: stateDispute, Actor: who, From: in, Emits: []announcement{disputeStated}, Action: order.ActionState})
		opened := buyerDisputes
		if who == seller {
			opened = sellerDisputes
		}
		for _, s := range underWork() {
			rules = append(rules, rule{Row: "19", Event: withdrawDispute, Actor: who, From: in, To: s, Guard: opened, Was: s, Clock: resume, Sets: timersOf(s),
				Emits: []announcement{disputeSettled}, Action: order.ActionWithdrawDispute})
		}
	}
	return append(rules,
		rule{Row: "17", Event: escalateDispute, Actor: marketplace, From: in, Guard: isUnheard, When: disputeAnswerEnd,
			Waits: seller, While: sellerUnheard, At: disputeAnswerEnd, Says: "The seller answers the dispute. Then the marketplace decides."},
		rule{Row: "18", Event: resolveRefund, Actor: moderator, From: in, To: order.StatusCancelled, Money: []journal{refunds},
			Emits: []announcement{disputeSettled, cancelled}, Action: order.ActionResolve,
			Waits: buyer, While: buyerUnheard, At: disputeAnswerEnd, Says: "The buyer answers the dispute. Then the marketplace decides."},
		rule{Row: "18", Event: resolveSplit, Actor: moderator, From: in, To: order.StatusCompleted, Money: []journal{split}, Sets: []moment{clearingEnd},
			Emits: []announcement{disputeSettled, completed}, Action: order.ActionResolve,
			Waits: marketplace, At: disputeTarget, Says: "The marketplace looks at what both sides say, and decides who gets the money."},
		rule{Row: "18", Event: disputeBackstop, Actor: marketplace, From: in, To: order.StatusCancelled, When: disputeEnd, Money: []journal{refunds},
			Emits: []announcement{disputeSettled, cancelled}},
	)
}

// staffing is what the marketplace's staff can do without a dispute.
func staffing() []rule {
	rules := []rule{{Row: "22", Event: staffCancel, Actor: moderator, From: order.StatusPendingPayment, To: order.StatusCancelled,
		Emits: []announcement{cancelled}, Action: order.ActionStaffCancel}}
	for _, s := range append([]order.Status{order.StatusAwaitingRequirements, order.StatusDisputed}, underWork()...) {
		rules = append(rules, rule{Row: "22", Event: staffCancel, Actor: moderator, From: s, To: order.StatusCancelled, Money: []journal{refunds},
			Emits: []announcement{cancelled}, Action: order.ActionStaffCancel})
	}
	return rules
}

// afterwards is what happens to a completed order: the buyer's tip, and money that staff take back.
func afterwards() []rule {
	const done = order.StatusCompleted
	return []rule{
		{Row: "21", Event: tip, Actor: buyer, From: done, Guard: isTippable, Action: order.ActionTip},
		{Row: "21", Event: tipPaid, Actor: provider, From: done, Guard: isUntipped, Money: []journal{tips}, Sets: []moment{tipClearingEnd},
			Emits: []announcement{tipped}},
		{Row: "J5", Event: tipCleared, Actor: marketplace, From: done, Guard: isTipUncleared, When: tipClearingEnd, Money: []journal{clearTip},
			Emits: []announcement{tipReady}, Quiet: true},
		{Row: "22a", Event: staffRefund, Actor: moderator, From: done, Guard: isUncontested, Money: []journal{takes},
			Emits: []announcement{takenBack}, Action: order.ActionStaffRefund},
	}
}

// contesting is a dispute after completion. The order stays completed, and what it has brought is frozen meanwhile.
func contesting() []rule {
	const done = order.StatusCompleted
	settled := []announcement{disputeSettled}
	return []rule{
		{Row: "17a", Event: openDispute, Actor: buyer, From: done, Guard: isContestable, Money: []journal{freezes}, Sets: []moment{disputeAnswerEnd, disputeEnd},
			Emits: []announcement{disputed}, Action: order.ActionDispute},
		{Row: "17a", Event: stateDispute, Actor: buyer, From: done, Guard: isContested, Emits: []announcement{disputeStated}, Action: order.ActionState},
		{Row: "17a", Event: stateDispute, Actor: seller, From: done, Guard: isContested, Emits: []announcement{disputeStated}, Action: order.ActionState},
		{Row: "17a", Event: escalateDispute, Actor: marketplace, From: done, Guard: isContestUnheard, When: disputeAnswerEnd},
		{Row: "19a", Event: withdrawDispute, Actor: buyer, From: done, Guard: isContested, Money: []journal{thaws}, Sets: []moment{clearingEnd},
			Emits: settled, Action: order.ActionWithdrawDispute},
		{Row: "18a", Event: resolveRefund, Actor: moderator, From: done, Guard: isContested, Money: []journal{takesAll}, Emits: settled, Action: order.ActionResolve,
			Waits: marketplace, While: isContested, At: disputeTarget, Says: "The marketplace looks at what both sides say, and decides who gets the money."},
		{Row: "18a", Event: resolveSplit, Actor: moderator, From: done, Guard: isContested, Money: []journal{takes}, Sets: []moment{clearingEnd},
			Emits: settled, Action: order.ActionResolve},
		{Row: "18a", Event: disputeBackstop, Actor: marketplace, From: done, Guard: isContested, When: disputeEnd, Money: []journal{takesAll}, Emits: settled},
	}
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
