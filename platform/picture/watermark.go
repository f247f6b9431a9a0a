package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// Watermarked returns the picture with a word written across all of it, so that it can be judged and not be used. Letters
// that the built-in font lacks are left out.
func (p Picture) Watermarked(word string) Picture {
	bounds := p.pixels.Bounds()
	img := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	draw.Draw(img, img.Bounds(), p.pixels, bounds.Min, draw.Src)
	w, h := float64(bounds.Dx()), float64(bounds.Dy())
	c := (&canvas{img, matrix{1, 0, 0, 0, 1, 0}}).turned(-30, w/2, h/2)
	letters, height := newLettering(), max(6, (w+h)/50)
	step, reach := letters.width(word, height)+3*height, w+h
	light, dark := solid(color.NRGBA{255, 255, 255, 110}), solid(color.NRGBA{0, 0, 0, 90})
	for row, y := 0, -reach/2; y < reach; row, y = row+1, y+4*height {
		for x := -reach/2 + float64(row%2)*step/2; x < reach; x += step {
			c.fill(letters.line(word, x+height/10, y+height/10, height), dark)
			c.fill(letters.line(word, x, y, height), light)
		}
	}
	return Picture{pixels: img, opaque: p.opaque}
}
