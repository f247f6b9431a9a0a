package picture

import "image/color"

// brand shows a mark on a card, with its colours below.
func (s *scene) brand() {
	p := s.palette
	tilt := s.turned(s.dice.between(-5, 5), 600, 400)
	s.sheet(tilt, 330, 110, 540, 580, 36, p.paper)
	s.mark(tilt, 600, 345, 165)
	tilt.fill(s.letters.text([]string{"nordlys", "studio", "atelier", "mono", "lumen", "kite"}[s.dice.pick(6)], 600, 580, 40), solid(p.ink))
	for i := range 3 {
		s.sheet(tilt, 160-float64(i%2)*20, 230+130*float64(i), 110, 110, 24, s.accent(i))
	}
	s.sheet(tilt, 930, 230, 120, 240, 24, p.ink)
	tilt.fill(circle(990, 410, 28), solid(s.accent(0)))
	s.lines(tilt, 955, 265, 70, 26, 10, 3, faded(p.paper, 0.6))
}

// mark is a sign made of few shapes.
func (s *scene) mark(c *canvas, x, y, r float64) {
	a, b, third := s.accent(0), s.accent(1), s.accent(2)
	switch s.dice.pick(6) {
	case 0: // petals
		for i := range 6 {
			petal := &canvas{c.img, c.turned(60*float64(i), x, y).matrix}
			petal.fill(oval(x, y-r*0.52, r*0.3, r*0.52), solid(faded([]color.NRGBA{a, b, third}[i%3], 0.85)))
		}
		c.fill(circle(x, y, r*0.2), solid(s.palette.ink))
	case 1: // quarters
		c.fill(pie(x, y+r, r*2, 270, 360).placed(matrix{0.5, 0, x / 2, 0, 0.5, (y + r) / 2}), solid(a))
		c.fill(rect(x, y, r, r), solid(b))
		c.fill(pie(x, y, r, 0, 90), solid(third))
		c.fill(circle(x-r/2, y-r/2, r*0.42), solid(s.palette.ink))
	case 2: // sails
		c.fill(polygon(x-r*0.1, y-r, x-r*0.1, y+r*0.7, x-r, y+r*0.7), solid(a))
		c.fill(polygon(x+r*0.1, y-r*0.6, x+r*0.1, y+r*0.7, x+r*0.85, y+r*0.7), solid(b))
		c.fill(card(x-r, y+r*0.82, 2*r, r*0.18, r), solid(s.palette.ink))
	case 3: // rings
		for i, shade := range []color.NRGBA{a, b, third} {
			size := r * (1 - 0.3*float64(i))
			from := s.dice.between(0, 360)
			c.fill(ring(x, y, size, size-r*0.2, from, from+250), solid(shade))
		}
		c.fill(circle(x, y, r*0.12), solid(s.palette.ink))
	case 4: // stacked chevrons
		for i, shade := range []color.NRGBA{a, b, third} {
			top := y - r + r*0.55*float64(i)
			c.fill(polygon(x-r*0.85, top+r*0.6, x, top, x+r*0.85, top+r*0.6, x+r*0.85, top+r*0.95, x, top+r*0.35, x-r*0.85, top+r*0.95), solid(shade))
		}
	default: // overlapping circles
		c.fill(circle(x-r*0.4, y+r*0.3, r*0.62), solid(faded(a, 0.9)))
		c.fill(circle(x+r*0.4, y+r*0.3, r*0.62), solid(faded(b, 0.8)))
		c.fill(circle(x, y-r*0.38, r*0.62), solid(faded(third, 0.8)))
	}
}

// pattern fills the sheet with tiles.
func (s *scene) pattern() {
	p := s.palette
	shades := []color.NRGBA{p.accents[0], p.accents[1], p.accents[2], p.paper, p.ink}
	const size = 200.0
	for row := range 4 {
		for column := range 6 {
			x, y := size*float64(column), size*float64(row)
			first := s.dice.pick(5)
			ground, figure := shades[first], shades[(first+1+s.dice.pick(4))%5]
			s.fill(rect(x, y, size+0.5, size+0.5), solid(ground))
			s.tile(x, y, size, s.dice.pick(4), figure, shades[(first+2)%5])
		}
	}
}

// tile draws one of a few figures, turned by quarters.
func (s *scene) tile(x, y, size float64, quarters int, figure, second color.NRGBA) {
	c := s.turned(90*float64(quarters), x+size/2, y+size/2)
	switch s.dice.pick(7) {
	case 0, 1:
		c.fill(pie(x, y+size, size, 0, 90), solid(figure))
	case 2:
		c.fill(pie(x+size/2, y+size, size/2, 270, 450), solid(figure))
		c.fill(pie(x+size/2, y+size/2, size/2, 270, 450), solid(second))
	case 3:
		c.fill(circle(x+size/2, y+size/2, size*0.32), solid(figure))
	case 4:
		c.fill(polygon(x, y, x+size, y, x, y+size), solid(figure))
	case 5:
		for i := range 3 {
			outer := size * (1 - 0.33*float64(i))
			c.fill(ring(x, y, outer, outer-size*0.16, 90, 180), solid(figure))
		}
	default:
		c.fill(pie(x, y, size/2, 90, 180), solid(figure))
		c.fill(pie(x+size, y+size, size/2, 270, 360), solid(figure))
		c.fill(circle(x+size/2, y+size/2, size*0.1), solid(second))
	}
}

