package site

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/platform/config"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// policiesPage is what operators can change of fees, times and limits, and who has.
type policiesPage struct {
	Form     form
	Version  int
	Groups   []policyGroup
	Special  []specialRow
	Changes  []changeLine // that would be made
	Examples []order.FeeExample
	History  []policyVersion
	First    string
	Next     string
}

// policyGroup are the settings under one heading.
type policyGroup struct {
	Label string
	Items []policyInput
}

// policyInput is one setting as it is typed: a percentage, an amount, 14d or a number.
type policyInput struct{ Name, Label, Help, Suffix, Mode string }

// specialRow names the inputs of the fees of one category or seller.
type specialRow struct {
	Category, Seller                                    string
	BuyerShare, BuyerFlat, BuyerMinimum, BuyerBelow     string
	SellerShare, SellerFlat, SellerMinimum, SellerBelow string
}

// changeLine is one change for people.
type changeLine struct{ Label, From, To string }

type policyVersion struct {
	order.SettingsVersion
	Lines   []changeLine
	Current bool
}

// emptySpecial is how many empty rows there are for fees of categories and sellers.
const emptySpecial = 2

// ShowPolicies shows what is in force and the last changes (row Z29).
func (s *Site) ShowPolicies(c echo.Context) error {
	now, err := s.Orders.Settings(c.Request().Context(), order.SettingsRequest{})
	if err != nil {
		return err
	}
	return s.showPolicies(c, http.StatusOK, now, s.policyForm(now))
}

func (s *Site) showPolicies(c echo.Context, status int, now order.Settings, f form) error {
	before, _ := strconv.Atoi(c.QueryParam("before"))
	history, err := s.Orders.ListSettings(c.Request().Context(), order.ListSettingsRequest{Before: max(before, 0)})
	if err != nil {
		return err
	}
	page := policiesPage{Form: f, Version: now.Version, Changes: s.changeLines(now.Changes), Groups: s.policyGroups(now.Items)}
	if len(now.Changes) > 0 {
		page.Examples = now.Example
	}
	for i := range countRows(f.Values, "special.%d.category") {
		row := fmt.Sprintf("special.%d.", i)
		page.Special = append(page.Special, specialRow{row + "category", row + "seller", row + "buyer_share", row + "buyer_flat", row + "buyer_minimum", row + "buyer_below",
			row + "seller_share", row + "seller_flat", row + "seller_minimum", row + "seller_below"})
	}
	for _, v := range history.Items {
		page.History = append(page.History, policyVersion{v, s.changeLines(v.Changes), v.Number == now.Version})
	}
	if before > 0 {
		page.First = "/operator/settings"
	}
	if history.More {
		page.Next = "/operator/settings?before=" + strconv.Itoa(history.Items[len(history.Items)-1].Number)
	}
	return s.show(c, status, "operator/settings", view{Title: "Fees, times and limits", Data: page})
}

// policyForm is what is in force, as one would type it.
func (s *Site) policyForm(now order.Settings) form {
	f := filled("version", strconv.Itoa(now.Version))
	for _, x := range now.Items {
		f.Values.Set(x.Name, s.settingText(x.Unit, x.Value))
	}
	for i := range len(now.Special) + emptySpecial {
		row := fmt.Sprintf("special.%d.", i)
		f.Values.Set(row+"category", "")
		if i >= len(now.Special) {
			continue
		}
		x := now.Special[i]
		f.Values.Set(row+"category", x.Category)
		f.Values.Set(row+"seller", x.Seller)
		for side, fee := range map[string]*order.Fee{"buyer": x.Buys, "seller": x.Sells} {
			if fee != nil {
				f.Values.Set(row+side+"_share", s.settingText("basis_points", int64(fee.BasisPoints)))
				f.Values.Set(row+side+"_flat", s.settingText("minor", fee.Flat))
				f.Values.Set(row+side+"_minimum", s.settingText("minor", fee.Minimum))
				f.Values.Set(row+side+"_below", s.settingText("minor", fee.FlatBelow))
			}
		}
	}
	return f
}

// settingText writes a value as it is typed.
func (s *Site) settingText(unit string, value int64) string {
	switch unit {
	case "basis_points":
		return money.Of(value, "USD").Decimal() // two places, as those of a percentage
	case "minor":
		return money.Of(value, s.currency()).Decimal()
	case "seconds":
		return showDuration(time.Duration(value) * time.Second)
	}
	return strconv.FormatInt(value, 10)
}

// showDuration writes 14d, 36h or 15m: what config.yaml understands.
func showDuration(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d != 0 && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	case d != 0 && d%time.Hour == 0:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	case d != 0 && d%time.Minute == 0:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return strconv.Itoa(int(d/time.Second)) + "s"
}

