package orderimpl

import "slices"

// world is the order as the oracle sees it. The oracle is a second, separate writing of docs/orders.md: statuses as code in
// place of a table, with the default times as plain hours.
type world struct {
	status                                            string
	asks                                              bool
	allowed, used, days, extensions                   int
	placed, paid, due, delivered, review, ended, free float64 // hours; 0: not yet
	price, back                                       int64

	wish, wisher string // the open request: cancel, extension, price, raise; agreed: a raise that waits for its payment
	wished       float64
	moreDays     int
	more         int // revisions
	less         int64
	pressed      bool

	contested, judged bool
	tipped, tipFree   float64

	accuser, before string
	accused         float64
	heard           bool
}

// attempt is what somebody tries at some time.
type attempt struct {
	who, what string
	now       float64
	days      int
	amount    int64
	revisions int
}

const (
	someHours = 0.25
	aDay      = 24.0
)

// oracle says what becomes of the world, and which journals are posted.
func oracle(w world, a attempt) (world, string, bool) {
	if a.what == "staff_cancel" {
		if a.who != "moderator" || w.ended > 0 {
			return w, "", false
		}
		if w.paid == 0 {
			return w.end(a, "cancelled"), "", true
		}
		return w.returnAll(a), "J9", true
	}
	if a.is("provider", "payment_surplus") && w.status != "pending_payment" && w.status != "expired" {
		return w, "J14 J9", true
	}
	switch w.status {
	case "pending_payment":
		return w.unpaid(a)
	case "expired", "cancelled":
		if a.is("provider", "payment_late") && w.paid == 0 {
			w.paid, w.back = a.now, w.price
			return w, "J1 J9", true
		}
	case "awaiting_requirements":
		return w.unstarted(a)
	case "disputed":
		return w.quarrel(a)
	case "completed":
		if a.is("marketplace", "earning_cleared") && w.free == 0 && !w.contested && a.now >= w.ended+14*aDay {
			w.free = a.now
			return w, "J5", true
		}
		return w.afterwards(a)
	default:
		return w.work(a)
	}
	return w, "", false
}

// afterwards is a completed order: tips, and money that goes back all the same.
func (w world) afterwards(a attempt) (world, string, bool) {
	left := w.price - w.back
	switch {
	case a.is("buyer", "tip"):
		return w, "", w.tipped == 0 && a.now <= w.ended+30*aDay
	case a.is("provider", "tip_paid") && w.tipped == 0:
		w.tipped = a.now
		return w, "J13", true
	case a.is("marketplace", "tip_cleared") && w.tipped > 0 && w.tipFree == 0 && a.now >= w.tipped+14*aDay:
		w.tipFree = a.now
		return w, "J5 (tip)", true
	case a.is("moderator", "staff_refund") && !w.contested && left > 0:
		w.back += a.amount
		return w, "J12", true
	case a.is("buyer", "open_dispute") && !w.contested && !w.judged && w.free == 0 && left > 0 && a.now <= w.ended+14*aDay:
		w.contested, w.accuser, w.before, w.accused, w.heard = true, "buyer", "completed", a.now, false
		return w, "J15b", true
	}
	if !w.contested {
		return w, "", false
	}
	switch {
	case a.what == "state_dispute" && (a.who == "buyer" || a.who == "seller"):
		w.heard = w.heard || a.who == "seller"
		return w, "", true
	case a.is("marketplace", "escalate_dispute"):
		return w, "", !w.heard && a.now >= w.accused+2*aDay
	case a.is("buyer", "withdraw_dispute"):
		w.contested = false
		return w, "J15b reversed", true
	case a.is("moderator", "resolve_split"):
		w.back, w.contested, w.judged = w.back+a.amount, false, true
		return w, "J12", true
	case a.is("moderator", "resolve_refund"), a.is("marketplace", "dispute_backstop") && a.now >= w.accused+60*aDay:
		w.back, w.contested, w.judged = w.price, false, true
		return w, "J12 (all)", true
	}
	return w, "", false
}

func (a attempt) is(who, what string) bool { return a.who == who && a.what == what }

func (w world) end(a attempt, status string) world {
	w.status, w.ended, w.wish, w.wisher = status, a.now, "", ""
	return w
}

func (w world) returnAll(a attempt) world {
	w.back = w.price
	return w.end(a, "cancelled")
}

