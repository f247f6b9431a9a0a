package site

import (
	"fmt"

	"marketplace/modules/gig"
	"marketplace/modules/order"
)

// status is how a status is told: a word and a tone (info, busy, good, bad, quiet).
type status struct{ Label, Tone string }

func statusFor(s order.Status) status {
	return statusIn(s, map[order.Status]status{
		order.StatusPendingPayment:       {"Waiting for payment", "busy"},
		order.StatusAwaitingRequirements: {"Waiting for details", "busy"},
		order.StatusInProgress:           {"In progress", "info"},
		order.StatusDelivered:            {"Delivered", "good"},
		order.StatusInRevision:           {"In revision", "info"},
		order.StatusDisputed:             {"Disputed", "bad"},
		order.StatusCompleted:            {"Completed", "good"},
		order.StatusCancelled:            {"Cancelled", "quiet"},
		order.StatusExpired:              {"Expired", "quiet"},
	})
}

// statusIn is how words tell a status; one that a newer module has and they have not is told by its own name.
func statusIn[T ~string](of T, words map[T]status) status {
	if w, ok := words[of]; ok {
		return w
	}
	return status{title(string(of)), "quiet"}
}

// step is one of the stations that every order passes.
type step struct {
	Label string
	State string // done, now, todo
	Path  string // where it can be done again; empty: nowhere
}

// stepsOf says how far the order is. One that was called off has none left.
func stepsOf(o order.Order) []step {
	at := map[order.Status]int{
		order.StatusPendingPayment: 0, order.StatusAwaitingRequirements: 1, order.StatusInProgress: 2, order.StatusInRevision: 2,
		order.StatusDelivered: 3, order.StatusDisputed: 3, order.StatusCompleted: 5,
	}
	reached, ok := at[o.Status]
	if !ok {
		return nil
	}
	labels := []string{"Pay", "Details", "Work", "Review", "Done"}
	steps := make([]step, len(labels))
	for i, label := range labels {
		steps[i] = step{Label: label, State: "todo"}
		if i < reached {
			steps[i].State = "done"
		}
		if i == reached {
			steps[i].State = "now"
		}
	}
	return steps
}

// nextSays tells what happens next: whose turn it is, as something to do.
func nextSays(o order.Order, role string) string {
	if o.Next == nil {
		return ""
	}
	if said, ok := yourTurn()[o.Next.Text]; ok && o.Next.Actor == role {
		return said
	}
	return o.Next.Text
}

// yourTurn says to the one who has to do something what the process says about them.
func yourTurn() map[string]string {
	return map[string]string{
		"The buyer pays. Without a payment the order expires.":                                                     "Pay for the order. Without a payment it expires.",
		"The buyer answers the seller's questions. Without answers the order is cancelled and the money returned.": "Answer the seller's questions. Without answers the order is cancelled and the money returned.",
		"The seller delivers.":              "Deliver your work.",
		"The seller delivers the revision.": "Deliver the revision.",
		"The buyer accepts the delivery or asks for a revision. Otherwise the order completes by itself.": "Accept the delivery or ask for a revision. Otherwise the order completes by itself.",
		"The buyer answers the seller's request.":                                                         "Answer the seller's request.",
		"The seller answers the buyer's request.":                                                         "Answer the buyer's request.",
		"The buyer answers the dispute. Then the marketplace decides.":                                    "Answer the dispute. Then the marketplace decides.",
		"The seller answers the dispute. Then the marketplace decides.":                                   "Answer the dispute. Then the marketplace decides.",
		"The buyer pays what both have agreed on. Without a payment nothing changes.":                     "Pay what you have agreed on. Without a payment nothing changes.",
	}
}

// timelineEntry is one line of what has happened.
type timelineEntry struct {
	order.Entry
	Text  string
	About string // the reason that was chosen of a list, if the note is that
	Icon  string
}

// timelineOf tells the history to one side, newest first.
func timelineOf(o order.Order, role string) []timelineEntry {
	entries := make([]timelineEntry, 0, len(o.Timeline))
	for i := len(o.Timeline) - 1; i >= 0; i-- {
		text, icon := happening(o.Timeline[i].Event)
		entry := timelineEntry{Entry: o.Timeline[i], Text: subject(o, o.Timeline[i].Actor, role) + " " + text, Icon: icon}
		if entry.Event == "open_dispute" {
			entry.About = disputeWords()[entry.Note]
		}
		entries = append(entries, entry)
	}
	return entries
}

func subject(o order.Order, actor, role string) string {
	switch {
	case actor == role:
		return "You"
	case actor == "buyer":
		return o.BuyerUsername
	case actor == "seller":
		return o.SellerUsername
	case actor == "provider":
		return "The payment"
	case actor == "moderator":
		return "A moderator"
	}
	return "The marketplace"
}

