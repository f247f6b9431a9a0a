package site

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
)

// sitemapLife is how long a sitemap is kept: making one reads the whole catalogue of a category.
const sitemapLife = time.Hour

// mostInSitemap is how many gigs of a category are listed, the newest first; the protocol allows 50,000 addresses.
const mostInSitemap = 20_000

// sitemaps are kept for their life, so that asking often costs little.
type sitemaps struct {
	mu   sync.Mutex
	kept map[string]keptSitemap
}

type keptSitemap struct {
	content []byte
	until   time.Time
}

// siteURL is one address of a sitemap (sitemaps.org, protocol 0.9).
type siteURL struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

// ShowSitemap lists the sitemaps: one of the pages and categories, and one of the gigs of each category (row G17).
func (s *Site) ShowSitemap(c echo.Context) error {
	return s.sitemap(c, "", func(ctx context.Context) (any, error) {
		shelves, err := s.shelves(ctx)
		if err != nil {
			return nil, err
		}
		maps := []siteURL{{Loc: s.absolute("/sitemaps/pages.xml")}}
		for _, shelf := range shelves {
			if shelf.Gigs > 0 {
				maps = append(maps, siteURL{Loc: s.absolute("/sitemaps/" + url.PathEscape(shelf.Slug) + ".xml")})
			}
		}
		return struct {
			XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
			Maps    []siteURL `xml:"sitemap"`
		}{Maps: maps}, nil
	})
}

// ShowSitemapOf lists the pages, or the gigs of a category of the top level with their sellers.
func (s *Site) ShowSitemapOf(c echo.Context) error {
	name, ok := strings.CutSuffix(c.Param("name"), ".xml")
	if !ok {
		return fault.NotFoundf("There is no such sitemap.")
	}
	return s.sitemap(c, name, func(ctx context.Context) (any, error) {
		shelves, err := s.shelves(ctx)
		if err != nil {
			return nil, err
		}
		if name == "pages" {
			return urlSet(s.pagesOfSite(shelves)), nil
		}
		for _, shelf := range shelves {
			if shelf.Slug == name {
				addresses, err := s.gigsOfSite(ctx, shelf.Slug)
				return urlSet(addresses), err
			}
		}
		return nil, fault.NotFoundf("There is no such sitemap.")
	})
}

func urlSet(addresses []siteURL) any {
	return struct {
		XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		URLs    []siteURL `xml:"url"`
	}{URLs: addresses}
}

func (s *Site) pagesOfSite(shelves []shelf) []siteURL {
	var addresses []siteURL
	for _, path := range []string{"/", "/gigs", "/sell", "/help", "/terms", "/privacy"} {
		addresses = append(addresses, siteURL{Loc: s.absolute(path)})
	}
	for _, shelf := range shelves {
		addresses = append(addresses, siteURL{Loc: s.absolute("/categories/" + url.PathEscape(shelf.Slug))})
		for _, below := range shelf.Below {
			addresses = append(addresses, siteURL{Loc: s.absolute("/categories/" + url.PathEscape(below.Slug))})
		}
	}
	return addresses
}

// gigsOfSite reads the gigs of a category page by page, and adds each seller once.
func (s *Site) gigsOfSite(ctx context.Context, category string) (addresses []siteURL, err error) {
	sellers := map[string]bool{}
	q := gig.SearchRequest{Category: category, Sort: "newest", Limit: 100}
	for listed := 0; listed < mostInSitemap; listed += q.Limit {
		found, err := s.Gigs.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, g := range found.Items {
			addresses = append(addresses, siteURL{Loc: s.absolute(gigPath(g.ID, g.Slug)), LastMod: g.UpdatedAt.UTC().Format(time.RFC3339)})
			if !sellers[g.SellerUsername] {
				sellers[g.SellerUsername] = true
				addresses = append(addresses, siteURL{Loc: s.absolute("/users/" + url.PathEscape(g.SellerUsername))})
			}
		}
		if q.Cursor = found.NextCursor; q.Cursor == "" {
			break
		}
	}
	return addresses, nil
}

// sitemap answers with the kept one, or makes it.
func (s *Site) sitemap(c echo.Context, name string, read func(context.Context) (any, error)) error {
	content, err := s.keptSitemap(c.Request().Context(), name, read)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=3600")
	return c.Blob(http.StatusOK, "application/xml; charset=utf-8", content)
}

// keptSitemap makes one sitemap at a time: a crowd of robots costs no more than one.
func (s *Site) keptSitemap(ctx context.Context, name string, read func(context.Context) (any, error)) ([]byte, error) {
	s.maps.mu.Lock()
	defer s.maps.mu.Unlock()
	now := s.Clock.Now()
	if kept, ok := s.maps.kept[name]; ok && now.Before(kept.until) {
		return kept.content, nil
	}
	list, err := read(ctx)
	if err != nil {
		return nil, err
	}
	content, err := xml.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("write the sitemap %q: %w", name, err)
	}
	if s.maps.kept == nil {
		s.maps.kept = map[string]keptSitemap{}
	}
	content = append([]byte(xml.Header), content...)
	s.maps.kept[name] = keptSitemap{content, now.Add(sitemapLife)} // only names of categories come this far
	return content, nil
}
