package alert

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"marketplace/platform/clock"
)

// Condition is what a rule says in one process now.
type Condition struct {
	Rule   Rule
	Value  float64 // of the rule's query
	Since  time.Time
	Firing bool // otherwise it has not lasted long enough
}

// Report takes what a process sees: the conditions that fire, and the names of the rules that were looked at and do not.
// It is called again and again while something fires.
type Report func(ctx context.Context, firing []Condition, fine []string) error

// Watcher evaluates the rules over the metrics of one process. Make one with NewWatcher.
type Watcher struct {
	metrics prometheus.Gatherer
	clock   *clock.Clock
	report  Report

	mu     sync.Mutex
	states []*state
	told   bool // the last report arrived
}

// state is what is remembered of one rule.
type state struct {
	rule     Rule
	readings []reading // within the window, oldest first
	since    time.Time // the number is beyond the limit; zero: it is not
	firing   bool
	value    float64
	says     bool // the last look gave a value
	seen     bool // this process has, or had, the metric
}

// NewWatcher prepares the evaluation of the rules; Look does one.
func NewWatcher(rules []Rule, metrics prometheus.Gatherer, c *clock.Clock, report Report) *Watcher {
	w := &Watcher{metrics: metrics, clock: c, report: report}
	for _, r := range rules {
		w.states = append(w.states, &state{rule: r})
	}
	return w
}

// Look evaluates every rule once and reports what fires or has changed. What could not be reported is with the next call.
func (w *Watcher) Look(ctx context.Context) error {
	w.mu.Lock() // who reads later looks later
	defer w.mu.Unlock()
	families, err := w.metrics.Gather()
	if err != nil && len(families) == 0 {
		return fmt.Errorf("read the own metrics: %w", err)
	}
	changed := !w.told
	for _, s := range w.states {
		changed = s.look(families, w.clock.Now()) || changed
	}
	var firing []Condition
	var fine []string
	for _, s := range w.states {
		switch {
		case s.firing:
			firing = append(firing, s.condition())
		case s.seen:
			fine = append(fine, s.rule.Name)
		}
	}
	if !changed && len(firing) == 0 {
		return err
	}
	reported := w.report(ctx, firing, fine)
	w.told = reported == nil
	return errors.Join(err, reported)
}

// look takes a new reading and says whether the rule began or ceased to fire.
func (s *state) look(families []*dto.MetricFamily, now time.Time) (changed bool) {
	r := s.rule.Query.read(families, now)
	s.readings = append(s.readings, r)
	for len(s.readings) > 1 && !s.readings[1].at.After(now.Add(-s.rule.Query.window)) {
		s.readings = s.readings[1:]
	}
	before := s.firing
	s.value, s.says = s.rule.Query.of(s.readings[0], r)
	s.seen = s.seen || r.there
	if !s.says || !s.rule.beyond(s.value) { // nothing waits any more, or too little happens to say more
		s.since, s.firing = time.Time{}, false
		return before
	}
	if s.since.IsZero() {
		s.since = now
	}
	s.firing = s.firing || now.Sub(s.since) >= s.rule.For
	return s.firing != before
}

func (s *state) condition() Condition {
	return Condition{Rule: s.rule, Value: s.value, Since: s.since, Firing: s.firing}
}

// Conditions are the rules whose number is beyond the limit in this process now, firing or not yet.
func (w *Watcher) Conditions() []Condition {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []Condition
	for _, s := range w.states {
		if !s.since.IsZero() {
			found = append(found, s.condition())
		}
	}
	return found
}

// Figures are the numbers of the rules as they were at the last look, by name; those that say nothing now are not in it.
func (w *Watcher) Figures() map[string]float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	figures := map[string]float64{}
	for _, s := range w.states {
		if s.says {
			figures[s.rule.Name] = s.value
		}
	}
	return figures
}
