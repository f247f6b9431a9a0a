package site

import (
	"io/fs"
	"regexp"
	"testing"

	"go.uber.org/zap"

	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/web/edge"
	"marketplace/web/templates"
)

// Pages are read when somebody first asks for them, so their mistakes are looked for here.
func TestEveryTemplateCanBeReadInEveryLanguage(t *testing.T) {
	s, err := New(edge.Edge{Config: config.Defaults(), Clock: clock.New(), Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	for tag, read := range s.templates {
		all, err := read()
		if err != nil || len(all) < 30 {
			t.Fatalf("%s: %d pages, %v", tag, len(all), err)
		}
		for name, page := range all {
			if _, err := page(); err != nil {
				t.Errorf("%s in %s: %v", name, tag, err)
			}
		}
	}
}

// What folds has the marker of the design, or none: never that of the browser.
func TestNothingFoldsWithTheMarkerOfTheBrowser(t *testing.T) {
	names, err := fs.Glob(templates.Files(), "*/*.html")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	designed := regexp.MustCompile(`^<details class="[^"]*\b(fold|menu|sure|attach|offer-no|filters-more)\b`)
	for _, name := range names {
		source, err := fs.ReadFile(templates.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range regexp.MustCompile(`<details[^>]*>`).FindAllString(string(source), -1) {
			if !designed.MatchString(tag) {
				t.Errorf("%s has %s", name, tag)
			}
		}
	}
}
