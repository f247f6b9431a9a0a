package picture

import (
	"image"
	"image/draw"
)

// shrunk makes a picture smaller, to w by h: each pixel is the average of what it covers. It goes over the picture once
// and keeps one row of sums, so that even the largest takes no memory beside its result.
func shrunk(from image.Image, w, h int) *image.RGBA {
	b := from.Bounds()
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	columns, rows := sharesOf(b.Dx(), w), sharesOf(b.Dy(), h)
	row, sums := make([]float32, 4*w), make([]float32, 4*w)
	area := float32(b.Dx()) / float32(w) * float32(b.Dy()) / float32(h)
	source := newRows(from)
	for y, s := range rows {
		gather(row, source.row(y), columns)
		add(sums, row, s.here)
		if s.last {
			store(to.Pix[s.to*to.Stride:], sums, area)
			clear(sums)
			add(sums, row, s.next)
		}
	}
	return to
}

// share says where a column or row of the large picture goes: to one of the small one, and the rest to the next.
type share struct {
	to         int
	here, next float32
	last       bool // nothing more goes to the one
}

// sharesOf divides many among few.
func sharesOf(many, few int) []share {
	shares := make([]share, many)
	for i := range shares {
		at := i * few // in units of 1/many
		s := share{to: at / many, here: 1}
		left := (s.to+1)*many - at
		if s.last = left <= few; s.last {
			s.here = float32(left) / float32(few)
			s.next = 1 - s.here
		}
		shares[i] = s
	}
	return shares
}

// gather adds up what goes to each pixel of a narrower row.
func gather(row []float32, pixels []uint8, columns []share) {
	clear(row)
	for x, s := range columns {
		p := pixels[4*x : 4*x+4 : 4*x+4]
		r, g, b, a := float32(p[0]), float32(p[1]), float32(p[2]), float32(p[3])
		to := row[4*s.to : 4*s.to+4 : 4*s.to+4]
		to[0] += r * s.here
		to[1] += g * s.here
		to[2] += b * s.here
		to[3] += a * s.here
		if s.next > 0 {
			to = row[4*s.to+4 : 4*s.to+8 : 4*s.to+8]
			to[0] += r * s.next
			to[1] += g * s.next
			to[2] += b * s.next
			to[3] += a * s.next
		}
	}
}

func add(sums, row []float32, share float32) {
	if share == 0 {
		return
	}
	for i := range sums {
		sums[i] += row[i] * share
	}
}

// store writes the averages over an area.
func store(pixels []uint8, sums []float32, area float32) {
	for i, sum := range sums {
		pixels[i] = uint8(min(sum/area+0.5, 255))
	}
}

// rowsOf gives the rows of a picture of any kind as RGBA, some at a time.
type rowsOf struct {
	from  image.Image
	some  *image.RGBA
	first int // of the rows in some; -1 for none
}

const rowsAtOnce = 16

func newRows(from image.Image) *rowsOf {
	if ready, ok := from.(*image.RGBA); ok {
		return &rowsOf{from: from, some: ready}
	}
	return &rowsOf{from: from, some: image.NewRGBA(image.Rect(0, 0, from.Bounds().Dx(), rowsAtOnce)), first: -1}
}

// row returns one row; rows are asked for from top to bottom.
func (r *rowsOf) row(y int) []uint8 {
	if r.some == r.from {
		return r.some.Pix[y*r.some.Stride:]
	}
	if r.first < 0 || y >= r.first+rowsAtOnce {
		r.first = y
		draw.Draw(r.some, r.some.Bounds(), r.from, r.from.Bounds().Min.Add(image.Pt(0, y)), draw.Src)
	}
	return r.some.Pix[(y-r.first)*r.some.Stride:]
}
