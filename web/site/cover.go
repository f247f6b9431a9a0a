package site

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"image/jpeg"
	"sync"

	"github.com/labstack/echo/v4"

	"marketplace/platform/picture"
)

// The size and quality of a drawn cover: that of a card, where it is seen.
const (
	coverWidth, coverHeight = 640, 400
	coverQuality            = 82
	differentCovers         = 240 // each drawn once in the life of the process, when it is first asked for
)

// covers are drawn pictures for gigs that have none.
type covers struct{ drawn sync.Map }

// of returns the same picture for the same id. Nothing needs to be asked or told about the gig.
func (c *covers) of(id string) ([]byte, error) {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(id))
	seed := int64(sum.Sum64() % differentCovers)
	draw, _ := c.drawn.LoadOrStore(seed, sync.OnceValues(func() ([]byte, error) {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, picture.Cover(seed, coverWidth, coverHeight), &jpeg.Options{Quality: coverQuality}); err != nil {
			return nil, fmt.Errorf("draw a cover: %w", err)
		}
		return out.Bytes(), nil
	}))
	return draw.(func() ([]byte, error))()
}

// ShowCover serves the drawn picture of a gig.
func (s *Site) ShowCover(c echo.Context) error {
	content, err := s.covers.of(c.Param("id"))
	if err != nil {
		return err
	}
	return showImage(c, "image/jpeg", content, forEver)
}
