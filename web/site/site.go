// Package site shows the marketplace to people: server-rendered pages that work without scripts. A page composes
// what several modules offer, with one call a module; it decides nothing that a module decides.
//
// Names are mechanical: GET /orders/:id is ShowOrder in orders.go and templates/order/show.html. Every URL is one
// line of Pages.
package site

import (
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"sync"

	"marketplace/web/edge"
	"marketplace/web/language"
	"marketplace/web/static"
	"marketplace/web/templates"
)

// Site holds the pages of the marketplace, ready to be shown.
type Site struct {
	edge.Edge
	assets    *assets
	languages *language.Languages
	templates map[string]func() (pages, error) // by language; read when somebody first asks for it
	markdown  *markdown
	buffers   sync.Pool
	covers    covers
	gone      sync.Map // parts of pages that are missing at the moment
	shared    shared
	maps      sitemaps
	brand     brand
	house     house
	prose     *markdown // of operators
	demo      []Login
}

// Login is a known login of the demonstration data, shown on the log-in page in demo mode only.
type Login struct {
	Username string
	Password string
	About    string // such as "Buys: has orders in every state"
}

// New reads the embedded layout and static files; an error is a mistake in one of them.
func New(e edge.Edge, demo ...Login) (*Site, error) {
	s := &Site{Edge: e, markdown: newMarkdown(pageLevels), prose: newMarkdown(1)}
	var err error
	s.assets, err = newAssets(static.Files(), func(files map[string][]byte) (err error) {
		s.brand, err = dress(e.Config.Brand, files)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.buffers.New = newBuffer
	if e.Config.Demo {
		s.demo = demo
	}
	if s.languages, err = language.Load(s.Development()); err != nil {
		return nil, err
	}
	s.templates = map[string]func() (pages, error){}
	for _, l := range s.languages.All() {
		s.templates[l.Tag] = sync.OnceValues(func() (pages, error) { return parse(templates.Files(), s.functions(l), l.Localize) })
	}
	_, err = s.templates["en"]()
	return s, err
}

// parse reads the layout, once for a language, and finds the pages. Each is read together with the layout when somebody
// first asks for it: most processes show few of them in one language or two.
func parse(files fs.FS, functions template.FuncMap, localize func(*template.Template) error) (pages, error) {
	layout, err := template.New("layout").Funcs(functions).ParseFS(files, "layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("read the layout: %w", err)
	}
	shared := map[string]bool{}
	for _, part := range layout.Templates() {
		shared[part.Name()] = true
		if err := localize(part); err != nil {
			return nil, err
		}
	}
	names, err := fs.Glob(files, "*/*.html")
	if err != nil {
		return nil, fmt.Errorf("list the templates: %w", err)
	}
	found := make(pages, len(names))
	for _, name := range names {
		if strings.HasPrefix(name, "layout/") {
			continue
		}
		found[strings.TrimSuffix(name, ".html")] = sync.OnceValues(func() (*template.Template, error) {
			return parsePage(files, name, layout, shared, localize)
		})
	}
	return found, nil
}

func parsePage(files fs.FS, name string, layout *template.Template, shared map[string]bool, localize func(*template.Template) error) (*template.Template, error) {
	page, err := layout.Clone()
	if err != nil {
		return nil, fmt.Errorf("copy the layout: %w", err)
	}
	if page, err = page.ParseFS(files, name); err != nil {
		return nil, fmt.Errorf("read the template %s: %w", name, err)
	}
	for _, part := range page.Templates() {
		if shared[part.Name()] || strings.HasPrefix(name, "dev/") || name == "text/problems.html" { // the pages of programmers are in English
			continue
		}
		if err := localize(part); err != nil {
			return nil, err
		}
	}
	return page, nil
}
