package orderimpl

import "time"

// The rules of orders that are completed: tips, disputes about what was accepted, money that staff give back.

// holdsAfter are the guards about orders that are completed.
func (g guard) holdsAfter(l life, now time.Time) bool {
	switch g {
	case isTippable:
		return l.TippedAt == nil && l.EndedAt != nil && !now.After(l.EndedAt.Add(l.Terms.TipWindow))
	case isUntipped:
		return l.TippedAt == nil
	case isTipUncleared:
		return l.TippedAt != nil && l.TipClearedAt == nil
	case isContestable:
		return l.ClearedAt == nil && !l.Contested && !l.Judged && l.Refunded < l.Price && !clearingEnd.past(l, now)
	case isContested:
		return l.Contested
	case isContestUnheard:
		return l.Contested && !l.Heard
	case isUncontested:
		return !l.Contested && l.Refunded < l.Price
	}
	return g.holdsBetween(l, now)
}

// payAfter notes what journals of completed orders move.
func (r rule) payAfter(l life, now time.Time, d deal, m journal) life {
	switch m {
	case tips:
		l.TippedAt = &now
	case clearTip:
		l.TipClearedAt = &now
	case freezes:
		l.Contested, l.DisputedAt, l.DisputedBy, l.DisputedFrom, l.Heard = true, &now, r.Actor, l.Status, false
	case thaws:
		l.Contested = false
	case takes, takesAll:
		l.Judged, l.Contested = l.Judged || l.Contested, false
		l.Refunded += d.Amount
		if m == takesAll {
			l.Refunded = l.Price
		}
	}
	return l
}
