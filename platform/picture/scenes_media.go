package picture

import (
	"image/color"
	"math"
)

// film shows a player with a landscape in it, and the clips below.
func (s *scene) film() {
	p := s.palette
	s.sheet(s.canvas, 180, 90, 840, 430, 28, p.ink)
	top, low := mix(s.accent(1), p.paper, 0.3), mix(s.accent(0), p.paper, 0.45)
	s.fill(card(200, 110, 800, 390, 16), gradient(600, 110, 600, 500, top, low))
	s.fill(circle(s.dice.between(330, 870), 250, 66), solid(faded(p.paper, 0.85)))
	peak := s.dice.between(420, 560)
	s.fill(polygon(200, 484, peak-60, 270, peak+130, 484), solid(mix(s.accent(2), p.ink, 0.35)))
	s.fill(polygon(peak+20, 484, peak+260, 230, 1000, 484), solid(mix(s.accent(2), p.ink, 0.6)))
	s.fill(card(200, 440, 800, 60, 16), solid(mix(s.accent(2), p.ink, 0.75)))
	s.shadow(circle(600, 305, 74), 10, 22, 0.4)
	s.fill(circle(600, 305, 74), solid(p.paper))
	s.fill(polygon(578, 265, 578, 345, 646, 305), solid(s.accent(0)))
	for row := range 2 {
		y := 560 + 78*float64(row)
		s.fill(card(180, y, 840, 62, 14), solid(faded(p.ink, 0.75)))
		for x := 190.0; x < 960; {
			w := min(s.dice.between(70, 220), 1010-x)
			s.fill(card(x, y+8, w-8, 46, 9), solid(s.accent(s.dice.pick(3))))
			x += w
		}
	}
	head := s.dice.between(380, 820)
	s.fill(stroke(6, head, 546, head, 712), solid(p.paper))
	s.fill(circle(head, 544, 14), solid(p.paper))
}

// sound shows a record and a wave.
func (s *scene) sound() {
	p := s.palette
	x, y := s.dice.between(380, 820), 320.0
	s.shadow(circle(x, y, 250), 24, 40, 0.35)
	s.fill(circle(x, y, 250), solid(p.ink))
	for i := range 9 {
		r := 238 - 15*float64(i)
		s.fill(ring(x, y, r, r-2, 0, 360), solid(faded(p.paper, 0.12)))
	}
	for i := range 2 {
		from := s.dice.between(0, 20) + 180*float64(i) + 20
		s.fill(ring(x, y, 240, 108, from, from+32), solid(faded(p.paper, 0.08)))
	}
	s.fill(circle(x, y, 96), gradient(x-96, y-96, x+96, y+96, s.accent(0), s.accent(1)))
	s.fill(circle(x, y, 15), solid(p.paper))
	const bars = 41
	phase, speed := s.dice.between(0, 6), s.dice.between(0.25, 0.5)
	for i := range bars {
		swing := math.Abs(math.Sin(phase+speed*float64(i))) * math.Sin(math.Pi*(float64(i)+0.5)/bars)
		h := 26 + 210*swing*s.dice.between(0.65, 1)
		at := 112 + 24*float64(i)
		s.fill(card(at, 610-h/2, 14, h, 7), solid(mix(s.accent(2), p.paper, float64(i%3)*0.35)))
	}
}

// network shows nodes in layers, and what connects them.
func (s *scene) network() {
	p := s.palette
	from, to := s.deep()
	s.fill(rect(-400, -400, 2000, 1600), gradient(0, 0, 1100, 800, mix(from, p.ink, 0.35), to))
	layers := []int{3 + s.dice.pick(2), 4 + s.dice.pick(2), 4 + s.dice.pick(2), 2 + s.dice.pick(2)}
	nodes := make([][][2]float64, len(layers))
	for i, count := range layers {
		for k := range count {
			y := 400 + (float64(k)-float64(count-1)/2)*(560/float64(max(count, 4)))
			nodes[i] = append(nodes[i], [2]float64{210 + 260*float64(i), y + s.dice.between(-14, 14)})
		}
	}
	for i := range len(nodes) - 1 {
		for _, a := range nodes[i] {
			for _, b := range nodes[i+1] {
				strength := s.dice.between(0.06, 0.4)
				s.fill(stroke(3+5*strength, a[0], a[1], b[0], b[1]), solid(faded(p.paper, strength)))
			}
		}
	}
	for i, layer := range nodes {
		for k, n := range layer {
			shade := s.accent(i + k/2)
			s.fill(circle(n[0], n[1], 52), solid(faded(shade, 0.22)))
			s.fill(circle(n[0], n[1], 32), solid(shade))
			s.fill(circle(n[0]-8, n[1]-9, 9), solid(faded(color.NRGBA{255, 255, 255, 255}, 0.55)))
		}
	}
}

// talk shows speech bubbles.
func (s *scene) talk() {
	p := s.palette
	s.bubble(150, 120, 600, 230, p.paper, false)
	s.fill(circle(235, 235, 48), solid(s.accent(1)))
	s.lines(s.canvas, 312, 190, 380, 38, 16, 3, faded(p.ink, 0.3))
	s.bubble(440, 400, 610, 240, s.accent(0), true)
	if s.dice.pick(2) == 0 {
		for i := range 3 {
			s.fill(circle(660+86*float64(i), 520, 26), solid(faded(p.on(s.accent(0)), 1-0.2*float64(i))))
		}
	} else {
		word := []string{"hello", "hola", "salut", "ciao", "hej", "olá"}[s.dice.pick(6)]
		s.fill(s.letters.text(word, 745, 520, 84), solid(p.on(s.accent(0))))
	}
	s.sheet(s.turned(s.dice.between(-8, 8), 970, 250), 870, 150, 200, 200, 50, s.accent(2))
	s.fill(s.letters.text([]string{"?", "!", "&", "@", "Ä", "Ñ"}[s.dice.pick(6)], 970, 250, 100), solid(p.on(s.accent(2))))
}

// bubble is a card with a tail on its left or right.
func (s *scene) bubble(x, y, w, h float64, with color.NRGBA, right bool) {
	shape := card(x, y, w, h, 56)
	if right {
		shape.steps = append(shape.steps, polygon(x+w-150, y+h-2, x+w-60, y+h-30, x+w-50, y+h+62).steps...)
	} else {
		shape.steps = append(shape.steps, polygon(x+60, y+h-30, x+150, y+h-2, x+50, y+h+62).steps...)
	}
	s.shadow(shape, 20, 34, 0.28)
	s.fill(shape, solid(with))
}
