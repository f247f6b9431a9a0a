package site

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// editorPage is the form of a gig.
type editorPage struct {
	Gig        *gig.Gig // nil: a new one
	Form       form
	Upload     form // of the pictures, which have a form of their own
	Categories []optionGroup
	Packages   []packageColumn
	Extras     []extraRow
	Questions  []questionRow
	FAQ        []faqRow
	Kinds      []option
	Revisions  []option
	Symbol     string
	Currency   string
	Gets       map[string]*order.TakeHome // what the seller gets of the typed prices, by the input
	Room       int                        // for more pictures
	Preview    gig.Gig                    // how buyers will see what is in the form
}

// optionGroup is a top-level category with the choices below it.
type optionGroup struct {
	Label   string
	Options []option
}

// packageColumn is a package's part of the form; its inputs are named basic.price and so on.
type packageColumn struct {
	Name     string
	Required bool
}

// questionRow are the names of the inputs of one question.
type questionRow struct{ Question, Type, Choices, Required string }

// faqRow are the names of the inputs of one question that the seller answers.
type faqRow struct{ Question, Answer string }

// extraRow are the names of the inputs of one extra.
type extraRow struct{ Title, Price, Days, Revisions string }

const (
	mostPictures  = 6
	mostExtras    = 10
	mostQuestions = 10
	mostFAQ       = 10
	spareRows     = 2 // empty questions to fill in
)

// ShowNewGig shows the empty form; who is no seller yet becomes one first.
func (s *Site) ShowNewGig(c echo.Context) error {
	ctx := c.Request().Context()
	profile, err := s.Users.Get(ctx, user.GetRequest{ID: identity.From(ctx).UserID})
	if err != nil {
		return err
	}
	if profile.Seller == nil {
		s.say(c, "info", "First tell buyers who you are. Then write your gig.")
		return c.Redirect(http.StatusSeeOther, "/settings/seller")
	}
	return s.showEditor(c, http.StatusOK, editorPage{Form: form{Values: url.Values{}}})
}

// CreateGig keeps a draft.
func (s *Site) CreateGig(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	typed := readGig(values, s.currency())
	if values.Get("then") == "preview" {
		return s.showEditor(c, http.StatusOK, editorPage{Form: form{Values: values}})
	}
	made, err := s.Gigs.Create(c.Request().Context(), typed.CreateRequest)
	if f, ok := rejected(values, err, typed.input); ok {
		return s.showEditor(c, http.StatusUnprocessableEntity, editorPage{Form: f})
	}
	if err != nil {
		return err
	}
	return s.done(c, editPath(made.ID)+"#pictures", "Your draft is saved. Add a picture, then publish it.")
}

func editPath(id string) string { return "/gigs/" + url.PathEscape(id) + "/edit" }

// ShowEditGig shows the form of the acting seller's gig.
func (s *Site) ShowEditGig(c echo.Context) error {
	mine, err := s.myGig(c)
	if err != nil {
		return err
	}
	return s.showEditor(c, http.StatusOK, editorPage{Gig: &mine, Form: gigForm(mine)})
}

// myGig returns the gig of the address if it is the acting user's. Another's is not found, though it may be public.
func (s *Site) myGig(c echo.Context) (gig.Gig, error) {
	ctx := c.Request().Context()
	found, err := s.Gigs.Get(ctx, gig.GetRequest{ID: gigID(c)})
	if err == nil && found.SellerID != identity.From(ctx).UserID {
		err = fault.NotFoundf("You have no such gig.")
	}
	return found, err
}

// EditGig saves the form; the button "save and publish" publishes too.
func (s *Site) EditGig(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	mine, err := s.myGig(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	typed := readGig(values, s.currency())
	if values.Get("then") == "preview" {
		return s.showEditor(c, http.StatusOK, editorPage{Gig: &mine, Form: form{Values: values}})
	}
	saved, err := s.Gigs.Update(ctx, typed.update(mine.ID))
	if err == nil && values.Get("then") == "publish" {
		saved, err = s.Gigs.Publish(ctx, gig.PublishRequest{ID: mine.ID})
	}
	if f, ok := rejected(values, err, typed.input); ok {
		return s.showEditor(c, http.StatusUnprocessableEntity, editorPage{Gig: &mine, Form: f})
	}
	if err != nil {
		return err
	}
	if values.Get("then") == "publish" {
		return s.done(c, gigPath(saved.ID, saved.Slug), "Your gig is live. This is how buyers see it.")
	}
	return s.done(c, editPath(saved.ID), "Saved.")
}

func (s *Site) showEditor(c echo.Context, status int, page editorPage) error {
	if err := s.fillEditor(c.Request().Context(), &page); err != nil {
		return err
	}
	heading := "New gig"
	if page.Gig != nil {
		heading = "Edit your gig"
	}
	return s.show(c, status, "seller/edit", view{Title: heading, Data: page})
}

func (s *Site) fillEditor(ctx context.Context, page *editorPage) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		shelves, err := s.shelves(ctx)
		page.Categories = categoryGroups(shelves, page.Form.Value("category"))
		return err
	})
	g.Go(func() error {
		typed := map[string]string{}
		for name := range page.Form.Values {
			if strings.HasSuffix(name, ".price") {
				typed[name] = page.Form.Value(name)
			}
		}
		var err error
		page.Gets, err = s.takeHomes(ctx, page.Form.Value("category"), typed)
		return err
	})
	page.Currency, page.Symbol, page.Kinds, page.Revisions = s.currency(), s.currencySymbol(), questionKinds(), revisionOptions()
	for i, name := range gig.PackageNames() {
		page.Packages = append(page.Packages, packageColumn{Name: name, Required: i == 0})
	}
	for i := range min(mostExtras, filledRows(page.Form.Values, "extras.%d.title", "extras.%d.price")+spareRows) {
		row := fmt.Sprintf("extras.%d.", i)
		page.Extras = append(page.Extras, extraRow{row + "title", row + "price", row + "days", row + "revisions"})
	}
	rows := min(mostQuestions, filledRows(page.Form.Values, "requirements.%d.question")+spareRows)
	for i := range rows {
		row := fmt.Sprintf("requirements.%d.", i)
		page.Questions = append(page.Questions, questionRow{row + "question", row + "type", row + "choices", row + "required"})
	}
	for i := range min(mostFAQ, filledRows(page.Form.Values, "faq.%d.question", "faq.%d.answer")+spareRows) {
		row := fmt.Sprintf("faq.%d.", i)
		page.FAQ = append(page.FAQ, faqRow{row + "question", row + "answer"})
	}
	if page.Gig != nil {
		page.Room = mostPictures - len(page.Gig.Pictures)
	}
	if err := g.Wait(); err != nil {
		return err
	}
	page.Preview = previewOf(ctx, page.Form.Values, page.Gig, page.Currency)
	return nil
}

