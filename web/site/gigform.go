package site

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// typedGig is a gig as the form has it, and from which rows of the form its packages and questions came.
type typedGig struct {
	gig.CreateRequest
	columns []string // package names
	extras  []int    // extra rows
	rows    []int    // question rows
	answers []int    // rows of the FAQ
}

// gigForm fills the form with a gig.
func gigForm(g gig.Gig) form {
	f := filled("title", g.Title, "description", g.Description, "category", g.Category, "tags", strings.Join(g.Tags, ", "))
	for _, p := range g.Packages {
		for part, value := range map[string]string{
			"title": p.Title, "description": p.Description, "price": p.Price.Decimal(), "delivery_days": strconv.Itoa(p.DeliveryDays),
			"revisions": strconv.Itoa(p.Revisions), "includes": strings.Join(p.Includes, "\n"),
		} {
			f.Values.Set(p.Name+"."+part, value)
		}
	}
	for i, x := range g.Extras {
		row := fmt.Sprintf("extras.%d.", i)
		f.Values.Set(row+"title", x.Title)
		f.Values.Set(row+"price", x.Price.Decimal())
		f.Values.Set(row+"days", strconv.Itoa(x.Days))
		f.Values.Set(row+"revisions", strconv.Itoa(x.Revisions))
	}
	for i, q := range g.Requirements {
		row := fmt.Sprintf("requirements.%d.", i)
		f.Values.Set(row+"question", q.Question)
		f.Values.Set(row+"type", q.Type)
		f.Values.Set(row+"choices", strings.Join(q.Choices, "\n"))
		if q.Required {
			f.Values.Set(row+"required", "yes")
		}
	}
	for i, q := range g.FAQ {
		row := fmt.Sprintf("faq.%d.", i)
		f.Values.Set(row+"question", q.Question)
		f.Values.Set(row+"answer", q.Answer)
	}
	return f
}

// readGig takes the gig from the form. A package of which nothing is filled in is not offered; a number that is none
// becomes 0, which the catalogue refuses on its field.
func readGig(values url.Values, currency string) typedGig {
	t := typedGig{CreateRequest: gig.CreateRequest{
		Title: values.Get("title"), Description: values.Get("description"), Category: values.Get("category"),
		Tags: split(values.Get("tags"), ","), Packages: []gig.Package{}, Requirements: []gig.Requirement{},
	}}
	for i, name := range gig.PackageNames() {
		if i > 0 && !offers(values, name) {
			continue
		}
		days, _ := strconv.Atoi(strings.TrimSpace(values.Get(name + ".delivery_days")))
		revisions, err := strconv.Atoi(values.Get(name + ".revisions"))
		if err != nil {
			revisions = 0
		}
		t.columns = append(t.columns, name)
		t.Packages = append(t.Packages, gig.Package{
			Name: name, Title: values.Get(name + ".title"), Description: values.Get(name + ".description"),
			Price: parsePrice(values.Get(name+".price"), currency), DeliveryDays: days, Revisions: revisions,
			Includes: lines(values.Get(name + ".includes")),
		})
	}
	t.readExtras(values, currency)
	t.readFAQ(values)
	for i := range min(countRows(values, "requirements.%d.question"), mostQuestions) {
		row := fmt.Sprintf("requirements.%d.", i)
		question := strings.TrimSpace(values.Get(row + "question"))
		if question == "" {
			continue
		}
		q := gig.Requirement{Question: question, Type: values.Get(row + "type"), Required: values.Get(row+"required") != ""}
		if q.Type == "choice" {
			q.Choices = lines(values.Get(row + "choices"))
		}
		t.rows = append(t.rows, i)
		t.Requirements = append(t.Requirements, q)
	}
	return t
}

// readExtras takes the extras that have a title or a price. Days and revisions that are left empty are none.
func (t *typedGig) readExtras(values url.Values, currency string) {
	t.Extras = []gig.Extra{}
	for i := range min(countRows(values, "extras.%d.title"), mostExtras) {
		row := fmt.Sprintf("extras.%d.", i)
		title, price := strings.TrimSpace(values.Get(row+"title")), strings.TrimSpace(values.Get(row+"price"))
		if title == "" && price == "" {
			continue
		}
		t.extras = append(t.extras, i)
		t.Extras = append(t.Extras, gig.Extra{Title: title, Price: parsePrice(price, currency),
			Days: wholeNumber(values.Get(row + "days")), Revisions: wholeNumber(values.Get(row + "revisions"))})
	}
}

