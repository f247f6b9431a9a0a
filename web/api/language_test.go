package api_test

import (
	"net/http"
	"testing"

	"marketplace/platform/fault"
	"marketplace/web/api"
	"marketplace/web/edge"
	"marketplace/web/language"
)

// Row W1: what people read of a problem is in their language, what programs read is not.
func TestProblemsAreSaidInTheLanguageOfTheOneWhoAsks(t *testing.T) {
	languages, err := language.Load(false)
	if err != nil {
		t.Fatal(err)
	}
	wrong := fault.Fields(fault.Field{Name: "amount", Message: "You can withdraw at most 1200.00 USD."}, fault.Field{Name: "x", Message: "Nobody translated this."})
	for accepted, want := range map[string]struct{ language, title, detail, field string }{
		"de-AT, en;q=0.5": {"de", "Nicht annehmbar", "Bitte berichtigen Sie, was markiert ist.", "Sie können höchstens 1.200,00\u00a0$ auszahlen lassen."},
		"":                {"en", "Unprocessable Entity", "Please correct what is marked.", "You can withdraw at most 1200.00 USD."},
	} {
		p := api.ProblemOf(edge.WithLanguage(t.Context(), languages.Choose("", accepted)), wrong)
		if p.Title != want.title || p.Detail != want.detail || p.Errors[0].Message != want.field || p.Errors[1].Message != "Nobody translated this." {
			t.Errorf("%q is told %+v", accepted, p)
		}
		if p.Code != fault.Invalid || p.Type != "/problems#invalid" || p.Errors[0].Name != "amount" || p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%q: what programs read has changed: %+v", accepted, p)
		}
		if h := p.Headers(); h.Get("Content-Language") != want.language || h.Get("Vary") != "Accept-Language" {
			t.Errorf("%q: the headers are %v", accepted, h)
		}
	}
}
