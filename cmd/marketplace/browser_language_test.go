package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// Rows W1, W2: longer words and the other direction of reading fit on a phone too, and whoever chooses a language keeps it.
func TestPagesFitInEveryLanguage(t *testing.T) {
	m := start(t, shapes()[0])
	gig := m.join(t, "sonja").sell()
	awaitTurn(t)
	s := m.surfer(t, "sonja")
	s.open("/login?next=/help")
	s.fill("User name or e-mail", "sonja", "Password", password)
	s.follow("Log in")
	for tag, direction := range map[string]string{"de": "ltr", "ar-XB": "rtl"} {
		s.open("/help?lang=" + tag)
		for _, path := range []string{"/", "/gigs", "/gigs/" + gig, "/sell", "/help", "/orders", "/inbox", "/earnings", "/settings", "/seller/gigs", "/gigs/" + gig + "/edit", "/users/sonja"} {
			s.open(path)
			s.holds(path+" is in "+tag, `document.documentElement.lang === "`+tag+`" && getComputedStyle(document.body).direction === "`+direction+`"`)
			for _, width := range []int64{1280, 320} {
				s.do("take the width", chromedp.EmulateViewport(width, 800))
				if broad := s.ask(fmt.Sprintf(tooWide, width)); broad != "" {
					t.Errorf("%s in %s at %d pixels: %s", path, tag, width, broad)
				}
			}
			if side := s.ask(`((box) => String(box.left + box.right < innerWidth))(document.querySelector(".logo").getBoundingClientRect())`); side != fmt.Sprint(direction == "ltr") {
				t.Errorf("%s in %s begins on the wrong side", path, tag)
			}
		}
	}
}
