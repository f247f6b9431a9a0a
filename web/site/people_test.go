package site_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"marketplace/modules/auth"
	"marketplace/modules/gig"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/money"
	"marketplace/platform/private"
)

type auths struct {
	auth.Service
	w *world
}

func (a auths) account() auth.Account {
	return auth.Account{ID: anaID, Username: "ana", Email: "ana@example.com", CreatedAt: a.w.now}
}

func (a auths) SignUp(context.Context, auth.SignUpRequest) (auth.Account, error) {
	return a.account(), a.w.call("SignUp")
}

func (a auths) LogIn(_ context.Context, q auth.LogInRequest) (auth.Session, error) {
	return auth.Session{ID: "s1", Token: private.Secret("token-of-" + q.Login), Account: a.account(), ExpiresAt: a.w.now.Add(24 * time.Hour), EndsAt: a.w.now.Add(90 * 24 * time.Hour)}, a.w.call("LogIn")
}

func (a auths) LogOut(context.Context, auth.LogOutRequest) (auth.Done, error) {
	return auth.Done{}, a.w.call("LogOut")
}

func (a auths) VerifyEmail(context.Context, auth.VerifyEmailRequest) (auth.Account, error) {
	return a.account(), a.w.call("VerifyEmail")
}

func (a auths) ResendVerification(context.Context, auth.ResendVerificationRequest) (auth.Account, error) {
	return a.account(), a.w.call("ResendVerification")
}

func (a auths) RequestReset(context.Context, auth.RequestResetRequest) (auth.Done, error) {
	return auth.Done{}, a.w.call("RequestReset")
}

func (a auths) ResetPassword(context.Context, auth.ResetPasswordRequest) (auth.Done, error) {
	return auth.Done{}, a.w.call("ResetPassword")
}

func (a auths) ChangePassword(context.Context, auth.ChangePasswordRequest) (auth.Done, error) {
	return auth.Done{}, a.w.call("ChangePassword")
}

func (a auths) ListSessions(context.Context, auth.ListSessionsRequest) (auth.SessionList, error) {
	a.w.read("auths.ListSessions")
	return auth.SessionList{Items: []auth.Session{
		{ID: "s1", Device: "Firefox on Linux", Address: "203.0.113.7", Current: true, LastActiveAt: a.w.now},
		{ID: "s2", Device: "Safari on iPhone", Address: "198.51.100.4", LastActiveAt: a.w.now.Add(-50 * time.Hour)},
	}}, nil
}

type users struct {
	user.Service
	w *world
}

func (u users) profile(id string) user.Profile {
	p := user.Profile{ID: id, Username: "ben", DisplayName: "Ben Okafor", Country: "DE", MemberSince: u.w.now.Add(-400 * 24 * time.Hour)}
	if id == anaID {
		p.Username, p.DisplayName, p.Bio = "ana", "Ana Lindqvist", u.w.text
	}
	if id == benID || u.w.seller {
		p.Seller = &user.Seller{
			Headline: "Brand designer who keeps it simple", Description: u.w.text, Skills: []string{"Logo design", "Illustration", "Type"},
			Languages: []user.Language{{Name: "German", Level: "native"}, {Name: "English", Level: "fluent"}}, Since: u.w.now.Add(-300 * 24 * time.Hour),
		}
	}
	return p
}

func (u users) Get(_ context.Context, q user.GetRequest) (user.Profile, error) {
	u.w.read("users.Get")
	switch {
	case q.ID == anaID || q.Username == "ana":
		return u.profile(anaID), nil
	case q.ID == benID || q.Username == "ben":
		return u.profile(benID), nil
	}
	return user.Profile{}, fault.NotFoundf("There is nobody of that name.")
}

func (u users) List(_ context.Context, q user.ListRequest) (user.ProfileList, error) {
	u.w.read("users.List")
	var list user.ProfileList
	for _, id := range q.IDs {
		list.Items = append(list.Items, u.profile(id))
	}
	return list, nil
}

func (u users) Update(context.Context, user.UpdateRequest) (user.Profile, error) {
	return u.profile(anaID), u.w.call("Update")
}

func (u users) SetSeller(context.Context, user.SetSellerRequest) (user.Profile, error) {
	return u.profile(anaID), u.w.call("SetSeller")
}

func (u users) SellerDraft(context.Context, user.SellerDraftRequest) (user.SellerDraft, error) {
	u.w.mu.Lock()
	defer u.w.mu.Unlock()
	return u.w.draft, nil
}

