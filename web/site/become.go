package site

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/user"
	"marketplace/platform/fault"
)

// becomePage is one step of becoming a seller.
type becomePage struct {
	Step      int // from 1
	Steps     []step
	Form      form
	Countries []option
	Languages []languageRow
	Levels    []option
	Profile   user.Profile // in the last step as it will be
}

// becoming is a step, with the fields of the draft that are asked for in it.
type becoming struct {
	label  string
	fields []string // the beginnings of their names
}

// becomingSteps lead to a seller's profile. The last one shows it.
func becomingSteps() []becoming {
	return []becoming{
		{"What you do", []string{"headline", "description"}},
		{"What you can do", []string{"skills", "languages"}},
		{"Who you are", []string{"country"}},
		{"Look at it", nil},
	}
}

const becomePath = "/settings/seller/steps/"

// owns says whether a field is asked for in this step.
func (b becoming) owns(field string) bool {
	first, _, _ := strings.Cut(field, ".")
	return slices.Contains(b.fields, first)
}

// becomeStep is the step of the address; a number that is none of them is not found.
func becomeStep(c echo.Context) (int, error) {
	n, err := strconv.Atoi(c.Param("step"))
	if err != nil || n < 1 || n > len(becomingSteps()) {
		return 0, fault.NotFoundf("There is no such step.")
	}
	return n, nil
}

// earliest is the first step, of those before the one that is asked for, in which something is still wrong.
func earliest(asked int, draft user.SellerDraft) int {
	for i, step := range becomingSteps()[:asked-1] {
		if slices.ContainsFunc(draft.Open, func(f fault.Field) bool { return step.owns(f.Name) }) {
			return i + 1
		}
	}
	return asked
}

// reached is the step that somebody goes on with.
func reached(draft user.SellerDraft) int {
	switch {
	case earliest(2, draft) == 1:
		return 1
	case len(draft.Skills)+len(draft.Languages) == 0:
		return 2
	}
	return earliest(3, draft)
}

// ShowBecome shows one step of becoming a seller, filled in as far as it was written. Who skips a step comes to it first;
// who sells already has it all on one page.
func (s *Site) ShowBecome(c echo.Context) error {
	asked, err := becomeStep(c)
	if err != nil {
		return err
	}
	profile, err := s.myProfile(c)
	if err != nil {
		return err
	}
	if profile.Seller != nil {
		return c.Redirect(http.StatusSeeOther, "/settings/seller")
	}
	draft, err := s.Users.SellerDraft(c.Request().Context(), user.SellerDraftRequest{})
	if err != nil {
		return err
	}
	if first := earliest(asked, draft); first != asked {
		return c.Redirect(http.StatusSeeOther, becomePath+strconv.Itoa(first))
	}
	f := sellerForm(draft.Headline, draft.Description, draft.Country, draft.Skills, draft.Languages)
	return s.showBecome(c, http.StatusOK, becomePage{Step: asked, Form: f}, profile, draft)
}

func (s *Site) showBecome(c echo.Context, status int, page becomePage, profile user.Profile, draft user.SellerDraft) error {
	for i, b := range becomingSteps() {
		state := "todo"
		if i+1 < page.Step {
			state = "done"
		} else if i+1 == page.Step {
			state = "now"
		}
		page.Steps = append(page.Steps, step{Label: b.label, State: state, Path: becomePath + strconv.Itoa(i+1)})
	}
	page.Countries = countryOptions()
	page.Languages, page.Levels = languageInputs(page.Form.Values)
	page.Profile = profile
	page.Profile.Country = draft.Country
	page.Profile.Seller = &user.Seller{Headline: draft.Headline, Description: draft.Description, Skills: draft.Skills, Languages: draft.Languages}
	return s.show(c, status, "seller/become", view{Title: "Become a seller", Data: page})
}

// Become keeps what a step says and goes on, or back; the last step makes the person a seller. What is wrong with a step
// is told when one wants to go on; going back keeps it as it is.
func (s *Site) Become(c echo.Context) error {
	values, err := readForm(c, avatarBytes)
	if err != nil {
		return err
	}
	at, err := becomeStep(c)
	if err != nil {
		return err
	}
	if at == len(becomingSteps()) {
		return s.startSelling(c)
	}
	ctx := c.Request().Context()
	typed, rows := readSeller(values)
	draft, err := s.Users.DraftSeller(ctx, draftOf(at, typed))
	if fault.Is(err, fault.TooLarge) {
		return s.becomeAgain(c, at, values, err, rows)
	}
	if err != nil {
		return err
	}
	if values.Get("then") == "back" {
		return c.Redirect(http.StatusSeeOther, becomePath+strconv.Itoa(max(1, at-1)))
	}
	wrong := slices.DeleteFunc(slices.Clone(draft.Open), func(f fault.Field) bool { return !becomingSteps()[at-1].owns(f.Name) })
	if len(wrong) > 0 {
		return s.becomeAgain(c, at, values, fault.Fields(wrong...), rows)
	}
	if err := s.pictureOf(c, at); err != nil {
		return s.becomeAgain(c, at, values, err, rows)
	}
	return c.Redirect(http.StatusSeeOther, becomePath+strconv.Itoa(at+1))
}

// pictureOf sets the profile's picture, if one was chosen in the step that asks for it.
func (s *Site) pictureOf(c echo.Context, at int) error {
	if !slices.Contains(becomingSteps()[at-1].fields, "country") {
		return nil
	}
	files, err := uploads(c, "picture")
	if err != nil || len(files) == 0 {
		return err
	}
	_, err = s.Users.SetAvatar(c.Request().Context(), user.SetAvatarRequest{Content: files[0].Content})
	return about("picture", err)
}

// becomeAgain shows the step with what is wrong with it.
func (s *Site) becomeAgain(c echo.Context, at int, values url.Values, why error, rows []int) error {
	f, ok := rejected(values, why, sellerInput(rows), "picture")
	if !ok {
		return why
	}
	profile, err := s.myProfile(c)
	if err != nil {
		return err
	}
	return s.showBecome(c, http.StatusUnprocessableEntity, becomePage{Step: at, Form: f}, profile, user.SellerDraft{})
}

// startSelling makes the draft the seller's part of the profile.
func (s *Site) startSelling(c echo.Context) error {
	ctx := c.Request().Context()
	draft, err := s.Users.SellerDraft(ctx, user.SellerDraftRequest{})
	if err != nil {
		return err
	}
	if first := earliest(len(becomingSteps()), draft); first != len(becomingSteps()) {
		return c.Redirect(http.StatusSeeOther, becomePath+strconv.Itoa(first))
	}
	_, err = s.Users.SetSeller(ctx, user.SetSellerRequest{
		Headline: draft.Headline, Description: draft.Description, Skills: draft.Skills, Languages: draft.Languages, Country: draft.Country,
	})
	if err != nil {
		return err
	}
	return s.done(c, "/gigs/new", "You are a seller now. Write your first gig.")
}

// draftOf is what a step says of the draft.
func draftOf(at int, typed user.SetSellerRequest) user.DraftSellerRequest {
	switch at {
	case 1:
		return user.DraftSellerRequest{Headline: &typed.Headline, Description: &typed.Description}
	case 2:
		return user.DraftSellerRequest{Skills: &typed.Skills, Languages: &typed.Languages}
	}
	return user.DraftSellerRequest{Country: &typed.Country}
}