func (w world) start(now float64) world {
	w.status, w.due = "in_progress", now+aDay*float64(w.days)
	return w
}

func (w world) unpaid(a attempt) (world, string, bool) {
	switch {
	case a.is("provider", "payment_confirmed") && w.asks:
		w.paid, w.status = a.now, "awaiting_requirements"
		return w, "J1", true
	case a.is("provider", "payment_confirmed"):
		w.paid = a.now
		return w.start(a.now), "J1", true
	case a.is("provider", "payment_declined"):
		return w, "", true
	case a.is("marketplace", "payment_expired") && a.now >= w.placed+someHours:
		return w.end(a, "expired"), "", true
	case a.is("buyer", "buyer_cancel_unpaid"):
		return w.end(a, "cancelled"), "", true
	}
	return w, "", false
}

func (w world) unstarted(a attempt) (world, string, bool) {
	switch {
	case a.is("buyer", "submit_requirements"), a.is("seller", "skip_requirements"):
		return w.start(a.now), "", true
	case a.is("marketplace", "requirements_reminder"):
		return w, "", a.now >= w.paid+aDay
	case a.is("marketplace", "requirements_timeout") && a.now >= w.paid+7*aDay,
		a.is("buyer", "buyer_cancel_unstarted"), a.is("seller", "seller_decline"):
		return w.returnAll(a), "J9", true
	}
	return w, "", false
}

// work is in progress, in revision, or delivered.
func (w world) work(a attempt) (world, string, bool) {
	switch {
	case a.is("seller", "deliver") && w.status != "delivered":
		w.status, w.delivered, w.review, w.extensions = "delivered", a.now, a.now+3*aDay, 0
		return w, "", true
	case a.is("seller", "partial_refund"):
		if w.wish == "price" || w.back >= (w.price*6+5)/10 {
			return w, "", false
		}
		w.back += a.amount
		return w, "J10", true
	case a.what == "open_dispute" && (a.who == "buyer" || a.who == "seller"):
		if w.status == "in_progress" && !w.pressed && a.now <= w.due {
			return w, "", false
		}
		w.accuser, w.before, w.accused, w.heard, w.status = a.who, w.status, a.now, false, "disputed"
		w.wish, w.wisher = "", ""
		return w, "", true
	}
	if next, money, ok := w.wishes(a); ok {
		return next, money, true
	}
	if w.status == "in_progress" {
		return w.tardy(a)
	}
	if w.status == "delivered" {
		return w.inspect(a)
	}
	return w, "", false
}

func (w world) tardy(a attempt) (world, string, bool) {
	switch {
	case a.is("marketplace", "mark_late"):
		return w, "", a.now >= w.due
	case a.is("marketplace", "mark_very_late"):
		return w, "", a.now >= w.due+aDay
	case a.is("buyer", "buyer_cancel_very_late") && a.now > w.due+aDay, a.is("marketplace", "late_auto_cancel") && a.now >= w.due+14*aDay:
		return w.returnAll(a), "J9", true
	}
	return w, "", false
}

func (w world) inspect(a attempt) (world, string, bool) {
	switch {
	case a.is("buyer", "request_revision") && (w.allowed < 0 || w.used < w.allowed):
		w.status, w.used, w.due = "in_revision", w.used+1, a.now+max(2*aDay, aDay*float64(w.days)/2)
		return w, "", true
	case a.is("buyer", "extend_review") && w.extensions < 2:
		w.extensions, w.review = w.extensions+1, w.review+3*aDay
		return w, "", true
	case a.is("marketplace", "completion_reminder"):
		return w, "", a.now >= w.review-aDay
	case a.is("buyer", "accept"), a.is("marketplace", "auto_complete") && w.wish == "" && a.now >= w.review:
		return w.end(a, "completed"), "J4", true
	}
	return w, "", false
}

// settled forgets the wish. Who looks at a delivery has a day at least from then on.
func (w world) settled(now float64) world {
	w.wish, w.wisher = "", ""
	if w.status == "delivered" {
		w.review = max(w.review, now+aDay)
	}
	return w
}

