package picture

import (
	"image"

	"golang.org/x/image/draw"
)

// strip is how many rows or columns are scaled at once. The scaler keeps 32 bytes for each pixel between its two passes.
const strip = 128

// Resize returns the picture with this width and its proportions. It is never made larger.
func (p Picture) Resize(width int) Picture {
	if width <= 0 || width >= p.Width() {
		return p
	}
	height := max(1, (p.Height()*width+p.Width()/2)/p.Width())
	if p.Width() >= 2*width { // averages are as good here, and several times faster
		return Picture{pixels: shrunk(p.pixels, width, height), opaque: p.opaque}
	}
	return p.scaled(width, height)
}

// within returns the picture with no side longer than said.
func (p Picture) within(side int) Picture {
	w, h := p.Width(), p.Height()
	switch {
	case w <= side && h <= side:
		return p
	case w >= h:
		w, h = side, max(1, h*side/w)
	default:
		w, h = max(1, w*side/h), side
	}
	return Picture{pixels: shrunk(p.pixels, w, h), opaque: p.opaque}
}

// scaled makes the picture narrower, strip by strip of rows, then lower, strip by strip of columns. Along the other
// axis nothing changes in either pass, so the strips meet without a seam.
func (p Picture) scaled(width, height int) Picture {
	from := p.pixels.Bounds()
	narrow := image.NewRGBA(image.Rect(0, 0, width, from.Dy()))
	for y := 0; y < from.Dy(); y += strip {
		rows := min(strip, from.Dy()-y)
		source := image.Rect(from.Min.X, from.Min.Y+y, from.Max.X, from.Min.Y+y+rows)
		draw.CatmullRom.Scale(narrow, image.Rect(0, y, width, y+rows), p.pixels, source, draw.Src, nil)
	}
	low := image.NewRGBA(image.Rect(0, 0, width, height))
	for x := 0; x < width; x += strip {
		columns := min(strip, width-x)
		source := image.Rect(x, 0, x+columns, from.Dy())
		draw.CatmullRom.Scale(low, image.Rect(x, 0, x+columns, height), narrow, source, draw.Src, nil)
	}
	return Picture{pixels: low, opaque: p.opaque}
}

// turned applies an EXIF orientation: 2 to 4 mirror or turn by half, 5 to 8 also exchange the sides.
func turned(pixels image.Image, orientation int) image.Image {
	if orientation <= 1 || orientation > 8 {
		return pixels
	}
	b := pixels.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if orientation >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	from, ready := pixels.(*image.RGBA)
	if !ready || b.Min != (image.Point{}) {
		from = image.NewRGBA(image.Rect(0, 0, w, h))
		draw.Draw(from, from.Bounds(), pixels, b.Min, draw.Src)
	}
	to := image.NewRGBA(size)
	for y := range size.Dy() {
		for x := range size.Dx() {
			sx, sy := origin(orientation, x, y, w, h)
			copy(to.Pix[to.PixOffset(x, y):][:4], from.Pix[from.PixOffset(sx, sy):][:4])
		}
	}
	return to
}

// origin says which pixel of a stored picture of w by h is shown at x, y.
func origin(orientation, x, y, w, h int) (int, int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, h - 1 - x
	case 7:
		return w - 1 - y, h - 1 - x
	}
	return w - 1 - y, x // 8
}
