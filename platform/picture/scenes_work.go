package picture

import "image/color"

// code shows an editor, and a sign in front of it.
func (s *scene) code() {
	p := s.palette
	ground := mix(p.ink, p.from, 0.08)
	s.window(s.canvas, 180, 110, 760, 540, ground)
	s.fill(card(320, 132, 570, 24, 12), solid(faded(p.paper, 0.1)))
	s.fill(rect(180, 176, 150, 400), solid(faded(p.paper, 0.05)))
	s.lines(s.canvas, 206, 206, 96, 34, 10, 9, faded(p.paper, 0.25))
	indent := 0
	for row := range 12 {
		y := 204 + 35*float64(row)
		s.fill(card(350, y, 16, 10, 5), solid(faded(p.paper, 0.2)))
		x := 392 + 38*float64(indent)
		for range 1 + s.dice.pick(4) {
			w := s.dice.between(30, 140)
			if x+w > 910 {
				break
			}
			shade := []color.NRGBA{s.accent(0), s.accent(1), s.accent(2), faded(p.paper, 0.75), faded(p.paper, 0.4)}[s.dice.pick(5)]
			s.fill(card(x, y-3, w, 16, 8), solid(shade))
			x += w + 14
		}
		indent = min(max(indent+s.dice.pick(3)-1, 0), 4)
	}
	badge := s.turned(s.dice.between(-9, 9), 930, 560)
	s.sheet(badge, 800, 470, 270, 190, 40, s.accent(0))
	sign := []string{"</>", "{ }", "( )", "#!", "=>", "01"}[s.dice.pick(6)]
	badge.fill(s.letters.text(sign, 935, 568, 84), solid(p.on(s.accent(0))))
}

// growth shows a chart that rises, and small cards beside it.
func (s *scene) growth() {
	p := s.palette
	s.sheet(s.canvas, 220, 130, 700, 520, 32, p.paper)
	s.lines(s.canvas, 270, 184, 260, 34, 16, 2, faded(p.ink, 0.3))
	for i := range 4 {
		s.fill(card(270, 290+80*float64(i), 600, 3, 1), solid(faded(p.ink, 0.08)))
	}
	const bars = 7
	points := make([]float64, 0, 2*bars)
	for i := range bars {
		x, h := 290+84*float64(i), 60+36*float64(i)+s.dice.between(-26, 30)
		shade := faded(s.accent(1), 0.35+0.09*float64(i))
		s.fill(card(x, 600-h, 48, h, 12), solid(shade))
		points = append(points, x+24, 560-h-s.dice.between(10, 34))
	}
	s.fill(stroke(12, points...), solid(s.accent(0)))
	for i := 0; i < len(points); i += 2 {
		s.fill(circle(points[i], points[i+1], 15), solid(p.paper))
		s.fill(circle(points[i], points[i+1], 9), solid(s.accent(0)))
	}
	s.target(975, 250, 120)
	s.sheet(s.canvas, 110, 470, 220, 150, 28, p.ink)
	s.fill(s.letters.text([]string{"+38%", "x2.4", "#1", "+120", "4.9"}[s.dice.pick(5)], 220, 528, 44), solid(s.accent(2)))
	s.lines(s.canvas, 150, 572, 140, 20, 9, 1, faded(p.paper, 0.5))
}

// target is rings with an arrow in their middle.
func (s *scene) target(x, y, r float64) {
	s.shadow(circle(x, y, r), 18, 30, 0.28)
	for i, shade := range []color.NRGBA{s.accent(0), s.palette.paper, s.accent(0), s.palette.paper} {
		s.fill(circle(x, y, r*(1-0.25*float64(i))), solid(shade))
	}
	s.fill(stroke(12, x, y, x+r*0.85, y-r*0.85), solid(s.palette.ink))
	s.fill(polygon(x+r*0.7, y-r*0.72, x+r*0.78, y-r*1.12, x+r*1.12, y-r*0.78), solid(s.palette.ink))
}

