package orderimpl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
)

// mostQuantity is how many of a package one order may have.
const mostQuantity = 20

func checkPackage(gigID, name string, quantity int) *fault.Check {
	var c fault.Check
	c.That(gigID != "", "gig_id", "Say which gig.")
	c.That(slices.Contains(gig.PackageNames(), name), "package", "Choose one of %s.", strings.Join(gig.PackageNames(), ", "))
	c.That(quantity >= 1 && quantity <= mostQuantity, "quantity", "Use 1 to %d.", mostQuantity)
	return &c
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
