package site

import (
	"testing"

	"go.uber.org/zap"

	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/web/edge"
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
