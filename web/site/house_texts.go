package site

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"

	"marketplace/modules/notification"
	"marketplace/platform/fault"
	"marketplace/web/language"
)

// textPage is one text while an operator writes it.
type textPage struct {
	Form     form
	Name     string
	Title    string
	Language *language.Language
	Own      bool // the operator's is shown to people, not ours
	Preview  template.HTML
}

// ShowText shows the text of the operator, or ours to begin from.
func (s *Site) ShowText(c echo.Context) error {
	page, err := s.textOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	list, err := s.Notifications.Texts(ctx, notification.TextsRequest{})
	if err != nil {
		return err
	}
	for _, p := range list.Items {
		if p.Name == page.Name && p.Language == page.Language.Tag {
			page.Own, page.Form = true, filled("text", p.Text, "version", strconv.Itoa(p.Version))
		}
	}
	if !page.Own {
		ours, err := s.ourText(page.Name, page.Language)
		if err != nil {
			return err
		}
		page.Form = filled("text", ours, "version", "0")
	}
	return s.showText(c, http.StatusOK, page)
}

func (s *Site) showText(c echo.Context, status int, page textPage) error {
	page.Preview = s.prose.HTML(page.Form.Value("text"))
	return s.show(c, status, "operator/text", view{Title: page.Title, Data: page})
}

// textOf is which text the address names.
func (s *Site) textOf(c echo.Context) (page textPage, err error) {
	page.Name = c.Param("name")
	page.Title = textTitles()[page.Name]
	page.Language = s.languages.Named(c.QueryParam("of"))
	if page.Title == "" || page.Language == nil {
		return page, fault.NotFoundf("There is no such page.")
	}
	return page, nil
}

// WriteText keeps what the operator has written, shows how it will look, or goes back to ours.
func (s *Site) WriteText(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	page, err := s.textOf(c)
	if err != nil {
		return err
	}
	page.Form, page.Own = form{Values: values}, values.Get("version") != "0"
	if values.Get("action") == "preview" {
		return s.showText(c, http.StatusOK, page)
	}
	q := notification.WriteTextRequest{Name: page.Name, Language: page.Language.Tag, Text: values.Get("text")}
	reset := values.Get("action") == "reset"
	if reset {
		q.Text = ""
	}
	if q.Version, err = strconv.Atoi(values.Get("version")); err != nil {
		return fault.Malformedf("The form could not be read. Please go back and try again.")
	}
	_, err = s.Notifications.WriteText(c.Request().Context(), q)
	if f, ok := rejected(values, err, nil); ok {
		page.Form = f
		return s.showText(c, http.StatusUnprocessableEntity, page)
	}
	if fault.Is(err, fault.Conflict) {
		page.Form.Message = fault.Of(err).Message
		return s.showText(c, http.StatusConflict, page)
	}
	if err != nil {
		return err
	}
	s.lookAtHouse(c.Request().Context())
	if reset {
		return s.done(c, "/operator/house", "The text of the marketplace is shown again.")
	}
	return s.done(c, "/operator/house", "The text is saved. Everybody reads it within seconds.")
}

// ourText is one of our texts as Markdown, for an operator to begin from.
func (s *Site) ourText(name string, l *language.Language) (string, error) {
	all, err := s.templates[l.Tag]()
	if err != nil {
		return "", err
	}
	page, err := all["text/"+name]()
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "content", view{Name: s.Config.Name, Lang: l}); err != nil {
		return "", err
	}
	document, err := html.Parse(&out)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for n := range document.Descendants() {
		if mark, ok := map[string]string{"h2": "## ", "summary": "### ", "p": ""}[n.Data]; ok && n.Type == html.ElementNode {
			text.WriteString(mark + inline(n) + "\n\n")
		}
	}
	return strings.TrimSpace(text.String()), nil
}

// inline is what an element says, with its links.
func inline(n *html.Node) string {
	var said strings.Builder
	for child := range n.ChildNodes() {
		switch {
		case child.Type == html.TextNode:
			said.WriteString(child.Data)
		case child.Data == "a":
			href := ""
			for _, attribute := range child.Attr {
				if attribute.Key == "href" {
					href = attribute.Val
				}
			}
			said.WriteString("[" + inline(child) + "](" + href + ")")
		default:
			said.WriteString(inline(child))
		}
	}
	return strings.Join(strings.Fields(said.String()), " ")
}
