package api

import (
	"context"
	"net/http"

	"marketplace/modules/gig"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/web/edge"
)

func (a *API) catalogue() {
	on(a, op{method: "GET", path: "/categories", id: "listCategories", access: edge.Anyone, summary: "The tree of categories"}, a.listCategories)
	on(a, op{method: "GET", path: "/gigs", id: "searchGigs", access: edge.Anyone, summary: "Search published gigs"}, a.searchGigs)
	on(a, op{method: "GET", path: "/me/gigs", id: "listMyGigs", access: edge.SignedIn, summary: "The own gigs of every status"}, a.listMyGigs)
	on(a, op{method: "POST", path: "/gigs", id: "createGig", access: edge.Verified, status: http.StatusCreated, summary: "Write a draft"}, a.createGig)
	on(a, op{method: "GET", path: "/gigs/{id}", id: "getGig", access: edge.Anyone, summary: "One gig"}, a.getGig)
	on(a, op{method: "GET", path: "/gigs/{id}/similar", id: "listSimilarGigs", access: edge.Anyone, summary: "Gigs of other sellers that are like this one: of its category, then of those beside it, with the most tags in common first"}, a.listSimilarGigs)
	on(a, op{method: "PATCH", path: "/gigs/{id}", id: "updateGig", access: edge.Verified, summary: "Change the own gig; absent fields stay"}, a.updateGig)
	on(a, op{method: "DELETE", path: "/gigs/{id}", id: "deleteGig", access: edge.Verified, status: http.StatusNoContent, summary: "Remove the own gig"}, a.deleteGig)
	on(a, op{method: "POST", path: "/gigs/{id}/publish", id: "publishGig", access: edge.Verified, summary: "Show the own gig to everybody"}, a.publishGig)
	on(a, op{method: "POST", path: "/gigs/{id}/pause", id: "pauseGig", access: edge.Verified, summary: "Take the own gig out of search"}, a.pauseGig)
	on(a, op{method: "POST", path: "/gigs/{id}/pictures", id: "addGigPicture", access: edge.Verified, status: http.StatusCreated, limit: 8 << 20, raw: true, summary: "Add a picture (the bytes of a JPEG, PNG, WebP or GIF) to the own gig"}, a.addPicture)
	on(a, op{method: "GET", path: "/gigs/{id}/reviews", id: "listGigReviews", access: edge.Anyone, summary: "What buyers say of a gig"}, a.listGigReviews)
}

// gigView is a gig as the API shows it: with the average in stars.
type gigView struct {
	gig.Gig
	Rating gigRating `json:"rating"`
}

type gigRating struct {
	Average float64 `json:"average" doc:"0 to 5, two decimals; 0 without reviews."`
	Count   int     `json:"count"`
}

func viewOf(g gig.Gig) gigView {
	return gigView{Gig: g, Rating: gigRating{Average: float64(g.Rating.Hundredths) / 100, Count: g.Rating.Count}}
}

func viewsOf(gigs []gig.Gig) []gigView {
	views := make([]gigView, len(gigs))
	for i, g := range gigs {
		views[i] = viewOf(g)
	}
	return views
}

func (a *API) listCategories(ctx context.Context, _ *struct{}) (*body[List[gig.Category]], error) {
	categories, err := a.Gigs.Categories(ctx, gig.CategoriesRequest{})
	return answer(listOf(categories.Items, ""), err)
}

type searchInput struct {
	Paged
	Text         string `query:"q" maxLength:"200" doc:"In title, description, tags, category and seller."`
	Category     string `query:"category" maxLength:"100" doc:"Slug; a top level includes what is below."`
	Seller       string `query:"seller" maxLength:"64" doc:"User name."`
	MinPrice     int64  `query:"min_price" minimum:"0" doc:"Minor units, of the lowest package."`
	MaxPrice     int64  `query:"max_price" minimum:"0" doc:"Minor units, of the lowest package."`
	DeliveryDays int    `query:"delivery_days" minimum:"0" maximum:"365" doc:"The fastest package is delivered within."`
	Sort         string `query:"sort" enum:"relevance,newest,best_selling,rating,price_asc,price_desc" doc:"relevance with q, otherwise newest."`
}

// found is a page of found gigs.
type found struct {
	List[gigView]
	Total int `json:"total" doc:"Of all pages, counted up to 1,000."`
}

func (a *API) searchGigs(ctx context.Context, in *searchInput) (*body[found], error) {
	q := gig.SearchRequest{
		Text: in.Text, Category: in.Category, MinPrice: in.MinPrice, MaxPrice: in.MaxPrice, MaxDays: in.DeliveryDays,
		Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor,
	}
	if in.Seller != "" {
		seller, err := a.Users.Get(ctx, user.GetRequest{Username: in.Seller})
		if err != nil {
			return nil, err
		}
		q.SellerID = seller.ID
	}
	results, err := a.Gigs.Search(ctx, q)
	return answer(found{List: listOf(viewsOf(results.Items), results.NextCursor), Total: results.Total}, err)
}

