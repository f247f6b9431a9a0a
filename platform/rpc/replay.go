package rpc

import (
	"errors"
	"sync"
	"time"
)

const (
	memory    = lifetime + 2*leeway + time.Second // as long as a token can be good
	mostKnown = 1 << 20                           // tokens within that time; more are refused rather than not checked
)

// seen remembers the tokens that were used, for as long as they could be used again, in two generations of which the older
// is thrown away as a whole. What it holds is bounded: only tokens that are good come here.
type seen struct {
	mu         sync.Mutex
	most       int       // mostKnown; fewer in a test
	began      time.Time // the younger generation
	young, old map[string]struct{}
}

// first notes the id of a token and refuses one that it has seen.
func (s *seen) first(id string, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := now.Sub(s.began); age >= memory {
		s.old = s.young
		if age >= 2*memory {
			s.old = nil
		}
		s.young, s.began = map[string]struct{}{}, now
	}
	_, young := s.young[id]
	_, old := s.old[id]
	switch {
	case young || old:
		return errors.New("a token that was used before")
	case len(s.young) >= s.most:
		return errors.New("more tokens than can be remembered")
	}
	s.young[id] = struct{}{}
	return nil
}
