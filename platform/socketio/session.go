package socketio

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/olahol/melody"
)

const (
	// lingerTime is how long a closed polling session waits for the poll that fetches its last packets.
	lingerTime = time.Second
	// drainTime is how long a closed WebSocket may take to deliver what was queued before.
	drainTime = 5 * time.Second
	// greetingTime is how long what follows a CONNECT's answer may wait, so that it comes in a piece of its
	// own: a client that begins to listen once it knows that it is connected would miss it otherwise.
	greetingTime = 5 * time.Millisecond
)

var errOverlap = errors.New("two requests of the same kind at once")

// session is one Engine.IO session: a client, whichever transport it is on.
type session struct {
	srv    *Server
	id     string
	peer   peer
	turn   turn        // of the session's callbacks
	ended  atomic.Bool // end is set
	greets atomic.Bool // the queue waits for the end of greetingTime; changes under mu

	ping *time.Timer // sends the next ping
	dead *time.Timer // ends the session unless a pong moves it

	mu      sync.Mutex
	connect *time.Timer // ends the session, which has no namespace; nil if it has
	queue   []frame
	bytes   int     // in the queue and in flight, with overhead; accounted for in the server's budget
	conn    *wsConn // the transport; nil while polling
	probe   *wsConn // a WebSocket that wants to become the transport
	pinged  bool    // a pong is due
	polling bool    // a GET is waiting
	posting bool    // a POST is being handled
	wake    chan struct{}
	end     *ending // set once the session has ended
	lingers bool    // the ended session keeps its last packets for a little while
}

// peer is who a session's messages are for. Its methods are callbacks of the session.
type peer interface {
	message(frame) error // an error means that the client broke the protocol
	closed(reason string)
}

// ending says why and how a session ends.
type ending struct {
	reason string
	code   int  // close code of the WebSocket; 0 cuts it without a word
	polite bool // deliver what is queued first
	packet byte // last packet of a polling session
}

func endHard(reason string) ending { return ending{reason: reason, packet: engineClose} }

func endPolitely(reason string, code int) ending {
	return ending{reason: reason, code: code, polite: true, packet: engineClose}
}

// endBroken is for a client that broke the protocol.
func endBroken() ending {
	return ending{reason: ReasonParseError, code: melody.CloseProtocolError, packet: engineClose}
}

// endByClient answers the client's own close packet.
func endByClient() ending {
	return ending{reason: ReasonTransport, code: melody.CloseNormalClosure, polite: true, packet: engineNoop}
}

// start sets the session's clocks going. Both heartbeat timers run from the same moment, so that the
// delays of one do not add to the other. It needs s.mu.
func (s *session) start() {
	o := s.srv.options
	s.ping = time.AfterFunc(o.PingInterval, s.sendPing)
	s.dead = time.AfterFunc(o.PingInterval+o.PingTimeout, func() { s.close(endHard(ReasonPingTimeout)) })
	s.expectConnectLocked(true)
}

func (s *session) sendPing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil {
		s.pinged = true
		s.enqueue(control(enginePing))
	}
}

// pong begins the next round of the heartbeat. One that nobody asked for changes nothing.
func (s *session) pong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end == nil && s.pinged {
		s.pinged = false
		s.ping.Reset(s.srv.options.PingInterval)
		s.dead.Reset(s.srv.options.PingInterval + s.srv.options.PingTimeout)
	}
}

// expectConnect starts or stops the time that a session may spend without a namespace.
func (s *session) expectConnect(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expectConnectLocked(yes && s.end == nil)
}

func (s *session) expectConnectLocked(yes bool) {
	if s.connect != nil {
		s.connect.Stop()
		s.connect = nil // most sessions never need it again
	}
	if yes {
		s.connect = time.AfterFunc(s.srv.options.ConnectTimeout, func() {
			s.close(ending{reason: reasonNotConnected, code: melody.CloseNormalClosure, packet: engineClose})
		})
	}
}

// send queues the frames in one piece. It fails when the session has ended, or ends here because more
// waits for the client than it may.
func (s *session) send(frames ...frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return ErrDisconnected
	}
	s.enqueue(frames...)
	if s.end != nil {
		return ErrSlowReader
	}
	return nil
}

// enqueue needs s.mu and an open session.
func (s *session) enqueue(frames ...frame) {
	total := s.bytes
	for _, f := range frames {
		total += f.cost()
	}
	if total > s.srv.options.MaxQueue {
		s.srv.drops.Add(1)
		s.closeLocked(endHard(ReasonSlowReader))
		return
	}
	if !s.srv.budget.move(s.bytes, total) {
		s.srv.drops.Add(1)
		s.closeLocked(endHard(ReasonOverload))
		return
	}
	s.bytes = total
	if s.queue == nil && s.conn != nil && !s.greets.Load() && int(s.conn.flying.Load())+len(frames) <= maxFlying {
		for _, f := range frames {
			s.conn.write(f)
		}
		return
	}
	s.queue = append(s.queue, frames...)
	s.flush()
}

