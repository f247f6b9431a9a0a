package orderimpl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/fault"
)

const (
	mostQuantity = 20 // of a package in one order
	mostExtras   = 10
)

func checkPackage(gigID, name string, quantity int, extras []string) *fault.Check {
	var c fault.Check
	c.That(gigID != "", "gig_id", "Say which gig.")
	c.That(slices.Contains(gig.PackageNames(), name), "package", "Choose one of %s.", strings.Join(gig.PackageNames(), ", "))
	c.That(quantity >= 1 && quantity <= mostQuantity, "quantity", "Use 1 to %d.", mostQuantity)
	c.That(len(extras) <= mostExtras && len(slices.Compact(slices.Sorted(slices.Values(extras)))) == len(extras), "extras",
		"Choose each extra once, at most %d of them.", mostExtras)
	return &c
}

// chosen are the extras of the gig with these titles, in the gig's order.
func (s *service) chosen(g gig.Gig, titles []string) ([]order.Extra, error) {
	extras := []order.Extra{}
	for _, x := range g.Extras {
		if !slices.Contains(titles, x.Title) {
			continue
		}
		if x.Price.Currency != s.settings.Currency || x.Price.Minor <= 0 || x.Revisions < 0 {
			return nil, fmt.Errorf("the catalogue offers an impossible extra: %+v", x)
		}
		extras = append(extras, order.Extra{Title: x.Title, Price: x.Price, Days: x.Days, Revisions: x.Revisions})
	}
	if len(extras) != len(titles) {
		return nil, fault.Wrong("extras", "This gig does not offer all of these extras any more. Look at it again.")
	}
	return extras, nil
}

// with is what extras make of the delivery days and the revisions of a package. The delivery takes a day at least.
func with(extras []order.Extra, days, revisions int) (int, int) {
	for _, x := range extras {
		days += x.Days
		if revisions != gig.Unlimited {
			revisions += x.Revisions
		}
	}
	return max(1, days), revisions
}

// offered reads what the catalogue offers now: the only source of prices (row O1).
func (s *service) offered(ctx context.Context, gigID, name string) (gig.Gig, gig.Package, error) {
	g, err := s.gigs.Get(ctx, gig.GetRequest{ID: gigID})
	if err != nil {
		return g, gig.Package{}, err
	}
	i := slices.IndexFunc(g.Packages, func(p gig.Package) bool { return p.Name == name })
	if i < 0 {
		return g, gig.Package{}, fault.Wrong("package", "This gig does not offer the package %s.", name)
	}
	p := g.Packages[i]
	if p.Price.Currency != s.settings.Currency {
		return g, p, fault.Wrong("package", "This package is priced in %s; orders are placed in %s.", p.Price.Currency, s.settings.Currency)
	}
	if p.Price.Minor <= 0 || p.DeliveryDays <= 0 || p.Revisions < gig.Unlimited {
		return g, p, fmt.Errorf("the catalogue offers an impossible package: %+v", p)
	}
	return g, p, nil
}

func tooMuch(cause error) error {
	return fmt.Errorf("%w: %w", fault.Wrong("quantity", "The total is too large. Order fewer."), cause)
}
