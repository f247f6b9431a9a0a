package site

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"marketplace/modules/auth"
)

// ShowKeys publishes the keys that access tokens are signed with, as a JWK set (RFC 7517). A new key is published for longer
// before it signs than this answer may be kept.
func (s *Site) ShowKeys(c echo.Context) error {
	set, err := s.Auth.ListKeys(c.Request().Context(), auth.ListKeysRequest{})
	if err != nil {
		return err
	}
	text, err := json.Marshal(set)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=60")
	return c.Blob(http.StatusOK, "application/jwk-set+json", text)
}

// ChangePasswordHere tells password managers where a password is changed (RFC 8615, "A Well-Known URL for Changing
// Passwords").
func (s *Site) ChangePasswordHere(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, "/settings/security")
}
