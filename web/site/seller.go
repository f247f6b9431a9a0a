package site

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/modules/user"
	"marketplace/platform/identity"
)

// sellerPage is the form of the seller's part of a profile.
type sellerPage struct {
	settingsPage
	Languages []languageRow
	Levels    []option
}

// languageRow are the names of the two inputs of one language.
type languageRow struct{ Name, Level string }

// languageRows is how many languages the form takes.
const languageRows = 4

// ShowSell says what selling is like, to who does not sell yet.
func (s *Site) ShowSell(c echo.Context) error {
	return s.show(c, http.StatusOK, "seller/sell", view{
		Title: "Start selling", Canonical: "/sell",
		Description: "Turn what you are good at into packages with a price. You decide what, when and for how much.",
	})
}

// ShowSeller shows the seller's part of the profile. Who does not sell yet goes on where they were on the way to it.
func (s *Site) ShowSeller(c echo.Context) error {
	profile, err := s.myProfile(c)
	if err != nil {
		return err
	}
	if profile.Seller == nil {
		draft, err := s.Users.SellerDraft(c.Request().Context(), user.SellerDraftRequest{})
		if err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, becomePath+strconv.Itoa(reached(draft)))
	}
	f := sellerForm(profile.Seller.Headline, profile.Seller.Description, profile.Country, profile.Seller.Skills, profile.Seller.Languages)
	return s.showSeller(c, http.StatusOK, f, profile)
}

// sellerForm fills the form of the seller's part of a profile.
func sellerForm(headline, description, country string, skills []string, languages []user.Language) form {
	f := filled("headline", headline, "description", description, "country", country, "skills", strings.Join(skills, ", "))
	for i, language := range languages {
		f.Values.Set(fmt.Sprintf("languages.%d.name", i), language.Name)
		f.Values.Set(fmt.Sprintf("languages.%d.level", i), language.Level)
	}
	return f
}

func (s *Site) showSeller(c echo.Context, status int, f form, profile user.Profile) error {
	page := sellerPage{settingsPage: settingsPage{Tab: "seller", Form: f, Profile: profile, Countries: countryOptions()}}
	page.Languages, page.Levels = languageInputs(f.Values)
	return s.show(c, status, "seller/profile", view{Title: "Seller profile", Data: page})
}

// languageInputs are the rows for languages, and how well each can be spoken.
func languageInputs(values url.Values) (rows []languageRow, levels []option) {
	for i := range max(languageRows, countRows(values, "languages.%d.name")) {
		rows = append(rows, languageRow{fmt.Sprintf("languages.%d.name", i), fmt.Sprintf("languages.%d.level", i)})
	}
	for _, level := range user.Levels() {
		levels = append(levels, option{Value: level, Label: title(level)})
	}
	return rows, levels
}

// countRows is how many numbered inputs there are values for.
func countRows(values url.Values, format string) int {
	n := 0
	for values.Has(fmt.Sprintf(format, n)) {
		n++
	}
	return n
}

// ChangeSeller makes the person a seller, or changes the seller's part.
func (s *Site) ChangeSeller(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	before, err := s.myProfile(c)
	if err != nil {
		return err
	}
	q, rows := readSeller(values)
	_, err = s.Users.SetSeller(c.Request().Context(), q)
	if f, ok := rejected(values, err, sellerInput(rows)); ok {
		return s.showSeller(c, http.StatusUnprocessableEntity, f, before)
	}
	if err != nil {
		return err
	}
	if before.Seller == nil {
		return s.done(c, "/gigs/new", "You are a seller now. Write your first gig.")
	}
	return s.done(c, "/settings/seller", "Your seller profile is saved.")
}

// readSeller takes the seller's part of a profile from its form, with the row that each language was typed in.
func readSeller(values url.Values) (q user.SetSellerRequest, rows []int) {
	q = user.SetSellerRequest{
		Headline: values.Get("headline"), Description: values.Get("description"), Country: values.Get("country"),
		Skills: split(values.Get("skills"), ","), Languages: []user.Language{},
	}
	for i := range min(countRows(values, "languages.%d.name"), 10) {
		if name := strings.TrimSpace(values.Get(fmt.Sprintf("languages.%d.name", i))); name != "" {
			q.Languages = append(q.Languages, user.Language{Name: name, Level: values.Get(fmt.Sprintf("languages.%d.level", i))})
			rows = append(rows, i)
		}
	}
	return q, rows
}

// sellerInput is the input of a field that SetSeller refuses: skills are one input, and empty language rows were left out.
func sellerInput(rows []int) func(string) string {
	return func(field string) string {
		var i int
		var part string
		switch {
		case strings.HasPrefix(field, "skills"):
			return "skills"
		case field == "languages":
			return "languages.0.name"
		}
		if n, _ := fmt.Sscanf(strings.ReplaceAll(field, ".", " "), "languages %d %s", &i, &part); n == 2 && i < len(rows) {
			return fmt.Sprintf("languages.%d.%s", rows[i], part)
		}
		return field
	}
}

// myGigsPage is the seller's own list.
type myGigsPage struct {
	Gigs   []gig.Gig
	Status gig.Status
	Tabs   []tab
	First  string
	Next   string
	Seller bool
}

// tab is one choice of a list's filter.
type tab struct {
	Label   string
	Path    string
	Current bool
}

// ListMyGigs shows the seller's gigs of every status.
func (s *Site) ListMyGigs(c echo.Context) error {
	ctx := c.Request().Context()
	page := myGigsPage{Status: gig.Status(c.QueryParam("status"))}
	g := s.gather(ctx)
	var list gig.List
	g.need(func(ctx context.Context) (err error) {
		list, err = s.Gigs.Mine(ctx, gig.MineRequest{Status: page.Status, Limit: gigsOfSeller, Cursor: c.QueryParam("cursor")})
		return err
	})
	page.Seller = true // unless the profile says otherwise
	g.want(partYou, func(ctx context.Context) error {
		profile, err := s.Users.Get(ctx, user.GetRequest{ID: identity.From(ctx).UserID})
		page.Seller = err != nil || profile.Seller != nil
		return err
	})
	without, err := g.wait()
	if err != nil {
		return err
	}
	page.Gigs = list.Items
	for _, t := range []struct{ label, status string }{{"All", ""}, {"Active", "active"}, {"Drafts", "draft"}, {"Paused", "paused"}} {
		page.Tabs = append(page.Tabs, tab{t.label, listPath("/seller/gigs", "status", t.status), string(page.Status) == t.status})
	}
	page.First, page.Next = pageLinks("/seller/gigs", url.Values{"status": {string(page.Status)}}, c.QueryParam("cursor"), list.NextCursor)
	return s.show(c, http.StatusOK, "seller/gigs", view{Title: "Your gigs", Missing: without, Data: page})
}

// listPath is a list with its filters, given as name, value; empty values are left out.
func listPath(path string, pairs ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			query.Set(pairs[i], pairs[i+1])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// pageLinks are the addresses of the first and the next page of a list with its filters.
func pageLinks(path string, filters url.Values, cursor, next string) (first, more string) {
	pairs := []string{}
	for name := range filters {
		pairs = append(pairs, name, filters.Get(name))
	}
	if cursor != "" {
		first = listPath(path, pairs...)
	}
	if next != "" {
		more = listPath(path, append(pairs, "cursor", next)...)
	}
	return first, more
}
