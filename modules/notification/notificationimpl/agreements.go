package notificationimpl

import (
	"context"

	"marketplace/modules/order"
	"marketplace/platform/db"
)

// asked is what one side asked for; the answer to it says no more.
const asked = `{{if eq .Kind "cancel"}}to cancel{{else if eq .Kind "extension"}}for more time{{else if eq .Kind "raise"}}for a higher price{{else}}for a lower price{{end}}`

// wish says what one side asks for, after "asks".
const wish = `{{if eq .Kind "cancel"}}to cancel{{else if eq .Kind "extension"}}for {{.Days}} more {{if eq .Days 1}}day{{else}}days{{end}}{{else if eq .Kind "raise"}}for a higher price{{else}}for {{money .Amount}} off the price{{end}}`

// ordersBetween is what is told when the two sides have something to agree on, or do not agree (rows O11, O15 to O18).
func ordersBetween() map[string][]telling {
	both := func(kind, title, text, button string) []telling {
		return []telling{
			{kind: kind, to: buyer, link: orderPage, button: button, title: title, text: text},
			{kind: kind, to: seller, link: orderPage, button: button, title: title, text: text},
		}
	}
	return map[string][]telling{
		order.Late{}.Topic(): {
			{kind: "order_late", to: buyer, link: orderPage, button: seeOrder,
				title: "{{.GigTitle}} is {{if .VeryLate}}very {{end}}late",
				text:  "It was due on {{date .DueAt}}. {{if .VeryLate}}You may cancel now and get your money back. Without a delivery the order cancels itself on {{date .Next}}.{{else}}Without a delivery you may cancel from {{date .Next}}.{{end}}"},
			{kind: "order_late", to: seller, link: orderPage, button: "Deliver now",
				title: "{{if .VeryLate}}Very late{{else}}Late{{end}}: {{.GigTitle}}",
				text:  "Your delivery for {{.BuyerUsername}} was due on {{date .DueAt}}. {{if .VeryLate}}The buyer may cancel now; without a delivery the order cancels itself on {{date .Next}}.{{else}}Deliver, or ask for more time: from {{date .Next}} the buyer may cancel.{{end}}"},
		},
		order.ChangeRequested{}.Topic(): both("order_change_requested",
			`{{if eq .By "buyer"}}{{.BuyerUsername}}{{else}}{{.SellerUsername}}{{end}} asks `+wish,
			"About “{{.GigTitle}}”{{with excerpt .Reason}}: “{{.}}”{{end}}. Please answer by {{date .AnswerBy}}.", "Answer"),
		order.ChangeSettled{}.Topic(): both("order_change_settled",
			`{{if eq .Outcome "lapsed"}}Nobody answered the request{{else}}The request was {{.Outcome}}{{end}}: {{.GigTitle}}`,
			`{{if eq .By "buyer"}}{{.BuyerUsername}}{{else}}{{.SellerUsername}}{{end}} had asked `+asked+`.{{with excerpt .Note}} “{{.}}”{{end}}`, seeOrder),
		order.ChangeAgreed{}.Topic(): {
			{kind: "order_change_agreed", to: buyer, link: orderPage, button: "Pay now",
				title: "{{.SellerUsername}} agreed to the higher price",
				text:  "Pay {{money .Amount}} more for “{{.GigTitle}}”, with the service fee, by {{date .PayBy}}. Nothing changes before."},
			{kind: "order_change_agreed", to: seller, link: orderPage,
				title: "{{.BuyerUsername}} agreed to the higher price",
				text:  "“{{.GigTitle}}” changes as soon as {{money .Amount}} more are paid."},
		},
		order.Tipped{}.Topic(): {
			{kind: "order_tipped", to: seller, link: orderPage, button: seeOrder,
				title: "{{.BuyerUsername}} gave you a tip of {{money .Amount}}",
				text:  "For “{{.GigTitle}}”{{with excerpt .Message}}: “{{.}}”{{end}}. You can withdraw it from {{date .ClearsAt}}."},
			{kind: "order_tipped", to: buyer, link: orderPage, button: seeOrder,
				title: "Receipt for your tip of {{money .Amount}}",
				text:  "All of it goes to {{.SellerUsername}} for “{{.GigTitle}}”."},
		},
		order.TakenBack{}.Topic(): both("order_taken_back",
			"{{money .Amount}} of order {{.Number}} go back to the buyer",
			"We decided so about “{{.GigTitle}}”{{with excerpt .Reason}}: “{{.}}”{{end}}.", seeOrder),
		order.ReviewExtended{}.Topic(): {
			{kind: "order_review_extended", to: seller, link: orderPage,
				title: "{{.BuyerUsername}} takes more time to look",
				text:  "“{{.GigTitle}}” completes by itself on {{date .CompletesAt}}."},
		},
		order.PartlyRefunded{}.Topic(): both("order_partly_refunded",
			"{{money .Amount}} of order {{.Number}} go back to the buyer",
			"“{{.GigTitle}}”{{with excerpt .Reason}}: “{{.}}”{{end}}. The order goes on.", seeOrder),
		order.Disputed{}.Topic(): both("order_disputed",
			`{{if eq .By "buyer"}}{{.BuyerUsername}}{{else}}{{.SellerUsername}}{{end}} opened a dispute`,
			"About “{{.GigTitle}}”. Say what happened, with files that show it, by {{date .AnswerBy}}. Then we decide; the order stands still until then.", "Answer the dispute"),
		order.DisputeStated{}.Topic(): both("order_dispute_stated",
			`{{if eq .By "buyer"}}{{.BuyerUsername}}{{else}}{{.SellerUsername}}{{end}} said something in the dispute`,
			"About “{{.GigTitle}}”.", seeOrder),
		order.DisputeSettled{}.Topic(): both("order_dispute_settled",
			`{{if eq .Outcome "withdrawn"}}The dispute was withdrawn{{else}}The dispute is decided{{end}}: {{.GigTitle}}`,
			`{{if eq .Outcome "withdrawn"}}The order goes on where it was, with the time that was left.{{else}}{{money .Refunded}} go back to the buyer, the seller gets {{money .Earned}}.{{with excerpt .Reason}} The reasons: “{{.}}”{{end}}{{end}}`, seeOrder),
	}
}

