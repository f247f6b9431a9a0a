// Package gig is the catalogue: what sellers offer, in categories, with packages, pictures and search.
package gig

import (
	"context"
	"time"

	"marketplace/platform/money"
)

// Service is what the module gig offers.
type Service interface {
	// Categories returns the tree of categories, two levels, in the order to show (row G13 later edits it).
	Categories(ctx context.Context, q CategoriesRequest) (CategoryList, error)
	// Search finds published gigs by text and filters, page by page; no gig is skipped or shown twice while the
	// catalogue changes (rows G8, G9, G11, G12).
	Search(ctx context.Context, q SearchRequest) (Results, error)
	// Get returns one gig by id. Others than its seller see it only while it is published; orders may see paused
	// ones through List.
	Get(ctx context.Context, q GetRequest) (Gig, error)
	// List looks up many gigs by id whatever their status, at most 100; unknown ids are left out. For modules.
	List(ctx context.Context, q ListRequest) (List, error)
	// Similar lists published gigs like this one, of other sellers: of its category, those with the most tags in common
	// first, then the best; if there are too few, of the categories beside it (row G14). Who does not see the gig is told
	// that there is none.
	Similar(ctx context.Context, q SimilarRequest) (List, error)
	// Mine lists the acting seller's gigs of every status, newest first.
	Mine(ctx context.Context, q MineRequest) (List, error)

	// Create writes a draft for the acting, verified seller (row G1).
	Create(ctx context.Context, q CreateRequest) (Gig, error)
	// Update changes the acting seller's gig; absent fields stay. Orders keep what they were placed with (row G6).
	Update(ctx context.Context, q UpdateRequest) (Gig, error)
	// Publish shows the gig to everybody; from draft or paused (row G5).
	Publish(ctx context.Context, q PublishRequest) (Gig, error)
	// Pause takes the gig out of search and orders at once (row G5).
	Pause(ctx context.Context, q PauseRequest) (Gig, error)
	// Delete removes the gig from everybody's sight, its seller's too; orders keep their copy (row G5).
	Delete(ctx context.Context, q DeleteRequest) (Gig, error)
	// AddPicture adds a picture at the end: JPEG, PNG, WebP or GIF of at most 8 MB and 24 megapixels, fewer where a pixel
	// takes much memory (9 for a PNG in full colour), re-encoded; at most 6 (row G4). The first is the cover. When too many
	// arrive at once it is Unavailable for some seconds.
	AddPicture(ctx context.Context, q AddPictureRequest) (Gig, error)
	// RemovePicture removes a picture.
	RemovePicture(ctx context.Context, q RemovePictureRequest) (Gig, error)
	// Picture returns a picture file in one of the widths 320, 640, 1280. Pictures are public.
	Picture(ctx context.Context, q PictureRequest) (Picture, error)
}

// Status is where a gig is in its life.
type Status string

// The statuses of a gig.
const (
	StatusDraft   Status = "draft"
	StatusActive  Status = "active"
	StatusPaused  Status = "paused"
	StatusDeleted Status = "deleted"
)

// Gig is an offer of a seller.
type Gig struct {
	ID             string        `json:"id"`
	Slug           string        `json:"slug"` // of the title, for the page's address
	SellerID       string        `json:"seller_id"`
	SellerUsername string        `json:"seller_username"`
	Title          string        `json:"title"`
	Description    string        `json:"description"` // Markdown
	Category       string        `json:"category"`    // slug
	Tags           []string      `json:"tags"`
	Status         Status        `json:"status"`
	Packages       []Package     `json:"packages"` // basic, standard, premium; at least basic
	Extras         []Extra       `json:"extras"`
	Requirements   []Requirement `json:"requirements"`
	FAQ            []FAQ         `json:"faq"`
	Pictures       []PictureRef  `json:"pictures"`
	From           money.Amount  `json:"from"`         // the lowest price
	FastestDays    int           `json:"fastest_days"` // the shortest delivery
	Rating         Rating        `json:"rating"`
	Sales          int           `json:"sales"` // completed orders
	Version        int           `json:"version"`
	CreatedAt      time.Time     `json:"created_at"`
	UpdatedAt      time.Time     `json:"updated_at"`
	PublishedAt    *time.Time    `json:"published_at"` // the first time
}

// Package is one of up to three variants of a gig (row G2).
type Package struct {
	Name         string       `json:"name"` // basic, standard, premium
	Title        string       `json:"title"`
	Description  string       `json:"description"`
	Price        money.Amount `json:"price"` // 5.00 to 20,000.00
	DeliveryDays int          `json:"delivery_days"`
	Revisions    int          `json:"revisions"` // 0 to 20; Unlimited
	Includes     []string     `json:"includes"`  // what the buyer gets, line by line
}

// Extra is something that a buyer may add to any package (row G3). Its title names it: a gig has each title once.
type Extra struct {
	Title     string       `json:"title"`     // 1 to 100 characters
	Price     money.Amount `json:"price"`     // of one, on top of the package's; at most 20,000.00
	Days      int          `json:"days"`      // more for the delivery; negative: faster, -30 to 90
	Revisions int          `json:"revisions"` // more, 0 to 20
}

// Unlimited as Package.Revisions means no limit.
const Unlimited = -1

// PackageNames are the names of packages in their order.
func PackageNames() []string { return []string{"basic", "standard", "premium"} }

