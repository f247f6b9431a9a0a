package site

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"marketplace/modules/auth"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/web/edge"
)

// accountPage is a form of signing up, logging in or choosing a password.
type accountPage struct {
	Form  form
	Next  string  // where to go afterwards
	Token string  // of the mailed link
	Demo  []Login // in demo mode
	Sent  bool    // the mail is on its way
}

// ShowSignUp shows the form for a new account.
func (s *Site) ShowSignUp(c echo.Context) error {
	if identity.From(c.Request().Context()).SignedIn() {
		return c.Redirect(http.StatusSeeOther, localPath(c.QueryParam("next"), "/"))
	}
	return s.showSignUp(c, http.StatusOK, form{})
}

func (s *Site) showSignUp(c echo.Context, status int, f form) error {
	return s.show(c, status, "account/signup", view{
		Title: "Create your account", Canonical: "/signup",
		Description: "Join to buy and sell services. One account does both.",
		Data:        accountPage{Form: f, Next: next(c)},
	})
}

// SignUp makes the account, logs it in, and asks for the address to be confirmed.
func (s *Site) SignUp(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	account, err := s.Auth.SignUp(ctx, auth.SignUpRequest{
		Username: values.Get("username"), Email: private.Personal(values.Get("email")), Password: private.Secret(values.Get("password")),
		Address: edge.Address(ctx), Language: s.language(c).Tag,
	})
	if f, ok := rejected(values, err, nil); ok {
		return s.showSignUp(c, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	if err := s.openSession(c, values.Get("username"), values.Get("password")); err != nil {
		return err
	}
	s.say(c, "success", "Welcome, "+account.Username+"! We have sent a link to "+account.Email.Reveal()+".")
	return c.Redirect(http.StatusSeeOther, withNext("/verify-email", next(c)))
}

// openSession logs in and gives the browser its cookie. The session that it had before ends (ASVS 7.2.4).
func (s *Site) openSession(c echo.Context, login, password string) error {
	ctx := c.Request().Context()
	session, err := s.Auth.LogIn(ctx, auth.LogInRequest{
		Login: login, Password: private.Secret(password), Browser: true, Device: device(c.Request().UserAgent()), Address: edge.Address(ctx),
	})
	if err != nil {
		return err
	}
	if identity.From(ctx).SignedIn() {
		if _, err := s.Auth.LogOut(ctx, auth.LogOutRequest{}); err != nil && !fault.Is(err, fault.Unauthenticated) {
			return err
		}
	}
	edge.SetSession(c, session.Token.Reveal(), session.EndsAt, s.Secure())
	if l := s.languages.Named(session.Account.Language); l != nil && c.QueryParam(languageCookie) == "" {
		s.keepLanguage(c, l.Tag)
	}
	return nil
}

// ShowLogIn shows the form to log in.
func (s *Site) ShowLogIn(c echo.Context) error {
	if identity.From(c.Request().Context()).SignedIn() {
		return c.Redirect(http.StatusSeeOther, localPath(c.QueryParam("next"), "/"))
	}
	return s.showLogIn(c, http.StatusOK, form{})
}

func (s *Site) showLogIn(c echo.Context, status int, f form) error {
	return s.show(c, status, "account/login", view{
		Title: "Log in", Canonical: "/login", Description: "Log in to your account.",
		Data: accountPage{Form: f, Next: next(c), Demo: s.demo},
	})
}

// LogIn opens a session and goes on to where the person wanted to be. What is wrong with name or password is not told.
func (s *Site) LogIn(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	err = s.openSession(c, values.Get("login"), values.Get("password"))
	f, wrong := rejected(values, err, nil)
	problem := fault.Of(err)
	switch {
	case wrong:
		return s.showLogIn(c, http.StatusUnprocessableEntity, f)
	case fault.Is(err, fault.Unauthenticated):
		return s.showLogIn(c, http.StatusUnprocessableEntity, form{Values: values, Message: problem.Message})
	case fault.Is(err, fault.TooMany):
		return s.showLogIn(c, http.StatusTooManyRequests, form{Values: values, Message: problem.Message})
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, localPath(values.Get("next"), "/"))
}

// LogOut ends the session. Who has none any more is simply sent home.
func (s *Site) LogOut(c echo.Context) error {
	ctx := c.Request().Context()
	if identity.From(ctx).SignedIn() {
		if _, err := s.Auth.LogOut(ctx, auth.LogOutRequest{}); err != nil && !fault.Is(err, fault.Unauthenticated) {
			return err
		}
	}
	edge.ClearSession(c, s.Config)
	return s.done(c, "/", "You are logged out. See you soon.")
}
