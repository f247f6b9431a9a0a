package picture

import (
	"image"
	"image/color"
	"strings"
	"testing"
)

func sharing(title string) Sharing {
	return Sharing{Name: "Meridian", Title: title, Note: "From $45", From: color.NRGBA{10, 60, 70, 255}, To: color.NRGBA{20, 90, 90, 255}}
}

// Row G17.
func TestASharedPictureHasTheSizeThatSitesAskFor(t *testing.T) {
	for _, title := range []string{"", "I will draw a calm logo", strings.Repeat("wide ", 60), strings.Repeat("w", 300), "日本語", "Ünïcode — Ελλάδα"} {
		if b := sharing(title).Draw().Bounds(); b != image.Rect(0, 0, SharingWidth, SharingHeight) {
			t.Errorf("%q is drawn on %v", title, b)
		}
	}
}

func TestWhatIsWrittenIsSeen(t *testing.T) {
	bare, titled := sharing(""), sharing("I will draw a calm logo")
	if same(bare.Draw(), titled.Draw()) {
		t.Error("the title is not drawn")
	}
	covered := titled
	covered.Cover = Cover(3, 640, 400)
	if same(covered.Draw(), titled.Draw()) {
		t.Error("the cover is not drawn")
	}
}

func TestLinesFitTheirWidth(t *testing.T) {
	l := newLettering()
	for _, title := range []string{"I will draw a calm and confident logo for your bakery", strings.Repeat("Donaudampfschifffahrt", 12), strings.Repeat("a b ", 100)} {
		height, lines := l.fit(title, 500)
		if len(lines) == 0 || len(lines) > mostLines {
			t.Errorf("%q has %d lines", title, len(lines))
		}
		for _, line := range lines {
			if w := l.width(line, height); w > 500 {
				t.Errorf("%q is %.0f wide", line, w)
			}
		}
	}
	if _, lines := l.fit(strings.Repeat("a b c d e f ", 60), 300); !strings.HasSuffix(lines[len(lines)-1], "…") {
		t.Error("what is cut does not say so")
	}
}

func same(a, b image.Image) bool {
	for y := 0; y < SharingHeight; y += 3 {
		for x := 0; x < SharingWidth; x += 3 {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}
