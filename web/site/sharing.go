package site

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"net/url"
	"sync"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/picture"
)

// The pictures that show an address elsewhere. One is drawn in some 30 ms and has some 60 kB.
const (
	sharedQuality = 84
	mostShared    = 200 // kept in memory
	aDay          = "public, max-age=86400"
)

// shared keeps drawn pictures, the last ones that were asked for. One is drawn at a time.
type shared struct {
	mu    sync.Mutex
	drawn map[string][]byte
	order []string // oldest first
}

// ShowCard is the picture of the marketplace itself (row G17).
func (s *Site) ShowCard(c echo.Context) error {
	return s.showShared(c, "", func(context.Context) (picture.Sharing, error) {
		return picture.Sharing{Title: "Find the right person. Get it done."}, nil
	})
}

// ShowGigCard is the picture of a published gig: its title, cover and lowest price.
func (s *Site) ShowGigCard(c echo.Context) error {
	offer, err := s.Gigs.Get(c.Request().Context(), gig.GetRequest{ID: gigID(c)})
	if err != nil {
		return err
	}
	if offer.Status != gig.StatusActive {
		return fault.NotFoundf("There is no such picture.")
	}
	key := fmt.Sprintf("gig %s %d %d", offer.ID, offer.Version, offer.Rating.Count)
	return s.showShared(c, key, func(ctx context.Context) (picture.Sharing, error) {
		cover, err := s.coverOf(ctx, offer)
		note := "From " + showPrice(offer.From)
		if offer.Rating.Count > 0 {
			note += " · " + starsOf(offer.Rating.Hundredths, offer.Rating.Count).Average + " of 5"
		}
		return picture.Sharing{Title: offer.Title, Note: note, Cover: cover}, err
	})
}

// ShowUserCard is the picture of a profile.
func (s *Site) ShowUserCard(c echo.Context) error {
	p, err := s.Users.Get(c.Request().Context(), user.GetRequest{Username: c.Param("username")})
	if err != nil {
		return err
	}
	title := p.DisplayName
	if p.Seller != nil {
		title += ": " + p.Seller.Headline
	}
	return s.showShared(c, "user "+p.ID+" "+p.AvatarID+" "+title, func(ctx context.Context) (picture.Sharing, error) {
		file, err := s.Users.Avatar(ctx, user.AvatarRequest{UserID: p.ID})
		if err != nil {
			return picture.Sharing{}, err
		}
		return picture.Sharing{Title: title, Note: "@" + p.Username, Cover: decoded(file.Content)}, nil
	})
}

// ShowCategoryCard is the picture of a category.
func (s *Site) ShowCategoryCard(c echo.Context) error {
	list, err := s.Gigs.Categories(c.Request().Context(), gig.CategoriesRequest{})
	if err != nil {
		return err
	}
	for _, category := range list.Items {
		if category.Slug == c.Param("slug") {
			return s.showShared(c, "category "+category.Slug+" "+category.Name, func(context.Context) (picture.Sharing, error) {
				return picture.Sharing{Title: category.Name, Note: category.Blurb}, nil
			})
		}
	}
	return fault.NotFoundf("There is no such category.")
}

// coverOf is the first picture of a gig, or its drawn cover.
func (s *Site) coverOf(ctx context.Context, g gig.Gig) (image.Image, error) {
	if len(g.Pictures) == 0 {
		content, err := s.covers.of(g.ID)
		return decoded(content), err
	}
	file, err := s.Gigs.Picture(ctx, gig.PictureRequest{ID: g.Pictures[0].ID, Width: 640})
	return decoded(file.Content), err
}

// decoded is a stored picture. What cannot be read is left out.
func decoded(content []byte) image.Image {
	p, err := picture.Normalize(bytes.NewReader(content), picture.Limits{})
	if err != nil {
		return nil
	}
	return p.Image()
}

func (s *Site) showShared(c echo.Context, key string, describe func(context.Context) (picture.Sharing, error)) error {
	content, err := s.shared.of(c.Request().Context(), key, func(ctx context.Context) (picture.Sharing, error) {
		what, err := describe(ctx)
		what.Name, what.From, what.To = s.Config.Name, s.brand.deep, s.brand.deepEnd
		return what, err
	})
	if err != nil {
		return err
	}
	return showImage(c, "image/jpeg", content, aDay)
}

func (k *shared) of(ctx context.Context, key string, describe func(context.Context) (picture.Sharing, error)) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if content, ok := k.drawn[key]; ok {
		return content, nil
	}
	what, err := describe(ctx)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, what.Draw(), &jpeg.Options{Quality: sharedQuality}); err != nil {
		return nil, fmt.Errorf("draw a picture for sharing: %w", err)
	}
	if k.drawn == nil {
		k.drawn = map[string][]byte{}
	}
	if len(k.order) >= mostShared {
		delete(k.drawn, k.order[0])
		k.order = k.order[1:]
	}
	k.drawn[key], k.order = out.Bytes(), append(k.order, key)
	return out.Bytes(), nil
}

// sharedPath is the address of the picture of a page.
func sharedPath(parts ...string) string {
	path := ""
	for _, p := range parts {
		path += "/" + url.PathEscape(p)
	}
	return path + "/card"
}
