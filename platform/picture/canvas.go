package picture

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"
)

// The drawings are designed on a sheet of 1200 by 800 and scaled to cover the size that is asked for.
const (
	sheetWidth  = 1200
	sheetHeight = 800
)

// canvas draws smooth shapes on an RGBA image.
type canvas struct {
	img    *image.RGBA
	matrix matrix
}

func newCanvas(w, h int) *canvas {
	s := max(float64(w)/sheetWidth, float64(h)/sheetHeight)
	centred := matrix{s, 0, (float64(w) - s*sheetWidth) / 2, 0, s, (float64(h) - s*sheetHeight) / 2}
	return &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), matrix: centred}
}

// matrix maps the sheet to pixels: x' = m0 x + m1 y + m2, y' = m3 x + m4 y + m5.
type matrix [6]float64

func (m matrix) apply(x, y float64) (float64, float64) {
	return m[0]*x + m[1]*y + m[2], m[3]*x + m[4]*y + m[5]
}

// then is the mapping that does n first.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[3], m[0]*n[1] + m[1]*n[4], m[0]*n[2] + m[1]*n[5] + m[2],
		m[3]*n[0] + m[4]*n[3], m[3]*n[1] + m[4]*n[4], m[3]*n[2] + m[4]*n[5] + m[5],
	}
}

// scale is how much longer a line becomes.
func (m matrix) scale() float64 { return math.Hypot(m[0], m[3]) }

// turned returns a canvas on the same image that is turned by degrees around a point.
func (c *canvas) turned(degrees, x, y float64) *canvas {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	turn := matrix{cos, -sin, x - cos*x + sin*y, sin, cos, y - sin*x - cos*y}
	return &canvas{c.img, c.matrix.then(turn)}
}

// paint is one colour, or the way from one to another along a line of the sheet.
type paint struct {
	shades     []color.NRGBA // one, or the steps of the way
	start, end [2]float64
}

func solid(c color.NRGBA) paint { return paint{shades: []color.NRGBA{c}} }

func gradient(x0, y0, x1, y1 float64, from, to color.NRGBA) paint {
	p := paint{make([]color.NRGBA, 256), [2]float64{x0, y0}, [2]float64{x1, y1}}
	for i := range p.shades {
		p.shades[i] = mix(from, to, float64(i)/255)
	}
	return p
}

// along returns how far a pixel is on the way: a x + b y + c, in steps.
func (p paint) along(toSheet matrix) (a, b, c float64) {
	dx, dy := p.end[0]-p.start[0], p.end[1]-p.start[1]
	length := dx*dx + dy*dy
	if length == 0 {
		return 0, 0, 0
	}
	steps := float64(len(p.shades)-1) / length
	x, y := toSheet.apply(0.5, 0.5)
	return (toSheet[0]*dx + toSheet[3]*dy) * steps, (toSheet[1]*dx + toSheet[4]*dy) * steps,
		((x-p.start[0])*dx + (y-p.start[1])*dy) * steps
}

func mix(a, b color.NRGBA, t float64) color.NRGBA {
	t = min(max(t, 0), 1)
	part := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*t)) }
	return color.NRGBA{part(a.R, b.R), part(a.G, b.G), part(a.B, b.B), part(a.A, b.A)}
}

// faded is the colour at a part of its strength.
func faded(c color.NRGBA, strength float64) color.NRGBA {
	c.A = uint8(math.Round(float64(c.A) * strength))
	return c
}

// path is an outline of lines and curves on the sheet. Several closed outlines that run against each other make holes.
type path struct{ steps []step }

// step is a point, or a curve with two control points.
type step struct {
	kind byte // M, L, C, Z
	p    [6]float64
}

func (p *path) move(x, y float64) *path { return p.add('M', x, y) }

func (p *path) line(x, y float64) *path { return p.add('L', x, y) }

func (p *path) curve(x1, y1, x2, y2, x, y float64) *path { return p.add('C', x1, y1, x2, y2, x, y) }

func (p *path) close() *path { return p.add('Z') }

func (p *path) add(kind byte, numbers ...float64) *path {
	s := step{kind: kind}
	copy(s.p[:], numbers)
	p.steps = append(p.steps, s)
	return p
}

// fill paints the inside of the path.
func (c *canvas) fill(p *path, with paint) {
	mask, at := c.mask(p, 0)
	c.blend(mask, at, with)
}

// shadow paints a soft shadow of the path, moved down.
func (c *canvas) shadow(p *path, down, blur, strength float64) {
	mask, at := c.mask(p, int(math.Ceil(blur*c.matrix.scale())))
	radius := max(1, int(blur*c.matrix.scale()/3))
	for range 3 { // three box blurs are close to a Gaussian
		mask = blurred(blurred(mask, radius), radius) // each turns the mask: rows, then columns
	}
	at.Y += int(down * c.matrix.scale())
	c.blend(mask, at, solid(color.NRGBA{10, 12, 30, uint8(255 * strength)}))
}

