package picture

import (
	"image"
	"image/color"
	"slices"
)

// Motif is what a cover shows.
type Motif string

// The motifs.
const (
	Brand     Motif = "brand"     // a mark made of simple shapes
	Pattern   Motif = "pattern"   // tiles of quarter circles
	Screens   Motif = "screens"   // a page in a window, and a phone
	Code      Motif = "code"      // an editor
	Growth    Motif = "growth"    // a chart that rises
	Writing   Motif = "writing"   // sheets of text
	Film      Motif = "film"      // a player and its timeline
	Sound     Motif = "sound"     // a record and a wave
	Desk      Motif = "desk"      // tasks, a calendar, numbers
	Network   Motif = "network"   // nodes and what connects them
	Landscape Motif = "landscape" // hills and a sun
	Talk      Motif = "talk"      // speech bubbles
)

// Motifs lists them all.
func Motifs() []Motif {
	return []Motif{Brand, Pattern, Screens, Code, Growth, Writing, Film, Sound, Desk, Network, Landscape, Talk}
}

// Cover draws a picture for a catalogue that nobody has taken pictures for: the same seed gives the same picture, byte for
// byte, and different ones differ in motif, composition and colours. The proportions should be about 3 to 2.
func Cover(seed int64, w, h int) image.Image {
	motifs := Motifs()
	d := dice{uint64(seed)}
	return CoverOf(motifs[d.pick(len(motifs))], seed, w, h)
}

// CoverOf draws a cover with the motif. An unknown one is drawn as Pattern.
func CoverOf(motif Motif, seed int64, w, h int) image.Image {
	d := dice{uint64(seed)}
	for _, letter := range string(motif) {
		d.state = d.next() ^ uint64(letter)
	}
	s := newScene(d, w, h)
	s.background()
	draws := map[Motif]func(){
		Brand: s.brand, Pattern: s.pattern, Screens: s.screens, Code: s.code, Growth: s.growth, Writing: s.writing,
		Film: s.film, Sound: s.sound, Desk: s.desk, Network: s.network, Landscape: s.landscape, Talk: s.talk,
	}
	if !slices.Contains(Motifs(), motif) {
		motif = Pattern
	}
	draws[motif]()
	return s.img
}

// Avatar draws a square with up to two letters, for people without a picture.
func Avatar(seed int64, initials string, size int) image.Image {
	s := newScene(dice{uint64(seed)}, size, size)
	from, to := s.deep()
	s.fill(rect(0, 0, sheetWidth, sheetHeight), gradient(200, 0, 1000, 800, from, to))
	x := s.dice.between(250, 950)
	s.fill(circle(x, s.dice.between(-50, 150), s.dice.between(300, 420)), solid(faded(mix(s.palette.accents[0], s.palette.ink, 0.3), 0.4)))
	s.fill(circle(sheetWidth-x, s.dice.between(700, 900), s.dice.between(260, 380)), solid(faded(mix(s.palette.accents[1], s.palette.ink, 0.3), 0.35)))
	if letters := []rune(initials); len(letters) > 2 {
		initials = string(letters[:2])
	}
	s.fill(s.letters.text(initials, 600, 400, 190), solid(color.NRGBA{255, 255, 255, 255}))
	return s.img
}

// dice are the numbers that a seed decides (splitmix64). They are for drawing, nothing that must not be guessed.
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// pick is a number from 0 up to, not including, limit.
func (d *dice) pick(limit int) int { return int(d.next() % uint64(limit)) }

func (d *dice) between(low, high float64) float64 {
	return low + (high-low)*float64(d.next()>>11)/(1<<53)
}

// scene is a cover while it is drawn.
type scene struct {
	*canvas
	dice    *dice
	letters lettering
	palette palette
}

func newScene(d dice, w, h int) *scene {
	s := &scene{canvas: newCanvas(w, h), dice: &d, letters: newLettering()}
	all := palettes()
	s.palette = all[d.pick(len(all))]
	for i := range s.palette.accents {
		k := d.pick(i + 1)
		s.palette.accents[i], s.palette.accents[k] = s.palette.accents[k], s.palette.accents[i]
	}
	return s
}

// palette is a set of colours that go together.
type palette struct {
	from, to color.NRGBA // the background
	ink      color.NRGBA // dark
	paper    color.NRGBA // light
	accents  [3]color.NRGBA
}

