package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/zap"
	"gopkg.in/yaml.v3"

	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/identity"
)

// sketchDays is how long ago the small demonstration begins: long enough for earnings to be cleared.
const sketchDays = 24

// sketch lives a small demonstration: two sellers, two buyers, and an order in every state for the two whom the tests log
// in as. The whole one takes half a minute.
func sketch(t testing.TB, c config.Config) {
	t.Helper()
	p := process{config: c, log: zap.NewNop(), clock: clock.New()}
	p.clock.Advance(-(sketchDays + 2) * 24 * time.Hour)
	ctx, stop := context.WithCancel(context.Background())
	a, services, err := p.open(ctx, app.Serving)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.publish(ctx, a, services, nil); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	d := &demo{Services: services, ctx: ctx, app: a, clock: p.clock, log: p.log, currency: "USD", random: rand.New(rand.NewPCG(1, 1)), people: map[string]identity.Actor{}}
	err = d.sketch()
	stop()
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
}

func (d *demo) sketch() error {
	var sellers []seller
	if err := yaml.Unmarshal(demoCatalogue, &sellers); err != nil {
		return err
	}
	d.buyers = []string{buying, "henrik"}
	for _, username := range d.buyers {
		if err := d.join(username); err != nil {
			return err
		}
	}
	for i, s := range sellers[:2] {
		s.Gigs = s.Gigs[:3]
		if err := d.settle(s, int64(i)); err != nil {
			return err
		}
	}
	days := make([][]step, 10)
	for n := range 5 {
		d.plan(days, 0, n, toReviewed)
	}
	for n, end := range []int{toCancelled, toExpired, toPaid, toStarted, toDelivered, toRevision, toCompleted} {
		d.plan(days, 5, 80+2*n, end)
	}
	for day, steps := range days {
		if day == 5 { // the first ones are cleared by now
			d.clock.Advance(d.present().Add(-5 * 24 * time.Hour).Sub(d.clock.Now()))
		}
		for _, s := range steps {
			if err := s(); err != nil {
				return err
			}
			d.clock.Advance(time.Minute)
		}
		if err := d.sleep(); err != nil {
			return err
		}
	}
	d.clock.Advance(-d.clock.Now().Sub(d.present()))
	return d.today()
}