// DraftSeller keeps what it is told, and finds a headline of less than three letters wrong.
func (u users) DraftSeller(_ context.Context, q user.DraftSellerRequest) (user.SellerDraft, error) {
	u.w.mu.Lock()
	defer u.w.mu.Unlock()
	d := &u.w.draft
	if q.Headline != nil {
		d.Headline, d.Description, d.Open = *q.Headline, *q.Description, nil
		if len(d.Headline) < 3 {
			d.Open = []fault.Field{{Name: "headline", Message: "Use 3 to 100 characters."}}
		}
	}
	if q.Skills != nil {
		d.Skills, d.Languages = *q.Skills, *q.Languages
	}
	if q.Country != nil {
		d.Country = *q.Country
	}
	return *d, nil
}

func (u users) SetAvatar(context.Context, user.SetAvatarRequest) (user.Profile, error) {
	return u.profile(anaID), u.w.call("SetAvatar")
}

func (u users) Avatar(context.Context, user.AvatarRequest) (user.Picture, error) {
	return user.Picture{ContentType: "image/svg+xml", Content: []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8" fill="#2b7a78"/><circle cx="4" cy="3" r="1.6" fill="#fff"/><ellipse cx="4" cy="7" rx="2.6" ry="2" fill="#fff"/></svg>`)}, nil
}

type gigs struct {
	gig.Service
	w *world
}

func (g gigs) gig(n int) gig.Gig {
	titles := []string{
		"I will draw a calm and confident logo for your brand", "I will build a fast website that you can edit yourself",
		"I will translate your texts from English to German", "I will cut your footage into a story people finish",
		"I will set up your books and keep them tidy", "I will record a warm voice over for your film",
		"I will write product texts that sell without shouting", "I will find out what your data says", "I will paint your character",
	}
	usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
	offer := gig.Gig{
		ID: gigA[:len(gigA)-1] + fmt.Sprint(n), Slug: "i-will-draw-a-calm-logo", SellerID: benID, SellerUsername: "ben", Title: titles[(n-1)%len(titles)],
		Description: g.w.text, Category: "logo-design", Tags: []string{"logo", "branding", "minimal"}, Status: gig.StatusActive,
		From: usd(int64(4500 + n*1300)), FastestDays: n, Rating: gig.Rating{Hundredths: 500 - n*7, Count: 213 / n}, Sales: 410 / n, Version: 3,
		Packages: []gig.Package{
			{Name: "basic", Title: "One mark", Description: "A single drafted idea, cleaned up.", Price: usd(4500), DeliveryDays: 3, Revisions: 1, Includes: []string{"One draft", "PNG and SVG"}},
			{Name: "standard", Title: "Mark and colours", Description: "Three directions, one chosen and refined.", Price: usd(12000), DeliveryDays: 5, Revisions: 3, Includes: []string{"Three drafts", "All formats", "Colour sheet"}},
			{Name: "premium", Title: "Whole identity", Description: "Everything to start with: logo, type, colours, cards.", Price: usd(36000), DeliveryDays: 10, Revisions: gig.Unlimited, Includes: []string{"Five drafts", "All formats", "Brand book", "Business cards"}},
		},
		Extras:       []gig.Extra{{Title: "All source files", Price: usd(1500), Days: 1}, {Title: "Delivered faster", Price: usd(2000), Days: -1, Revisions: 1}},
		Requirements: []gig.Requirement{{Question: "What does your company do?", Type: "text", Required: true}, {Question: "Which style?", Type: "choice", Choices: []string{"Calm", "Loud"}}},
		FAQ:          []gig.FAQ{{Question: "Whose is the logo?", Answer: "Yours, as soon as the order is completed."}},
		Pictures:     []gig.PictureRef{},
	}
	if n == 1 {
		offer.Title = strings.TrimSpace(offer.Title)
		offer.Pictures = []gig.PictureRef{{ID: "p1", Width: 1280, Height: 800}, {ID: "p2", Width: 1280, Height: 800}}
	}
	if n == 9 {
		offer.Rating, offer.Sales = gig.Rating{}, 0
	}
	return offer
}

func (g gigs) mine(n int, status gig.Status) gig.Gig {
	offer := g.gig(n)
	offer.SellerID, offer.SellerUsername, offer.Status = anaID, "ana", status
	return offer
}

func (g gigs) Categories(context.Context, gig.CategoriesRequest) (gig.CategoryList, error) {
	g.w.read("gigs.Categories")
	if g.w.empty {
		return gig.CategoryList{}, nil
	}
	names := [][3]string{
		{"graphics-design", "Graphics & Design", "Logos, brands and pictures that people remember."}, {"programming-tech", "Programming & Tech", "Websites, apps and everything behind them."},
		{"digital-marketing", "Digital Marketing", "Be found, and be chosen."}, {"writing-translation", "Writing & Translation", "The right words, in every language."},
		{"video-animation", "Video & Animation", "Moving pictures that move people."}, {"music-audio", "Music & Audio", "Voices, songs and clean sound."},
		{"business", "Business", "Plans, numbers and help with the daily work."}, {"ai-data", "AI & Data", "Make sense of your data."},
	}
	var list gig.CategoryList
	for _, n := range names {
		list.Items = append(list.Items, gig.Category{Slug: n[0], Name: n[1], Blurb: n[2], Gigs: 12})
	}
	for _, n := range [][2]string{{"logo-design", "Logo Design"}, {"illustration", "Illustration"}, {"packaging-design", "Packaging Design"}} {
		list.Items = append(list.Items, gig.Category{Slug: n[0], Name: n[1], Parent: "graphics-design", Blurb: "A mark for your business.", Gigs: 4})
	}
	return list, nil
}

func (g gigs) Search(_ context.Context, q gig.SearchRequest) (gig.Results, error) {
	g.w.read("gigs.Search")
	g.w.mu.Lock()
	g.w.search = append(g.w.search, q)
	g.w.mu.Unlock()
	if g.w.fail != nil {
		return gig.Results{}, g.w.fail
	}
	var found gig.Results
	if g.w.empty || q.Text == "nothing" {
		return found, nil
	}
	for n := 1; n <= min(9, q.Limit+9*(1-min(1, q.Limit))); n++ {
		found.Items = append(found.Items, g.gig(n))
	}
	found.Total, found.NextCursor = 1000, "next"
	return found, nil
}

func (g gigs) Similar(_ context.Context, q gig.SimilarRequest) (gig.List, error) {
	g.w.read("gigs.Similar")
	if g.w.fail != nil {
		return gig.List{}, g.w.fail
	}
	var list gig.List
	for n := 2; n <= 4 && !g.w.empty; n++ {
		list.Items = append(list.Items, g.gig(n))
	}
	return list, nil
}

func (g gigs) Get(_ context.Context, q gig.GetRequest) (gig.Gig, error) {
	g.w.read("gigs.Get")
	switch q.ID {
	case gigA:
		return g.gig(1), nil
	case "mine", "draft":
		return g.mine(2, gig.StatusDraft), nil
	}
	return gig.Gig{}, fault.NotFoundf("There is no such gig.")
}

func (g gigs) List(context.Context, gig.ListRequest) (gig.List, error) {
	g.w.read("gigs.List")
	return gig.List{Items: []gig.Gig{g.gig(1)}}, nil
}

func (g gigs) Mine(context.Context, gig.MineRequest) (gig.List, error) {
	g.w.read("gigs.Mine")
	if g.w.empty {
		return gig.List{}, nil
	}
	return gig.List{Items: []gig.Gig{g.mine(1, gig.StatusActive), g.mine(2, gig.StatusDraft), g.mine(3, gig.StatusPaused)}}, nil
}

func (g gigs) Create(context.Context, gig.CreateRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDraft), g.w.call("Create")
}

func (g gigs) Update(context.Context, gig.UpdateRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDraft), g.w.call("Update")
}

func (g gigs) Publish(context.Context, gig.PublishRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusActive), g.w.call("Publish")
}

func (g gigs) Pause(context.Context, gig.PauseRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusPaused), g.w.call("Pause")
}

func (g gigs) Delete(context.Context, gig.DeleteRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDeleted), g.w.call("Delete")
}

func (g gigs) AddPicture(context.Context, gig.AddPictureRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDraft), g.w.call("AddPicture")
}

func (g gigs) RemovePicture(context.Context, gig.RemovePictureRequest) (gig.Gig, error) {
	return g.mine(2, gig.StatusDraft), g.w.call("RemovePicture")
}

func (g gigs) Picture(context.Context, gig.PictureRequest) (gig.Picture, error) {
	return gig.Picture{ContentType: "image/svg+xml", Content: []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 10"><rect width="16" height="10" fill="#0b5f66"/><circle cx="8" cy="5" r="3" fill="#f0b35a"/></svg>`)}, nil
}