// Requirement is a question that the buyer answers before the clock starts (row G7).
type Requirement struct {
	Question string   `json:"question"`
	Type     string   `json:"type"` // text, choice, file
	Required bool     `json:"required"`
	Choices  []string `json:"choices,omitempty"` // for type choice
}

// FAQ is a question that buyers ask often, with the seller's answer (row G4).
type FAQ struct {
	Question string `json:"question"` // 1 to 200 characters; a gig has each question once
	Answer   string `json:"answer"`   // 1 to 1,000 characters
}

// PictureRef names a picture and its size in pixels.
type PictureRef struct {
	ID     string `json:"id"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// Rating is the average of the published reviews, in hundredths of a star (487 is 4.87), and their count.
type Rating struct {
	Hundredths int `json:"hundredths"`
	Count      int `json:"count"`
}

// Category is a shelf of the catalogue.
type Category struct {
	Slug   string `json:"slug"`
	Name   string `json:"name"`
	Parent string `json:"parent"` // slug; empty at the top level
	Blurb  string `json:"blurb"`  // one sentence
	Gigs   int    `json:"gigs"`   // published gigs in it and below
}

// CategoryList is the answer of Categories.
type CategoryList struct {
	Items []Category `json:"items"`
}

// List is a page of gigs.
type List struct {
	Items      []Gig  `json:"items"`
	NextCursor string `json:"next_cursor"` // empty on the last page
}

// Results is a page of found gigs.
type Results struct {
	Items      []Gig  `json:"items"`
	NextCursor string `json:"next_cursor"`
	Total      int    `json:"total"` // of all pages, counted up to 1,000
}

// Picture is a file to show.
type Picture struct {
	ContentType string `json:"content_type"`
	Content     []byte `json:"content"`
}

// CategoriesRequest is the argument of Categories.
type CategoriesRequest struct{}

// Sorts are the orders of Search.
func Sorts() []string {
	return []string{"relevance", "newest", "best_selling", "rating", "price_asc", "price_desc"}
}

// SearchRequest is the argument of Search. Zero fields do not filter.
type SearchRequest struct {
	Text     string `json:"text,omitempty"`     // title, description, tags, category, seller
	Category string `json:"category,omitempty"` // slug; a top level includes what is below
	SellerID string `json:"seller_id,omitempty"`
	MinPrice int64  `json:"min_price,omitempty"` // minor units of the marketplace's currency, of the lowest package
	MaxPrice int64  `json:"max_price,omitempty"`
	MaxDays  int    `json:"max_days,omitempty"` // the fastest package is delivered within
	Sort     string `json:"sort,omitempty"`     // one of Sorts; relevance with a text, otherwise newest
	Limit    int    `json:"limit,omitempty"`    // 1 to 100; 24
	Cursor   string `json:"cursor,omitempty"`   // next_cursor of the page before
}

// GetRequest is the argument of Get.
type GetRequest struct {
	ID string `json:"id"`
}

// ListRequest is the argument of List.
type ListRequest struct {
	IDs []string `json:"ids"`
}

// SimilarRequest is the argument of Similar.
type SimilarRequest struct {
	ID    string `json:"id"`
	Limit int    `json:"limit,omitempty"` // 1 to 24; 8
}

// MineRequest is the argument of Mine.
type MineRequest struct {
	Status Status `json:"status,omitempty"`
	Limit  int    `json:"limit,omitempty"`
	Cursor string `json:"cursor,omitempty"`
}

// CreateRequest is the argument of Create.
type CreateRequest struct {
	Title        string        `json:"title"`                  // 5 to 100 characters
	Description  string        `json:"description"`            // 10 to 5,000 characters
	Category     string        `json:"category"`               // slug
	Tags         []string      `json:"tags"`                   // at most 10 of at most 30 characters
	Packages     []Package     `json:"packages"`               // 1 to 3
	Extras       []Extra       `json:"extras,omitempty"`       // at most 10
	Requirements []Requirement `json:"requirements,omitempty"` // at most 10
	FAQ          []FAQ         `json:"faq,omitempty"`          // at most 10
}

// UpdateRequest is the argument of Update.
type UpdateRequest struct {
	ID           string         `json:"id"`
	Title        *string        `json:"title,omitempty"`
	Description  *string        `json:"description,omitempty"`
	Category     *string        `json:"category,omitempty"`
	Tags         *[]string      `json:"tags,omitempty"`
	Packages     *[]Package     `json:"packages,omitempty"`
	Extras       *[]Extra       `json:"extras,omitempty"`
	Requirements *[]Requirement `json:"requirements,omitempty"`
	FAQ          *[]FAQ         `json:"faq,omitempty"`
}

// PublishRequest is the argument of Publish.
type PublishRequest struct {
	ID string `json:"id"`
}

// PauseRequest is the argument of Pause.
type PauseRequest struct {
	ID string `json:"id"`
}

// DeleteRequest is the argument of Delete.
type DeleteRequest struct {
	ID string `json:"id"`
}

// AddPictureRequest is the argument of AddPicture.
type AddPictureRequest struct {
	GigID   string `json:"gig_id"`
	Content []byte `json:"content"`
}

// RemovePictureRequest is the argument of RemovePicture.
type RemovePictureRequest struct {
	GigID     string `json:"gig_id"`
	PictureID string `json:"picture_id"`
}

// PictureRequest is the argument of Picture.
type PictureRequest struct {
	ID    string `json:"id"`
	Width int    `json:"width"`
}
