package site

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"marketplace/modules/auth"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/web/edge"
)

// withNext adds where to go afterwards to a local path.
func withNext(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

// ShowVerifyEmail is what the mailed link opens: one button, because looking at a page changes nothing and mail
// scanners open links. Without a token it says that a mail is on its way.
func (s *Site) ShowVerifyEmail(c echo.Context) error {
	actor := identity.From(c.Request().Context())
	token := c.QueryParam("token")
	if token == "" && !actor.SignedIn() {
		return c.Redirect(http.StatusSeeOther, loginPath("/verify-email"))
	}
	if token == "" && actor.Verified {
		return c.Redirect(http.StatusSeeOther, localPath(c.QueryParam("next"), "/"))
	}
	return s.showVerifyEmail(c, http.StatusOK, form{}, token)
}

func (s *Site) showVerifyEmail(c echo.Context, status int, f form, token string) error {
	return s.show(c, status, "account/verify", view{
		Title: "Confirm your address", Data: accountPage{Form: f, Token: token, Next: next(c)},
	})
}

// VerifyEmail confirms the address with the link's token.
func (s *Site) VerifyEmail(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	account, err := s.Auth.VerifyEmail(ctx, auth.VerifyEmailRequest{Token: private.Secret(values.Get("token"))})
	if refusedLink(err) {
		return s.showVerifyEmail(c, http.StatusUnprocessableEntity, linkForm(err), "")
	}
	if err != nil {
		return err
	}
	target := localPath(values.Get("next"), "/")
	if identity.From(ctx).UserID != account.ID {
		return s.done(c, withNext("/login", target), "Your address is confirmed. You can log in now.")
	}
	return s.done(c, target, "Your address is confirmed. You can buy and sell now.")
}

// refusedLink says whether a mailed link is over, used or broken.
func refusedLink(err error) bool {
	return fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) ||
		fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.Malformed)
}

// linkForm says what is wrong with the link, which no input shows.
func linkForm(err error) form {
	f := form{Values: url.Values{}, Message: fault.Of(err).Message}
	for _, field := range fault.Of(err).Fields {
		f.Message = field.Message
	}
	return f
}

// ResendVerification mails a new link.
func (s *Site) ResendVerification(c echo.Context) error {
	account, err := s.Auth.ResendVerification(c.Request().Context(), auth.ResendVerificationRequest{})
	if fault.Is(err, fault.TooMany) || fault.Is(err, fault.Conflict) {
		s.say(c, "warning", fault.Of(err).Message)
		return c.Redirect(http.StatusSeeOther, "/verify-email")
	}
	if err != nil {
		return err
	}
	return s.done(c, "/verify-email", "A new link is on its way to "+account.Email.Reveal()+". The old one no longer works.")
}

// ShowForgotPassword asks for the account whose password is lost.
func (s *Site) ShowForgotPassword(c echo.Context) error {
	return s.showForgotPassword(c, http.StatusOK, accountPage{Form: filled("login", c.QueryParam("login"))})
}

func (s *Site) showForgotPassword(c echo.Context, status int, page accountPage) error {
	return s.show(c, status, "account/forgot", view{Title: "Forgot your password?", Data: page})
}

// ForgotPassword has the link mailed, and says the same whether the account exists or not.
func (s *Site) ForgotPassword(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	_, err = s.Auth.RequestReset(ctx, auth.RequestResetRequest{Login: values.Get("login"), Address: edge.Address(ctx)})
	if f, ok := rejected(values, err, nil); ok {
		return s.showForgotPassword(c, http.StatusUnprocessableEntity, accountPage{Form: f})
	}
	if fault.Is(err, fault.TooMany) {
		f := form{Values: values, Message: fault.Of(err).Message}
		return s.showForgotPassword(c, http.StatusTooManyRequests, accountPage{Form: f})
	}
	if err != nil {
		return err
	}
	return s.showForgotPassword(c, http.StatusOK, accountPage{Sent: true})
}

// ShowResetPassword is what the mailed link opens.
func (s *Site) ShowResetPassword(c echo.Context) error {
	if c.QueryParam("token") == "" {
		return c.Redirect(http.StatusSeeOther, "/forgot-password")
	}
	return s.showResetPassword(c, http.StatusOK, accountPage{Token: c.QueryParam("token")})
}

func (s *Site) showResetPassword(c echo.Context, status int, page accountPage) error {
	return s.show(c, status, "account/reset", view{Title: "Choose a new password", Data: page})
}

// ResetPassword sets the new password with the link's token; all sessions end, this browser's too.
func (s *Site) ResetPassword(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	token := values.Get("token")
	_, err = s.Auth.ResetPassword(c.Request().Context(), auth.ResetPasswordRequest{Token: private.Secret(token), Password: private.Secret(values.Get("password"))})
	if f, ok := rejected(values, err, nil); ok && f.Errors["token"] == "" {
		return s.showResetPassword(c, http.StatusUnprocessableEntity, accountPage{Form: f, Token: token})
	}
	if refusedLink(err) {
		return s.showForgotPassword(c, http.StatusUnprocessableEntity, accountPage{Form: linkForm(err)})
	}
	if err != nil {
		return err
	}
	edge.ClearSession(c, s.Config)
	return s.done(c, "/login", "Your new password is set. Please log in with it.")
}