// screens shows a page in a window and the same on a phone.
func (s *scene) screens() {
	p := s.palette
	left := s.dice.pick(2) == 0
	x, phone := 330.0, 150.0
	if left {
		x, phone = 150, 800
	}
	s.window(s.canvas, x, 140, 720, 500, p.paper)
	s.fill(card(x+36, 210, 648, 190, 18), gradient(x, 210, x+648, 400, s.accent(0), mix(s.accent(0), s.accent(1), 0.8)))
	s.fill(circle(x+560, 300, 62), solid(faded(p.paper, 0.85)))
	s.mark(s.canvas, x+560, 300, 36)
	s.lines(s.canvas, x+76, 262, 330, 34, 16, 2, faded(p.paper, 0.9))
	s.fill(card(x+76, 340, 120, 34, 17), solid(p.ink))
	for i := range 3 {
		at := x + 36 + 222*float64(i)
		s.fill(card(at, 426, 204, 120, 16), solid(faded(s.accent(i+1), 0.3)))
		s.fill(circle(at+46, 478, 24), solid(s.accent(i+1)))
		s.lines(s.canvas, at+86, 462, 96, 22, 9, 2, faded(p.ink, 0.35))
		s.lines(s.canvas, at, 570, 190, 20, 9, 2, faded(p.ink, 0.18))
	}
	s.phone(phone, 240)
}

// window is a frame with three buttons and a field for the address.
func (s *scene) window(c *canvas, x, y, w, h float64, with color.NRGBA) {
	s.sheet(c, x, y, w, h, 22, with)
	for i := range 3 {
		c.fill(circle(x+34+28*float64(i), y+34, 9), solid(s.accent(i)))
	}
	c.fill(card(x+140, y+22, w-190, 24, 12), solid(faded(s.palette.ink, 0.12)))
}

func (s *scene) phone(x, y float64) {
	p := s.palette
	s.sheet(s.canvas, x, y, 250, 490, 40, p.ink)
	s.fill(card(x+12, y+12, 226, 466, 30), solid(p.paper))
	s.fill(card(x+85, y+22, 80, 16, 8), solid(p.ink))
	s.fill(card(x+30, y+60, 190, 150, 18), gradient(x, y, x+190, y+210, s.accent(1), s.accent(2)))
	s.fill(circle(x+125, y+135, 40), solid(faded(p.paper, 0.9)))
	for i := range 3 {
		top := y + 236 + 62*float64(i)
		s.fill(circle(x+52, top+20, 20), solid(s.accent(i)))
		s.lines(s.canvas, x+86, top+8, 120, 20, 9, 2, faded(p.ink, 0.3))
	}
	s.fill(card(x+60, y+428, 130, 32, 16), solid(s.accent(0)))
}

// landscape is hills behind hills under a sun.
func (s *scene) landscape() {
	p := s.palette
	top, low := p.from, mix(p.to, s.accent(2), 0.45)
	s.fill(rect(-400, -400, 2000, 1600), gradient(600, 0, 600, 620, top, low))
	x, y := s.dice.between(300, 900), s.dice.between(200, 330)
	for i := range 3 {
		s.fill(circle(x, y, 230-50*float64(i)), solid(faded(p.paper, 0.1)))
	}
	s.fill(circle(x, y, 92), solid(mix(p.warmest(), p.paper, 0.2)))
	for i := range 2 {
		s.cloud(s.dice.between(100, 1100), s.dice.between(90, 260)+40*float64(i), s.dice.between(0.7, 1.3))
	}
	const layers = 5
	for i := range layers {
		depth := float64(i) / (layers - 1)
		base := 400 + 85*float64(i)
		heights := make([]float64, 7)
		for k := range heights {
			heights[k] = base + s.dice.between(-95, 55)*(1.15-0.6*depth)
		}
		shade := mix(mix(s.accent(1), low, 0.65), p.ink, depth*0.92)
		s.fill(wave(1300, heights...), gradient(0, base-100, 0, base+330, shade, mix(shade, p.ink, 0.35)))
		if i >= 2 {
			s.trees(base+70, 26+22*float64(i-2), mix(shade, p.ink, 0.45), heights)
		}
	}
}

// trees stand on the hills of a layer.
func (s *scene) trees(base, size float64, shade color.NRGBA, heights []float64) {
	for range 4 + s.dice.pick(4) {
		k := s.dice.pick(len(heights))
		x := -60 + 1320/float64(len(heights)-1)*float64(k) + s.dice.between(-25, 25)
		foot := min(heights[k]+size*0.5, base+60)
		s.fill(polygon(x-size*0.34, foot, x, foot-size*1.5, x+size*0.34, foot), solid(shade))
		s.fill(polygon(x-size*0.27, foot-size*0.55, x, foot-size*1.8, x+size*0.27, foot-size*0.55), solid(shade))
	}
}

func (s *scene) cloud(x, y, size float64) {
	white := solid(faded(s.palette.paper, 0.75))
	cloud := card(x-90*size, y, 180*size, 44*size, 22*size)
	cloud.steps = append(cloud.steps, circle(x-25*size, y, 40*size).steps...)
	cloud.steps = append(cloud.steps, circle(x+35*size, y+5*size, 30*size).steps...)
	s.fill(cloud, white)
}