func (w world) wishes(a attempt) (world, string, bool) {
	person := a.who == "buyer" || a.who == "seller"
	for _, wish := range []string{"cancel", "extension", "price", "raise"} {
		if a.what == "request_"+wish {
			if !person || w.wish != "" || wish == "extension" && w.status == "delivered" {
				return w, "", false
			}
			w.wish, w.wisher, w.wished, w.moreDays, w.less, w.more = wish, a.who, a.now, a.days, a.amount, a.revisions
			return w, "", true
		}
	}
	if w.wish == "" {
		return w, "", false
	}
	other := person && a.who != w.wisher
	switch {
	case a.what == "accept_cancel" && other && w.wish == "cancel",
		a.is("marketplace", "request_granted") && w.wish == "cancel" && w.wisher == "buyer" && w.status == "in_progress" && a.now > w.due && a.now >= w.wished+2*aDay:
		return w.returnAll(a), "J9", true
	case a.what == "accept_extension" && other && w.wish == "extension" && w.status != "delivered":
		w.due = max(w.due, a.now) + aDay*float64(w.moreDays)
		return w.settled(a.now), "", true
	case a.what == "accept_price" && other && w.wish == "price":
		w.back += w.less
		return w.settled(a.now), "J10", true
	case a.what == "accept_raise" && other && w.wish == "raise":
		w.wish, w.wished = "agreed", a.now
		return w, "", true
	case a.is("provider", "raise_paid") && w.wish == "agreed":
		if w.status != "delivered" {
			w.due += aDay * float64(w.moreDays)
		}
		w.price += w.less
		if w.allowed >= 0 {
			w.allowed += w.more
		}
		return w.settled(a.now), "J14", true
	case a.what == "decline_request" && other, a.is("marketplace", "request_lapsed") && a.now >= w.wished+2*aDay:
		w.pressed = w.pressed || w.wish == "cancel"
		return w.settled(a.now), "", true
	case a.what == "withdraw_request" && a.who == w.wisher:
		return w.settled(a.now), "", true
	}
	return w, "", false
}

func (w world) quarrel(a attempt) (world, string, bool) {
	switch {
	case a.what == "state_dispute" && slices.Contains([]string{"buyer", "seller"}, a.who):
		w.heard = w.heard || a.who != w.accuser
		return w, "", true
	case a.is("marketplace", "escalate_dispute"):
		return w, "", !w.heard && a.now >= w.accused+2*aDay
	case a.is(w.accuser, "withdraw_dispute"):
		w.status = w.before
		w.due += a.now - w.accused
		if w.before == "delivered" {
			w.review += a.now - w.accused
		}
		return w, "", true
	case a.is("moderator", "resolve_refund"), a.is("marketplace", "dispute_backstop") && a.now >= w.accused+60*aDay:
		return w.returnAll(a), "J9", true
	case a.is("moderator", "resolve_split"):
		w.back += a.amount
		w.judged = true
		return w.end(a, "completed"), "J11", true
	}
	return w, "", false
}

// buttons are the oracle's actions of a person.
func buttons(w world, who string, now float64) []string {
	could := func(events ...string) bool {
		return slices.ContainsFunc(events, func(what string) bool {
			_, _, ok := oracle(w, attempt{who: who, what: what, now: now})
			return ok
		})
	}
	var b []string
	for action, ok := range map[string]bool{
		"pay": who == "buyer" && w.status == "pending_payment", "cancel": could("buyer_cancel_unpaid", "buyer_cancel_unstarted", "buyer_cancel_very_late", "seller_decline"),
		"requirements": could("submit_requirements"), "skip-requirements": could("skip_requirements"), "deliveries": could("deliver"),
		"revisions": could("request_revision"), "accept": could("accept"), "extend-review": could("extend_review"), "refunds": could("partial_refund"),
		"changes": could("request_cancel", "request_extension", "request_price", "request_raise"), "changes/accept": could("accept_cancel", "accept_extension", "accept_price", "accept_raise"),
		"changes/decline": could("decline_request"), "changes/withdraw": could("withdraw_request"), "disputes": could("open_dispute"),
		"disputes/statements": could("state_dispute"), "disputes/withdraw": could("withdraw_dispute"), "disputes/resolve": could("resolve_refund", "resolve_split"),
		"staff-cancel": could("staff_cancel"), "staff-refund": could("staff_refund"), "tips": could("tip"),
		"changes/pay": who == "buyer" && w.wish == "agreed",
		"reviews":     w.status == "completed" && now <= w.ended+14*aDay && (who == "buyer" || who == "seller"),
	} {
		if ok {
			b = append(b, action)
		}
	}
	slices.Sort(b)
	return b
}