// settingValue reads what was typed; false if that is none.
func (s *Site) settingValue(unit, text string) (int64, bool) {
	text = strings.TrimSpace(text)
	switch unit {
	case "basis_points":
		share, err := money.Parse(strings.TrimSpace(strings.TrimSuffix(text, "%")), "USD")
		return share.Minor, err == nil
	case "minor":
		amount, err := money.Parse(text, s.currency())
		return amount.Minor, err == nil
	case "seconds":
		d, err := config.ParseDuration(text)
		return int64(d / time.Second), err == nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

func (s *Site) changeLines(changes []order.SettingChange) []changeLine {
	lines := make([]changeLine, len(changes))
	for i, x := range changes {
		lines[i] = changeLine{settingLabel(x.Name).label, x.Was, x.Is}
		if x.Unit != "" {
			lines[i].From, lines[i].To = s.settingShown(x.Unit, x.From), s.settingShown(x.Unit, x.To)
		}
	}
	return lines
}

func (s *Site) settingShown(unit string, value int64) string {
	text := s.settingText(unit, value)
	switch unit {
	case "basis_points":
		return text + "\u00a0%"
	case "minor":
		return text + "\u00a0" + s.currency()
	}
	return text
}

// ChangePolicies tries or makes a change.
func (s *Site) ChangePolicies(c echo.Context) error {
	ctx := c.Request().Context()
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	now, err := s.Orders.Settings(ctx, order.SettingsRequest{})
	if err != nil {
		return err
	}
	q, err := s.readPolicies(values, now.Items)
	if err == nil {
		var after order.Settings
		if after, err = s.Orders.ChangeSettings(ctx, q); err == nil {
			if q.DryRun {
				return s.showPolicies(c, http.StatusOK, after, form{Values: values})
			}
			return s.done(c, "/operator/settings", "The change is in force. Orders that were placed before keep their terms.")
		}
	}
	if f, ok := rejected(values, err, func(field string) string { return strings.TrimPrefix(field, "values.") }); ok {
		return s.showPolicies(c, http.StatusUnprocessableEntity, now, f)
	}
	if fault.Is(err, fault.Conflict) {
		return s.showPolicies(c, http.StatusConflict, now, form{Values: values, Message: fault.Of(err).Message})
	}
	return err
}

// readPolicies takes the values from the form. What is no number is told beside its input.
func (s *Site) readPolicies(values url.Values, items []order.Setting) (order.ChangeSettingsRequest, error) {
	q := order.ChangeSettingsRequest{Values: map[string]int64{}, Reason: values.Get("reason"), DryRun: values.Get("then") == "try"}
	q.Version, _ = strconv.Atoi(values.Get("version"))
	var c fault.Check
	for _, x := range items {
		if !values.Has(x.Name) {
			continue
		}
		value, ok := s.settingValue(x.Unit, values.Get(x.Name))
		c.That(ok, x.Name, "%s", settingForm(x.Unit))
		q.Values[x.Name] = value
	}
	special := []order.SpecialFee{}
	for i := range countRows(values, "special.%d.category") {
		row := fmt.Sprintf("special.%d.", i)
		x := order.SpecialFee{Category: strings.TrimSpace(values.Get(row + "category")), Seller: strings.TrimSpace(values.Get(row + "seller"))}
		if x.Category == "" && x.Seller == "" {
			continue
		}
		x.Buys, x.Sells = s.readFee(&c, values, row+"buyer"), s.readFee(&c, values, row+"seller")
		special = append(special, x)
	}
	q.Special = &special
	return q, c.Err()
}

func (s *Site) readFee(c *fault.Check, values url.Values, name string) *order.Fee {
	if strings.TrimSpace(values.Get(name+"_share")+values.Get(name+"_flat")+values.Get(name+"_minimum")) == "" {
		return nil
	}
	bips, ok := s.settingValue("basis_points", values.Get(name+"_share"))
	c.That(ok, name+"_share", "%s", settingForm("basis_points"))
	fee := order.Fee{BasisPoints: int(bips)}
	for part, into := range map[string]*int64{"_flat": &fee.Flat, "_minimum": &fee.Minimum, "_below": &fee.FlatBelow} {
		text := strings.TrimSpace(values.Get(name + part))
		if text == "" {
			continue
		}
		*into, ok = s.settingValue("minor", text)
		c.That(ok, name+part, "%s", settingForm("minor"))
	}
	return &fee
}

// RestorePolicies brings the values of an old version back.
func (s *Site) RestorePolicies(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := order.RestoreSettingsRequest{Reason: values.Get("reason")}
	q.Version, _ = strconv.Atoi(values.Get("version"))
	q.Number, _ = strconv.Atoi(c.Param("number"))
	_, err = s.Orders.RestoreSettings(c.Request().Context(), q)
	if problem := fault.Of(err); problem != nil && (problem.Code == fault.Invalid || problem.Code == fault.Conflict) {
		now, err := s.Orders.Settings(c.Request().Context(), order.SettingsRequest{})
		if err != nil {
			return err
		}
		f := s.policyForm(now)
		f.Message = problem.Message
		for _, field := range problem.Fields {
			f.Rest = append(f.Rest, field.Message)
		}
		return s.showPolicies(c, problem.Code.Status(), now, f)
	}
	if err != nil {
		return err
	}
	return s.done(c, "/operator/settings", "The values of that version are in force again.")
}