// mask rasterizes the path into its bounding box, with a margin around; at is where the box stands on the image.
func (c *canvas) mask(p *path, margin int) (*image.Alpha, image.Point) {
	box := c.bounds(p).Inset(-margin - 1).Intersect(c.img.Bounds().Inset(-2*margin - 1))
	if box.Empty() {
		return image.NewAlpha(image.Rectangle{}), image.Point{}
	}
	z := vector.NewRasterizer(box.Dx(), box.Dy())
	point := func(x, y float64) (float32, float32) {
		x, y = c.matrix.apply(x, y)
		return float32(x - float64(box.Min.X)), float32(y - float64(box.Min.Y))
	}
	for _, s := range p.steps {
		x, y := point(s.p[0], s.p[1])
		switch s.kind {
		case 'M':
			z.MoveTo(x, y)
		case 'L':
			z.LineTo(x, y)
		case 'C':
			x2, y2 := point(s.p[2], s.p[3])
			x3, y3 := point(s.p[4], s.p[5])
			z.CubeTo(x, y, x2, y2, x3, y3)
		case 'Z':
			z.ClosePath()
		}
	}
	mask := image.NewAlpha(image.Rect(0, 0, box.Dx(), box.Dy()))
	z.Draw(mask, mask.Bounds(), image.Opaque, image.Point{})
	return mask, box.Min
}

// bounds is a box around all points, control points too.
func (c *canvas) bounds(p *path) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range p.steps {
		n := map[byte]int{'M': 2, 'L': 2, 'C': 6}[s.kind]
		for i := 0; i < n; i += 2 {
			x, y := c.matrix.apply(s.p[i], s.p[i+1])
			x0, y0, x1, y1 = min(x0, x), min(y0, y), max(x1, x), max(y1, y)
		}
	}
	if x0 > x1 {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(x0)), int(math.Floor(y0)), int(math.Ceil(x1)), int(math.Ceil(y1)))
}

// blend lays the paint over the image where the mask is.
func (c *canvas) blend(mask *image.Alpha, at image.Point, with paint) {
	box := mask.Bounds().Add(at).Intersect(c.img.Bounds())
	perX, perY, first := with.along(c.matrix.inverse())
	last := float64(len(with.shades) - 1)
	for y := box.Min.Y; y < box.Max.Y; y++ {
		row := mask.Pix[mask.PixOffset(0, y-at.Y):]
		pixels := c.img.Pix[c.img.PixOffset(0, y):]
		for x := box.Min.X; x < box.Max.X; x++ {
			covered := uint32(row[x-at.X])
			if covered == 0 {
				continue
			}
			t := min(max(perX*float64(x)+perY*float64(y)+first, 0), last)
			ink := with.shades[int(t)]
			over(pixels[4*x:4*x+4:4*x+4], ink, covered*uint32(ink.A)/255)
		}
	}
}

func over(pixel []uint8, ink color.NRGBA, alpha uint32) {
	rest := 255 - alpha
	pixel[0] = uint8((uint32(ink.R)*alpha + uint32(pixel[0])*rest + 127) / 255)
	pixel[1] = uint8((uint32(ink.G)*alpha + uint32(pixel[1])*rest + 127) / 255)
	pixel[2] = uint8((uint32(ink.B)*alpha + uint32(pixel[2])*rest + 127) / 255)
	pixel[3] = uint8(alpha + uint32(pixel[3])*rest/255)
}

func (m matrix) inverse() matrix {
	d := m[0]*m[4] - m[1]*m[3]
	a, b, e, f := m[4]/d, -m[1]/d, -m[3]/d, m[0]/d
	return matrix{a, b, -(a*m[2] + b*m[5]), e, f, -(e*m[2] + f*m[5])}
}

// blurred returns the mask turned on its side, each row averaged over a radius.
func blurred(m *image.Alpha, radius int) *image.Alpha {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	out := image.NewAlpha(image.Rect(0, 0, h, w))
	window := 2*radius + 1
	for y := range h {
		row := m.Pix[y*m.Stride : y*m.Stride+w]
		sum := 0
		for x := -radius; x < w; x++ {
			if in := x + radius; in < w {
				sum += int(row[in])
			}
			if gone := x - radius - 1; gone >= 0 {
				sum -= int(row[gone])
			}
			if x >= 0 {
				out.Pix[x*out.Stride+y] = uint8(sum / window)
			}
		}
	}
	return out
}