// writing shows sheets of text and a pen.
func (s *scene) writing() {
	p := s.palette
	for i := range 3 {
		page := s.turned(s.dice.between(3, 7)*float64(2-i)-4, 560, 420)
		s.sheet(page, 330, 90, 470, 640, 14, mix(p.paper, p.to, 0.12*float64(2-i)))
		if i < 2 {
			continue
		}
		switch s.dice.pick(3) {
		case 0:
			page.fill(s.letters.text([]string{"Aa", "Ab", "Ag"}[s.dice.pick(3)], 450, 205, 100), solid(s.accent(0)))
		case 1:
			page.fill(s.letters.text("“", 420, 260, 230), solid(s.accent(0)))
		default:
			page.fill(card(380, 140, 370, 130, 14), gradient(380, 140, 750, 270, s.accent(0), s.accent(1)))
			page.fill(circle(690, 205, 34), solid(faded(p.paper, 0.8)))
		}
		s.lines(page, 380, 306, 370, 34, 13, 6, faded(p.ink, 0.32))
		s.lines(page, 380, 540, 370, 34, 13, 4, faded(p.ink, 0.32))
		page.fill(card(376, 402, 300, 22, 6), solid(faded(s.accent(2), 0.5)))
	}
	s.pen(s.turned(s.dice.between(28, 44), 860, 430))
}

func (s *scene) pen(c *canvas) {
	body := card(834, 130, 56, 430, 18)
	c.shadow(body, 18, 26, 0.3)
	c.fill(body, gradient(834, 0, 890, 0, s.accent(1), mix(s.accent(1), s.palette.ink, 0.3)))
	c.fill(rect(834, 470, 56, 26), solid(s.palette.paper))
	c.fill(polygon(834, 555, 890, 555, 866, 655, 858, 655), solid(mix(s.palette.paper, s.accent(2), 0.35)))
	c.fill(polygon(852, 625, 872, 625, 862, 668), solid(s.palette.ink))
	c.fill(card(878, 160, 12, 190, 6), solid(s.accent(0)))
}

// desk shows tasks, a calendar and a round chart.
func (s *scene) desk() {
	p := s.palette
	s.sheet(s.canvas, 160, 130, 400, 540, 30, p.paper)
	s.lines(s.canvas, 206, 184, 200, 30, 18, 1, p.ink)
	for i := range 6 {
		y := 250 + 68*float64(i)
		done := s.dice.pick(3) > 0
		s.fill(card(206, y, 40, 40, 11), solid(faded(s.accent(1), 0.25)))
		if done {
			s.fill(card(206, y, 40, 40, 11), solid(s.accent(1)))
			s.fill(stroke(7, 216, y+21, 223, y+28, 237, y+13), solid(p.paper))
		}
		s.lines(s.canvas, 268, y+7, 240, 18, 9, 2, faded(p.ink, 0.28))
	}
	s.sheet(s.canvas, 620, 110, 420, 280, 30, p.paper)
	s.fill(card(620, 110, 420, 62, 30), solid(s.accent(0)))
	s.fill(rect(620, 142, 420, 30), solid(s.accent(0)))
	today := s.dice.pick(18)
	for i := range 18 {
		x, y := 664+66*float64(i%6), 212+58*float64(i/6)
		shade := faded(p.ink, 0.14)
		if i == today {
			shade = s.accent(2)
		}
		s.fill(card(x-20, y-18, 44, 40, 10), solid(shade))
	}
	s.sheet(s.canvas, 620, 430, 420, 250, 30, p.ink)
	from := 0.0
	for i, share := range []float64{s.dice.between(120, 170), s.dice.between(70, 100), 80} {
		s.fill(ring(750, 555, 92, 56, from, from+share-5), solid(s.accent(i)))
		from += share
	}
	s.lines(s.canvas, 880, 500, 120, 36, 14, 4, faded(p.paper, 0.45))
}