// credit accounts for n bytes that wait no more. It needs s.mu.
func (s *session) credit(n int) {
	n = min(n, s.bytes) // release may have come first
	s.srv.budget.move(s.bytes, s.bytes-n)
	s.bytes -= n
}

// release accounts for a session that is gone. It needs s.mu.
func (s *session) release() { s.credit(s.bytes) }

// flush hands the queue to the transport, as far as it takes it. It needs s.mu.
func (s *session) flush() {
	switch {
	case s.greets.Load() && s.end == nil:
	case s.conn != nil:
		s.pump()
	case len(s.queue) > 0:
		s.wakePoll()
	}
}

// greet keeps back what is sent from now on until the client has had time for what was sent before.
func (s *session) greet() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil && s.end == nil {
		s.greets.Store(true)
		time.AfterFunc(greetingTime, s.greeted)
	}
}

func (s *session) greeted() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.greets.Swap(false) {
		s.flush()
	}
}

// dequeue forgets the first n frames. It needs s.mu.
func (s *session) dequeue(n int) {
	clear(s.queue[:n])
	if s.queue = s.queue[n:]; len(s.queue) == 0 {
		s.queue = nil
	}
}

// receive handles one packet of the client, whichever transport brought it. An error means that the
// client broke the protocol; the session has been closed for it.
func (s *session) receive(f frame) error {
	if s.greets.Load() {
		s.greeted() // whoever answers has heard
	}
	err := f.check()
	switch {
	case err != nil:
	case f.binary || f.data[0] == engineMessage:
		err = s.handle(f)
	case f.data[0] == enginePong:
		s.pong()
	case f.data[0] == engineClose:
		s.close(endByClient())
	case f.data[0] == engineNoop:
	default:
		err = fmt.Errorf("the packet type %q is not for the server", f.data[0])
	}
	if err != nil {
		s.close(endBroken())
	}
	return err
}

// handle gives a message to the peer when it is its turn.
func (s *session) handle(f frame) error {
	s.turn.take()
	defer s.turn.pass()
	defer s.rescue("a handler")
	if s.ended.Load() {
		return nil
	}
	return s.peer.message(f)
}

// run executes a callback when it is its turn. A callback that calls run waits for itself: it must say
// go s.run(…).
func (s *session) run(what string, callback func()) {
	s.turn.take()
	defer s.turn.pass()
	s.guard(what, callback)
}

func (s *session) guard(what string, callback func()) {
	defer s.rescue(what)
	callback()
}

// rescue, deferred, ends the session after a panic: going on would leave a client that believes to be
// served.
func (s *session) rescue(what string) {
	if v := recover(); v != nil {
		s.srv.options.OnError(fmt.Errorf("panic in %s: %v\n%s", what, v, debug.Stack()))
		s.close(ending{reason: ReasonPanic, code: melody.CloseInternalServerErr, packet: engineClose})
	}
}

func (s *session) onWebSocket() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn != nil
}

// cut drops the connection of a session that has been closed and takes too long.
func (s *session) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.cut()
	}
}

// close ends the session; the first ending counts.
func (s *session) close(e ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeLocked(e)
}

func (s *session) closeLocked(e ending) {
	if s.end != nil {
		return
	}
	s.end = &e
	s.ended.Store(true)
	s.ping.Stop()
	s.dead.Stop()
	s.expectConnectLocked(false)
	if !e.polite {
		s.discard()
	}
	if s.probe != nil {
		s.probe.cut()
		s.probe = nil
	}
	switch {
	case s.conn != nil && e.code == 0:
		s.conn.cut()
	case s.conn != nil:
		s.conn.drain = time.AfterFunc(drainTime, s.conn.cut)
		s.pump()
	default:
		s.linger()
		s.wakePoll()
	}
	// On a goroutine of its own: whoever ends the session may be in one of its callbacks, or hold locks
	// that OnDisconnect wants.
	go s.finish(e.reason, s.lingers)
}

// discard forgets the queue. It needs s.mu.
func (s *session) discard() {
	size := 0
	for _, f := range s.queue {
		size += f.cost()
	}
	s.queue = nil
	s.credit(size)
}

// linger keeps an ended polling session until its last packets have been fetched, unless that is not
// wanted or happens at once. It needs s.mu.
func (s *session) linger() {
	if !s.end.polite || s.end.reason == ReasonShutdown || s.polling && len(s.queue) == 0 {
		return
	}
	s.lingers = true
	time.AfterFunc(lingerTime, s.forget)
}

// finish tells the sockets. It is the last callback of the session.
func (s *session) finish(reason string, lingers bool) {
	if !lingers {
		s.forget()
	}
	s.run("OnDisconnect", func() { s.peer.closed(reason) })
	s.srv.leave()
}

// forget makes the session's id unknown.
func (s *session) forget() {
	s.mu.Lock()
	if s.conn == nil {
		s.release()
	}
	s.mu.Unlock()
	s.srv.mu.Lock()
	defer s.srv.mu.Unlock()
	delete(s.srv.sessions, s.id)
}
