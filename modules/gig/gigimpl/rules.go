package gigimpl

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
	"marketplace/platform/money"
	"marketplace/platform/text"
)

// The limits of a gig (V2.1.3). Lengths are characters, prices whole units of the currency.
const (
	minPrice, maxPrice   = 5, 20_000
	maxDeliveryDays      = 90
	maxRevisions         = 20
	maxIncludes          = 20
	maxExtras            = 10
	mostFaster           = 30 // days that an extra saves
	maxRequirements      = 10
	minChoices           = 2
	maxChoices           = 20
	maxPictures          = 6
	maxSlug              = 80
	maxShortText         = 100
	maxPackageText       = 1000
	maxQuestion          = 500
	maxFAQ               = 10
	maxAsked, maxAnswer  = 200, 1000
	maxTags, maxTag      = 10, 30
	minTitle, maxTitle   = 5, 100
	minProse, maxProse   = 10, 5000
	requirementChoice    = "choice"
	slugWithoutAnyLetter = "gig"
)

// rules say what a gig may be.
type rules struct{ currency string }

// check cleans what a seller writes and tells everything that is wrong with it. shelved says whether the category exists.
func (r rules) check(q gig.CreateRequest, shelved bool) (gig.CreateRequest, error) {
	var c fault.Check
	q.Title = text.Line(&c, "title", q.Title, minTitle, maxTitle)
	q.Description = text.Prose(&c, "description", q.Description, minProse, maxProse)
	c.That(shelved, "category", "Choose a category of the list.")
	q.Tags = text.Lines(&c, "tags", q.Tags, maxTags, maxTag)
	q.Packages = r.checkPackages(&c, q.Packages)
	q.Extras = r.checkExtras(&c, q.Extras)
	q.Requirements = checkRequirements(&c, q.Requirements)
	q.FAQ = checkFAQ(&c, q.FAQ)
	return q, c.Err()
}

func (r rules) checkPackages(c *fault.Check, packages []gig.Package) []gig.Package {
	names := gig.PackageNames()
	if len(packages) < 1 || len(packages) > len(names) {
		c.That(false, "packages", "Offer 1 to %d packages.", len(names))
		return nil
	}
	kept := make([]gig.Package, len(packages))
	next := 0 // the first name that this package may have
	for i, p := range packages {
		field := fmt.Sprintf("packages.%d.", i)
		at := slices.Index(names, p.Name)
		c.That(at >= 0, field+"name", "Use basic, standard or premium.")
		c.That(i > 0 || at <= 0, field+"name", "The first package is basic.")
		c.That(at < 0 || at >= next, field+"name", "Name each package once, in the order basic, standard, premium.")
		next = max(next, at+1)
		kept[i] = r.checkPackage(c, field, p)
	}
	return kept
}

func (r rules) checkPackage(c *fault.Check, field string, p gig.Package) gig.Package {
	p.Title = text.Line(c, field+"title", p.Title, 0, maxShortText)
	if p.Title == "" && p.Name != "" {
		p.Title = strings.ToUpper(p.Name[:1]) + p.Name[1:]
	}
	p.Description = text.Prose(c, field+"description", p.Description, 0, maxPackageText)
	least, greatest := r.priceLimits()
	c.That(p.Price.Currency == r.currency, field+"price", "Prices are in %s.", r.currency)
	c.That(p.Price.Minor >= least.Minor && p.Price.Minor <= greatest.Minor, field+"price",
		"Use %s to %s.", least.Decimal(), greatest)
	c.That(p.DeliveryDays >= 1 && p.DeliveryDays <= maxDeliveryDays, field+"delivery_days", "Use 1 to %d days.", maxDeliveryDays)
	c.That(p.Revisions == gig.Unlimited || p.Revisions >= 0 && p.Revisions <= maxRevisions, field+"revisions",
		"Use 0 to %d, or %d for no limit.", maxRevisions, gig.Unlimited)
	p.Includes = text.Lines(c, field+"includes", p.Includes, maxIncludes, maxShortText)
	return p
}

