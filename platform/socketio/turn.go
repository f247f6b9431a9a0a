package socketio

import "sync"

// turn lets one goroutine in at a time, in the order they come. It costs nothing while nobody waits.
type turn struct {
	mu      sync.Mutex
	taken   bool
	waiting []chan struct{}
}

// take returns when it is the caller's turn, which lasts until the caller passes it on.
func (t *turn) take() {
	t.mu.Lock()
	if !t.taken {
		t.taken = true
		t.mu.Unlock()
		return
	}
	mine := make(chan struct{})
	t.waiting = append(t.waiting, mine)
	t.mu.Unlock()
	<-mine
}

// pass gives the turn to whoever has waited longest.
func (t *turn) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.taken, t.waiting = false, nil
		return
	}
	close(t.waiting[0])
	t.waiting = t.waiting[1:]
}
