package orderimpl

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// attempt returns the rule for what a person wants to do. A refusal says in a sentence of its own why this action is not
// possible and what is, and lists the latter for programs.
// Of an action with several events, those that are wanted are named.
func (p table) attempt(l life, who actor, now time.Time, a order.Action, events ...event) (rule, error) {
	wanted := func(r *rule) bool {
		return r.Action == a && (len(events) == 0 || slices.Contains(events, r.Event))
	}
	if r, ok := p.find(l, who, now, wanted); ok {
		return r, nil
	}
	may := p.allowed(l, who, now)
	refusal := fault.Conflictf("%s %s", p.reason(l, who, a, wanted), p.instead(l, now, may))
	for _, other := range may {
		refusal.Allowed = append(refusal.Allowed, string(other))
	}
	return rule{}, refusal
}

// reason says why the actor cannot do the action now.
func (p table) reason(l life, who actor, a order.Action, wanted func(*rule) bool) string {
	own := p.of(a, who)
	if some := slices.DeleteFunc(slices.Clone(own), func(r rule) bool { return !wanted(&r) }); len(some) > 0 {
		own = some
	}
	if len(own) == 0 {
		return p.others(a, who)
	}
	var from []string
	for _, r := range own {
		if r.From == l.Status {
			return lacking(r.Guard, l, a) // the status is right, so the guard is not
		}
		if words := inWords(r.From); !slices.Contains(from, words) {
			from = append(from, words)
		}
	}
	return fmt.Sprintf("You can %s only while the order is %s; it is %s.", inVerbs(a), either(from, "or"), inWords(l.Status))
}

func (p table) of(a order.Action, who actor) []rule {
	var own []rule
	for _, r := range p {
		if r.Action == a && r.Actor == who {
			own = append(own, r)
		}
	}
	return own
}

// others says who else can do what the actor never can.
func (p table) others(a order.Action, who actor) string {
	for _, other := range []actor{buyer, seller, moderator} {
		if other != who && len(p.of(a, other)) > 0 {
			return fmt.Sprintf("Only the %s can %s.", other, inVerbs(a))
		}
	}
	return fmt.Sprintf("Nobody can %s.", inVerbs(a))
}

// instead says what the actor can do, or whose turn it is.
func (p table) instead(l life, now time.Time, may []order.Action) string {
	if len(may) > 0 {
		var verbs []string
		for _, a := range may {
			verbs = append(verbs, inVerbs(a))
		}
		return "What you can do now: " + either(verbs, "or") + "."
	}
	if next := p.upcoming(l, now); next != nil {
		return "What comes next: " + strings.ToLower(next.Text[:1]) + next.Text[1:]
	}
	return "The order has ended, and there is nothing left to do."
}

// lacking says which condition does not hold, and when it would.
func lacking(g guard, l life, a order.Action) string {
	switch g {
	case isRevisable:
		if l.Revisions == 0 {
			return "This package includes no revisions."
		}
		return fmt.Sprintf("All revisions of this package are used: %d of %d.", l.Used, l.Revisions)
	case isVeryLate:
		return fmt.Sprintf("An order in work can be cancelled by its buyer alone only when the delivery is very late, which is after %s.", clockTime(veryLateFrom.in(l)))
	case isReviewable:
		return "The time for reviews is over."
	case isRefundable:
		return "No more of the price can be given back this way: the limit is reached, or a lower price has been asked for."
	case isExtendable:
		return fmt.Sprintf("The time to look at this delivery was extended %d times, which is the most.", l.Extensions)
	case isDisputable:
		return fmt.Sprintf("A dispute about work in progress can be opened when the delivery is late, which is after %s, or when the other side has refused to cancel.", clockTime(l.DueAt))
	}
	return lackingBetween(g, l, a)
}

func lackingBetween(g guard, l life, a order.Action) string {
	switch g {
	case nothingAsked:
		return fmt.Sprintf("The %s has already asked for something, and it is not answered yet.", l.AskedBy)
	case buyerAsks, sellerAsks:
		if l.Asked == "" {
			return fmt.Sprintf("No request is open, so you cannot %s.", inVerbs(a))
		}
		return fmt.Sprintf("The open request is the %s's: its own side takes it back, the other side accepts or declines it.", l.AskedBy)
	case isAgreed:
		return "Nothing that both have agreed on waits for a payment."
	case isContested:
		return fmt.Sprintf("No dispute is open, so you cannot %s.", inVerbs(a))
	case isContestable:
		return "A completed order can be disputed once, while its clearing period lasts, and only if its money is there."
	case isUncontested:
		return "Nothing of the price is left to give back, or a dispute decides about it."
	case isTippable:
		return "A tip can be given once, within 30 days after the order was completed."
	case buyerDisputes, sellerDisputes:
		return fmt.Sprintf("The %s opened the dispute, so only the %s can withdraw it.", l.DisputedBy, l.DisputedBy)
	}
	return "This is not possible: the condition is that " + string(g) + "."
}

func clockTime(t *time.Time) string {
	if t == nil {
		return "its deadline"
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

// inVerbs is the action after "you can".
func inVerbs(a order.Action) string {
	switch a {
	case order.ActionPay:
		return "pay"
	case order.ActionSubmitRequirements:
		return "answer the seller's questions"
	case order.ActionSkipRequirements:
		return "start without the answers"
	case order.ActionDeliver:
		return "deliver the work"
	case order.ActionRequestRevision:
		return "ask for a revision"
	case order.ActionAccept:
		return "accept the delivery"
	case order.ActionCancel:
		return "cancel the order"
	case order.ActionReview:
		return "write a review"
	case order.ActionExtendReview:
		return "take more time to look at the delivery"
	case order.ActionRefund:
		return "give part of the price back"
	}
	return inVerbsBetween(a)
}

// inVerbsBetween are the actions for which both sides are needed, or the staff.
func inVerbsBetween(a order.Action) string {
	switch a {
	case order.ActionAsk:
		return "ask the other side for a change"
	case order.ActionAgree:
		return "accept the request of the other side"
	case order.ActionDecline:
		return "decline the request of the other side"
	case order.ActionWithdraw:
		return "take back your request"
	case order.ActionDispute:
		return "open a dispute"
	case order.ActionState:
		return "say something in the dispute"
	case order.ActionWithdrawDispute:
		return "withdraw your dispute"
	case order.ActionResolve:
		return "decide the dispute"
	case order.ActionTip:
		return "give a tip"
	case order.ActionPayChange:
		return "pay what both have agreed on"
	case order.ActionStaffRefund:
		return "give money of a completed order back"
	case order.ActionStaffCancel:
		return "cancel the order for both"
	}
	return string(a)
}

// either joins words: a, b or c.
func either(words []string, last string) string {
	if n := len(words) - 1; n > 0 {
		return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
	}
	return strings.Join(words, "")
}
