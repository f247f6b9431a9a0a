package socketio_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"marketplace/platform/socketio"
)

// crowd is a room of sockets of which some read a byte a second.
type crowd struct {
	sockets, slow  int
	messages, size int           // that are sent to the room
	gap            time.Duration // between two; 0 waits for each of the others to be at most 8 behind
}

// slowReaders sends to a crowd and returns how long those who read waited for each message, sorted. They
// get everything in its order. What waits for the slow ones is bounded: they are cut.
func slowReaders(t *testing.T, of crowd) []time.Duration {
	t.Helper()
	h := open(t, socketio.Options{MaxQueue: 1 << 20})
	ns := h.Of("/")
	var cut atomic.Int32
	ns.OnConnect(func(sk *socketio.Socket) {
		sk.Join("room")
		sk.OnDisconnect(func(reason string) {
			if reason == socketio.ReasonSlowReader {
				cut.Add(1)
			}
		})
	})
	times := &timetable{sent: make([]time.Time, of.messages), ahead: make([]reader, of.sockets-of.slow)}
	var readers sync.WaitGroup
	for i := range of.sockets {
		c := h.enter()
		if i < of.slow {
			trickle(t, c.conn.NetConn())
			continue
		}
		r := reader{room: make(chan struct{}, 8), gone: make(chan struct{})}
		times.ahead[i-of.slow] = r
		readers.Go(func() { times.read(t, c, r) })
	}
	eventually(t, "everybody is there", func() bool { return h.Stats().Sockets == of.sockets })
	filler := strings.Repeat("x", of.size)
	for n := range of.messages {
		if of.gap > 0 {
			time.Sleep(of.gap)
		}
		times.sending(n, of)
		if err := ns.To("room").Emit("n", n, filler); err != nil {
			t.Fatal(err)
		}
	}
	readers.Wait()
	if of.gap == 0 && int(cut.Load()) != of.slow {
		t.Errorf("%d of %d slow readers were cut", cut.Load(), of.slow)
	}
	slices.Sort(times.waits)
	return times.waits
}

// timetable knows when each message was sent, and how long each was on its way.
type timetable struct {
	mu    sync.Mutex
	sent  []time.Time
	waits []time.Duration
	ahead []reader
}

// reader has room for messages on their way to it, until it has gone.
type reader struct{ room, gone chan struct{} }

func (s *timetable) sending(n int, of crowd) {
	for _, r := range s.ahead {
		if of.gap == 0 {
			select {
			case r.room <- struct{}{}:
			case <-r.gone:
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent[n] = time.Now()
}

// read takes all messages from the client, and makes room for others.
func (s *timetable) read(t *testing.T, c *wire, r reader) {
	defer close(r.gone)
	for n := range s.sent {
		got, err := c.next()
		for got == "2" {
			c.send("3")
			got, err = c.next()
		}
		if !strings.HasPrefix(got, fmt.Sprintf(`42["n",%d,`, n)) {
			t.Errorf("message %d is %.20q, %v", n, got, err)
			return
		}
		s.mu.Lock()
		s.waits = append(s.waits, time.Since(s.sent[n]))
		s.mu.Unlock()
		select {
		case <-r.room:
		default:
		}
	}
}

// trickle reads a byte a second, with as little room for more as the system allows.
func trickle(t *testing.T, conn net.Conn) {
	if err := conn.(*net.TCPConn).SetReadBuffer(1); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() {
		for second := time.NewTicker(time.Second); ; {
			select {
			case <-stop:
				return
			case <-second.C:
				_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
				_, _ = conn.Read(make([]byte, 1))
			}
		}
	}()
}
