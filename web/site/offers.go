package site

import (
	"context"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/fault"
)

// offersPage is a list of the offers of who looks.
type offersPage struct {
	Tabs   []tab
	Offers []offerView
	Chosen string
	First  string
	Next   string
}

const offersShown = 20

// offerGroups are the filters of the list.
func offerGroups() map[string][]order.OfferStatus {
	return map[string][]order.OfferStatus{
		"open": {order.OfferSent}, "accepted": {order.OfferAccepted},
		"over": {order.OfferDeclined, order.OfferCountered, order.OfferWithdrawn, order.OfferExpired},
	}
}

// ListOffers lists what the person was offered and has offered.
func (s *Site) ListOffers(c echo.Context) error {
	chosen := c.QueryParam("status")
	ctx, q := c.Request().Context(), order.ListOffersRequest{Status: offerGroups()[chosen], Limit: offersShown, Cursor: c.QueryParam("cursor")}
	page := offersPage{Chosen: chosen}
	for _, t := range []tab{{Label: "All"}, {Label: "Open", Path: "open"}, {Label: "Accepted", Path: "accepted"}, {Label: "Over", Path: "over"}} {
		page.Tabs = append(page.Tabs, tab{t.Label, listPath("/offers", "status", t.Path), t.Path == chosen})
	}
	list, err := s.Orders.ListOffers(ctx, q)
	if err != nil {
		return err
	}
	for _, o := range list.Items {
		page.Offers = append(page.Offers, viewOffer(ctx, o, ""))
	}
	page.First, page.Next = pageLinks("/offers", url.Values{"status": {chosen}}, q.Cursor, list.NextCursor)
	return s.show(c, http.StatusOK, "offer/list", view{Title: "Offers", Data: page})
}

// offerPage is one offer with what led to it.
type offerPage struct {
	Missing missing
	Offer   offerView
	Person  user.Profile // the other side
	Earlier []offerView  // that it answers, the last first
	Notice  string       // why what was tried is not possible
}

// ShowOffer shows an offer, what has become of its milestones, and the offers that it answers.
func (s *Site) ShowOffer(c echo.Context) error {
	return s.showOffer(c, http.StatusOK, form{}, "")
}

func (s *Site) showOffer(c echo.Context, status int, f form, notice string) error {
	ctx := c.Request().Context()
	o, err := s.Orders.GetOffer(ctx, order.GetOfferRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	page := offerPage{Offer: viewOffer(ctx, o, ""), Notice: notice}
	page.Offer.Full, page.Offer.Form = true, f
	if len(o.Allowed) > 0 { // it is said where the buttons are
		page.Notice, page.Offer.Refusal = "", notice
	}
	for i := len(o.History) - 1; i >= 0; i-- {
		page.Earlier = append(page.Earlier, viewOffer(ctx, o.History[i], ""))
	}
	page.Person = user.Profile{ID: o.SellerID, Username: page.Offer.Other, DisplayName: page.Offer.Other}
	if page.Offer.Role == "seller" {
		page.Person.ID = o.BuyerID
	}
	g := s.gather(ctx)
	g.want(partProfile, func(ctx context.Context) error {
		list, err := s.Users.List(ctx, user.ListRequest{IDs: []string{page.Person.ID}})
		if len(list.Items) > 0 {
			page.Person = list.Items[0]
		}
		return err
	})
	if page.Missing, err = g.wait(); err != nil {
		return err
	}
	return s.show(c, status, "offer/show", view{Title: "Offer: " + o.GigTitle, Missing: page.Missing, Data: page})
}

// ShowOfferCard shows an offer as it is now, as a piece of a page: the script puts it in the place of an older one.
func (s *Site) ShowOfferCard(c echo.Context) error {
	ctx := c.Request().Context()
	o, err := s.Orders.GetOffer(ctx, order.GetOfferRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	return s.showPart(c, "offer/show", "offer-card", viewOffer(ctx, o, localPath(c.QueryParam("back"), "")))
}

// AcceptOffer agrees to what the other side offers.
func (s *Site) AcceptOffer(c echo.Context) error {
	return s.answerOffer(c, "Accepted. What is paid comes next.", s.Services.AcceptOffer)
}

// DeclineOffer refuses it.
func (s *Site) DeclineOffer(c echo.Context) error {
	return s.answerOffer(c, "Declined.", s.Orders.DeclineOffer)
}

// WithdrawOffer takes an own offer back, or ends an accepted one.
func (s *Site) WithdrawOffer(c echo.Context) error {
	return s.answerOffer(c, "Taken back. Nothing more can be ordered with it.", s.Orders.WithdrawOffer)
}

// answerOffer sends an answer and leads back to where it was given. Refused, the offer is shown as it is now.
func (s *Site) answerOffer(c echo.Context, done string, answer func(context.Context, order.AnswerOfferRequest) (order.Offer, error)) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	_, err = answer(c.Request().Context(), order.AnswerOfferRequest{RequestID: values.Get("request_id"), OfferID: c.Param("id"), Note: values.Get("note")})
	if f, ok := rejected(values, err, nil); ok {
		return s.showOffer(c, http.StatusUnprocessableEntity, f, "")
	}
	if fault.Is(err, fault.Conflict) {
		return s.showOffer(c, http.StatusConflict, form{}, fault.Of(err).Message)
	}
	if err != nil {
		return err
	}
	return s.done(c, localPath(values.Get("back"), offerPath(c.Param("id"))), done)
}
