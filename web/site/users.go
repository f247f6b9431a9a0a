package site

import (
	"context"
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/identity"
)

// userPage is what a person shows of themselves, and what others say.
type userPage struct {
	Missing missing
	Profile user.Profile
	Gigs    []gig.Gig
	Summary review.Summary
	Stars   []starRow
	Reviews []review.Review
	First   string
	Next    string
	Mine    bool

	Response *chat.Response
}

// gigsOfSeller is how many gigs a profile shows.
const gigsOfSeller = 24

// ShowUser shows a profile with the gigs and reviews of a seller.
func (s *Site) ShowUser(c echo.Context) error {
	ctx := c.Request().Context()
	profile, err := s.Users.Get(ctx, user.GetRequest{Username: c.Param("username")})
	if err != nil {
		return err
	}
	page := userPage{Profile: profile, Mine: identity.From(ctx).UserID == profile.ID}
	if err := s.fillUserPage(ctx, &page, c.QueryParam("reviews")); err != nil {
		return err
	}
	description := profile.Bio
	if profile.Seller != nil {
		description = profile.Seller.Headline
	}
	return s.show(c, http.StatusOK, "user/show", view{
		Title: profile.DisplayName, Description: excerpt(description, 155),
		Canonical: "/users/" + url.PathEscape(profile.Username), Kind: "profile", Card: sharedPath("users", profile.Username),
		Facts: []structured{s.person(profile)}, Missing: page.Missing, Data: page,
	})
}

func (s *Site) fillUserPage(ctx context.Context, page *userPage, cursor string) (err error) {
	g := s.gather(ctx)
	g.want(partReviews, func(ctx context.Context) error {
		list, err := s.Reviews.List(ctx, review.ListRequest{UserID: page.Profile.ID, Limit: reviewsShown, Cursor: cursor})
		page.Reviews = list.Items
		page.First, page.Next = reviewLinks("/users/"+url.PathEscape(page.Profile.Username), cursor, list.NextCursor)
		return err
	})
	if page.Profile.Seller == nil {
		page.Missing, err = g.wait()
		return err
	}
	g.want(partResponses, func(ctx context.Context) (err error) {
		page.Response, err = s.response(ctx, page.Profile.ID)
		return err
	})
	g.want(partServices, func(ctx context.Context) error {
		found, err := s.Gigs.Search(ctx, gig.SearchRequest{SellerID: page.Profile.ID, Limit: gigsOfSeller})
		page.Gigs = found.Items
		return err
	})
	g.want(partReviews, func(ctx context.Context) error {
		list, err := s.Reviews.ListSummaries(ctx, review.ListSummariesRequest{UserIDs: []string{page.Profile.ID}})
		if len(list.Items) > 0 {
			page.Summary, page.Stars = list.Items[0], histogram(list.Items[0])
		}
		return err
	})
	page.Missing, err = g.wait()
	return err
}
