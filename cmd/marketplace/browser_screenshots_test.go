//go:build screenshots

package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"go.uber.org/zap"

	"marketplace/platform/clock"
	"marketplace/platform/config"
)

// TestScreenshots takes a picture of every scene, in light and dark, on a phone and on a wide screen, for people to look
// at: make screenshots, or SCENES=opal make screenshots for those whose names have that.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		folder = "../../screenshots"
	}
	g := newGallery(t, func(t testing.TB, c config.Config) {
		if err := fill(t.Context(), process{config: c, log: zap.NewNop(), clock: clock.New()}); err != nil {
			t.Fatal(err)
		}
	})
	by := map[string][]scene{}
	for _, s := range g.scenes() {
		if strings.Contains(s.title(), os.Getenv("SCENES")) {
			by[s.who] = append(by[s.who], s)
		}
	}
	t.Run("take", func(t *testing.T) {
		for who, all := range by {
			for scenes := range slices.Chunk(all, 20) { // a browser has its time
				t.Run("of "+who, func(t *testing.T) {
					t.Parallel()
					awaitTurn(t)
					s := g.enter(t, who)
					for _, page := range scenes {
						s.stage(page)
						s.portray(page.title(), folder)
					}
				})
			}
		}
		t.Run("of mishaps", func(t *testing.T) {
			t.Parallel()
			awaitTurn(t)
			all := g.mishaps(t)
			by := visitors(t, all)
			for _, x := range all {
				if strings.Contains(x.name, os.Getenv("SCENES")) {
					by[x.m].meet(x)
					by[x.m].portray(x.name, folder)
				}
			}
		})
	})
}

// portray takes the four pictures of the page that is open.
func (s *surfer) portray(title, folder string) {
	s.t.Helper()
	for size, step := range map[string]chromedp.Action[chromedp.Void]{"phone": chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile), "wide": chromedp.EmulateViewport(1440, 900)} {
		s.do("take the size "+size, step)
		for _, scheme := range []string{"light", "dark"} {
			s.prefers(scheme, true)
			s.ask(settled)
			s.keep(filepath.Join(folder, size+"-"+scheme, title+".jpg"))
		}
	}
	s.do("make it wide", chromedp.EmulateViewport(1280, 900))
	s.complaints()
}

// settled waits until all pictures of the page are there.
const settled = `Promise.all(Array.from(document.images, (i) => { i.loading = "eager"; return i.decode().catch(() => {}); }))
  .then(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => done(""))), 120)))`

func (s *surfer) keep(path string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, stepTime)
	defer cancel()
	picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(80))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, picture, 0o644)
	}
	if err != nil {
		s.fail("take a picture", err)
	}
}
