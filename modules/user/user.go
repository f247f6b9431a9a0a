// Package user keeps what people show of themselves: the public profile, and the seller's part of it.
package user

import (
	"context"
	"time"

	"marketplace/platform/fault"
)

// Service is what the module user offers.
type Service interface {
	// Get returns one profile by id or by user name (in any case), or NotFound.
	Get(ctx context.Context, q GetRequest) (Profile, error)
	// List looks up many profiles by id, at most 100; unknown ids are left out.
	List(ctx context.Context, q ListRequest) (ProfileList, error)
	// Update changes the acting user's own profile; absent fields stay.
	Update(ctx context.Context, q UpdateRequest) (Profile, error)
	// SetSeller makes the acting, verified user a seller, or changes the seller's part (row U1, A11).
	SetSeller(ctx context.Context, q SetSellerRequest) (Profile, error)
	// SellerDraft returns what the acting, verified user has written so far to become a seller (row U1). Nobody else sees
	// it. Who has written nothing gets a draft with the country of their profile.
	SellerDraft(ctx context.Context, q SellerDraftRequest) (SellerDraft, error)
	// DraftSeller keeps a part of it, be it right or not: absent fields stay. More than a profile can ever hold is TooLarge.
	// SetSeller ends the draft.
	DraftSeller(ctx context.Context, q DraftSellerRequest) (SellerDraft, error)
	// SetAvatar sets the acting user's picture: JPEG, PNG, WebP or GIF of at most 5 MB, re-encoded (row Us5).
	SetAvatar(ctx context.Context, q SetAvatarRequest) (Profile, error)
	// Avatar returns the picture file of a profile; people without one get their initials, drawn.
	Avatar(ctx context.Context, q AvatarRequest) (Picture, error)
	// Attend is how a gateway, a process that people are connected to, says who has come and who has left, and that it
	// lives (ADR 15). Its people are online until the Lease after its last call ends. For the marketplace itself.
	Attend(ctx context.Context, q AttendRequest) (Attendance, error)
}

// Profile is what everybody may see of a person.
type Profile struct {
	ID          string    `json:"id"`
	Username    string    `json:"username"`
	DisplayName string    `json:"display_name"` // the user name until another is chosen
	Bio         string    `json:"bio"`
	Country     string    `json:"country"`          // ISO 3166-1 alpha-2, or empty
	AvatarID    string    `json:"avatar_id"`        // changes with the picture, so it may be cached for ever
	MemberSince time.Time `json:"member_since"`     // UTC
	Presence    Presence  `json:"presence"`         // of this moment
	Seller      *Seller   `json:"seller,omitempty"` // nil: does not sell
}

// Seller is the seller's part of a profile.
type Seller struct {
	Headline    string     `json:"headline"`
	Description string     `json:"description"`
	Skills      []string   `json:"skills"`
	Languages   []Language `json:"languages"`
	Since       time.Time  `json:"since"`
}

// Language is a language and how well it is spoken.
type Language struct {
	Name  string `json:"name"`
	Level string `json:"level"` // basic, conversational, fluent, native
}

// Levels are the levels of a Language, rising.
func Levels() []string { return []string{"basic", "conversational", "fluent", "native"} }

// Picture is a file to show.
type Picture struct {
	ContentType string `json:"content_type"`
	Content     []byte `json:"content"`
}

// ProfileList is the answer of List.
type ProfileList struct {
	Items []Profile `json:"items"`
}

// GetRequest is the argument of Get: one of the two.
type GetRequest struct {
	ID       string `json:"id,omitempty"`
	Username string `json:"username,omitempty"`
}

// ListRequest is the argument of List.
type ListRequest struct {
	IDs []string `json:"ids"`
}

// UpdateRequest is the argument of Update.
type UpdateRequest struct {
	DisplayName *string `json:"display_name,omitempty"` // 1 to 50 characters
	Bio         *string `json:"bio,omitempty"`          // at most 1,000 characters
	Country     *string `json:"country,omitempty"`      // ISO 3166-1 alpha-2, or empty
}

// SetSellerRequest is the argument of SetSeller.
type SetSellerRequest struct {
	Headline    string     `json:"headline"`    // 3 to 100 characters
	Description string     `json:"description"` // 10 to 2,000 characters
	Skills      []string   `json:"skills"`      // at most 20 of at most 40 characters
	Languages   []Language `json:"languages"`   // at most 10
	Country     string     `json:"country"`     // ISO 3166-1 alpha-2, or empty
}

// SellerDraft is a seller's part of a profile that is being written.
type SellerDraft struct {
	Headline    string        `json:"headline"`
	Description string        `json:"description"`
	Skills      []string      `json:"skills"`
	Languages   []Language    `json:"languages"`
	Country     string        `json:"country"`
	Open        []fault.Field `json:"open"` // what SetSeller would refuse of it, by its fields
}

// SellerDraftRequest is the argument of SellerDraft.
type SellerDraftRequest struct{}

// DraftSellerRequest is the argument of DraftSeller.
type DraftSellerRequest struct {
	Headline    *string     `json:"headline,omitempty"`
	Description *string     `json:"description,omitempty"`
	Skills      *[]string   `json:"skills,omitempty"`
	Languages   *[]Language `json:"languages,omitempty"`
	Country     *string     `json:"country,omitempty"`
}

// SetAvatarRequest is the argument of SetAvatar.
type SetAvatarRequest struct {
	Content []byte `json:"content"`
}

// AvatarRequest is the argument of Avatar.
type AvatarRequest struct {
	UserID string `json:"user_id"`
}
