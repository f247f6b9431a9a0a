package site

import (
	"cmp"
	"context"
	"net/url"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// PreviewGig shows how buyers will see what is in the form, while it is written. Nothing is kept.
func (s *Site) PreviewGig(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	var mine *gig.Gig
	if id := values.Get("gig"); id != "" {
		kept, err := s.Gigs.Get(ctx, gig.GetRequest{ID: id})
		if err == nil && kept.SellerID != identity.From(ctx).UserID {
			err = fault.NotFoundf("You have no such gig.")
		}
		if err != nil {
			return err
		}
		mine = &kept
	}
	return s.showPart(c, "seller/edit", "gig-preview", previewOf(ctx, values, mine, s.currency()))
}

// previewOf is the gig that a form would make, with the pictures and the name that it has by now. What is not written yet is
// left out; what is wrong is shown as it is.
func previewOf(ctx context.Context, values url.Values, mine *gig.Gig, currency string) gig.Gig {
	typed := readGig(values, currency)
	g := gig.Gig{
		ID: "new", Title: cmp.Or(typed.Title, "…"), Description: typed.Description, Tags: typed.Tags, Packages: typed.Packages, Extras: typed.Extras,
		Requirements: typed.Requirements, FAQ: typed.FAQ, SellerID: identity.From(ctx).UserID, SellerUsername: identity.From(ctx).Username,
	}
	if mine != nil {
		g.ID, g.Slug, g.Pictures, g.Rating = mine.ID, mine.Slug, mine.Pictures, mine.Rating
	}
	for i, p := range g.Packages {
		if i == 0 || p.Price.Minor < g.From.Minor && p.Price.Minor > 0 {
			g.From = p.Price
		}
		if i == 0 || p.DeliveryDays < g.FastestDays {
			g.FastestDays = p.DeliveryDays
		}
	}
	if g.From.Currency == "" {
		g.From.Currency = currency
	}
	return g
}
