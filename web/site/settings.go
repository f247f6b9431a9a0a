package site

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"marketplace/modules/auth"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
)

// settingsPage is one part of the settings.
type settingsPage struct {
	Tab       string // profile, security, seller
	Form      form
	Avatar    form // the picture has a form of its own
	Profile   user.Profile
	Sessions  []auth.Session
	Countries []option
}

func (s *Site) myProfile(c echo.Context) (user.Profile, error) {
	ctx := c.Request().Context()
	return s.Users.Get(ctx, user.GetRequest{ID: identity.From(ctx).UserID})
}

// ShowSettings shows the public profile to change.
func (s *Site) ShowSettings(c echo.Context) error {
	profile, err := s.myProfile(c)
	if err != nil {
		return err
	}
	f := filled("display_name", profile.DisplayName, "bio", profile.Bio, "country", profile.Country)
	return s.showSettings(c, http.StatusOK, settingsPage{Form: f, Profile: profile})
}

func (s *Site) showSettings(c echo.Context, status int, page settingsPage) error {
	page.Tab, page.Countries = "profile", countryOptions()
	return s.show(c, status, "settings/profile", view{Title: "Settings", Data: page})
}

// ChangeProfile changes what everybody sees.
func (s *Site) ChangeProfile(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	name, bio, country := values.Get("display_name"), values.Get("bio"), values.Get("country")
	_, err = s.Users.Update(c.Request().Context(), user.UpdateRequest{DisplayName: &name, Bio: &bio, Country: &country})
	if f, ok := rejected(values, err, nil); ok {
		profile, err := s.myProfile(c)
		if err != nil {
			return err
		}
		return s.showSettings(c, http.StatusUnprocessableEntity, settingsPage{Form: f, Profile: profile})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/settings", "Your profile is saved.")
}

// ChangeAvatar sets the picture of the profile.
func (s *Site) ChangeAvatar(c echo.Context) error {
	values, err := readForm(c, avatarBytes)
	if err == nil {
		err = s.setAvatar(c)
	}
	if f, ok := rejected(values, err, func(string) string { return "picture" }, "picture"); ok && values != nil {
		profile, err := s.myProfile(c)
		if err != nil {
			return err
		}
		kept := filled("display_name", profile.DisplayName, "bio", profile.Bio, "country", profile.Country)
		return s.showSettings(c, http.StatusUnprocessableEntity, settingsPage{Form: kept, Avatar: f, Profile: profile})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/settings", "Your new picture is set.")
}

func (s *Site) setAvatar(c echo.Context) error {
	content, err := chosenPicture(c, "picture")
	if err != nil {
		return err
	}
	_, err = s.Users.SetAvatar(c.Request().Context(), user.SetAvatarRequest{Content: content})
	return about("picture", err)
}

// ShowSecurity shows where the account is logged in, and the form for a new password.
func (s *Site) ShowSecurity(c echo.Context) error { return s.showSecurity(c, http.StatusOK, form{}) }

func (s *Site) showSecurity(c echo.Context, status int, f form) error {
	list, err := s.Auth.ListSessions(c.Request().Context(), auth.ListSessionsRequest{})
	if err != nil {
		return err
	}
	return s.show(c, status, "settings/security", view{
		Title: "Password and devices", Data: settingsPage{Tab: "security", Form: f, Sessions: list.Items},
	})
}

// ChangePassword sets a new password, if the current one is right; the other sessions end.
func (s *Site) ChangePassword(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	_, err = s.Auth.ChangePassword(c.Request().Context(), auth.ChangePasswordRequest{
		Current: private.Secret(values.Get("current")), New: private.Secret(values.Get("new")),
	})
	if f, ok := rejected(values, err, nil); ok {
		return s.showSecurity(c, http.StatusUnprocessableEntity, f)
	}
	if fault.Is(err, fault.TooMany) {
		return s.showSecurity(c, http.StatusTooManyRequests, form{Values: values, Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/settings/security", "Your password is changed. Other devices are logged out.")
}

// EndSession logs another device out.
func (s *Site) EndSession(c echo.Context) error {
	if _, err := s.Auth.LogOut(c.Request().Context(), auth.LogOutRequest{SessionID: c.Param("id")}); err != nil {
		return err
	}
	return s.done(c, "/settings/security", "That device is logged out.")
}
