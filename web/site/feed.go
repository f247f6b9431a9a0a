package site

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
)

// inFeed is how many gigs a feed has.
const inFeed = 30

// feed is an Atom feed (RFC 4287).
type feed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  feedAuthor  `xml:"author"`
	Links   []feedLink  `xml:"link"`
	Entries []feedEntry `xml:"entry"`
}

type feedAuthor struct {
	Name string `xml:"name"`
}

type feedLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type feedEntry struct {
	ID        string     `xml:"id"`
	Title     string     `xml:"title"`
	Published string     `xml:"published,omitempty"`
	Updated   string     `xml:"updated"`
	Author    feedAuthor `xml:"author"`
	Link      feedLink   `xml:"link"`
	Summary   string     `xml:"summary"`
}

// ShowFeed tells what is new on the market (row G17).
func (s *Site) ShowFeed(c echo.Context) error {
	return s.feed(c, gig.SearchRequest{}, "New services", "/gigs", "/feed")
}

// ShowCategoryFeed tells what is new in a category.
func (s *Site) ShowCategoryFeed(c echo.Context) error {
	list, err := s.Gigs.Categories(c.Request().Context(), gig.CategoriesRequest{})
	if err != nil {
		return err
	}
	for _, category := range list.Items {
		if category.Slug == c.Param("slug") {
			path := "/categories/" + url.PathEscape(category.Slug)
			return s.feed(c, gig.SearchRequest{Category: category.Slug}, category.Name, path, path+"/feed")
		}
	}
	return fault.NotFoundf("There is no such category.")
}

func (s *Site) feed(c echo.Context, q gig.SearchRequest, title, page, self string) error {
	q.Sort, q.Limit = "newest", inFeed
	found, err := s.Gigs.Search(c.Request().Context(), q)
	if err != nil {
		return err
	}
	f := feed{
		ID: s.absolute(self), Title: title + " · " + s.Config.Name, Author: feedAuthor{s.Config.Name},
		Links: []feedLink{{"self", "application/atom+xml", s.absolute(self)}, {"alternate", "text/html", s.absolute(page)}},
	}
	newest := time.Unix(0, 0)
	for _, g := range found.Items {
		if g.UpdatedAt.After(newest) {
			newest = g.UpdatedAt
		}
		entry := feedEntry{
			ID: "urn:uuid:" + g.ID, Title: g.Title, Updated: g.UpdatedAt.UTC().Format(time.RFC3339), Author: feedAuthor{g.SellerUsername},
			Link: feedLink{"alternate", "text/html", s.absolute(gigPath(g.ID, g.Slug))}, Summary: excerpt(g.Description, 300),
		}
		if g.PublishedAt != nil {
			entry.Published = g.PublishedAt.UTC().Format(time.RFC3339)
		}
		f.Entries = append(f.Entries, entry)
	}
	f.Updated = newest.UTC().Format(time.RFC3339)
	content, err := xml.Marshal(f)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=600")
	return c.Blob(http.StatusOK, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), content...))
}
