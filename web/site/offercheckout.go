package site

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// offerCheckoutPage is a milestone that is about to be ordered, and for how much.
type offerCheckoutPage struct {
	Offer   offerView
	Part    milestoneView
	Quote   order.Quote
	Percent string // the buyer's fee
	Form    form
	Stored  money.Amount // the buyer's credit
	Credit  bool         // it pays
}

// ShowOfferCheckout shows the price of a milestone that the server computes, before anything is bound.
func (s *Site) ShowOfferCheckout(c echo.Context) error {
	return s.showOfferCheckout(c, http.StatusOK, c.QueryParams(), form{})
}

// showOfferCheckout shows the milestone that the values name. One that cannot be ordered now is shown where it says why.
func (s *Site) showOfferCheckout(c echo.Context, status int, values url.Values, f form) error {
	ctx := c.Request().Context()
	o, err := s.Orders.GetOffer(ctx, order.GetOfferRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	page := offerCheckoutPage{Offer: viewOffer(ctx, o, ""), Form: f}
	for _, part := range page.Offer.Parts {
		if strconv.Itoa(part.Number) == values.Get("milestone") || values.Get("milestone") == "" && part.Payable {
			page.Part = part
		}
	}
	if !page.Part.Payable && f.Message != "" {
		return s.showOffer(c, status, form{}, f.Message)
	}
	if !page.Part.Payable {
		return c.Redirect(http.StatusSeeOther, offerPath(o.ID))
	}
	if page.Stored, err = s.credit(ctx); err != nil {
		return err
	}
	page.Credit = page.Stored.Minor > 0 && values.Get("credit") != ""
	page.Quote, err = s.Orders.Quote(ctx, order.QuoteRequest{OfferID: o.ID, Milestone: page.Part.Number, UseCredit: page.Credit})
	if err != nil {
		return err
	}
	page.Percent = percent(page.Quote.BuyerFeeBips)
	return s.show(c, status, "offer/checkout", view{Title: "Checkout", Data: page})
}

// OrderMilestone orders a milestone at the server's price and goes to pay: of an open offer the first one, which accepts it.
func (s *Site) OrderMilestone(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	placed, err := s.Place(c.Request().Context(), order.PlaceRequest{
		RequestID: values.Get("request_id"), OfferID: c.Param("id"), Milestone: wholeNumber(values.Get("milestone")), Quote: values.Get("quote"),
		UseCredit: values.Get("credit") != "",
	})
	if f, ok := rejected(values, err, func(field string) string { return "order." + field }); ok { // no input can be corrected
		return s.showOfferCheckout(c, http.StatusUnprocessableEntity, values, f)
	}
	if status, ok := oneOf(err, fault.Conflict, fault.TooMany); ok {
		return s.showOfferCheckout(c, status, values, form{Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, s.payPath(placed.Order))
}
