package main

import (
	"fmt"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
)

// bargains leaves offers in the conversations: one that bella answers, with what led to it, one that mara answers, and one
// that is accepted, with its first milestone delivered and its second one to be paid.
func (d *demo) bargains() error {
	mine, other := d.gigs[0], d.gigs[len(d.gigs)-1]
	first, err := d.makeOffer(other, "bella", []order.NewMilestone{{Title: "Research and three drafts", Price: 18000, DeliveryDays: 5, Revisions: 2}, {Title: "The chosen one, finished", Price: 32000, DeliveryDays: 9, Revisions: 3}})
	if err != nil {
		return err
	}
	wish := first.Milestones
	asked, err := d.Orders.CounterOffer(d.as("bella"), order.CounterOfferRequest{RequestID: d.key(), OfferID: first.ID, OfferTerms: terms(
		"All of what you say, but I would like to see drafts within three days, and pay a little less for the second part.",
		order.NewMilestone{Title: wish[0].Title, Price: 18000, DeliveryDays: 3, Revisions: 2}, order.NewMilestone{Title: wish[1].Title, Price: 26000, DeliveryDays: 9, Revisions: 3})})
	if err != nil {
		return fmt.Errorf("answer an offer: %w", err)
	}
	_, err = d.Orders.CounterOffer(d.as(other.SellerUsername), order.CounterOfferRequest{RequestID: d.key(), OfferID: asked.ID, OfferTerms: terms(
		"Drafts in three days are fine. Let us meet in the middle for the rest; the source files are included.",
		order.NewMilestone{Title: wish[0].Title, Price: 18000, DeliveryDays: 3, Revisions: 2}, order.NewMilestone{Title: wish[1].Title, Price: 29000, DeliveryDays: 9, Revisions: 3})})
	if err != nil {
		return fmt.Errorf("answer the answer: %w", err)
	}
	if err := d.agreed(mine); err != nil {
		return err
	}
	open, err := d.makeOffer(mine, "henrik", []order.NewMilestone{{Title: "A mark for the boat", Price: 9500, DeliveryDays: 6, Revisions: 1}})
	if err != nil {
		return err
	}
	_, err = d.Orders.CounterOffer(d.as("henrik"), order.CounterOfferRequest{RequestID: d.key(), OfferID: open.ID, OfferTerms: terms(
		"Could it be two versions, one for dark sails? I would pay a little more.", order.NewMilestone{Title: "A mark for the boat, in two versions", Price: 12000, DeliveryDays: 8, Revisions: 1})})
	return err
}

// agreed is an offer of mara's to bella in three milestones, of which the first is delivered.
func (d *demo) agreed(g gig.Gig) error {
	offer, err := d.makeOffer(g, "bella", []order.NewMilestone{
		{Title: "Drafts for the sign", Price: 15000, DeliveryDays: 4, Revisions: 2},
		{Title: "The sign, ready for the workshop", Price: 24000, DeliveryDays: 7, Revisions: 2},
		{Title: "Menus and opening hours in the same hand", Price: 12000, DeliveryDays: 5, Revisions: 1},
	})
	if err != nil {
		return err
	}
	placed, err := d.Orders.Place(d.as("bella"), order.PlaceRequest{RequestID: d.key(), OfferID: offer.ID, Milestone: 1})
	if err != nil {
		return fmt.Errorf("order a milestone: %w", err)
	}
	pay := order.DecideSimulatedPaymentRequest{ID: placed.Order.Payment.ID, Succeed: true}
	if _, err := d.Orders.DecideSimulatedPayment(d.as("bella"), pay); err != nil {
		return fmt.Errorf("pay a milestone: %w", err)
	}
	return d.deliver(g.SellerUsername, placed.Order.ID, "Three drafts. My favourite is the second; tell me yours.")
}

// makeOffer talks a little, and offers.
func (d *demo) makeOffer(g gig.Gig, buyer string, milestones []order.NewMilestone) (order.Offer, error) {
	c, err := d.Chats.Open(d.as(buyer), chat.OpenRequest{GigID: g.ID, Text: "None of the packages fits what I have in mind. Could you make me an offer for the whole thing?"})
	if err != nil {
		return order.Offer{}, err
	}
	if _, err := d.Chats.Send(d.as(g.SellerUsername), chat.SendRequest{ConversationID: c.ID, Text: "Gladly. I send you one in parts, so that you pay for nothing that you have not seen."}); err != nil {
		return order.Offer{}, err
	}
	made, err := d.Orders.SendOffer(d.as(g.SellerUsername), order.SendOfferRequest{RequestID: d.key(), BuyerID: d.people[buyer].UserID, GigID: g.ID, OfferTerms: terms(
		"All that we talked about: you get the drafts first and choose, then I finish what you have chosen.\n\nNot included: printing.", milestones...)})
	if err != nil {
		return made, fmt.Errorf("offer %q: %w", g.Title, err)
	}
	return made, d.app.Drained(d.ctx)
}

func terms(description string, milestones ...order.NewMilestone) order.OfferTerms {
	return order.OfferTerms{Description: description, Milestones: milestones, Days: 14}
}

// key is a request's own.
func (d *demo) key() string { return fmt.Sprintf("demonstration-%d", d.random.Uint64()) }
