package picture

import (
	"image"
	"image/color"
	"testing"

	"golang.org/x/image/draw"
)

// Row O23: wherever one cuts a piece of some size out, a part of the word is on it.
func TestAWatermarkIsEverywhere(t *testing.T) {
	for _, size := range []image.Point{{1024, 700}, {300, 900}, {64, 64}} {
		plain := image.NewRGBA(image.Rectangle{Max: size})
		draw.Draw(plain, plain.Bounds(), image.NewUniform(color.NRGBA{90, 140, 200, 255}), image.Point{}, draw.Src)
		marked := Of(plain).Watermarked("PREVIEW").Image()
		if marked.Bounds() != plain.Bounds() {
			t.Fatalf("%v became %v", plain.Bounds(), marked.Bounds())
		}
		side := (size.X + size.Y) / 7
		for y := 0; y+side <= size.Y; y += side {
			for x := 0; x+side <= size.X; x += side {
				if !differs(plain, marked, image.Rect(x, y, x+side, y+side)) {
					t.Errorf("%v: nothing is written at %d, %d", size, x, y)
				}
			}
		}
	}
}

func differs(a, b image.Image, in image.Rectangle) bool {
	for y := in.Min.Y; y < in.Max.Y; y++ {
		for x := in.Min.X; x < in.Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				return true
			}
		}
	}
	return false
}
