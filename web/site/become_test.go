package site_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/user"
	"marketplace/platform/fault"
)

// Row U1: step by step, by plain forms; what was written is there again, going forward, back, or away.
func TestBecomingASellerGoesStepByStepAndLosesNothing(t *testing.T) {
	const at = "/settings/seller/steps/"
	w := newWorld()
	w.seller = false
	h := w.member(t)
	leads := func(path, want string) {
		t.Helper()
		if page := ask(h, path); page.Code != http.StatusSeeOther || page.Header().Get("Location") != want {
			t.Errorf("%s answered %d %s, want %s", path, page.Code, page.Header().Get("Location"), want)
		}
	}
	shows := func(path string, texts ...string) {
		t.Helper()
		page := ask(h, path)
		for _, text := range texts {
			if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), text) {
				t.Errorf("%s (%d) does not show %q", path, page.Code, text)
			}
		}
	}
	w.draft.Open = fieldsOf("headline", "description")
	leads("/settings/seller", at+"1")
	leads(at+"2", at+"1") // not to be skipped
	leads(at+"4", at+"1")
	shows(at+"1", `aria-current="step"`, `name="headline"`)
	wrong := send(h, at+"1", map[string]string{"headline": "L", "description": "Ten years of it."})
	if wrong.Code != http.StatusUnprocessableEntity || !described(parsed(t, wrong), named(parsed(t, wrong), "headline"), "Use 3 to 100 characters.") {
		t.Errorf("a short headline answered %d", wrong.Code)
	}
	shows(at+"1", `value="L"`, "Ten years of it.") // what is wrong is kept too
	goes(t, w, at+"1", map[string]string{"headline": "Logos", "description": "Ten years of it."}, at+"2")
	leads("/settings/seller", at+"2")
	goes(t, w, at+"2", map[string]string{"skills": "Owls, Type", "languages.0.name": "German", "languages.0.level": "native", "then": "back"}, at+"1")
	shows(at+"1", `value="Logos"`)
	shows(at+"2", `value="Owls, Type"`, `value="German"`)
	goes(t, w, at+"2", map[string]string{"skills": "Owls, Type", "languages.0.name": "German", "languages.0.level": "native"}, at+"3")
	leads("/settings/seller", at+"3")
	if page := upload(t, h, at+"3", map[string]string{"country": "AT"}, map[string]int{"picture": 9}); page.Header().Get("Location") != at+"4" || !slices.Equal(w.calls, []string{"SetAvatar"}) {
		t.Errorf("a picture answered %d %s and called %q", page.Code, page.Header().Get("Location"), w.calls)
	}
	goes(t, w, at+"3", map[string]string{"country": "AT"}, at+"4") // it has one already
	shows(at+"4", "Logos", "Ten years of it.", "Owls", "German", "Austria", `href="`+at+`3"`, `href="`+at+`1"`)
	goes(t, w, at+"4", nil, "/gigs/new", "SetSeller")

	w.seller = true
	leads(at+"2", "/settings/seller")
	shows("/settings/seller", "Seller profile")
	for _, none := range []string{"0", "5", "x", "-1"} {
		if page := ask(h, at+none); page.Code != http.StatusNotFound {
			t.Errorf("step %s answered %d", none, page.Code)
		}
	}
}

func TestNobodySellsWithHalfADraft(t *testing.T) {
	w := newWorld()
	w.seller, w.draft = false, user.SellerDraft{Open: fieldsOf("languages.0.level")}
	goes(t, w, "/settings/seller/steps/4", nil, "/settings/seller/steps/2")
	if len(w.calls) != 0 {
		t.Errorf("it called %q", w.calls)
	}
}

// A picture that is refused is told beside its input; what was typed beside it is kept.
func TestARefusedPictureKeepsTheStep(t *testing.T) {
	w := newWorld()
	w.seller = false
	w.fail = wrongPicture()
	page := upload(t, w.member(t), "/settings/seller/steps/3", map[string]string{"country": "AT"}, map[string]int{"picture": 9})
	document := parsed(t, page)
	if page.Code != http.StatusUnprocessableEntity || !described(document, named(document, "picture"), "This is no picture.") || w.draft.Country != "AT" {
		t.Errorf("it answered %d and kept %+v", page.Code, w.draft)
	}
}

func wrongPicture() error { return fault.Invalidf("This is no picture.") }

func fieldsOf(names ...string) (list []fault.Field) {
	for _, name := range names {
		list = append(list, fault.Field{Name: name, Message: "Write something."})
	}
	return list
}