// happening tells an event of the process after its subject.
func happening(event string) (text, icon string) {
	events := map[string][2]string{
		"place":                  {"placed the order", "box"},
		"payment_confirmed":      {"arrived and is held safely", "shield"},
		"payment_declined":       {"was declined", "alert"},
		"payment_expired":        {"closed the order, because nobody paid in time", "clock"},
		"payment_late":           {"came too late and went straight back", "refresh"},
		"buyer_cancel_unpaid":    {"called off the order before paying", "alert"},
		"submit_requirements":    {"answered the questions; the clock started", "text"},
		"skip_requirements":      {"started without the answers", "play"},
		"requirements_reminder":  {"reminded the buyer of the questions", "bell"},
		"requirements_timeout":   {"cancelled the order, because the questions stayed unanswered", "clock"},
		"buyer_cancel_unstarted": {"cancelled before the work began", "alert"},
		"deliver":                {"delivered", "upload"},
		"mark_late":              {"noted that the delivery is late", "clock"},
		"buyer_cancel_very_late": {"cancelled, because the delivery was late", "alert"},
		"late_auto_cancel":       {"cancelled the order, because nothing was delivered", "clock"},
		"request_revision":       {"asked for a revision", "refresh"},
		"accept":                 {"accepted the delivery", "check"},
		"completion_reminder":    {"reminded the buyer to look at the delivery", "bell"},
		"auto_complete":          {"completed the order, because nobody objected", "check"},
		"earning_cleared":        {"made the earnings ready to withdraw", "wallet"},
		"review":                 {"wrote a review", "star"},
		"seller_decline":         {"declined the order; the money goes back", "alert"},
		"mark_very_late":         {"noted that the delivery is very late", "clock"},
		"extend_review":          {"took more time to look at the delivery", "clock"},
		"partial_refund":         {"gave part of the price back", "wallet"},
		"request_cancel":         {"asked to cancel", "alert"},
		"request_extension":      {"asked for more days", "clock"},
		"request_price":          {"asked for a lower price", "wallet"},
		"accept_cancel":          {"agreed to cancel; the money goes back", "check"},
		"accept_extension":       {"agreed to more days", "check"},
		"accept_price":           {"agreed to a lower price", "check"},
		"decline_request":        {"declined the request", "alert"},
		"withdraw_request":       {"took the request back", "refresh"},
		"request_granted":        {"cancelled, because nobody answered and the delivery was late", "clock"},
		"request_lapsed":         {"closed the request, because nobody answered", "clock"},
		"open_dispute":           {"opened a dispute", "alert"},
		"state_dispute":          {"said something in the dispute", "text"},
		"escalate_dispute":       {"decides the dispute now, with or without an answer", "clock"},
		"withdraw_dispute":       {"withdrew the dispute", "refresh"},
		"resolve_refund":         {"decided the dispute: all the money goes back", "shield"},
		"resolve_split":          {"decided the dispute", "shield"},
		"dispute_backstop":       {"returned the money, because the dispute was open for too long", "clock"},
		"request_raise":          {"asked for a higher price", "wallet"},
		"accept_raise":           {"agreed to a higher price, which the buyer pays now", "check"},
		"raise_paid":             {"of the higher price arrived and is held safely", "shield"},
		"payment_surplus":        {"came when there was no use for it and went straight back", "refresh"},
		"payment_reversed":       {"was taken back by the buyer's bank", "alert"},
		"tip":                    {"began to give a tip", "star"},
		"tip_paid":               {"of the tip arrived", "star"},
		"tip_cleared":            {"made the tip ready to withdraw", "wallet"},
		"staff_refund":           {"gave money back to the buyer", "shield"},
		"staff_cancel":           {"cancelled the order; the money goes back", "shield"},
	}
	if e, ok := events[event]; ok {
		return e[0], e[1]
	}
	return "noted: " + title(event), "info"
}

func questionsOf(o order.Order, f form) []question {
	questions := make([]question, len(o.Requirements))
	for i, r := range o.Requirements {
		q := question{Requirement: r, Input: fmt.Sprintf("answers.%d", i), Files: fmt.Sprintf("files.%d", i)}
		q.Options = append(q.Options, option{Value: "", Label: "Choose one"})
		for _, choice := range r.Choices {
			q.Options = append(q.Options, option{Value: choice, Label: choice, Selected: f.Value(q.Input) == choice})
		}
		questions[i] = q
	}
	return questions
}

// revisionsLeft says how many revisions the buyer can still ask for.
func revisionsLeft(o order.Order) string {
	if o.Revisions == gig.Unlimited {
		return "Unlimited"
	}
	return fmt.Sprintf("%d of %d left", max(0, o.Revisions-o.RevisionUsed), o.Revisions)
}
