package userimpl

import (
	"context"
	"strings"
	"testing"

	"marketplace/modules/user"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// open are the fields that are still wrong with a draft.
func open(d user.SellerDraft) string { return fields(fault.Fields(d.Open...)) }

// Row U1, on both databases.
func TestADraftOfASellerIsKeptStepByStepUntilTheySell(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, begin func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, begin)
		at := "AT"
		if _, err := w.Update(ana(), user.UpdateRequest{Country: &at}); err != nil {
			t.Fatal(err)
		}
		reads := func(want user.SellerDraft, still string) {
			t.Helper()
			d, err := w.SellerDraft(ana(), user.SellerDraftRequest{})
			if err != nil || d.Headline != want.Headline || d.Description != want.Description || strings.Join(d.Skills, "|") != strings.Join(want.Skills, "|") ||
				len(d.Languages) != len(want.Languages) || d.Country != want.Country || open(d) != still || d.Open == nil || d.Skills == nil {
				t.Errorf("%+v, still wrong: %q; want %+v, %q: %v", d, open(d), want, still, err)
			}
		}
		reads(user.SellerDraft{Country: "AT"}, "headline description")
		keep := func(q user.DraftSellerRequest) {
			t.Helper()
			if _, err := w.DraftSeller(ana(), q); err != nil {
				t.Fatal(err)
			}
		}
		headline, short, country := "Logos", "short", "DE"
		keep(user.DraftSellerRequest{Headline: &headline, Description: &short}) // what is wrong is kept too
		reads(user.SellerDraft{Headline: headline, Description: short, Country: "AT"}, "description")
		long := "Ten years of logos."
		keep(user.DraftSellerRequest{Description: &long})
		keep(user.DraftSellerRequest{Skills: &[]string{"Drawing", "Owls"}, Languages: &[]user.Language{{Name: "German", Level: "very"}}})
		reads(user.SellerDraft{Headline: headline, Description: long, Skills: []string{"Drawing", "Owls"}, Languages: []user.Language{{}}, Country: "AT"}, "languages.0.level")
		keep(user.DraftSellerRequest{Country: &country, Languages: &[]user.Language{}})
		reads(user.SellerDraft{Headline: headline, Description: long, Skills: []string{"Drawing", "Owls"}, Country: "DE"}, "")
		if p := w.get(t, user.GetRequest{ID: "u1"}); p.Seller != nil || p.Country != "AT" {
			t.Errorf("a draft is seen by others: %+v", p)
		}
		if d, err := w.SellerDraft(apptest.As("u2", "Ben"), user.SellerDraftRequest{}); err != nil || d.Headline != "" {
			t.Errorf("somebody else has %+v: %v", d, err)
		}
		if _, err := w.SetSeller(ana(), selling()); err != nil {
			t.Fatal(err)
		}
		reads(user.SellerDraft{Country: "DE"}, "headline description")
	})
}

func TestADraftIsThePersonsOwnAndOfLimitedSize(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		odd, much := "a\x00b\xff", strings.Repeat("x", maxDraft+1)
		if d, err := w.DraftSeller(ana(), user.DraftSellerRequest{Headline: &odd, Skills: &[]string{odd}}); err != nil || d.Headline != "a\uFFFDb\uFFFD" {
			t.Errorf("%+q: %v", d, err)
		}
		for name, c := range map[string]struct {
			who  context.Context
			q    user.DraftSellerRequest
			code fault.Code
		}{
			"a visitor":            {apptest.Visitor(), user.DraftSellerRequest{}, fault.Unauthenticated},
			"too long":             {ana(), user.DraftSellerRequest{Description: &much}, fault.TooLarge},
			"too many skills":      {ana(), user.DraftSellerRequest{Skills: &[]string{much}}, fault.TooLarge},
			"too large a language": {ana(), user.DraftSellerRequest{Languages: &[]user.Language{{Name: much}}}, fault.TooLarge},
		} {
			if _, err := w.DraftSeller(c.who, c.q); !fault.Is(err, c.code) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if d, err := w.SellerDraft(ana(), user.SellerDraftRequest{}); err != nil || d.Headline != "a\uFFFDb\uFFFD" || d.Description != "" {
			t.Errorf("what was refused has left %+q: %v", d, err)
		}
		if _, err := w.SellerDraft(apptest.Visitor(), user.SellerDraftRequest{}); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a visitor reads a draft: %v", err)
		}
	})
}