// filledRows is how many numbered rows there are up to the last one in which something is written.
func filledRows(values url.Values, formats ...string) (n int) {
	for i := range countRows(values, formats[0]) {
		for _, format := range formats {
			if strings.TrimSpace(values.Get(fmt.Sprintf(format, i))) != "" {
				n = i + 1
			}
		}
	}
	return n
}

func categoryGroups(shelves []shelf, chosen string) []optionGroup {
	var groups []optionGroup
	for _, shelf := range shelves {
		group := optionGroup{Label: shelf.Name}
		for _, below := range shelf.Below {
			group.Options = append(group.Options, option{Value: below.Slug, Label: below.Name, Selected: below.Slug == chosen})
		}
		if len(shelf.Below) == 0 {
			group.Options = []option{{Value: shelf.Slug, Label: shelf.Name, Selected: shelf.Slug == chosen}}
		} else if shelf.Slug == chosen {
			group.Options = append(group.Options, option{Value: shelf.Slug, Label: shelf.Name + " (general)", Selected: true})
		}
		groups = append(groups, group)
	}
	return groups
}

func questionKinds() []option {
	return []option{{Value: "text", Label: "Free text"}, {Value: "choice", Label: "One of several"}, {Value: "file", Label: "A file"}}
}

// revisionOptions are all numbers that are allowed.
func revisionOptions() []option {
	options := make([]option, 0, 22)
	for n := range 21 {
		options = append(options, option{Value: strconv.Itoa(n), Label: strconv.Itoa(n)})
	}
	return append(options, option{Value: strconv.Itoa(gig.Unlimited), Label: "Unlimited"})
}

// PublishGig shows the gig to everybody.
func (s *Site) PublishGig(c echo.Context) error {
	mine, err := s.Gigs.Publish(c.Request().Context(), gig.PublishRequest{ID: gigID(c)})
	if fault.Is(err, fault.Invalid) {
		s.say(c, "warning", explain(err))
		return c.Redirect(http.StatusSeeOther, editPath(gigID(c)))
	}
	if err != nil {
		return err
	}
	return s.done(c, "/seller/gigs", "“"+mine.Title+"” is live.")
}

// PauseGig takes the gig out of sight.
func (s *Site) PauseGig(c echo.Context) error {
	mine, err := s.Gigs.Pause(c.Request().Context(), gig.PauseRequest{ID: gigID(c)})
	if err != nil {
		return err
	}
	return s.done(c, "/seller/gigs", "“"+mine.Title+"” is paused. Nobody can order it until you publish it again.")
}

// ShowDeleteGig asks once more, because deleting cannot be undone.
func (s *Site) ShowDeleteGig(c echo.Context) error {
	mine, err := s.myGig(c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, "seller/delete", view{Title: "Delete this gig?", Data: mine})
}

// DeleteGig removes the gig from everybody's sight.
func (s *Site) DeleteGig(c echo.Context) error {
	gone, err := s.Gigs.Delete(c.Request().Context(), gig.DeleteRequest{ID: gigID(c)})
	if err != nil {
		return err
	}
	return s.done(c, "/seller/gigs", "“"+gone.Title+"” is deleted. Its orders go on as agreed.")
}

// explain is what a fault says, with its fields, as one line.
func explain(err error) string {
	problem := fault.Of(err)
	if len(problem.Fields) == 0 {
		return problem.Message
	}
	messages := make([]string, len(problem.Fields))
	for i, field := range problem.Fields {
		messages[i] = field.Message
	}
	return strings.Join(messages, " ")
}
