package notificationimpl

import (
	"context"

	"marketplace/modules/order"
	"marketplace/platform/db"
)

const (
	offerPage = "/offers/{{.OfferID}}"
	seeOffer  = "View the offer"

	// extent says what an offer is about.
	extent = `{{money .Price}} for “{{.GigTitle}}”{{if gt .Milestones 1}} in {{.Milestones}} milestones{{end}}, {{.Days}} {{if eq .Days 1}}day{{else}}days{{end}} of work.`
)

// aboutOffers is what is told while two people bargain (rows N1, O7 to O9). What is ordered of an offer is told as any order.
func aboutOffers() map[string][]telling {
	return map[string][]telling{
		order.OfferMade{}.Topic(): {
			{kind: "offer_made", to: buyer, link: offerPage, button: seeOffer,
				title: "{{.SellerUsername}} {{if .Answers}}answered with another offer{{else}}sent you an offer{{end}}",
				text:  extent + " Please answer by {{date .ExpiresAt}}; then it expires."},
			{kind: "offer_made", to: seller, link: offerPage, button: seeOffer,
				title: "{{.BuyerUsername}} answered with another offer",
				text:  extent + " Please answer by {{date .ExpiresAt}}; then it expires."},
		},
		order.OfferAnswered{}.Topic(): {
			{kind: "offer_accepted", to: buyer, link: offerPage, button: "Order the first milestone", when: `{{eq .Status "accepted"}}`,
				title: "{{.SellerUsername}} accepted your offer",
				text:  extent + "{{with excerpt .Note}} “{{.}}”{{end}} Pay for the first milestone by {{date .ExpiresAt}}, so that the work begins."},
			{kind: "offer_accepted", to: seller, link: offerPage, button: seeOffer, when: `{{eq .Status "accepted"}}`,
				title: "{{.BuyerUsername}} accepted your offer",
				text:  extent + "{{with excerpt .Note}} “{{.}}”{{end}} Begin when the first milestone is paid: we tell you."},
			{kind: "offer_declined", to: buyer, link: offerPage, button: seeOffer, when: `{{eq .Status "declined"}}`,
				title: "{{.SellerUsername}} declined your offer",
				text:  extent + "{{with excerpt .Note}} “{{.}}”{{end}}"},
			{kind: "offer_declined", to: seller, link: offerPage, button: seeOffer, when: `{{eq .Status "declined"}}`,
				title: "{{.BuyerUsername}} declined your offer",
				text:  extent + "{{with excerpt .Note}} “{{.}}”{{end}}"},
		},
		order.OfferTakenBack{}.Topic(): {
			{kind: "offer_withdrawn", to: buyer, link: offerPage, button: seeOffer,
				title: "{{.SellerUsername}} withdrew an offer",
				text:  extent + "{{with excerpt .Note}} “{{.}}”{{end}}{{if .Accepted}} What has been ordered goes on.{{end}}"},
			{kind: "offer_withdrawn", to: seller, link: offerPage, button: seeOffer,
				title: "{{.BuyerUsername}} withdrew an offer",
				text:  extent + "{{with excerpt .Note}} “{{.}}”{{end}}{{if .Accepted}} What has been ordered goes on.{{end}}"},
		},
		order.OfferLapsed{}.Topic(): {
			{kind: "offer_expired", to: buyer, link: offerPage, button: seeOffer,
				title: "The offer of {{.SellerUsername}} has expired",
				text:  extent + " {{if .Unpaid}}Nobody paid for the first milestone in time.{{else}}Nobody answered in time.{{end}}"},
			{kind: "offer_expired", to: seller, link: offerPage, button: seeOffer,
				title: "The offer to {{.BuyerUsername}} has expired",
				text:  extent + " {{if .Unpaid}}Nobody paid for the first milestone in time.{{else}}Nobody answered in time.{{end}}"},
		},
	}
}

func partiesOf(f order.OfferFacts) people { return people{buyer: f.BuyerID, seller: f.SellerID} }

func (s *service) onOfferMade(_ context.Context, tx *db.Tx, e order.OfferMade) error {
	who := partiesOf(e.OfferFacts)
	delete(who, role(e.SentBy))
	return s.tell(tx, e, who)
}

// Who has sent the offer is told the answer. One that is accepted by ordering is told when it is paid, and another offer
// when it is made.
func (s *service) onOfferAnswered(_ context.Context, tx *db.Tx, e order.OfferAnswered) error {
	if e.Ordered || e.Status == order.OfferCountered {
		return nil
	}
	who := partiesOf(e.OfferFacts)
	return s.tell(tx, e, people{role(e.SentBy): who[role(e.SentBy)]})
}

func (s *service) onOfferTakenBack(_ context.Context, tx *db.Tx, e order.OfferTakenBack) error {
	who := partiesOf(e.OfferFacts)
	delete(who, role(e.By))
	return s.tell(tx, e, who)
}

func (s *service) onOfferLapsed(_ context.Context, tx *db.Tx, e order.OfferLapsed) error {
	return s.tell(tx, e, partiesOf(e.OfferFacts))
}
