package site

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// offerFormPage is the form of an offer: the first one of a seller in a conversation, or the answer to one.
type offerFormPage struct {
	Form      form
	Action    string // where it is sent
	Back      string
	Other     string     // user name of who gets it
	Role      string     // of who writes: buyer, seller
	Answers   *offerView // nil: it begins the bargaining
	Gigs      []option   // to choose from, of a first one
	Category  string     // of the gig, for the fees
	Rows      []milestoneRow
	Prices    string // the inputs with prices, for the sum
	More      bool   // another milestone may be added
	Revisions []option
	Ends      []option
	Symbol    string
	Gets      map[string]*order.TakeHome // by the input; of all of them together by the empty name
}

// milestoneRow are the names of the inputs of a milestone.
type milestoneRow struct {
	Number                       int
	Index                        string
	Title, Price, Days, Revision string
	PriceID                      string
}

const (
	mostMilestones = 10
	milestoneTitle = "milestones.%d.title"
)

// milestoneInputs are the parts of a milestone in the form.
func milestoneInputs() []string { return []string{"title", "price", "delivery_days", "revisions"} }

func milestoneInput(row int, part string) string { return fmt.Sprintf("milestones.%d.%s", row, part) }

// ShowNewOffer shows the form of an offer to the other side of a conversation.
func (s *Site) ShowNewOffer(c echo.Context) error {
	return s.showNewOffer(c, http.StatusOK, emptyOffer())
}

// emptyOffer is a form with one milestone and the usual time to answer.
func emptyOffer() form {
	f := filled("expires_in", "7")
	addMilestone(f.Values)
	return f
}