// checkExtras cleans the extras. Orders name them by their titles, so each may be there once.
func (r rules) checkExtras(c *fault.Check, extras []gig.Extra) []gig.Extra {
	if len(extras) > maxExtras {
		c.That(false, "extras", "Offer at most %d extras.", maxExtras)
		return nil
	}
	_, greatest := r.priceLimits()
	kept := make([]gig.Extra, len(extras))
	named := map[string]bool{}
	for i, x := range extras {
		field := fmt.Sprintf("extras.%d.", i)
		x.Title = text.Line(c, field+"title", x.Title, 1, maxShortText)
		c.That(!named[x.Title], field+"title", "Name each extra once.")
		named[x.Title] = true
		c.That(x.Price.Currency == r.currency, field+"price", "Prices are in %s.", r.currency)
		c.That(x.Price.Minor >= 1 && x.Price.Minor <= greatest.Minor, field+"price", "Use more than nothing, and at most %s.", greatest)
		c.That(x.Days >= -mostFaster && x.Days <= maxDeliveryDays, field+"days", "Use %d to %d days.", -mostFaster, maxDeliveryDays)
		c.That(x.Revisions >= 0 && x.Revisions <= maxRevisions, field+"revisions", "Use 0 to %d.", maxRevisions)
		kept[i] = x
	}
	return kept
}

// priceLimits are the least and the greatest price of a package.
func (r rules) priceLimits() (least, greatest money.Amount) {
	unit := int64(1)
	places, _ := money.Exponent(r.currency)
	for range places {
		unit *= 10
	}
	return money.Of(minPrice*unit, r.currency), money.Of(maxPrice*unit, r.currency)
}

func checkRequirements(c *fault.Check, requirements []gig.Requirement) []gig.Requirement {
	if len(requirements) > maxRequirements {
		c.That(false, "requirements", "Ask at most %d questions.", maxRequirements)
		return nil
	}
	kept := make([]gig.Requirement, len(requirements))
	asked := map[string]bool{}
	for i, q := range requirements {
		field := fmt.Sprintf("requirements.%d.", i)
		q.Question = text.Line(c, field+"question", q.Question, 1, maxQuestion)
		// The buyer's answers name their question by its text.
		c.That(!asked[q.Question], field+"question", "Ask each question once.")
		asked[q.Question] = true
		c.That(slices.Contains([]string{"text", requirementChoice, "file"}, q.Type), field+"type", "Use text, choice or file.")
		q.Choices = checkChoices(c, field+"choices", q)
		kept[i] = q
	}
	return kept
}

func checkChoices(c *fault.Check, field string, q gig.Requirement) []string {
	if q.Type != requirementChoice {
		c.That(len(q.Choices) == 0, field, "Only a question of type choice has choices.")
		return nil
	}
	choices := text.Lines(c, field, q.Choices, maxChoices, maxShortText)
	c.That(len(choices) >= minChoices, field, "Give %d to %d different choices.", minChoices, maxChoices)
	return choices
}

func checkFAQ(c *fault.Check, faq []gig.FAQ) []gig.FAQ {
	if len(faq) > maxFAQ {
		c.That(false, "faq", "Answer at most %d questions.", maxFAQ)
		return nil
	}
	kept := make([]gig.FAQ, len(faq))
	asked := map[string]bool{}
	for i, q := range faq {
		field := fmt.Sprintf("faq.%d.", i)
		q.Question = text.Line(c, field+"question", q.Question, 1, maxAsked)
		c.That(!asked[q.Question], field+"question", "Answer each question once.")
		asked[q.Question] = true
		q.Answer = text.Prose(c, field+"answer", q.Answer, 1, maxAnswer)
		kept[i] = q
	}
	return kept
}

// cheapest is the lowest price of the packages, in minor units.
func cheapest(packages []gig.Package) int64 {
	lowest := packages[0].Price.Minor
	for _, p := range packages {
		lowest = min(lowest, p.Price.Minor)
	}
	return lowest
}

// fastest is the shortest delivery of the packages, in days.
func fastest(packages []gig.Package) int {
	days := packages[0].DeliveryDays
	for _, p := range packages {
		days = min(days, p.DeliveryDays)
	}
	return days
}

// slugOf is the title for an address: ASCII letters and digits, accents dropped, '-' between the words.
func slugOf(title string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKD.String(strings.ToLower(title)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		case !unicode.Is(unicode.Mn, r) && r != '\'' && r != '’':
			gap = true
		}
	}
	if b.Len() == 0 {
		return slugWithoutAnyLetter
	}
	return strings.TrimRight(b.String()[:min(b.Len(), maxSlug)], "-")
}
