package notificationimpl

import (
	"context"

	"marketplace/modules/order"
	"marketplace/platform/db"
)

const (
	earningsPage = "/earnings"
	seeEarnings  = "See your earnings"
)

// aboutMoney is what sellers are told of their money (rows P8, P10, P13): when it can be withdrawn, how far a withdrawal is, and
// at which stage a payment is that the buyer's bank wants back.
func aboutMoney() map[string][]telling {
	payout := func(status, kind, title, text, button string) telling {
		return telling{kind: kind, to: owner, when: `{{eq .Status "` + status + `"}}`, link: earningsPage, button: button, title: title, text: text}
	}
	chargeback := func(stage, kind, title, text, button string) telling {
		return telling{kind: kind, to: seller, when: `{{eq .Stage "` + stage + `"}}`, link: earningsPage, button: button, title: title, text: text}
	}
	return map[string][]telling{
		order.Cleared{}.Topic(): {
			{kind: "order_cleared", to: seller, link: earningsPage, button: seeEarnings,
				title: "{{money .Amount}} can be withdrawn",
				text: `The clearing period of order {{.Number}}, “{{.GigTitle}}”, is over.` +
					`{{if .Debt.Minor}} {{money .Debt}} of the earning paid what you owed.{{end}}{{if .Reserved.Minor}} {{money .Reserved}} stay in your reserve until {{date .ReservedUntil}}.{{end}}`},
		},
		order.PayoutChanged{}.Topic(): {
			payout("requested", "payout_requested", "Your withdrawal of {{money .Net}} was requested",
				"{{if .Automatic}}Your schedule has asked for it. {{end}}We look at it and tell you when it is sent. If you did not ask for it, tell us at once.", seeEarnings),
			payout("approved", "payout_approved", "Your withdrawal of {{money .Net}} was approved", "It is sent now. Banks usually need one to three working days.", ""),
			payout("paid", "payout_paid", "{{money .Net}} were paid to you", "Your withdrawal has arrived{{with .Reference}}, under the reference {{.}}{{end}}.", seeEarnings),
			payout("rejected", "payout_rejected", "Your withdrawal of {{money .Net}} was rejected",
				"The reason: “{{excerpt .Reason}}” The money, with the fee, is in your balance again.", seeEarnings),
			payout("failed", "payout_failed", "Your withdrawal of {{money .Net}} did not arrive",
				"{{with excerpt .Reason}}The bank says: “{{.}}” {{end}}The money, with the fee, is in your balance again. Check your payout setup before you try again.", seeEarnings),
		},
		order.ChargebackChanged{}.Topic(): {
			chargeback("needs_response", "chargeback_opened", "The payment of order {{.Number}} was taken back by the buyer's bank",
				"{{money .Amount}} for “{{.GigTitle}}”{{with excerpt .Reason}}: “{{.}}”{{end}}.{{if .Frozen.Minor}} {{money .Frozen}} of your money are held until the bank decides.{{end}} Tell the bank soon why the money is yours: what you delivered, and what the buyer said.", "Answer the bank"),
			chargeback("under_review", "chargeback_under_review", "The bank looks at your answer about order {{.Number}}",
				"“{{.GigTitle}}”: the bank has what you wrote, and decides. That can take some weeks.", ""),
			chargeback("won", "chargeback_won", "The bank has decided for you: order {{.Number}}",
				"The payment for “{{.GigTitle}}” is yours{{if .Frozen.Minor}}, and {{money .Frozen}} are no longer held{{end}}.", seeEarnings),
			chargeback("lost", "chargeback_lost", "The bank has decided for the buyer: order {{.Number}}",
				"{{money .Amount}} for “{{.GigTitle}}” went back to the buyer.{{if .Frozen.Minor}} {{money .Frozen}} of it were held of your money.{{end}} What you owe, if anything, is on your earnings page; your next earnings pay it.", seeEarnings),
		},
	}
}

// An earning that a case holds back, or that only paid a debt, gives nothing to withdraw: the case tells the seller more.
func (s *service) onOrderCleared(_ context.Context, tx *db.Tx, e order.Cleared) error {
	if e.Amount.Minor == 0 {
		return nil
	}
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onPayoutChanged(_ context.Context, tx *db.Tx, e order.PayoutChanged) error {
	return s.tell(tx, e, people{owner: e.UserID})
}

func (s *service) onChargebackChanged(_ context.Context, tx *db.Tx, e order.ChargebackChanged) error {
	return s.tell(tx, e, people{seller: e.SellerID})
}