func palettes() []palette {
	return []palette{
		colours(0x4338ca, 0x7c3aed, 0x1e1b4b, 0xffffff, 0xfbbf24, 0xf472b6, 0x34d399),
		colours(0x0f766e, 0x14b8a6, 0x042f2e, 0xfdfcf7, 0xfde68a, 0xfb7185, 0x5eead4),
		colours(0xffe4d6, 0xffc4a8, 0x3b1f2b, 0xfffbf7, 0xe4572e, 0x17a398, 0xffc914),
		colours(0x0b1f3a, 0x1d4b7f, 0x07142a, 0xf4f7ff, 0xff6b6b, 0x4ecdc4, 0xffe66d),
		colours(0xf5ebdd, 0xe6cfa8, 0x2f2a26, 0xfffdf8, 0xd1495b, 0x00798c, 0xedae49),
		colours(0x1b4332, 0x2d6a4f, 0x081c15, 0xf6fff8, 0xf4a261, 0x95d5b2, 0xffe8a3),
		colours(0xfce1e4, 0xf8b4c6, 0x3d1a2b, 0xffffff, 0xd6336c, 0x5c7cfa, 0xffc93c),
		colours(0xd7ecff, 0x9fcdff, 0x10304f, 0xffffff, 0x1c7ed6, 0xff922b, 0x20c997),
		colours(0x3c1642, 0x7b2d6f, 0x1b0a1e, 0xfff7fb, 0xf08a5d, 0xf9ed69, 0xff6fa8),
		colours(0xddf7ec, 0xa8e6cf, 0x0b3b36, 0xffffff, 0x0ca678, 0xf76707, 0x4263eb),
		colours(0x1f2430, 0x3a4257, 0x0e1118, 0xf7f8fa, 0xff7a59, 0x6ee7b7, 0x93c5fd),
		colours(0xff6b6b, 0xffb36b, 0x4a1525, 0xfff8f0, 0x5f27cd, 0x0b8f6f, 0x2d98da),
		colours(0xe9e4ff, 0xc9bcff, 0x2a1f5c, 0xffffff, 0x6741d9, 0xff8787, 0x20c997),
		colours(0xfff4c2, 0xffdd80, 0x3a2e05, 0xfffef7, 0xf03e3e, 0x1971c2, 0x2b8a3e),
		colours(0x123c69, 0xac3b61, 0x0a1f38, 0xfffaf6, 0xedc7b7, 0xffb400, 0x7fd1ae),
		colours(0xf1f3f5, 0xd0d9e4, 0x212936, 0xffffff, 0xfa5252, 0x3b5bdb, 0xfab005),
	}
}

func colours(from, to, ink, paper, a, b, c uint32) palette {
	rgb := func(n uint32) color.NRGBA { return color.NRGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255} }
	return palette{rgb(from), rgb(to), rgb(ink), rgb(paper), [3]color.NRGBA{rgb(a), rgb(b), rgb(c)}}
}

// dark says whether the background is.
func (p palette) dark() bool { return light(p.from) < 0.6 }

// warmest is the accent that a sun may have.
func (p palette) warmest() color.NRGBA {
	return slices.MaxFunc(p.accents[:], func(a, b color.NRGBA) int { return 2*int(a.R) - int(a.B) - (2*int(b.R) - int(b.B)) })
}

// on is what can be read on the colour: paper or ink.
func (p palette) on(c color.NRGBA) color.NRGBA {
	if light(c) > 0.62 {
		return p.ink
	}
	return p.paper
}

// light is how light a colour looks, from 0 to 1.
func light(c color.NRGBA) float64 {
	return (3*float64(c.R) + 6*float64(c.G) + float64(c.B)) / 2550
}

// deep is a background on which white can be read.
func (s *scene) deep() (from, to color.NRGBA) {
	if s.palette.dark() {
		return s.palette.from, s.palette.to
	}
	return mix(s.palette.ink, s.palette.accents[0], 0.75), mix(s.palette.ink, s.palette.accents[0], 0.35)
}

// veil is a colour that barely stands out from the background.
func (s *scene) veil(strength float64) color.NRGBA {
	if s.palette.dark() {
		return faded(s.palette.paper, strength)
	}
	return faded(s.palette.ink, strength*0.6)
}

// accent is one of the three, in an order that the scene keeps.
func (s *scene) accent(i int) color.NRGBA { return s.palette.accents[i%3] }

// background is a gradient with one quiet ornament.
func (s *scene) background() {
	p := s.palette
	s.fill(rect(-400, -400, 2000, 1600), gradient(0, 0, s.dice.between(700, 1200), 800, p.from, p.to))
	switch s.dice.pick(5) {
	case 0:
		s.fill(circle(s.dice.between(150, 1050), s.dice.between(250, 550), s.dice.between(330, 430)), solid(s.veil(0.1)))
		s.fill(circle(s.dice.between(-50, 1250), s.dice.between(0, 800), s.dice.between(100, 180)), solid(faded(s.accent(2), 0.5)))
	case 1:
		x, y := s.dice.between(0, 1)*1200, float64(s.dice.pick(2)*800)
		for i := range 5 {
			r := 180 + 150*float64(i)
			s.fill(ring(x, y, r+26, r, 0, 360), solid(s.veil(0.09)))
		}
	case 2:
		for i := range 12 {
			for j := range 8 {
				s.fill(circle(60+98*float64(i), 55+98*float64(j), 5), solid(s.veil(0.2)))
			}
		}
	case 3:
		y := s.dice.between(430, 560)
		s.fill(wave(900, y, y-90, y+60, y-40, y+80), solid(s.veil(0.1)))
		s.fill(wave(900, y+120, y+190, y+80, y+170, y+60), solid(faded(s.accent(1), 0.35)))
	default:
		slope := s.turned(s.dice.between(-38, -22), 600, 400)
		for i := range 4 {
			slope.fill(rect(-400, 40+220*float64(i), 2000, 90), solid(s.veil(0.06)))
		}
	}
}

// sheet is a card with a soft shadow.
func (s *scene) sheet(c *canvas, x, y, w, h, r float64, with color.NRGBA) {
	shape := card(x, y, w, h, r)
	c.shadow(shape, 22, 36, 0.3)
	c.fill(shape, solid(with))
}

// lines are lines of text seen from afar.
func (s *scene) lines(c *canvas, x, y, w, gap, thick float64, count int, with color.NRGBA) {
	for i := range count {
		length := w * s.dice.between(0.72, 1)
		if i == count-1 {
			length = w * s.dice.between(0.35, 0.6)
		}
		c.fill(card(x, y+gap*float64(i), length, thick, thick/2), solid(with))
	}
}
