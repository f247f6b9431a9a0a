package picture

import (
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// bow is how far the control points of a quarter circle lie from its ends, for a radius of one.
const bow = 0.5522847498

func rect(x, y, w, h float64) *path {
	return new(path).move(x, y).line(x+w, y).line(x+w, y+h).line(x, y+h).close()
}

// card is a rectangle with round corners.
func card(x, y, w, h, r float64) *path {
	r = min(r, w/2, h/2)
	k := r * (1 - bow)
	return new(path).move(x+r, y).line(x+w-r, y).curve(x+w-k, y, x+w, y+k, x+w, y+r).
		line(x+w, y+h-r).curve(x+w, y+h-k, x+w-k, y+h, x+w-r, y+h).
		line(x+r, y+h).curve(x+k, y+h, x, y+h-k, x, y+h-r).
		line(x, y+r).curve(x, y+k, x+k, y, x+r, y).close()
}

func circle(x, y, r float64) *path { return oval(x, y, r, r) }

func oval(x, y, rx, ry float64) *path {
	kx, ky := rx*bow, ry*bow
	return new(path).move(x+rx, y).curve(x+rx, y+ky, x+kx, y+ry, x, y+ry).curve(x-kx, y+ry, x-rx, y+ky, x-rx, y).
		curve(x-rx, y-ky, x-kx, y-ry, x, y-ry).curve(x+kx, y-ry, x+rx, y-ky, x+rx, y).close()
}

// ring is a part of a ring, from one angle to another in degrees, clockwise from the top.
func ring(x, y, outer, inner, from, to float64) *path {
	p := new(path)
	at := func(degrees, r float64) (float64, float64) {
		sin, cos := math.Sincos(degrees * math.Pi / 180)
		return x + r*sin, y - r*cos
	}
	steps := int(math.Ceil(math.Abs(to-from) / 4))
	px, py := at(from, outer)
	p.move(px, py)
	for i := 1; i <= steps; i++ {
		px, py = at(from+(to-from)*float64(i)/float64(steps), outer)
		p.line(px, py)
	}
	for i := steps; i >= 0; i-- {
		px, py = at(from+(to-from)*float64(i)/float64(steps), inner)
		p.line(px, py)
	}
	return p.close()
}

// pie is a slice of a circle; 90 degrees of it are a quarter.
func pie(x, y, r, from, to float64) *path { return ring(x, y, r, 0, from, to) }

func polygon(points ...float64) *path {
	p := new(path).move(points[0], points[1])
	for i := 2; i+1 < len(points); i += 2 {
		p.line(points[i], points[i+1])
	}
	return p.close()
}

// stroke is a line through the points with round ends and joints: one outline each, which overlap in one direction.
func stroke(width float64, points ...float64) *path {
	p := new(path)
	for i := 0; i+3 < len(points); i += 2 {
		x0, y0, x1, y1 := points[i], points[i+1], points[i+2], points[i+3]
		angle := math.Atan2(y1-y0, x1-x0)
		outline(p, x0, y0, x1, y1, width/2, angle)
	}
	return p
}

// outline adds a line with two half circles as its ends.
func outline(p *path, x0, y0, x1, y1, r, angle float64) {
	const steps = 10
	for i := range 2*steps + 2 {
		x, y, turn := x1, y1, angle-math.Pi/2+math.Pi*float64(i)/steps
		if i > steps {
			x, y, turn = x0, y0, angle+math.Pi/2+math.Pi*float64(i-steps-1)/steps
		}
		sin, cos := math.Sincos(turn)
		if i == 0 {
			p.move(x+r*cos, y+r*sin)
		} else {
			p.line(x+r*cos, y+r*sin)
		}
	}
	p.close()
}

// wave is the area under a smooth line through heights that stand at equal distances over the sheet's width.
func wave(bottom float64, heights ...float64) *path {
	const beyond = 60
	stepX := (sheetWidth + 2*beyond) / float64(len(heights)-1)
	p := new(path).move(-beyond, bottom).line(-beyond, heights[0])
	for i := 1; i < len(heights); i++ {
		x0, x1 := -beyond+stepX*float64(i-1), -beyond+stepX*float64(i)
		p.curve(x0+stepX/2, heights[i-1], x1-stepX/2, heights[i], x1, heights[i])
	}
	return p.line(sheetWidth+beyond, bottom).close()
}

// The font is read in units of which an em has so many; a capital has this part of them in height.
const (
	emUnits       = 1000
	capitalHeight = 0.723
)

// lettering writes outlines of letters.
type lettering struct{ face *sfnt.Font }

func newLettering() lettering {
	face, err := sfnt.Parse(gobold.TTF)
	if err != nil {
		panic("picture: the built-in font cannot be read: " + err.Error())
	}
	return lettering{face}
}

// text is a word centred on x, its capitals of the given height centred on y. A letter that the font lacks is left out.
func (l lettering) text(word string, x, y, height float64) *path {
	scale := height / (capitalHeight * emUnits)
	var buffer sfnt.Buffer
	p, pen := new(path), 0.0
	for _, letter := range word {
		glyph, err := l.face.GlyphIndex(&buffer, letter)
		if err != nil || glyph == 0 {
			continue
		}
		segments, err := l.face.LoadGlyph(&buffer, glyph, fixed.I(emUnits), nil)
		if err != nil {
			continue
		}
		p.glyph(segments, pen)
		if advance, err := l.face.GlyphAdvance(&buffer, glyph, fixed.I(emUnits), font.HintingNone); err == nil {
			pen += float64(advance) / 64
		}
	}
	return p.placed(matrix{scale, 0, x - pen*scale/2, 0, scale, y + height/2})
}

// glyph adds a letter's outline, moved right.
func (p *path) glyph(segments sfnt.Segments, right float64) {
	open := false
	for _, s := range segments {
		at := func(i int) (float64, float64) { return float64(s.Args[i].X)/64 + right, float64(s.Args[i].Y) / 64 }
		x, y := at(0)
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if open {
				p.close()
			}
			open = true
			p.move(x, y)
		case sfnt.SegmentOpLineTo:
			p.line(x, y)
		case sfnt.SegmentOpQuadTo:
			x2, y2 := at(1)
			x0, y0 := p.end()
			p.curve(x0+(x-x0)*2/3, y0+(y-y0)*2/3, x2+(x-x2)*2/3, y2+(y-y2)*2/3, x2, y2)
		case sfnt.SegmentOpCubeTo:
			x2, y2 := at(1)
			x3, y3 := at(2)
			p.curve(x, y, x2, y2, x3, y3)
		}
	}
	if open {
		p.close()
	}
}

// end is where the last line or curve ended.
func (p *path) end() (float64, float64) {
	last := p.steps[len(p.steps)-1]
	if last.kind == 'C' {
		return last.p[4], last.p[5]
	}
	return last.p[0], last.p[1]
}

// placed returns the path mapped.
func (p *path) placed(m matrix) *path {
	moved := new(path)
	for _, s := range p.steps {
		for i := 0; i < 6; i += 2 {
			s.p[i], s.p[i+1] = m.apply(s.p[i], s.p[i+1])
		}
		moved.steps = append(moved.steps, s)
	}
	return moved
}
