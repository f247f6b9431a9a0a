package site

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// ShowHelp answers what people ask most.
func (s *Site) ShowHelp(c echo.Context) error {
	return s.showOwn(c, "help", view{
		Title: "Help", Description: "How buying, selling, paying and refunds work.", Canonical: "/help",
	})
}

// ShowTerms shows the rules of the marketplace.
func (s *Site) ShowTerms(c echo.Context) error {
	return s.showOwn(c, "terms", view{
		Title: "Terms", Description: "The rules for buyers and sellers.", Canonical: "/terms",
	})
}

// ShowPrivacy says what is kept of people and why.
func (s *Site) ShowPrivacy(c echo.Context) error {
	return s.showOwn(c, "privacy", view{
		Title: "Privacy", Description: "What we keep about you, and why.", Canonical: "/privacy",
	})
}

// showOwn shows the text of the operator if there is one, or else ours.
func (s *Site) showOwn(c echo.Context, name string, v view) error {
	own, ok := s.ownText(name, s.language(c).Tag)
	if !ok {
		return s.show(c, http.StatusOK, "text/"+name, v)
	}
	v.Data = own
	return s.show(c, http.StatusOK, "text/own", v)
}

// ShowProblems explains the kinds of problems that the API answers: their type points here (RFC 9457).
func (s *Site) ShowProblems(c echo.Context) error {
	return s.show(c, http.StatusOK, "text/problems", view{
		Title: "Problems of the API", Description: "What each kind of problem means, and what to do.", Canonical: "/problems",
	})
}

// ShowRobots tells crawlers what is not for them.
func (s *Site) ShowRobots(c echo.Context) error {
	return c.String(http.StatusOK, "User-agent: *\nDisallow: /orders\nDisallow: /inbox\nDisallow: /notifications\n"+
		"Disallow: /settings\nDisallow: /seller\nDisallow: /earnings\nDisallow: /simulator\nDisallow: /api\nDisallow: /dev\n"+
		"Disallow: /*?*cursor=\n\nSitemap: "+s.absolute("/sitemap.xml")+"\n")
}
