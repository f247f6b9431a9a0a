package live

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"marketplace/modules/chat"
)

// atOnce is for how many conversations messages are shown at the same time.
const atOnce = 8

// span are messages of one conversation that are to be shown.
type span struct {
	conversation string
	from, to     int64 // numbers, both included
	people       [2]string
	reach        [2]bool // who of them is sent something: their unread messages may be more
}

// shows has messages shown soon after they were sent: those of one conversation one after another, and those that came
// meanwhile together, so that whoever tells of them never waits and a burst is read in pages.
type shows struct {
	show   func(span)
	failed func(error)
	room   chan struct{}

	mu      sync.Mutex
	waiting map[string]*span // by conversation; nil while it is being shown and nothing waits
}

func newShows(show func(span), failed func(error)) *shows {
	return &shows{show: show, failed: failed, room: make(chan struct{}, atOnce), waiting: map[string]*span{}}
}

// add has a message shown.
func (s *shows) add(e chat.MessageSent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting, busy := s.waiting[e.ConversationID]
	if waiting != nil {
		waiting.from, waiting.to = min(waiting.from, e.Seq), max(waiting.to, e.Seq)
		if i := slices.Index(waiting.people[:], e.RecipientID); i >= 0 {
			waiting.reach[i] = true
		}
		return
	}
	s.waiting[e.ConversationID] = &span{e.ConversationID, e.Seq, e.Seq, [2]string{e.SenderID, e.RecipientID}, [2]bool{false, true}}
	if !busy {
		go s.showAll(e.ConversationID)
	}
}

// showAll shows what waits of a conversation until nothing does.
func (s *shows) showAll(conversation string) {
	s.room <- struct{}{}
	defer func() { <-s.room }()
	for {
		s.mu.Lock()
		next := s.waiting[conversation]
		if next == nil {
			delete(s.waiting, conversation)
			s.mu.Unlock()
			return
		}
		s.waiting[conversation] = nil
		s.mu.Unlock()
		s.safely(*next)
	}
}

// safely: a mistake in a module must cost a page its signal, not everybody the process.
func (s *shows) safely(r span) {
	defer func() {
		if v := recover(); v != nil {
			s.failed(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
		}
	}()
	s.show(r)
}
