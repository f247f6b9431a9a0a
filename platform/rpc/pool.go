package rpc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

const (
	watchTime  = 2 * time.Second // between two looks at names and replicas
	checkTime  = 3 * time.Second // that a replica has to say how it is: more than it needs on a busy machine
	mostMissed = 2               // health checks in a row
)

// pool is the replicas of a module: those of the configuration, and those behind its DNS names.
type pool struct {
	origins []*url.URL
	lookup  func(ctx context.Context, host string) ([]string, error)

	every, patience time.Duration // watchTime and checkTime; less in a test

	next     atomic.Uint64
	replicas atomic.Pointer[[]*replica] // replaced as a whole; nil before the first look-up
	looking  sync.Mutex
}

func newPool(addresses []string) (*pool, error) {
	if len(addresses) == 0 {
		return nil, errors.New("an address is needed")
	}
	p := &pool{lookup: net.DefaultResolver.LookupHost, every: watchTime, patience: checkTime}
	for _, a := range addresses {
		u, err := url.Parse(strings.TrimRight(a, "/"))
		if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("the address %q is not usable: write http://host:port", a)
		}
		p.origins = append(p.origins, u)
	}
	return p, nil
}

// known returns the replicas; the first time it looks up the names.
func (p *pool) known(ctx context.Context) ([]*replica, error) {
	if all := p.replicas.Load(); all != nil {
		return *all, nil
	}
	return p.find(ctx)
}

// find looks up the names again. What was known of a name that cannot be looked up now is kept: it says nothing about the
// replicas behind it.
func (p *pool) find(ctx context.Context) ([]*replica, error) {
	p.looking.Lock()
	defer p.looking.Unlock()
	var before []*replica
	if all := p.replicas.Load(); all != nil {
		before = *all
	}
	var found []*replica
	var errs []error
	for _, u := range p.origins {
		addresses, err := p.addresses(ctx, u)
		if err != nil {
			errs = append(errs, err)
			for _, r := range before {
				if r.origin == u.String() {
					addresses = append(addresses, r.dial)
				}
			}
		}
		found = add(found, before, u.String(), addresses)
	}
	if len(found) == 0 {
		return nil, errors.Join(errs...)
	}
	for _, r := range before {
		if !slices.Contains(found, r) {
			r.http.CloseIdleConnections() // calls at work there come to their end
		}
	}
	p.replicas.Store(&found)
	return found, nil
}

// add appends a replica for each address of an origin; the ones that are known keep what is known of them.
func add(found, before []*replica, origin string, addresses []string) []*replica {
	for _, dial := range addresses {
		same := func(r *replica) bool { return r.origin == origin && r.dial == dial }
		if slices.ContainsFunc(found, same) {
			continue
		}
		if i := slices.IndexFunc(before, same); i >= 0 {
			found = append(found, before[i])
			continue
		}
		found = append(found, newReplica(origin, dial))
	}
	return found
}

// addresses are where an origin's host is, as ip:port.
func (p *pool) addresses(ctx context.Context, u *url.URL) ([]string, error) {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	hosts := []string{u.Hostname()}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil {
		ctx, cancel := context.WithTimeout(ctx, 2*dialTime)
		defer cancel()
		if hosts, err = p.lookup(ctx, u.Hostname()); err != nil {
			return nil, fmt.Errorf("look up %s: %w", u.Hostname(), err)
		}
	}
	addresses := make([]string, len(hosts))
	for i, host := range hosts {
		addresses[i] = net.JoinHostPort(host, port)
	}
	return addresses, nil
}

