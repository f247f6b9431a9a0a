package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"marketplace/modules/auth"
	"marketplace/modules/notification"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/web/edge"
)

func (a *API) accounts() {
	on(a, op{method: "POST", path: "/auth/signup", id: "signUp", access: edge.Anyone, status: http.StatusCreated, summary: "Make an account; a verification link is mailed"}, a.signUp)
	on(a, op{method: "POST", path: "/auth/verify-email", id: "verifyEmail", access: edge.Anyone, summary: "Confirm the e-mail address with the token of the mailed link"}, a.verifyEmail)
	on(a, op{method: "POST", path: "/auth/resend-verification", id: "resendVerification", access: edge.SignedIn, summary: "Mail a new verification link"}, a.resendVerification)
	on(a, op{method: "POST", path: "/auth/login", id: "logIn", access: edge.Anyone, summary: "Get an access token and a refresh token"}, a.logIn)
	on(a, op{method: "POST", path: "/auth/refresh", id: "refresh", access: edge.Anyone, summary: "Exchange a refresh token for new tokens; each is good once"}, a.refresh)
	on(a, op{method: "POST", path: "/auth/logout", id: "logOut", access: edge.SignedIn, status: http.StatusNoContent, summary: "End the session of this token"}, a.logOut)
	on(a, op{method: "POST", path: "/auth/forgot-password", id: "requestReset", access: edge.Anyone, status: http.StatusAccepted, summary: "Mail a link to choose a new password, if the account exists"}, a.requestReset)
	on(a, op{method: "POST", path: "/auth/reset-password", id: "resetPassword", access: edge.Anyone, status: http.StatusNoContent, summary: "Choose a new password with the token of the mailed link"}, a.resetPassword)
	on(a, op{method: "POST", path: "/me/password", id: "changePassword", access: edge.SignedIn, status: http.StatusNoContent, summary: "Change the password; other sessions end"}, a.changePassword)
	on(a, op{method: "PUT", path: "/me/language", id: "setLanguage", access: edge.SignedIn, summary: "Choose the language to be written to in"}, a.setLanguage)
	on(a, op{method: "GET", path: "/me", id: "getMe", access: edge.SignedIn, summary: "Who am I"}, a.getMe)
	on(a, op{method: "PATCH", path: "/me", id: "updateMe", access: edge.SignedIn, summary: "Change the own profile"}, a.updateMe)
	on(a, op{method: "PUT", path: "/me/seller", id: "setSeller", access: edge.Verified, summary: "Become a seller, or change the seller's profile"}, a.setSeller)
	on(a, op{method: "GET", path: "/users/{username}", id: "getUser", access: edge.Anyone, summary: "A public profile"}, a.getUser)
	on(a, op{method: "GET", path: "/dev/mail", id: "listMails", access: edge.Development, summary: "Mails that were sent, in development"}, a.listMails)
}

type signUpInput struct {
	Body struct {
		Username string           `json:"username" doc:"3 to 30 letters, digits, '_' or '-'."`
		Email    private.Personal `json:"email"`
		Password private.Secret   `json:"password" doc:"8 to 128 characters."`
		Language string           `json:"language,omitempty" maxLength:"35" doc:"In which the owner is written to, such as de; without it, what Accept-Language says."`
	}
}

func (a *API) signUp(ctx context.Context, in *signUpInput) (*body[auth.Account], error) {
	return answer(a.Auth.SignUp(ctx, auth.SignUpRequest{
		Username: in.Body.Username, Email: in.Body.Email, Password: in.Body.Password, Address: edge.Address(ctx),
		Language: cmp.Or(in.Body.Language, edge.Language(ctx).Tag),
	}))
}

type languageInput struct {
	Body struct {
		Language string `json:"language" maxLength:"35" doc:"BCP 47, such as de."`
	}
}

func (a *API) setLanguage(ctx context.Context, in *languageInput) (*body[auth.Account], error) {
	return answer(a.Auth.SetLanguage(ctx, auth.SetLanguageRequest{Language: in.Body.Language}))
}

type tokenInput struct {
	Body struct {
		Token private.Secret `json:"token" maxLength:"200"`
	}
}

func (a *API) verifyEmail(ctx context.Context, in *tokenInput) (*body[auth.Account], error) {
	return answer(a.Auth.VerifyEmail(ctx, auth.VerifyEmailRequest{Token: in.Body.Token}))
}

