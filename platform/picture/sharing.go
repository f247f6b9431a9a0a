package picture

import (
	"image"
	"image/color"
	"strings"
	"unicode/utf8"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The size that Open Graph asks for.
const (
	SharingWidth  = 1200
	SharingHeight = 630
)

// Sharing is what stands on the picture that shows an address elsewhere: in a chat, on a social network.
type Sharing struct {
	Name     string      // of the marketplace
	Title    string      // of the page; it is broken into at most five lines, and cut there
	Note     string      // a price or the like; may be empty
	Cover    image.Image // nil: the text has the whole width
	From, To color.NRGBA // the ground, from one corner to the other; the text is white
}

// The layout of a Sharing, in pixels.
const (
	sharingMargin = 64.0
	coverBegins   = 700.0
	mostLines     = 5
)

// Draw paints the picture, 1200 by 630 pixels. Letters that the built-in font lacks (it has Latin, Greek and Cyrillic)
// are left out.
func (s Sharing) Draw() image.Image {
	c := &canvas{image.NewRGBA(image.Rect(0, 0, SharingWidth, SharingHeight)), matrix{1, 0, 0, 0, 1, 0}}
	c.fill(rect(0, 0, SharingWidth, SharingHeight), gradient(0, 0, SharingWidth, SharingHeight, s.From, s.To))
	c.fill(circle(SharingWidth-120, 40, 330), solid(color.NRGBA{255, 255, 255, 16}))
	c.fill(circle(90, SharingHeight+60, 300), solid(color.NRGBA{255, 255, 255, 12}))
	width := SharingWidth - 2*sharingMargin
	if s.Cover != nil {
		width = coverBegins - 2*sharingMargin
		place(c.img, s.Cover, image.Rect(int(coverBegins), 0, SharingWidth, SharingHeight))
	}
	letters, white := newLettering(), color.NRGBA{255, 255, 255, 255}
	c.fill(letters.line(s.Name, sharingMargin, 96, 24), solid(faded(white, 0.8)))
	height, lines := letters.fit(s.Title, width)
	leading := height * 1.72
	y := SharingHeight/2 - leading*float64(len(lines)-1)/2 + height/2
	for _, l := range lines {
		c.fill(letters.line(l, sharingMargin, y, height), solid(white))
		y += leading
	}
	if s.Note != "" {
		c.fill(letters.line(s.Note, sharingMargin, SharingHeight-72, 30), solid(color.NRGBA{255, 214, 138, 255}))
	}
	return c.img
}

// place scales a picture so that it covers a part of another, and cuts off what is over.
func place(on *image.RGBA, p image.Image, at image.Rectangle) {
	from := p.Bounds()
	w, h := from.Dx(), from.Dy()
	if w == 0 || h == 0 {
		return
	}
	if w*at.Dy() > h*at.Dx() {
		keep := max(1, h*at.Dx()/at.Dy())
		from.Min.X += (w - keep) / 2
		from.Max.X = from.Min.X + keep
	} else {
		keep := max(1, w*at.Dy()/at.Dx())
		from.Min.Y += (h - keep) / 2
		from.Max.Y = from.Min.Y + keep
	}
	draw.ApproxBiLinear.Scale(on, at, p, from, draw.Over, nil)
}

// fit breaks a title into lines of at most the width, in the largest letters in which few lines are enough.
func (l lettering) fit(title string, width float64) (height float64, lines []string) {
	for _, height = range []float64{52, 44, 38, 32} {
		if lines = l.wrap(title, width, height); len(lines) <= mostLines-1 {
			return height, lines
		}
	}
	if len(lines) > mostLines {
		lines = lines[:mostLines]
		last := lines[mostLines-1]
		for last != "" && l.width(last+"…", height) > width {
			_, size := utf8.DecodeLastRuneInString(last)
			last = last[:len(last)-size]
		}
		lines[mostLines-1] = strings.TrimSpace(last) + "…"
	}
	return height, lines
}

func (l lettering) wrap(text string, width, height float64) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		for l.width(word, height) > width && utf8.RuneCountInString(word) > 1 { // a word longer than a line is broken
			cut := len(word)
			for cut > 1 && l.width(word[:cut], height) > width {
				_, size := utf8.DecodeLastRuneInString(word[:cut])
				cut -= size
			}
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, word[:cut]), word[cut:]
		}
		if line != "" && l.width(line+" "+word, height) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// width is how far a line goes when its capitals have this height.
func (l lettering) width(text string, height float64) float64 {
	var buffer sfnt.Buffer
	pen := 0.0
	for _, letter := range text {
		glyph, err := l.face.GlyphIndex(&buffer, letter)
		if err != nil || glyph == 0 {
			continue
		}
		if advance, err := l.face.GlyphAdvance(&buffer, glyph, fixed.I(emUnits), font.HintingNone); err == nil {
			pen += float64(advance) / 64
		}
	}
	return pen * height / (capitalHeight * emUnits)
}

// line is a text that begins at x and stands on y.
func (l lettering) line(text string, x, y, height float64) *path {
	return l.text(text, x+l.width(text, height)/2, y-height/2, height)
}