// readFAQ takes the rows in which something is written.
func (t *typedGig) readFAQ(values url.Values) {
	t.FAQ = []gig.FAQ{}
	for i := range min(countRows(values, "faq.%d.question"), mostFAQ) {
		row := fmt.Sprintf("faq.%d.", i)
		question, answer := strings.TrimSpace(values.Get(row+"question")), strings.TrimSpace(values.Get(row+"answer"))
		if question == "" && answer == "" {
			continue
		}
		t.answers = append(t.answers, i)
		t.FAQ = append(t.FAQ, gig.FAQ{Question: question, Answer: answer})
	}
}

// wholeNumber reads a number; nothing is 0, and what is none is one that everybody refuses.
func wholeNumber(text string) int {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return math.MaxInt32
	}
	return n
}

func offers(values url.Values, name string) bool {
	return slices.ContainsFunc([]string{"title", "description", "price", "delivery_days", "includes"}, func(part string) bool {
		return strings.TrimSpace(values.Get(name+"."+part)) != ""
	})
}

// parsePrice reads a price; what is none is 0.
func parsePrice(text, currency string) money.Amount {
	amount, err := money.Parse(text, currency)
	if err != nil {
		return money.Of(0, currency)
	}
	return amount
}

func (t typedGig) update(id string) gig.UpdateRequest {
	return gig.UpdateRequest{
		ID: id, Title: &t.Title, Description: &t.Description, Category: &t.Category, Tags: &t.Tags,
		Packages: &t.Packages, Extras: &t.Extras, Requirements: &t.Requirements, FAQ: &t.FAQ,
	}
}

// input is the form's input for a field that the catalogue refuses: packages.1.price is premium.price if the second
// package that was filled in is the premium one.
func (t typedGig) input(field string) string {
	parts := strings.Split(field, ".")
	if len(parts) < 2 {
		return field
	}
	i, err := strconv.Atoi(parts[1])
	switch {
	case parts[0] == "tags":
		return "tags"
	case err != nil || i < 0 || len(parts) < 3:
		return field
	case parts[0] == "packages" && i < len(t.columns):
		return t.columns[i] + "." + parts[2]
	case parts[0] == "extras" && i < len(t.extras):
		return fmt.Sprintf("extras.%d.%s", t.extras[i], parts[2])
	case parts[0] == "requirements" && i < len(t.rows):
		return fmt.Sprintf("requirements.%d.%s", t.rows[i], parts[2])
	case parts[0] == "faq" && i < len(t.answers):
		return fmt.Sprintf("faq.%d.%s", t.answers[i], parts[2])
	}
	return field
}

// AddPicture adds the chosen pictures to the gig.
func (s *Site) AddPicture(c echo.Context) error {
	values, err := readForm(c, mostPictures*pictureBytes)
	if err == nil {
		err = s.addPictures(c)
	}
	if f, ok := rejected(values, err, func(string) string { return "picture" }, "picture"); ok && values != nil {
		mine, err := s.myGig(c)
		if err != nil {
			return err
		}
		return s.showEditor(c, http.StatusUnprocessableEntity, editorPage{Gig: &mine, Form: gigForm(mine), Upload: f})
	}
	if err != nil {
		return err
	}
	return s.done(c, editPath(gigID(c))+"#pictures", "Added.")
}

func (s *Site) addPictures(c echo.Context) error {
	files, err := uploads(c, "picture")
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fault.Wrong("picture", "Choose a picture first.")
	}
	for _, file := range files {
		q := gig.AddPictureRequest{GigID: gigID(c), Content: file.Content}
		if _, err := s.Gigs.AddPicture(c.Request().Context(), q); err != nil {
			return about("picture", err)
		}
	}
	return nil
}

// RemovePicture takes a picture off the gig.
func (s *Site) RemovePicture(c echo.Context) error {
	q := gig.RemovePictureRequest{GigID: gigID(c), PictureID: c.Param("picture")}
	if _, err := s.Gigs.RemovePicture(c.Request().Context(), q); err != nil {
		return err
	}
	return s.done(c, editPath(gigID(c))+"#pictures", "Removed.")
}
