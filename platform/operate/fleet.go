package operate

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"marketplace/platform/bus"
	"marketplace/platform/fault"
	"marketplace/platform/rpc"
	"marketplace/platform/telemetry"
)

// patience is how long a process may take for its part of an answer; the others are shown without it.
const patience = 4 * time.Second

// Fleet is all processes of the marketplace, as one of them sees it.
type Fleet struct {
	here  Service
	peers *rpc.Client // nil: there is no other process
}

// NewFleet is this process and those that the client reaches (app.App.Peers); nil: none.
func NewFleet(here Service, peers *rpc.Client) *Fleet { return &Fleet{here: here, peers: peers} }

// member is a process to be asked.
type member struct {
	address string // empty: this process
	service Service
}

func (f *Fleet) members(ctx context.Context) (all []member, away []Away) {
	all = []member{{"", f.here}}
	if f.peers == nil {
		return all, nil
	}
	each, err := f.peers.Each(ctx)
	if err != nil {
		away = append(away, Away{Address: "some of the configured addresses", Error: err.Error()})
	}
	for _, c := range each {
		all = append(all, member{c.At(), newRemote(c)})
	}
	return all, away
}

// ask asks all processes at once, and says who did not answer. A fault that this process answers is the answer.
func ask[T any](ctx context.Context, f *Fleet, question func(context.Context, Service) (T, error)) (answers []T, away []Away, err error) {
	all, away := f.members(ctx)
	results := make([]T, len(all))
	errs := make([]error, len(all))
	var wait sync.WaitGroup
	for i, m := range all {
		wait.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			results[i], errs[i] = question(ctx, m.service)
		})
	}
	wait.Wait()
	if errs[0] != nil {
		return nil, nil, errs[0]
	}
	for i, m := range all {
		if errs[i] != nil {
			away = append(away, Away{Address: m.address, Error: strings.Join(strings.Fields(errs[i].Error()), " ")})
			continue
		}
		answers = append(answers, results[i])
	}
	return answers, away, nil
}

func addresses(away []Away) []string {
	names := []string{}
	for _, a := range away {
		names = append(names, a.Address)
	}
	return names
}

// Processes describes every process once, by name, and says who did not answer.
func (f *Fleet) Processes(ctx context.Context) ([]Process, []Away, error) {
	all, away, err := ask(ctx, f, func(ctx context.Context, s Service) (Process, error) { return s.Describe(ctx, DescribeRequest{}) })
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(all, func(a, b Process) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(all, func(a, b Process) bool { return a.Name == b.Name }), away, nil
}

// Lines are the last errors or slow requests of all processes, newest first. next is where the next page begins.
func (f *Fleet) Lines(ctx context.Context, q LinesRequest) (page Lines, next string, err error) {
	q.Limit = limitOf(q.Limit)
	all, away, err := ask(ctx, f, func(ctx context.Context, s Service) (Lines, error) { return s.Lines(ctx, q) })
	if err != nil {
		return Lines{}, "", err
	}
	var items []telemetry.Line
	for _, p := range all {
		items = append(items, p.Items...)
	}
	page = Lines{bus.Newest(items, q.Limit, nil), addresses(away)}
	return page, behind(page.Items, q.Limit), nil
}

// Events are those of all modules, newest first.
func (f *Fleet) Events(ctx context.Context, q bus.Wanted) (page Events, next string, err error) {
	q.Limit = limitOf(q.Limit)
	all, away, err := ask(ctx, f, func(ctx context.Context, s Service) (Events, error) { return s.Events(ctx, q) })
	if err != nil {
		return Events{}, "", err
	}
	var items []bus.Record
	for _, p := range all {
		items = append(items, p.Items...)
	}
	page = Events{bus.Newest(items, q.Limit, mergeRecords), addresses(away)}
	return page, behind(page.Items, q.Limit), nil
}

// mergeRecords makes one of what two outboxes say of an event. Replicas say the same.
func mergeRecords(into *bus.Record, from bus.Record) {
	union := func(a, b []string) []string { return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b)))) }
	into.Waiting, into.Dead = append([]string{}, union(into.Waiting, from.Waiting)...), append([]string{}, union(into.Dead, from.Dead)...)
}

// DeadLetters are those of all modules, newest first.
func (f *Fleet) DeadLetters(ctx context.Context, q bus.Wanted) (page DeadLetters, next string, err error) {
	q.Limit = limitOf(q.Limit)
	all, away, err := ask(ctx, f, func(ctx context.Context, s Service) (DeadLetters, error) { return s.DeadLetters(ctx, q) })
	if err != nil {
		return DeadLetters{}, "", err
	}
	var items []bus.DeadLetter
	for _, p := range all {
		items = append(items, p.Items...)
	}
	page = DeadLetters{bus.Newest(items, q.Limit, nil), addresses(away)}
	return page, behind(page.Items, q.Limit), nil
}

// Discarded are the dead letters of all modules that were given up, newest first.
func (f *Fleet) Discarded(ctx context.Context, q bus.Wanted) (page Discarded, next string, err error) {
	q.Limit = limitOf(q.Limit)
	all, away, err := ask(ctx, f, func(ctx context.Context, s Service) (Discarded, error) { return s.Discarded(ctx, q) })
	if err != nil {
		return Discarded{}, "", err
	}
	var items []bus.Discarded
	for _, p := range all {
		items = append(items, p.Items...)
	}
	page = Discarded{bus.Newest(items, q.Limit, nil), addresses(away)}
	return page, behind(page.Items, q.Limit), nil
}

// behind is where the page after a full one begins.
func behind[T interface{ Place() string }](items []T, limit int) string {
	if len(items) < limit {
		return ""
	}
	return items[len(items)-1].Place()
}

// Retry delivers a dead letter again, wherever it is.
func (f *Fleet) Retry(ctx context.Context, q RetryRequest) error {
	return f.find(ctx, func(ctx context.Context, s Service) error { _, err := s.Retry(ctx, q); return err })
}

// Discard gives a dead letter up, wherever it is.
func (f *Fleet) Discard(ctx context.Context, q DiscardRequest) error {
	return f.find(ctx, func(ctx context.Context, s Service) error { _, err := s.Discard(ctx, q); return err })
}

// find asks one process after the other until one knows what it is asked about.
func (f *Fleet) find(ctx context.Context, do func(context.Context, Service) error) error {
	all, _ := f.members(ctx)
	var unknown, away error
	for _, m := range all {
		switch err := do(ctx, m.service); {
		case err == nil:
			return nil
		case fault.Is(err, fault.NotFound):
			unknown = err
		case fault.Is(err, fault.Unavailable):
			away = err
		default:
			return err
		}
	}
	if away != nil { // it may be there
		return away
	}
	return unknown
}