func (s *Site) showNewOffer(c echo.Context, status int, f form) error {
	ctx := c.Request().Context()
	conversation, err := s.Chats.Get(ctx, chat.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	mine, err := s.Gigs.Mine(ctx, gig.MineRequest{Status: gig.StatusActive, Limit: 100})
	if err != nil {
		return err
	}
	page := offerFormPage{Form: f, Back: conversationPath(conversation.ID), Other: conversation.With.Username, Role: "seller"}
	page.Action = page.Back + "/offer"
	if !f.Values.Has("gig_id") {
		f.Values.Set("gig_id", conversation.GigID)
	}
	if !slices.ContainsFunc(mine.Items, func(g gig.Gig) bool { return g.ID == f.Value("gig_id") }) && len(mine.Items) > 0 {
		f.Values.Set("gig_id", mine.Items[0].ID)
	}
	for _, g := range mine.Items {
		page.Gigs = append(page.Gigs, option{Value: g.ID, Label: g.Title})
		if g.ID == f.Value("gig_id") {
			page.Category = g.Category
		}
	}
	return s.showOfferForm(c, status, page, "Make an offer")
}

// SendOffer offers what the form says, or changes its rows.
func (s *Site) SendOffer(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	if reshape(values) {
		return s.showNewOffer(c, http.StatusOK, form{Values: values})
	}
	made, err := s.Services.SendOffer(c.Request().Context(), c.Param("id"),
		order.SendOfferRequest{RequestID: values.Get("request_id"), GigID: values.Get("gig_id"), OfferTerms: s.readTerms(values)})
	if err == nil {
		return s.done(c, offerPath(made.ID), "Your offer is sent.")
	}
	return s.refusedOffer(c, values, err, s.showNewOffer)
}

// ShowCounterOffer shows the form filled with the offer that it answers.
func (s *Site) ShowCounterOffer(c echo.Context) error {
	return s.showCounterOffer(c, http.StatusOK, form{})
}

func (s *Site) showCounterOffer(c echo.Context, status int, f form) error {
	ctx := c.Request().Context()
	o, err := s.Orders.GetOffer(ctx, order.GetOfferRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	answered := viewOffer(ctx, o, "")
	if !answered.May[order.OfferCounter] {
		return c.Redirect(http.StatusSeeOther, offerPath(o.ID))
	}
	if f.Values == nil {
		f = termsForm(o)
	}
	page := offerFormPage{Form: f, Action: offerPath(o.ID) + "/counter", Back: offerPath(o.ID), Other: answered.Other, Role: answered.Role, Answers: &answered}
	found, err := s.Gigs.List(ctx, gig.ListRequest{IDs: []string{o.GigID}})
	if err != nil && !isOurs(err) {
		return err
	}
	for _, g := range found.Items {
		page.Category = g.Category
	}
	return s.showOfferForm(c, status, page, "Answer with an offer")
}

// CounterOffer answers an offer with what the form says, or changes its rows.
func (s *Site) CounterOffer(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	if reshape(values) {
		return s.showCounterOffer(c, http.StatusOK, form{Values: values})
	}
	made, err := s.Services.CounterOffer(c.Request().Context(),
		order.CounterOfferRequest{RequestID: values.Get("request_id"), OfferID: c.Param("id"), OfferTerms: s.readTerms(values)})
	if err == nil {
		return s.done(c, offerPath(made.ID), "Your offer is sent.")
	}
	if fault.Is(err, fault.Conflict) { // it was answered or withdrawn meanwhile
		return s.showOffer(c, http.StatusConflict, form{}, fault.Of(err).Message)
	}
	return s.refusedOffer(c, values, err, s.showCounterOffer)
}

// refusedOffer shows the form again with all that was typed and what is wrong with it.
func (s *Site) refusedOffer(c echo.Context, values url.Values, err error, show func(echo.Context, int, form) error) error {
	rename := func(field string) string {
		if field == "text" { // as the chat calls what it looks through
			return "description"
		}
		return field
	}
	if f, ok := rejected(values, err, rename); ok {
		return show(c, http.StatusUnprocessableEntity, f)
	}
	if status, ok := oneOf(err, fault.Conflict, fault.TooMany, fault.Forbidden); ok {
		return show(c, status, form{Values: values, Message: fault.Of(err).Message})
	}
	return err
}

func (s *Site) showOfferForm(c echo.Context, status int, page offerFormPage, heading string) error {
	values, typed, ids := page.Form.Values, map[string]string{}, []string{}
	rows := min(countRows(values, milestoneTitle), mostMilestones)
	for i := range rows {
		row := milestoneRow{i + 1, strconv.Itoa(i), milestoneInput(i, "title"), milestoneInput(i, "price"), milestoneInput(i, "delivery_days"), milestoneInput(i, "revisions"),
			fmt.Sprintf("f-milestones-%d-price", i)}
		page.Rows, ids = append(page.Rows, row), append(ids, row.PriceID)
		typed[row.Price] = values.Get(row.Price)
	}
	page.Prices, page.More = strings.Join(ids, " "), rows < mostMilestones
	page.Revisions, page.Ends, page.Symbol = revisionOptions(), offerEnds(), s.currencySymbol()
	var err error
	if page.Gets, err = s.takeHomes(c.Request().Context(), page.Category, typed); err != nil {
		return err
	}
	return s.show(c, status, "offer/edit", view{Title: heading, Data: page})
}

// offerEnds are how long an offer can be answered.
func offerEnds() []option {
	return []option{{Value: "1", Label: "1 day"}, {Value: "3", Label: "3 days"}, {Value: "7", Label: "7 days"}, {Value: "14", Label: "14 days"}, {Value: "30", Label: "30 days"}}
}

// termsForm fills the form with an offer.
func termsForm(o order.Offer) form {
	f := filled("description", o.Description, "expires_in", "7")
	for i, m := range o.Milestones {
		for part, value := range map[string]string{"title": m.Title, "price": m.Price.Decimal(), "delivery_days": strconv.Itoa(m.DeliveryDays), "revisions": strconv.Itoa(m.Revisions)} {
			f.Values.Set(milestoneInput(i, part), value)
		}
	}
	return f
}

// readTerms takes an offer from the form. What is no number becomes one that the orders refuse on its field.
func (s *Site) readTerms(values url.Values) order.OfferTerms {
	terms := order.OfferTerms{Description: values.Get("description"), Milestones: []order.NewMilestone{}, Days: wholeNumber(values.Get("expires_in"))}
	for i := range min(countRows(values, milestoneTitle), mostMilestones+1) {
		terms.Milestones = append(terms.Milestones, order.NewMilestone{
			Title: values.Get(milestoneInput(i, "title")), Price: parsePrice(values.Get(milestoneInput(i, "price")), s.currency()).Minor,
			DeliveryDays: wholeNumber(values.Get(milestoneInput(i, "delivery_days"))), Revisions: wholeNumber(values.Get(milestoneInput(i, "revisions"))),
		})
	}
	return terms
}

// reshape does what the buttons of the rows say: it adds a milestone, or takes one away. It says whether one was pressed.
func reshape(values url.Values) bool {
	what, which, _ := strings.Cut(values.Get("then"), ".")
	switch what {
	case "add":
		addMilestone(values)
	case "remove":
		if row, err := strconv.Atoi(which); err == nil {
			removeMilestone(values, row)
		}
	default:
		return false
	}
	return true
}

// addMilestone adds an empty row, with as many days and revisions as the one above.
func addMilestone(values url.Values) {
	n := countRows(values, milestoneTitle)
	if n >= mostMilestones {
		return
	}
	for part, value := range map[string]string{"title": "", "price": "", "delivery_days": "7", "revisions": "1"} {
		if above := values.Get(milestoneInput(n-1, part)); above != "" && (part == "delivery_days" || part == "revisions") {
			value = above
		}
		values.Set(milestoneInput(n, part), value)
	}
}

// removeMilestone takes a row away, and moves those below it up. One always stays.
func removeMilestone(values url.Values, row int) {
	last := countRows(values, milestoneTitle) - 1
	if row < 0 || row > last || last == 0 {
		return
	}
	for _, part := range milestoneInputs() {
		for i := row; i < last; i++ {
			values.Set(milestoneInput(i, part), values.Get(milestoneInput(i+1, part)))
		}
		values.Del(milestoneInput(last, part))
	}
}
