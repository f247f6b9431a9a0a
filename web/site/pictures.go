package site

import (
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/modules/user"
	"marketplace/platform/fault"
)

// The caching of pictures. An uploaded picture never changes under its id; a drawn one follows a title or a name.
const (
	forEver = "public, max-age=31536000, immutable"
	anHour  = "public, max-age=3600"
)

// ShowPicture serves a picture of a gig in one of the stored widths.
func (s *Site) ShowPicture(c echo.Context) error {
	width, err := strconv.Atoi(c.QueryParam("w"))
	if c.QueryParam("w") == "" {
		width, err = 640, nil
	}
	if err != nil {
		return fault.NotFoundf("There is no picture of that width.")
	}
	file, err := s.Gigs.Picture(c.Request().Context(), gig.PictureRequest{ID: c.Param("id"), Width: width})
	if err != nil {
		return err
	}
	return showImage(c, file.ContentType, file.Content, forEver)
}

// ShowAvatar serves the picture of a person. The address with the picture's id may be kept for ever.
func (s *Site) ShowAvatar(c echo.Context) error {
	file, err := s.Users.Avatar(c.Request().Context(), user.AvatarRequest{UserID: c.Param("id")})
	if err != nil {
		return err
	}
	caching := anHour
	if c.QueryParam("v") != "" {
		caching = forEver
	}
	return showImage(c, file.ContentType, file.Content, caching)
}

// showImage answers with an image that, opened by itself, can do nothing.
func showImage(c echo.Context, kind string, content []byte, caching string) error {
	header := c.Response().Header()
	header.Set("Cache-Control", caching)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	return c.Blob(http.StatusOK, kind, content)
}
