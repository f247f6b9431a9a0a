package site

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"marketplace/platform/fault"
	"marketplace/platform/telemetry"
)

// patience is how long a page waits for what it can do without.
const patience = 5 * time.Second

// The parts that pages can do without, as people read them after "Not available at the moment:".
const (
	partCategories    = "categories"
	partServices      = "services"
	partReviews       = "reviews"
	partProfile       = "the profile of the other side"
	partResponses     = "times of response"
	partTalk          = "messages about this order"
	partSubject       = "what the conversation is about"
	partOffers        = "offers"
	partYou           = "your profile"
	partMessages      = "unread messages"
	partNotifications = "unread notifications"
)

// missing are the parts that a page is shown without.
type missing []string

// Has says whether a part is missing, so that the page does not say that there is none of it.
func (m missing) Has(part string) bool { return slices.Contains(m, part) }

// gathering asks several modules at once for what a page shows. Without what it needs, there is no page; without what it
// wants, the page says what is missing.
type gathering struct {
	site  *Site
	ctx   context.Context
	group *errgroup.Group

	mu      sync.Mutex
	missing missing
}

func (s *Site) gather(ctx context.Context) *gathering {
	group, ctx := errgroup.WithContext(ctx)
	return &gathering{site: s, ctx: ctx, group: group}
}

// need asks for what the page is about.
func (g *gathering) need(ask func(context.Context) error) {
	g.group.Go(func() error { return ask(g.ctx) })
}

// want asks for a part that is left out when its module is away, takes too long, or makes a mistake. A refusal, such as of
// a cursor that somebody made up, is the answer of the page.
func (g *gathering) want(part string, ask func(context.Context) error) {
	g.group.Go(func() error {
		ctx, cancel := context.WithTimeout(g.ctx, patience)
		defer cancel()
		err := ask(ctx)
		switch {
		case err == nil:
			g.site.isBack(part)
			return nil
		case g.ctx.Err() != nil || !isOurs(err): // there is no page, or nobody to see it
			return err
		}
		g.site.isGone(ctx, part, err)
		g.mu.Lock()
		defer g.mu.Unlock()
		if !g.missing.Has(part) {
			g.missing = append(g.missing, part)
			slices.Sort(g.missing)
		}
		return nil
	})
}

// wait returns what is missing, when everything has been asked.
func (g *gathering) wait() (missing, error) {
	err := g.group.Wait()
	return g.missing, err
}

func isOurs(err error) bool {
	code := fault.Of(err).Code
	return code == fault.Unavailable || code == fault.Internal
}

// isGone logs once that a part is missing; a mistake of ours every time.
func (s *Site) isGone(ctx context.Context, part string, err error) {
	if fault.Of(err).Code == fault.Internal {
		telemetry.For(ctx, s.Log).Error("a part of a page failed", zap.String("labels.part", part), zap.Error(err))
		return
	}
	if _, known := s.gone.LoadOrStore(part, true); !known {
		s.Log.Warn("pages are shown without a part", zap.String("labels.part", part), zap.Error(err))
	}
}

func (s *Site) isBack(part string) {
	if _, known := s.gone.Load(part); !known {
		return
	}
	if _, known := s.gone.LoadAndDelete(part); known {
		s.Log.Info("pages are whole again", zap.String("labels.part", part))
	}
}