type listMyGigsInput struct {
	Paged
	Status string `query:"status" enum:"draft,active,paused"`
}

func (a *API) listMyGigs(ctx context.Context, in *listMyGigsInput) (*body[List[gigView]], error) {
	gigs, err := a.Gigs.Mine(ctx, gig.MineRequest{Status: gig.Status(in.Status), Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(viewsOf(gigs.Items), gigs.NextCursor), err)
}

type createGigInput struct {
	Body struct {
		Title        string            `json:"title" doc:"5 to 100 characters."`
		Description  string            `json:"description" doc:"10 to 5,000 characters of Markdown."`
		Category     string            `json:"category" doc:"Slug."`
		Tags         []string          `json:"tags" doc:"At most 10."`
		Packages     []gig.Package     `json:"packages" doc:"basic, then standard, then premium."`
		Extras       []gig.Extra       `json:"extras,omitempty" doc:"At most 10; each title once. Prices in minor units."`
		Requirements []gig.Requirement `json:"requirements" doc:"At most 10."`
		FAQ          []gig.FAQ         `json:"faq,omitempty" doc:"At most 10; each question once. Questions of at most 200, answers of at most 1,000 characters."`
	}
}

func (a *API) createGig(ctx context.Context, in *createGigInput) (*body[gigView], error) {
	g, err := a.Gigs.Create(ctx, gig.CreateRequest{
		Title: in.Body.Title, Description: in.Body.Description, Category: in.Body.Category, Tags: in.Body.Tags,
		Packages: in.Body.Packages, Extras: in.Body.Extras, Requirements: in.Body.Requirements, FAQ: in.Body.FAQ,
	})
	return answer(viewOf(g), err)
}

func (a *API) getGig(ctx context.Context, in *ByID) (*body[gigView], error) {
	g, err := a.Gigs.Get(ctx, gig.GetRequest{ID: in.ID})
	return answer(viewOf(g), err)
}

type similarInput struct {
	ByID
	Limit int `query:"limit" minimum:"1" maximum:"24" default:"8"`
}

func (a *API) listSimilarGigs(ctx context.Context, in *similarInput) (*body[List[gigView]], error) {
	list, err := a.Gigs.Similar(ctx, gig.SimilarRequest{ID: in.ID, Limit: in.Limit})
	return answer(listOf(viewsOf(list.Items), ""), err)
}

type updateGigInput struct {
	ByID
	Body struct {
		Title        *string            `json:"title" nullable:"false"`
		Description  *string            `json:"description" nullable:"false"`
		Category     *string            `json:"category" nullable:"false"`
		Tags         *[]string          `json:"tags"`
		Packages     *[]gig.Package     `json:"packages"`
		Extras       *[]gig.Extra       `json:"extras"`
		Requirements *[]gig.Requirement `json:"requirements"`
		FAQ          *[]gig.FAQ         `json:"faq"`
	}
}

func (a *API) updateGig(ctx context.Context, in *updateGigInput) (*body[gigView], error) {
	g, err := a.Gigs.Update(ctx, gig.UpdateRequest{
		ID: in.ID, Title: in.Body.Title, Description: in.Body.Description, Category: in.Body.Category, Tags: in.Body.Tags,
		Packages: in.Body.Packages, Extras: in.Body.Extras, Requirements: in.Body.Requirements, FAQ: in.Body.FAQ,
	})
	return answer(viewOf(g), err)
}

func (a *API) deleteGig(ctx context.Context, in *ByID) (*struct{}, error) {
	_, err := a.Gigs.Delete(ctx, gig.DeleteRequest{ID: in.ID})
	return nil, err
}

func (a *API) publishGig(ctx context.Context, in *ByID) (*body[gigView], error) {
	g, err := a.Gigs.Publish(ctx, gig.PublishRequest{ID: in.ID})
	return answer(viewOf(g), err)
}

func (a *API) pauseGig(ctx context.Context, in *ByID) (*body[gigView], error) {
	g, err := a.Gigs.Pause(ctx, gig.PauseRequest{ID: in.ID})
	return answer(viewOf(g), err)
}

type addPictureInput struct {
	ByID
	RawBody []byte `contentType:"application/octet-stream"`
}

func (a *API) addPicture(ctx context.Context, in *addPictureInput) (*body[gigView], error) {
	if len(in.RawBody) == 0 {
		return nil, fault.Malformedf("Send the bytes of the picture as the body.")
	}
	g, err := a.Gigs.AddPicture(ctx, gig.AddPictureRequest{GigID: in.ID, Content: in.RawBody})
	return answer(viewOf(g), err)
}

// PageOf is a request for a page of what belongs to a thing.
type PageOf struct {
	ByID
	Paged
}

func (a *API) listGigReviews(ctx context.Context, in *PageOf) (*body[List[review.Review]], error) {
	if _, err := a.Gigs.Get(ctx, gig.GetRequest{ID: in.ID}); err != nil {
		return nil, err
	}
	reviews, err := a.Reviews.List(ctx, review.ListRequest{GigID: in.ID, Role: "buyer", Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(reviews.Items, reviews.NextCursor), err)
}
