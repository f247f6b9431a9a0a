package site

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/web/language"
)

// offerView is an offer as one of its two people sees it, or the staff.
type offerView struct {
	order.Offer
	Role    string // of who looks: buyer, seller, staff
	Mine    bool   // who looks has sent it
	Other   string // user name of the other side; of the seller, for staff
	State   status
	Amount  money.Amount // what it costs with the fee, or brings
	Fee     money.Amount // the buyer's for all of it, or what the seller does not get
	Parts   []milestoneView
	May     map[order.OfferAction]bool
	InCase  bool           // staff read it in a conversation that was reported
	Refusal string         // why what was tried cannot be done
	Pay     *milestoneView // that can be paid now
	Back    string         // where its forms lead back to
	Form    form           // of the answer, where one was refused
	Full    bool           // everything that it says; else a card
}

// milestoneView is a milestone with what has become of it.
type milestoneView struct {
	order.Milestone
	State *status // nil: nothing yet
	Path  string  // of its order
	Here  bool    // it is what the page is about
}

// IsOpen says whether it can still change.
func (o offerView) IsOpen() bool {
	return o.Offer.Status == order.OfferSent || o.Offer.Status == order.OfferAccepted
}

// Turn says whether the other side waits for who looks.
func (o offerView) Turn() bool { return o.May[order.OfferAccept] || o.Pay != nil }

// PayPath is the checkout of the milestone that can be paid now.
func (o offerView) PayPath() string {
	if o.Pay == nil {
		return offerPath(o.ID)
	}
	return listPath(offerPath(o.ID)+"/order", "milestone", strconv.Itoa(o.Pay.Number))
}

func offerPath(id string) string { return "/offers/" + url.PathEscape(id) }

// viewOffer shows an offer to who acts.
func viewOffer(ctx context.Context, o order.Offer, back string) offerView {
	v := offerView{Offer: o, Role: "staff", Other: o.SellerUsername, State: offerStatus(o.Status), Amount: o.Price, Back: back, May: map[order.OfferAction]bool{}}
	switch identity.From(ctx).UserID {
	case o.BuyerID:
		v.Role, v.Amount = "buyer", o.Pays
	case o.SellerID:
		v.Role, v.Other, v.Amount = "seller", o.BuyerUsername, o.Earns
	}
	v.Mine = v.Role == o.SentBy
	for _, action := range o.Allowed {
		v.May[action] = true
	}
	v.Fee = money.Of(o.Pays.Minor-o.Price.Minor, o.Price.Currency)
	if v.Role == "seller" {
		v.Fee.Minor = o.Price.Minor - o.Earns.Minor
	}
	for _, m := range o.Milestones {
		v.Parts = append(v.Parts, viewMilestone(m, o.Status))
	}
	for i := range v.Parts {
		if v.Parts[i].Payable && v.Pay == nil {
			v.Pay = &v.Parts[i]
		}
	}
	return v
}

func viewMilestone(m order.Milestone, of order.OfferStatus) milestoneView {
	v := milestoneView{Milestone: m}
	switch {
	case m.OrderID != "":
		word := statusFor(m.OrderStatus)
		v.State, v.Path = &word, orderPath(m.OrderID)
	case of == order.OfferAccepted && m.Payable:
		v.State = &status{"To be paid", "busy"}
	case of == order.OfferAccepted:
		v.State = &status{"Later", "quiet"}
	}
	return v
}

func offerStatus(s order.OfferStatus) status {
	return statusIn(s, map[order.OfferStatus]status{
		order.OfferSent:      {"Open", "info"},
		order.OfferAccepted:  {"Accepted", "good"},
		order.OfferDeclined:  {"Declined", "quiet"},
		order.OfferCountered: {"Answered", "quiet"},
		order.OfferWithdrawn: {"Taken back", "quiet"},
		order.OfferExpired:   {"Expired", "quiet"},
	})
}

// whichMilestone says which part of an offer something is; an offer in one part has no numbers.
func whichMilestone(l *language.Language, number, of int) string {
	if of == 1 {
		return l.Text("Custom offer")
	}
	return l.Text(fmt.Sprintf("Milestone %d of %d", number, of))
}

// showOffers puts the offers that messages show into their places. Without the module the messages are shown without.
func (s *Site) showOffers(ctx context.Context, messages []messageView, back string) error {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = offerIn(m.Message)
	}
	found, err := s.offersIn(ctx, ids, "", back)
	for i, id := range ids {
		messages[i].Offer = found[id]
	}
	return err
}

// offerIn is the id of the offer that a message shows, or empty.
func offerIn(m chat.Message) string {
	if m.Kind != chat.KindOffer {
		return ""
	}
	return m.SubjectID
}

// offersIn finds the offers of messages by their ids, some of them empty, with one question for all of them. Staff name the case
// in which they read the conversation.
func (s *Site) offersIn(ctx context.Context, ids []string, caseID, back string) (map[string]*offerView, error) {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := s.Orders.ListOffers(ctx, order.ListOffersRequest{IDs: ids, CaseID: caseID})
	if err != nil {
		return nil, err
	}
	found := map[string]*offerView{}
	for _, o := range list.Items {
		v := viewOffer(ctx, o, back)
		v.InCase = caseID != ""
		found[o.ID] = &v
	}
	return found, nil
}

// Can says whether who looks may do something with the offer now.
func (o offerView) Can(action string) bool { return o.May[order.OfferAction(action)] }

// Mark is different when what is shown is.
func (o offerView) Mark() string {
	mark := string(o.Offer.Status)
	for _, m := range o.Milestones {
		mark += " " + string(m.OrderStatus)
		if m.Payable {
			mark += "!"
		}
	}
	return mark
}

// IsUnpaid says whether it is accepted and waits for the first payment.
func (o offerView) IsUnpaid() bool {
	first := o.Milestones[0]
	return o.Offer.Status == order.OfferAccepted && (first.OrderID == "" || first.OrderStatus == order.StatusPendingPayment)
}

// IsOrdered says whether there is nothing left to order.
func (o offerView) IsOrdered() bool { return o.Milestones[len(o.Milestones)-1].OrderID != "" }

// Sender is the user name of who has sent it.
func (o offerView) Sender() string {
	if o.SentBy == "buyer" {
		return o.BuyerUsername
	}
	return o.SellerUsername
}
