package site

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
)

// ShowSimulator is the control page of the payment simulator (row Z8): everything that a provider can do, by a click.
func (s *Site) ShowSimulator(c echo.Context) error {
	page, err := s.Orders.Simulator(c.Request().Context(), order.SimulatorRequest{})
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, "dev/payments", view{Title: "Payment simulator", Data: page})
}

// Simulate does one of them.
func (s *Site) Simulate(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := order.SimulateRequest{Action: values.Get("action"), ID: values.Get("id"), Name: values.Get("name"), Value: values.Get("value")}
	if _, err := s.Orders.Simulate(c.Request().Context(), q); err != nil {
		return err
	}
	return s.done(c, "/dev/payments", "Done. What the marketplace makes of it follows by webhook.")
}

// ChallengePayment has the simulator's bank ask for the buyer.
func (s *Site) ChallengePayment(c echo.Context) error {
	ctx := c.Request().Context()
	if _, err := s.Orders.SimulatedPayment(ctx, order.SimulatedPaymentRequest{ID: c.Param("id")}); err != nil {
		return err
	}
	if _, err := s.Orders.Simulate(ctx, order.SimulateRequest{Action: "challenge", ID: c.Param("id")}); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/simulator/pay/"+url.PathEscape(c.Param("id")))
}

// ShowOnboarding is the simulator's form for who wants to be paid out.
func (s *Site) ShowOnboarding(c echo.Context) error {
	if _, err := s.Orders.Simulator(c.Request().Context(), order.SimulatorRequest{}); err != nil {
		return err
	}
	return s.showBare(c, http.StatusOK, "order/onboarding", view{Title: "Payment simulator", Data: c.Param("id")})
}

// DecideOnboarding says how that went.
func (s *Site) DecideOnboarding(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	_, err = s.Orders.Simulate(c.Request().Context(), order.SimulateRequest{Action: "account", ID: c.Param("id"), Value: strings.TrimSpace(values.Get("value"))})
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/earnings")
}