func (a *API) resendVerification(ctx context.Context, _ *struct{}) (*body[auth.Account], error) {
	return answer(a.Auth.ResendVerification(ctx, auth.ResendVerificationRequest{}))
}

type logInInput struct {
	UserAgent string `header:"User-Agent"`
	Body      struct {
		Login    string         `json:"login" doc:"User name or e-mail address, in any case."`
		Password private.Secret `json:"password"`
	}
}

// tokens is the answer of logging in.
type tokens struct {
	AccessToken  private.Secret `json:"access_token" doc:"A JWT for the Authorization header."`
	RefreshToken private.Secret `json:"refresh_token" doc:"Good once, for POST /auth/refresh."`
	TokenType    string         `json:"token_type" enum:"Bearer"`
	ExpiresIn    int            `json:"expires_in" doc:"Seconds that the access token lives."`
}

func tokensOf(s auth.Session, err error) (*body[tokens], error) {
	return answer(tokens{AccessToken: s.AccessToken, RefreshToken: s.Token, TokenType: "Bearer", ExpiresIn: s.ExpiresIn}, err)
}

func (a *API) logIn(ctx context.Context, in *logInInput) (*body[tokens], error) {
	return tokensOf(a.Auth.LogIn(ctx, auth.LogInRequest{
		Login: in.Body.Login, Password: in.Body.Password, Device: in.UserAgent, Address: edge.Address(ctx),
	}))
}

type refreshInput struct {
	Body struct {
		RefreshToken private.Secret `json:"refresh_token" maxLength:"500"`
	}
}

func (a *API) refresh(ctx context.Context, in *refreshInput) (*body[tokens], error) {
	return tokensOf(a.Auth.Refresh(ctx, auth.RefreshRequest{RefreshToken: in.Body.RefreshToken}))
}

type logOutInput struct {
	Body *struct {
		RefreshToken private.Secret `json:"refresh_token,omitempty" maxLength:"500" doc:"Not needed: the access token names the session, whose refresh token ends with it."`
	}
}

func (a *API) logOut(ctx context.Context, _ *logOutInput) (*struct{}, error) {
	_, err := a.Auth.LogOut(ctx, auth.LogOutRequest{})
	return nil, err
}

type requestResetInput struct {
	Body struct {
		Login string `json:"login"`
	}
}

func (a *API) requestReset(ctx context.Context, in *requestResetInput) (*struct{}, error) {
	_, err := a.Auth.RequestReset(ctx, auth.RequestResetRequest{Login: in.Body.Login, Address: edge.Address(ctx)})
	return nil, err
}

type resetPasswordInput struct {
	Body struct {
		Token    private.Secret `json:"token" maxLength:"200"`
		Password private.Secret `json:"password"`
	}
}

func (a *API) resetPassword(ctx context.Context, in *resetPasswordInput) (*struct{}, error) {
	_, err := a.Auth.ResetPassword(ctx, auth.ResetPasswordRequest{Token: in.Body.Token, Password: in.Body.Password})
	return nil, err
}

type changePasswordInput struct {
	Body struct {
		Current private.Secret `json:"current"`
		New     private.Secret `json:"new"`
	}
}

func (a *API) changePassword(ctx context.Context, in *changePasswordInput) (*struct{}, error) {
	_, err := a.Auth.ChangePassword(ctx, auth.ChangePasswordRequest{Current: in.Body.Current, New: in.Body.New})
	return nil, err
}

// me is the answer of GET /me.
type me struct {
	user.Profile
	Email    private.Personal `json:"email"`
	Verified bool             `json:"verified" doc:"Whether the e-mail address is confirmed; without it one can neither buy nor sell."`
	Roles    []string         `json:"roles"`
}

func (a *API) getMe(ctx context.Context, _ *struct{}) (*body[me], error) {
	actor := identity.From(ctx)
	profile, err := a.profileOf(ctx, actor)
	if err != nil {
		return nil, err
	}
	accounts, err := a.Auth.ListAccounts(identity.System(ctx), auth.ListAccountsRequest{IDs: []string{actor.UserID}})
	m := me{Profile: profile, Verified: actor.Verified, Roles: actor.Roles}
	if len(accounts.Items) == 1 {
		m.Email = accounts.Items[0].Email
	}
	return answer(m, err)
}

