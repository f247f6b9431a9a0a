package site

import (
	"net/url"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/review"
	"marketplace/modules/user"
)

// structured is one thing that a page is about, in the words of schema.org, for search engines (row G17). A template
// writes it as JSON into a script of the type application/ld+json, where html/template escapes what could end the script.
type structured map[string]any

// crumb is one step of the way to a page: what it is called and its local path.
type crumb struct{ Name, Path string }

// mostReviewsTold is how many reviews of a gig are told to search engines.
const mostReviewsTold = 5

// thing begins a piece of structured data.
func thing(kind string, facts structured) structured {
	facts["@context"], facts["@type"] = "https://schema.org", kind
	return facts
}

// absolute is the public address of a local path.
func (s *Site) absolute(path string) string { return s.Config.PublicURL + path }

// organization is who runs the marketplace, and that one can search it.
func (s *Site) organization() []structured {
	home := s.absolute("/")
	return []structured{
		thing("Organization", structured{"name": s.Config.Name, "url": home, "logo": s.absolute("/card")}),
		thing("WebSite", structured{"name": s.Config.Name, "url": home, "potentialAction": structured{
			"@type": "SearchAction", "target": structured{"@type": "EntryPoint", "urlTemplate": s.absolute("/gigs?q={search_term_string}")},
			"query-input": "required name=search_term_string",
		}}),
	}
}

// breadcrumbs is the way from the start page to this one.
func (s *Site) breadcrumbs(way ...crumb) structured {
	steps := []structured{{"@type": "ListItem", "position": 1, "name": "Home", "item": s.absolute("/")}}
	for _, c := range way {
		steps = append(steps, structured{"@type": "ListItem", "position": len(steps) + 1, "name": c.Name, "item": s.absolute(c.Path)})
	}
	return thing("BreadcrumbList", structured{"itemListElement": steps})
}

// product is a gig with what it costs and what buyers say.
func (s *Site) product(page gigPage) structured {
	g := page.Gig
	low, high := g.From, g.From
	for _, p := range g.Packages {
		if p.Price.Minor > high.Minor {
			high = p.Price
		}
	}
	address := s.absolute(gigPath(g.ID, g.Slug))
	facts := structured{
		"name": g.Title, "description": excerpt(g.Description, 500), "url": address, "sku": g.ID, "category": page.Category,
		"image": s.pictures(g), "brand": structured{"@type": "Brand", "name": page.Seller.DisplayName},
		"offers": structured{
			"@type": "AggregateOffer", "lowPrice": low.Decimal(), "highPrice": high.Decimal(), "priceCurrency": low.Currency,
			"offerCount": len(g.Packages), "availability": "https://schema.org/InStock", "url": address,
			"seller": structured{"@type": "Person", "name": page.Seller.DisplayName, "url": s.absolute("/users/" + url.PathEscape(page.Seller.Username))},
		},
	}
	if page.Summary.Count > 0 {
		facts["aggregateRating"] = aggregate(page.Summary)
		facts["review"] = told(page.Reviews)
	}
	return thing("Product", facts)
}

// faq are the questions that the seller of a gig answers beforehand, if there are any.
func faq(g gig.Gig) []structured {
	if len(g.FAQ) == 0 {
		return nil
	}
	questions := make([]structured, len(g.FAQ))
	for i, q := range g.FAQ {
		questions[i] = structured{"@type": "Question", "name": q.Question, "acceptedAnswer": structured{"@type": "Answer", "text": q.Answer}}
	}
	return []structured{thing("FAQPage", structured{"mainEntity": questions})}
}

// pictures are the addresses of a gig's pictures, or of the drawn one.
func (s *Site) pictures(g gig.Gig) []string {
	if len(g.Pictures) == 0 {
		return []string{s.absolute(coverPath(g, 0))}
	}
	addresses := make([]string, len(g.Pictures))
	for i, p := range g.Pictures {
		addresses[i] = s.absolute(picturePath(p.ID, 1280))
	}
	return addresses
}

// person is somebody's profile.
func (s *Site) person(p user.Profile) structured {
	facts := structured{"@type": "Person", "name": p.DisplayName, "alternateName": p.Username,
		"url": s.absolute("/users/" + url.PathEscape(p.Username)), "image": s.absolute(avatarPath(p.ID, p.AvatarID))}
	if p.Seller != nil {
		facts["jobTitle"], facts["knowsAbout"] = p.Seller.Headline, p.Seller.Skills
	}
	return thing("ProfilePage", structured{"dateCreated": p.MemberSince.Format(time.RFC3339), "mainEntity": facts})
}

func aggregate(r review.Summary) structured {
	return structured{"@type": "AggregateRating", "ratingValue": starsOf(r.Hundredths, r.Count).Average, "reviewCount": r.Count, "bestRating": 5, "worstRating": 1}
}

func told(reviews []review.Review) []structured {
	var list []structured
	for _, r := range reviews {
		if len(list) == mostReviewsTold {
			break
		}
		list = append(list, structured{
			"@type": "Review", "author": structured{"@type": "Person", "name": r.AuthorUsername}, "reviewBody": r.Text,
			"datePublished": r.CreatedAt.Format(time.DateOnly), "reviewRating": structured{"@type": "Rating", "ratingValue": r.Rating, "bestRating": 5},
		})
	}
	return list
}
