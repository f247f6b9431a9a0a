package picture

import (
	"bytes"
	"crypto/sha256"
	"image"
	"testing"
)

func pix(m image.Image) []byte { return m.(*image.RGBA).Pix }

func TestTheSameSeedDrawsTheSameCover(t *testing.T) {
	for _, motif := range Motifs() {
		if !bytes.Equal(pix(CoverOf(motif, 7, 120, 80)), pix(CoverOf(motif, 7, 120, 80))) {
			t.Errorf("%s differs from itself", motif)
		}
	}
	if !bytes.Equal(pix(Cover(-3, 240, 160)), pix(Cover(-3, 240, 160))) || !bytes.Equal(pix(Avatar(9, "AL", 64)), pix(Avatar(9, "AL", 64))) {
		t.Error("a cover or an avatar differs from itself")
	}
}

func TestEverySeedAndMotifDrawsAnother(t *testing.T) {
	seen := map[[32]byte]string{}
	for _, motif := range Motifs() {
		for seed := range int64(5) {
			sum := sha256.Sum256(pix(CoverOf(motif, seed, 60, 40)))
			if other, there := seen[sum]; there {
				t.Errorf("%s %d is %s", motif, seed, other)
			}
			seen[sum] = string(motif)
		}
	}
}

// A cover is opaque to its edges, has shapes in it, and is no noise: neighbouring pixels are mostly alike.
func TestACoverIsAPictureToItsEdges(t *testing.T) {
	for _, size := range []image.Point{{240, 160}, {90, 90}, {150, 50}} {
		for _, motif := range append(Motifs(), "unknown") {
			m := CoverOf(motif, 5, size.X, size.Y).(*image.RGBA)
			if m.Bounds().Size() != size || !m.Opaque() {
				t.Errorf("%s: %v, opaque %v", motif, m.Bounds(), m.Opaque())
			}
			colours, jumps := map[[3]byte]bool{}, 0
			for i := 4; i < len(m.Pix); i += 4 {
				colours[[3]byte(m.Pix[i:i+3])] = true
				if d := int(m.Pix[i]) - int(m.Pix[i-4]); d > 40 || d < -40 {
					jumps++
				}
			}
			if len(colours) < 50 || jumps > size.X*size.Y/5 {
				t.Errorf("%s %v: %d colours, %d edges", motif, size, len(colours), jumps)
			}
		}
	}
}

func TestAnAvatarShowsItsLetters(t *testing.T) {
	blank := pix(Avatar(4, "", 96))
	for _, letters := range []string{"A", "ÄÖ", "wM"} {
		m := Avatar(4, letters, 96)
		if m.Bounds().Dx() != 96 || m.Bounds().Dy() != 96 || bytes.Equal(pix(m), blank) {
			t.Errorf("%q is not drawn", letters)
		}
	}
	if !bytes.Equal(pix(Avatar(4, "ABC", 96)), pix(Avatar(4, "AB", 96))) {
		t.Error("more than two letters are drawn")
	}
	if !bytes.Equal(pix(Avatar(4, "\u4e16\x00", 96)), blank) {
		t.Error("a letter that the font lacks must be left out")
	}
}

func BenchmarkCover(b *testing.B) {
	for b.Loop() {
		Cover(3, 1200, 800)
	}
}
