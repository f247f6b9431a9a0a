package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"runtime"
	"runtime/debug"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"marketplace/modules/gig"
	"marketplace/platform/app"
	"marketplace/platform/identity"
	"marketplace/platform/picture"
	"marketplace/web/edge"
)

// illustrateLater draws the covers of the demonstration while the process serves: they take longer than all the rest of
// it, and until then its gigs have the plain ones.
func (p process) illustrateLater(a *app.App, services edge.Services) {
	for _, h := range a.Hosted() {
		if h.Name == "gig" {
			h.Every(24*time.Hour, "draw the covers of the demonstration", func(ctx context.Context) error {
				return illustrate(ctx, services.Gigs, p.log)
			})
		}
	}
}

func (p process) illustrateNow(ctx context.Context) error {
	p.metrics = nil
	a, services, err := p.open(ctx, app.Opening)
	if err != nil {
		return err
	}
	return errors.Join(illustrate(ctx, services.Gigs, p.log), a.Close())
}

// illustrate draws covers for the gigs of the demonstration that have none yet, newest first, as people see them, on half of
// the processors. What was begun and not finished is done the next time.
func illustrate(ctx context.Context, gigs gig.Service, log *zap.Logger) error {
	offers, err := offersByTitle()
	if err != nil {
		return err
	}
	plain, err := withoutCover(ctx, gigs, offers)
	if err != nil {
		return err
	}
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit((runtime.GOMAXPROCS(0) + 1) / 2)
	for i, g := range plain {
		work.Go(func() error {
			if done := i + 1; done%20 == 0 || done == len(plain) {
				log.Info("drawing the covers of the demonstration", zap.Int("market.gigs", done), zap.Int("market.of", len(plain)))
			}
			o := offers[titleOf(g.SellerUsername, g.Title)]
			seller := identity.With(ctx, identity.Actor{UserID: g.SellerID, Username: g.SellerUsername, Verified: true})
			return addCover(seller, gigs, g.ID, o.offer, o.seed)
		})
	}
	err = work.Wait()
	if len(plain) > 0 {
		debug.FreeOSMemory() // what drawing took
	}
	return err
}

// withoutCover are the published gigs of the catalogue that have no picture.
func withoutCover(ctx context.Context, gigs gig.Service, offers map[string]seeded) (plain []gig.Gig, err error) {
	for q := (gig.SearchRequest{Sort: "newest", Limit: 100}); ; {
		found, err := gigs.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, g := range found.Items {
			if _, ours := offers[titleOf(g.SellerUsername, g.Title)]; ours && len(g.Pictures) == 0 {
				plain = append(plain, g)
			}
		}
		if q.Cursor = found.NextCursor; q.Cursor == "" {
			return plain, nil
		}
	}
}

// seeded is an offer of the catalogue with what decides its cover.
type seeded struct {
	offer
	seed int64
}

func seedOf(seller int64, n int) int64 { return seller*10 + int64(n) }

func titleOf(username, title string) string { return username + " " + title }

func offersByTitle() (map[string]seeded, error) {
	sellers, err := readCatalogue()
	if err != nil {
		return nil, err
	}
	offers := map[string]seeded{}
	for i, s := range sellers {
		for n, o := range s.Gigs {
			offers[titleOf(s.Username, o.Title)] = seeded{o, seedOf(int64(i), n)}
		}
	}
	return offers, nil
}

// addCover draws a cover and gives it to the acting seller's gig.
func addCover(me context.Context, gigs gig.Service, gigID string, o offer, seed int64) error {
	if err := me.Err(); err != nil {
		return err
	}
	var cover bytes.Buffer
	if err := jpeg.Encode(&cover, picture.CoverOf(motifOf(o.In, seed), seed, 1280, 800), &jpeg.Options{Quality: 88}); err != nil {
		return fmt.Errorf("draw the cover of %q: %w", o.Title, err)
	}
	_, err := gigs.AddPicture(me, gig.AddPictureRequest{GigID: gigID, Content: cover.Bytes()})
	return err
}

// motifOf chooses what the cover of a gig shows.
func motifOf(category string, seed int64) picture.Motif {
	of := map[string][]picture.Motif{
		"logo-design": {picture.Brand}, "brand-identity": {picture.Brand}, "packaging-design": {picture.Pattern},
		"illustration": {picture.Landscape, picture.Pattern}, "3d-modeling": {picture.Landscape, picture.Pattern},
		"web-app-design": {picture.Screens}, "mobile-apps": {picture.Screens}, "presentation-design": {picture.Talk},
		"software-development": {picture.Code}, "devops-cloud": {picture.Network}, "web-development": {picture.Code, picture.Screens},
		"wordpress": {picture.Screens}, "cybersecurity": {picture.Code}, "game-development": {picture.Landscape, picture.Screens},
		"seo": {picture.Growth}, "social-media-marketing": {picture.Talk}, "paid-advertising": {picture.Growth}, "market-research": {picture.Growth},
		"video-editing": {picture.Film}, "short-video-ads": {picture.Film}, "motion-graphics": {picture.Film}, "explainer-videos": {picture.Film},
		"animation": {picture.Film}, "subtitles-captions": {picture.Film}, "translation": {picture.Talk}, "customer-support": {picture.Talk},
		"chatbots": {picture.Talk}, "mixing-mastering": {picture.Sound}, "podcast-editing": {picture.Sound}, "jingles-intros": {picture.Sound},
		"voice-over": {picture.Sound}, "sound-design": {picture.Sound}, "music-production": {picture.Sound},
		"data-analysis": {picture.Growth}, "data-visualization": {picture.Growth}, "web-scraping": {picture.Network},
		"virtual-assistant": {picture.Desk}, "business-plans": {picture.Desk}, "bookkeeping-accounting": {picture.Desk},
		"project-management": {picture.Desk}, "data-entry": {picture.Desk},
	}[category]
	if len(of) == 0 {
		return picture.Writing
	}
	return of[seed%int64(len(of))]
}
