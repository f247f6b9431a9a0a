package site

import (
	"context"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
)

// homePage is what a visitor sees first.
type homePage struct {
	Missing missing
	Shelves []shelf
	Rated   []gig.Gig
	Sold    []gig.Gig
	Newest  []gig.Gig
	Total   int
}

// shelf is a category of the top level with those below it.
type shelf struct {
	gig.Category
	Icon  string
	Below []gig.Category
}

// onHome is how many gigs a row of the home page has.
const onHome = 8

// ShowHome shows what there is: search, categories, and gigs in three orders.
func (s *Site) ShowHome(c echo.Context) error {
	g := s.gather(c.Request().Context())
	var page homePage
	g.want(partCategories, func(ctx context.Context) (err error) {
		page.Shelves, err = s.shelves(ctx)
		return err
	})
	rows := map[string]*[]gig.Gig{"rating": &page.Rated, "best_selling": &page.Sold, "newest": &page.Newest}
	for sort, row := range rows {
		g.want(partServices, func(ctx context.Context) error {
			found, err := s.Gigs.Search(ctx, gig.SearchRequest{Sort: sort, Limit: onHome})
			*row = found.Items
			if sort == "newest" {
				page.Total = found.Total
			}
			return err
		})
	}
	var err error
	if page.Missing, err = g.wait(); err != nil {
		return err
	}
	return s.show(c, http.StatusOK, "home/show", view{
		Missing:     page.Missing,
		Description: "Hire skilled people for design, code, words, video and more. Fixed prices, clear packages, and your money is held until you are happy.",
		Canonical:   "/", Feed: "/feed", Facts: s.organization(), Data: page,
	})
}

// shelves returns the tree of categories.
func (s *Site) shelves(ctx context.Context) ([]shelf, error) {
	list, err := s.Gigs.Categories(ctx, gig.CategoriesRequest{})
	if err != nil {
		return nil, err
	}
	var shelves []shelf
	at := map[string]int{}
	for _, category := range list.Items {
		if category.Parent == "" {
			at[category.Slug] = len(shelves)
			shelves = append(shelves, shelf{Category: category, Icon: categoryIcon(category.Slug)})
		}
	}
	for _, category := range list.Items {
		if i, ok := at[category.Parent]; ok && category.Parent != "" {
			shelves[i].Below = append(shelves[i].Below, category)
		}
	}
	return shelves, nil
}

// categoryIcon finds a drawing for a category by the words of its slug, since operators add their own.
func categoryIcon(slug string) string {
	words := []struct{ word, icon string }{
		{"design", "brush"}, {"tech", "code"}, {"market", "horn"}, {"writ", "text"}, {"video", "film"}, {"music", "music"},
		{"data", "chart"}, {"business", "case"}, {"art", "brush"}, {"program", "code"}, {"audio", "music"}, {"photo", "screen"},
	}
	for _, w := range words {
		if strings.Contains(slug, w.word) {
			return w.icon
		}
	}
	return "grid"
}