// profileOf is the actor's profile: an empty one in the moment between the sign-up and the event that makes it.
func (a *API) profileOf(ctx context.Context, actor identity.Actor) (user.Profile, error) {
	profiles, err := a.Users.List(ctx, user.ListRequest{IDs: []string{actor.UserID}})
	if err != nil {
		return user.Profile{}, err
	}
	if len(profiles.Items) == 1 {
		return profiles.Items[0], nil
	}
	return user.Profile{ID: actor.UserID, Username: actor.Username, DisplayName: actor.Username, MemberSince: a.Clock.Now()}, nil
}

type updateMeInput struct {
	Body struct {
		DisplayName *string `json:"display_name" nullable:"false"`
		Bio         *string `json:"bio" nullable:"false"`
		Country     *string `json:"country" nullable:"false" doc:"ISO 3166-1 alpha-2, or empty."`
	}
}

func (a *API) updateMe(ctx context.Context, in *updateMeInput) (*body[user.Profile], error) {
	return answer(a.Users.Update(ctx, user.UpdateRequest{DisplayName: in.Body.DisplayName, Bio: in.Body.Bio, Country: in.Body.Country}))
}

// spokenLanguage is written as "English" or as {"name": "English", "level": "native"}.
type spokenLanguage user.Language

// UnmarshalJSON takes both forms; a language without a level is spoken fluently.
func (l *spokenLanguage) UnmarshalJSON(data []byte) error {
	var name string
	if json.Unmarshal(data, &name) == nil {
		*l = spokenLanguage{Name: name, Level: "fluent"}
		return nil
	}
	var full user.Language
	if err := json.Unmarshal(data, &full); err != nil {
		return err
	}
	if full.Level == "" {
		full.Level = "fluent"
	}
	*l = spokenLanguage(full)
	return nil
}

// Schema tells both forms to the OpenAPI document.
func (spokenLanguage) Schema(r huma.Registry) *huma.Schema {
	object := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"name"}, Properties: map[string]*huma.Schema{
		"name":  {Type: huma.TypeString},
		"level": {Type: huma.TypeString, Enum: []any{"basic", "conversational", "fluent", "native"}},
	}}
	object.PrecomputeMessages()
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, object}}
}

type setSellerInput struct {
	Body struct {
		Headline    string           `json:"headline"`
		Description string           `json:"description"`
		Skills      []string         `json:"skills"`
		Languages   []spokenLanguage `json:"languages"`
		Country     string           `json:"country" doc:"ISO 3166-1 alpha-2, or empty."`
	}
}

func (a *API) setSeller(ctx context.Context, in *setSellerInput) (*body[user.Profile], error) {
	q := user.SetSellerRequest{Headline: in.Body.Headline, Description: in.Body.Description, Skills: in.Body.Skills, Country: in.Body.Country}
	for _, l := range in.Body.Languages {
		q.Languages = append(q.Languages, user.Language(l))
	}
	return answer(a.Users.SetSeller(ctx, q))
}

type getUserInput struct {
	Username string `path:"username" maxLength:"64"`
}

// publicProfile is a profile with what buyers say of the person.
type publicProfile struct {
	user.Profile
	Rating rating `json:"rating"`
}

// rating is an average with the count it is of.
type rating struct {
	Average float64 `json:"average" doc:"0 to 5, two decimals; 0 without reviews."`
	Count   int     `json:"count"`
	Stars   [5]int  `json:"stars" doc:"How many of 1, 2, 3, 4, 5 stars."`
}

func ratingOf(s review.Summary) rating {
	return rating{Average: float64(s.Hundredths) / 100, Count: s.Count, Stars: s.Stars}
}

func (a *API) getUser(ctx context.Context, in *getUserInput) (*body[publicProfile], error) {
	profile, err := a.Users.Get(ctx, user.GetRequest{Username: in.Username})
	if err != nil {
		return nil, err
	}
	summaries, err := a.Reviews.ListSummaries(ctx, review.ListSummariesRequest{UserIDs: []string{profile.ID}})
	if err != nil || len(summaries.Items) != 1 {
		return answer(publicProfile{Profile: profile}, err)
	}
	return answer(publicProfile{Profile: profile, Rating: ratingOf(summaries.Items[0])}, nil)
}

type listMailsInput struct {
	To string `query:"to" maxLength:"254" doc:"Only mails to this address."`
}

func (a *API) listMails(ctx context.Context, in *listMailsInput) (*body[List[notification.Mail]], error) {
	mails, err := a.Notifications.ListMails(ctx, notification.ListMailsRequest{To: in.To, Limit: 100})
	return answer(listOf(mails.Items, ""), err)
}
