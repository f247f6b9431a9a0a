package site

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/identity"
)

// gigPage is everything about one gig.
type gigPage struct {
	Missing  missing
	Gig      gig.Gig
	Seller   user.Profile
	Summary  review.Summary
	Stars    []starRow
	Reviews  []review.Review
	Next     string // of the reviews
	First    string
	More     []gig.Gig // of the same seller
	Similar  []gig.Gig // of others
	Category string    // its name
	Mine     bool
	Response *chat.Response
}

// starRow is one line of the histogram, five stars first.
type starRow struct{ Stars, Count int }

const (
	moreOfSeller = 4
	similarShown = 8
	reviewsShown = 10
	uuidLength   = 36
)

// gigID takes the id from the last part of a gig's address, which may begin with words.
func gigID(c echo.Context) string {
	id := c.Param("id")
	if at := len(id) - uuidLength; at > 0 && id[at-1] == '-' {
		return id[at:]
	}
	return id
}

// ShowGig shows a gig with its packages, seller and reviews.
func (s *Site) ShowGig(c echo.Context) error {
	ctx := c.Request().Context()
	offer, err := s.Gigs.Get(ctx, gig.GetRequest{ID: gigID(c)})
	if err != nil {
		return err
	}
	if path := gigPath(offer.ID, offer.Slug); offer.Status == gig.StatusActive && c.Request().URL.EscapedPath() != path {
		return c.Redirect(http.StatusMovedPermanently, withQuery(path, c.Request().URL.RawQuery))
	}
	page := gigPage{Gig: offer, Mine: identity.From(ctx).UserID == offer.SellerID}
	if err := s.fillGigPage(ctx, &page, c.QueryParam("reviews")); err != nil {
		return err
	}
	v := view{Title: offer.Title, Description: excerpt(offer.Description, 155), Missing: page.Missing, Data: page}
	if offer.Status == gig.StatusActive {
		v.Canonical, v.Kind, v.Card = gigPath(offer.ID, offer.Slug), "product", sharedPath("gigs", offer.ID)
		v.Facts = append(faq(offer), s.product(page), s.breadcrumbs(crumb{page.Category, "/categories/" + url.PathEscape(offer.Category)}, crumb{offer.Title, v.Canonical}))
	}
	return s.show(c, http.StatusOK, "gig/show", v)
}

func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// fillGigPage asks for what belongs to the gig: its seller, reviews, and what else there is, at once.
func (s *Site) fillGigPage(ctx context.Context, page *gigPage, cursor string) (err error) {
	g := s.gather(ctx)
	page.Seller = user.Profile{ID: page.Gig.SellerID, Username: page.Gig.SellerUsername, DisplayName: page.Gig.SellerUsername}
	g.want(partProfile, func(ctx context.Context) error {
		seller, err := s.Users.Get(ctx, user.GetRequest{ID: page.Gig.SellerID})
		if err == nil {
			page.Seller = seller
		}
		return err
	})
	g.want(partResponses, func(ctx context.Context) (err error) {
		page.Response, err = s.response(ctx, page.Gig.SellerID)
		return err
	})
	g.want(partReviews, func(ctx context.Context) error {
		list, err := s.Reviews.List(ctx, review.ListRequest{GigID: page.Gig.ID, Limit: reviewsShown, Cursor: cursor})
		page.Reviews = list.Items
		page.First, page.Next = reviewLinks(gigPath(page.Gig.ID, page.Gig.Slug), cursor, list.NextCursor)
		return err
	})
	g.want(partReviews, func(ctx context.Context) error {
		list, err := s.Reviews.ListSummaries(ctx, review.ListSummariesRequest{GigIDs: []string{page.Gig.ID}})
		if len(list.Items) > 0 {
			page.Summary, page.Stars = list.Items[0], histogram(list.Items[0])
		}
		return err
	})
	g.want(partServices, func(ctx context.Context) error {
		found, err := s.Gigs.Search(ctx, gig.SearchRequest{SellerID: page.Gig.SellerID, Limit: moreOfSeller + 1})
		for _, other := range found.Items {
			if other.ID != page.Gig.ID && len(page.More) < moreOfSeller {
				page.More = append(page.More, other)
			}
		}
		return err
	})
	g.want(partServices, func(ctx context.Context) error {
		list, err := s.Gigs.Similar(ctx, gig.SimilarRequest{ID: page.Gig.ID, Limit: similarShown})
		page.Similar = list.Items
		return err
	})
	g.need(func(ctx context.Context) error {
		list, err := s.Gigs.Categories(ctx, gig.CategoriesRequest{})
		for _, category := range list.Items {
			if category.Slug == page.Gig.Category {
				page.Category = category.Name
			}
		}
		return err
	})
	page.Missing, err = g.wait()
	return err
}

func histogram(summary review.Summary) []starRow {
	rows := make([]starRow, 0, len(summary.Stars))
	for stars := len(summary.Stars); stars > 0; stars-- {
		rows = append(rows, starRow{stars, summary.Stars[stars-1]})
	}
	return rows
}

// reviewLinks are the addresses of the first and the next page of the reviews on a page.
func reviewLinks(path, cursor, next string) (first, more string) {
	if cursor != "" {
		first = path + "#reviews"
	}
	if next != "" {
		more = path + "?reviews=" + url.QueryEscape(next) + "#reviews"
	}
	return first, more
}

// excerpt is the beginning of a Markdown text as one plain line.
func excerpt(text string, limit int) string {
	text = strings.Join(strings.Fields(strings.NewReplacer("#", "", "*", "", "`", "", "_", "", ">", "").Replace(text)), " ")
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	cut := strings.TrimSpace(string(runes[:limit]))
	if space := strings.LastIndex(cut, " "); space > limit/2 {
		cut = cut[:space]
	}
	return cut + "…"
}