// pick chooses a replica that its breaker lets be called: rather one that was not tried for this call, one that says it is
// ready, one with fewer calls at work; those that are equal take turns. nil: none may be called now.
func (p *pool) pick(ctx context.Context, tried []*replica, now time.Time) (*replica, error) {
	all, err := p.known(ctx)
	if err != nil {
		return nil, err
	}
	first := int(p.next.Add(1) % uint64(len(all)))
	order := slices.Concat(all[first:], all[:first])
	rank := func(r *replica) int64 {
		n := r.busy.Load()
		if r.unready.Load() {
			n += 1 << 20
		}
		if slices.Contains(tried, r) {
			n += 1 << 30
		}
		return n
	}
	slices.SortStableFunc(order, func(a, b *replica) int { return cmp.Compare(rank(a), rank(b)) })
	for _, r := range order {
		if r.breaker.enter(now) {
			r.busy.Add(1)
			return r, nil
		}
	}
	return nil, nil
}

func (r *replica) release(how end, now time.Time) {
	r.busy.Add(-1)
	r.breaker.leave(how, now)
}

// Run looks up the names again and asks every replica how it is, every other second, until ctx ends: a replica that hangs
// is left alone before callers have lost their time there, and one that is back is used at once.
func (c *Client) Run(ctx context.Context) error {
	tick := time.NewTicker(c.pool.every)
	defer tick.Stop()
	for {
		all, err := c.pool.find(ctx)
		if err != nil && ctx.Err() == nil {
			c.Log.Warn("the addresses of a module are not known", zap.String("labels.called", c.module), zap.Error(err))
		}
		c.check(ctx, all)
		select {
		case <-ctx.Done():
			for _, r := range all {
				r.http.CloseIdleConnections()
			}
			return nil
		case <-tick.C:
		}
	}
}

func (c *Client) check(ctx context.Context, all []*replica) {
	var wait sync.WaitGroup
	for _, r := range all {
		wait.Go(func() { c.checkOne(ctx, r) })
	}
	wait.Wait()
	open := 0
	for _, r := range all {
		if r.breaker.open() {
			open++
		}
	}
	c.Metrics.replicas(c.module, len(all)-open, open)
}

func (c *Client) checkOne(ctx context.Context, r *replica) {
	alive, ready := r.health(ctx, c.pool.patience)
	if ctx.Err() != nil {
		return
	}
	r.unready.Store(!ready)
	if alive {
		if r.missed.Swap(0) >= mostMissed {
			c.Log.Info("a replica answers again", zap.String("labels.called", c.module), zap.String("destination.address", r.dial))
		}
		r.breaker.heard(true, c.clock.Now())
		return
	}
	missed := r.missed.Add(1)
	if missed >= mostMissed {
		r.breaker.heard(false, c.clock.Now())
	}
	if missed == mostMissed {
		c.Log.Warn("a replica does not answer", zap.String("labels.called", c.module), zap.String("destination.address", r.dial))
	}
}

// health asks the replica how it is, on a connection like those of the calls. What answers anything lives.
func (r *replica) health(ctx context.Context, patience time.Duration) (alive, ready bool) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.origin+"/readyz", http.NoBody)
	if err != nil {
		return false, false
	}
	response, err := r.http.Do(request)
	if err != nil {
		return false, false
	}
	_ = response.Body.Close()
	return true, response.StatusCode != http.StatusServiceUnavailable
}

// Each returns a client for every replica that the addresses stand for now: for what is asked of all of them. Which one it
// is says At.
func (c *Client) Each(ctx context.Context) ([]*Client, error) {
	all, err := c.pool.find(ctx)
	clients := make([]*Client, len(all))
	for i, r := range all {
		one := *c
		one.pool = &pool{origins: c.pool.origins, lookup: c.pool.lookup, every: c.pool.every, patience: c.pool.patience}
		one.pool.replicas.Store(&[]*replica{r})
		clients[i] = &one
	}
	return clients, err
}

// At is where the replicas are that the client has found, as origins and the addresses behind them.
func (c *Client) At() string {
	var places []string
	if all := c.pool.replicas.Load(); all != nil {
		for _, r := range *all {
			place := r.origin
			if !strings.HasSuffix(r.origin, r.dial) {
				place += " (" + r.dial + ")"
			}
			places = append(places, place)
		}
	}
	return strings.Join(places, ", ")
}