// unless are both sides without the one who did it.
func unless(f order.Facts, by string) people {
	who := parties(f)
	delete(who, role(by))
	return who
}

func (s *service) onOrderLate(_ context.Context, tx *db.Tx, e order.Late) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderChangeRequested(_ context.Context, tx *db.Tx, e order.ChangeRequested) error {
	return s.tell(tx, e, unless(e.Facts, e.By))
}

// Who asked is told the answer; what was taken back, the other side; what nobody answered, both.
func (s *service) onOrderChangeSettled(_ context.Context, tx *db.Tx, e order.ChangeSettled) error {
	who := parties(e.Facts)
	switch {
	case e.Outcome == "withdrawn":
		delete(who, role(e.By))
	case e.Outcome != "lapsed" && e.By == "buyer":
		delete(who, seller)
	case e.Outcome != "lapsed":
		delete(who, buyer)
	}
	return s.tell(tx, e, who)
}

// Who has agreed knows it.
func (s *service) onOrderChangeAgreed(_ context.Context, tx *db.Tx, e order.ChangeAgreed) error {
	return s.tell(tx, e, unless(e.Facts, e.By))
}

func (s *service) onOrderTipped(_ context.Context, tx *db.Tx, e order.Tipped) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderTakenBack(_ context.Context, tx *db.Tx, e order.TakenBack) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderReviewExtended(_ context.Context, tx *db.Tx, e order.ReviewExtended) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderPartlyRefunded(_ context.Context, tx *db.Tx, e order.PartlyRefunded) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderDisputed(_ context.Context, tx *db.Tx, e order.Disputed) error {
	return s.tell(tx, e, unless(e.Facts, e.By))
}

func (s *service) onOrderDisputeStated(_ context.Context, tx *db.Tx, e order.DisputeStated) error {
	return s.tell(tx, e, unless(e.Facts, e.By))
}

func (s *service) onOrderDisputeSettled(_ context.Context, tx *db.Tx, e order.DisputeSettled) error {
	return s.tell(tx, e, parties(e.Facts))
}
