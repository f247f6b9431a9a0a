package site

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// checkoutPage is what is about to be bought, and for how much.
type checkoutPage struct {
	Gig      gig.Gig
	Package  gig.Package
	Quantity int
	Counts   []option
	Extras   []chosenExtra
	Quote    order.Quote
	Percent  string // the buyer's fee
	Form     form
	Mine     bool         // nobody orders their own gig
	Stored   money.Amount // the buyer's credit
	Credit   bool         // it pays
}

// chosenExtra is an extra of the gig as a check box.
type chosenExtra struct {
	gig.Extra
	Chosen bool
}

// mostQuantity is how many of a package one order may have.
const mostQuantity = 20

// ShowCheckout shows the price that the server computes, before anything is bound.
func (s *Site) ShowCheckout(c echo.Context) error {
	quantity, err := strconv.Atoi(c.QueryParam("quantity"))
	if err != nil {
		quantity = 1
	}
	return s.showCheckout(c, http.StatusOK, c.QueryParams(), quantity, form{})
}

// showCheckout shows what the values choose: a package, a count, extras. What the gig does not offer is left out.
func (s *Site) showCheckout(c echo.Context, status int, values url.Values, quantity int, f form) error {
	ctx := c.Request().Context()
	offer, err := s.Gigs.Get(ctx, gig.GetRequest{ID: gigID(c)})
	if err != nil {
		return err
	}
	page := checkoutPage{Gig: offer, Quantity: max(1, min(quantity, mostQuantity)), Form: f}
	page.Mine = offer.SellerID == identity.From(ctx).UserID
	for i, p := range offer.Packages {
		if i == 0 || p.Name == values.Get("package") {
			page.Package = p
		}
	}
	q := order.QuoteRequest{GigID: offer.ID, Package: page.Package.Name, Quantity: page.Quantity}
	for _, x := range offer.Extras {
		chosen := slices.Contains(values["extra"], x.Title)
		page.Extras = append(page.Extras, chosenExtra{x, chosen})
		if chosen {
			q.Extras = append(q.Extras, x.Title)
		}
	}
	if page.Stored, err = s.credit(ctx); err != nil {
		return err
	}
	q.UseCredit = page.Stored.Minor > 0 && values.Get("credit") != ""
	page.Credit = q.UseCredit
	page.Quote, err = s.Orders.Quote(ctx, q)
	if err != nil {
		return err
	}
	page.Percent = percent(page.Quote.BuyerFeeBips)
	for n := 1; n <= mostQuantity; n++ {
		page.Counts = append(page.Counts, option{Value: strconv.Itoa(n), Label: strconv.Itoa(n), Selected: n == page.Quantity})
	}
	return s.show(c, status, "order/checkout", view{Title: "Checkout", Data: page})
}

// credit is what the person has of it; visitors have none.
func (s *Site) credit(ctx context.Context) (money.Amount, error) {
	if !identity.From(ctx).SignedIn() {
		return money.Amount{}, nil
	}
	balance, err := s.Orders.Balance(ctx, order.BalanceRequest{})
	return balance.Credit, err
}

// percent writes basis points: 550 is 5.5 %.
func percent(bips int) string {
	text := strconv.Itoa(bips/100) + "." + strconv.Itoa(bips/10%10) + strconv.Itoa(bips%10)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "\u00a0%"
}

// PlaceOrder orders at the server's price and goes to pay. The hidden key was made with the form, so that sending it
// twice, or again after the back button, is one order.
func (s *Site) PlaceOrder(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	quantity, err := strconv.Atoi(values.Get("quantity"))
	if err != nil {
		quantity = -1
	}
	placed, err := s.Orders.Place(c.Request().Context(), order.PlaceRequest{
		RequestID: values.Get("request_id"), GigID: gigID(c), Package: values.Get("package"), Quantity: quantity, Extras: values["extra"], Quote: values.Get("quote"),
		UseCredit: values.Get("credit") != "",
	})
	if f, ok := rejected(values, err, func(field string) string { return "order." + field }); ok { // no input can be corrected
		return s.showCheckout(c, http.StatusUnprocessableEntity, values, quantity, f)
	}
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.TooMany) {
		return s.showCheckout(c, fault.Of(err).Code.Status(), values, quantity, form{Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, s.payPath(placed.Order))
}

// payPath is where the order is paid: the provider's page, or the order's own when there is nothing to pay.
func (s *Site) payPath(o order.Order) string {
	if o.Payment == nil || o.Payment.CheckoutURL == "" {
		return orderPath(o.ID)
	}
	return s.ownPath(o.Payment.CheckoutURL)
}

// billPath is where a payment beside the order's own is made; empty when there is nothing to pay.
func (s *Site) billPath(p *order.Payment) string {
	if p == nil || p.CheckoutURL == "" {
		return ""
	}
	return s.ownPath(p.CheckoutURL)
}

// ownPath makes an address of this site a path, so that the form may lead there under whatever name the browser knows
// the site (the policy's form-action covers redirects).
func (s *Site) ownPath(address string) string {
	if path, ok := strings.CutPrefix(address, s.Config.PublicURL); ok && strings.HasPrefix(path, "/") {
		return path
	}
	return address
}

func orderPath(id string) string { return "/orders/" + url.PathEscape(id) }

// ShowPayment is the simulator's pay page.
func (s *Site) ShowPayment(c echo.Context) error {
	payment, err := s.Orders.SimulatedPayment(c.Request().Context(), order.SimulatedPaymentRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	payment.ReturnURL = s.returnPath(payment)
	return s.showBare(c, http.StatusOK, "order/pay", view{Title: "Payment simulator", Data: payment})
}

// SucceedPayment has the simulator take the money.
func (s *Site) SucceedPayment(c echo.Context) error { return s.decidePayment(c, true) }

// DeclinePayment has the simulator refuse the card.
func (s *Site) DeclinePayment(c echo.Context) error { return s.decidePayment(c, false) }

func (s *Site) decidePayment(c echo.Context, succeed bool) error {
	q := order.DecideSimulatedPaymentRequest{ID: c.Param("id"), Succeed: succeed}
	payment, err := s.Orders.DecideSimulatedPayment(c.Request().Context(), q)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, s.returnPath(payment))
}

// returnPath is the order's page, which is told that its payment is on the way.
func (s *Site) returnPath(payment order.SimulatedPayment) string {
	path := s.ownPath(payment.ReturnURL)
	if path == "" {
		path = orderPath(payment.OrderID)
	}
	if payment.Status == "pending" || strings.Contains(path, "?") {
		return path
	}
	return path + "?payment=" + url.QueryEscape(payment.Status)
}
