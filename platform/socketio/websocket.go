package socketio

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/olahol/melody"
)

const (
	// maxFlying is how many frames of a session melody holds at a time. Its buffer has room for one
	// more, the close frame: melody drops, without an error, what does not fit.
	maxFlying = 5
	// never is further away than any connection lives. Engine.IO has a heartbeat of its own.
	never = 1000 * time.Hour
	// readBuffer is what each connection has for what it reads, in bytes. Longer messages pass it by.
	readBuffer = 512
	// connKey is where a melody session keeps its *wsConn.
	connKey = "conn"
)

// wsConn is one WebSocket connection.
type wsConn struct {
	srv       *Server
	ws        *melody.Session
	session   *session      // nil until the connection has opened one
	handshake *Handshake    // of the session to open; nil for an upgrade
	done      chan struct{} // lets the HTTP handler return; nil once it may
	wire      *wire         // below ws

	current atomic.Bool  // it is the transport of the session, for good
	flying  atomic.Int32 // frames that melody holds; grows under session.mu

	// Guarded by session.mu.
	answered bool        // the probe has been answered
	timeout  *time.Timer // ends the probe
	drain    *time.Timer // cuts the closed connection
}

// newMelody configures the WebSocket transport; what melody does by default is wrong for it.
func (s *Server) newMelody() *melody.Melody {
	m := melody.New()
	m.Config.MaxMessageSize = int64(s.options.MaxPayload)
	m.Config.MessageBufferSize = maxFlying + 1
	m.Config.PingPeriod, m.Config.PongWait = never, 2*never
	m.Config.ConcurrentMessageHandling = false
	m.Upgrader.ReadBufferSize = readBuffer
	m.Upgrader.WriteBufferPool = &sync.Pool{}
	m.Upgrader.EnableCompression = false
	m.Upgrader.CheckOrigin = func(r *http.Request) bool { return s.originAllowed(r, true) }
	m.HandleConnect(func(ws *melody.Session) { connOf(ws).opened(ws) })
	m.HandleDisconnect(func(ws *melody.Session) { connOf(ws).closed() })
	m.HandleMessage(func(ws *melody.Session, data []byte) { connOf(ws).receive(frame{data: data}) })
	m.HandleMessageBinary(func(ws *melody.Session, data []byte) { connOf(ws).receive(frame{data: data, binary: true}) })
	m.HandleSentMessage(func(ws *melody.Session, data []byte) { connOf(ws).sent(data) })
	m.HandleSentMessageBinary(func(ws *melody.Session, data []byte) { connOf(ws).sent(data) })
	m.HandleError(func(_ *melody.Session, err error) {
		if errors.Is(err, melody.ErrMessageBufferFull) {
			// Not here: the session's lock may be held.
			go s.options.OnError(errors.New("melody dropped a frame, which maxFlying is to prevent"))
		}
	})
	return m
}

func connOf(ws *melody.Session) *wsConn { return ws.MustGet(connKey).(*wsConn) }

// serveWebSocket upgrades the request, for a new session or for sess. It returns when that is done or
// has been refused: holding the handler for the connection's life would hold net/http's buffers and all
// middleware with it.
func (s *Server) serveWebSocket(w http.ResponseWriter, r *http.Request, sess *session, h *Handshake) {
	done := make(chan struct{})
	c := &wsConn{srv: s, session: sess, handshake: h, done: done}
	hijacked, keys := hijacker{w, c}, map[string]any{connKey: c}
	go func() { // it lives as long as the connection, and a deferred call would take stack
		// The only errors are those of the upgrade, which have been answered.
		_ = s.melody.HandleRequestWithKeys(hijacked, r, keys)
		c.upgraded()
	}()
	<-done
}

// upgraded lets the HTTP handler return, when melody has called opened or has failed to.
func (c *wsConn) upgraded() {
	if c.done != nil {
		close(c.done)
		c.done = nil
	}
}

// opened runs before anything is read from the connection.
func (c *wsConn) opened(ws *melody.Session) {
	defer c.upgraded()
	c.ws = ws
	ws.Request = nil // two kilobytes that nobody needs any more
	if c.session != nil {
		if !c.session.startProbe(c) {
			_ = ws.Close()
		}
		return
	}
	handshake := c.handshake
	c.handshake = nil
	sess, err := c.srv.open(handshake, c)
	switch {
	case errors.Is(err, errFull):
		_ = ws.CloseWithMsg(melody.FormatCloseMessage(melody.CloseTryAgainLater, ""))
	case err != nil:
		_ = ws.CloseWithMsg(melody.FormatCloseMessage(melody.CloseGoingAway, ""))
	default:
		c.session = sess
	}
}

// closed runs when nothing is read from the connection any more.
func (c *wsConn) closed() {
	c.wire.finish()
	s := c.session
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.drain != nil {
		c.drain.Stop()
	}
	switch c {
	case s.conn:
		s.closeLocked(endHard(ReasonTransport))
		s.release()
		c.srv.leave()
	case s.probe:
		c.timeout.Stop()
		s.probe = nil
	}
}

// receive handles one message. Nothing may panic out of here: melody would leave the connection open
// and never read from it again.
func (c *wsConn) receive(f frame) {
	c.wire.finish()
	s := c.session
	if s == nil {
		return
	}
	defer func() {
		if v := recover(); v != nil {
			s.srv.options.OnError(fmt.Errorf("panic in the transport: %v\n%s", v, debug.Stack()))
			s.close(endHard(ReasonPanic))
		}
	}()
	if c.current.Load() {
		_ = s.receive(f) // has closed the session
	} else {
		s.continueProbe(c, f)
	}
}

// overloaded ends the session for what it has made the server hold.
func (c *wsConn) overloaded() {
	if c.session != nil && c.current.Load() {
		c.session.close(endHard(ReasonOverload))
	}
}

// sent runs when a frame has been written, and hands over the next.
func (c *wsConn) sent(data []byte) {
	s := c.session
	s.mu.Lock()
	defer s.mu.Unlock()
	c.flying.Add(-1)
	s.credit(frameCost(data))
	if s.conn == c {
		s.flush()
	}
}

// write gives melody a frame whose cost is counted in s.bytes. It needs session.mu and flying below
// maxFlying.
func (c *wsConn) write(f frame) {
	c.flying.Add(1)
	// An error means that the connection is closed, which closed tells.
	if f.binary {
		_ = c.ws.WriteBinary(f.data)
	} else {
		_ = c.ws.Write(f.data)
	}
}

// cut closes the connection without waiting for what is queued. Not in melody's queue, which a client
// that does not read holds up; and not on this goroutine, since closing TLS writes.
func (c *wsConn) cut() { go c.ws.WebsocketConnection().Close() }

// pump keeps melody supplied, and closes the WebSocket when an ended session has said all. It needs s.mu.
func (s *session) pump() {
	n := 0
	for ; n < len(s.queue) && s.conn.flying.Load() < maxFlying; n++ {
		s.conn.write(s.queue[n])
	}
	s.dequeue(n)
	if s.end != nil && s.end.code != 0 && len(s.queue) == 0 {
		_ = s.conn.ws.CloseWithMsg(melody.FormatCloseMessage(s.end.code, ""))
		s.end.code = 0 // once
	}
}

// startProbe takes c as the candidate for an upgrade, and refuses when there is nothing to upgrade.
func (s *session) startProbe(c *wsConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil || s.conn != nil || s.probe != nil {
		return false
	}
	s.probe = c
	c.timeout = time.AfterFunc(s.srv.options.UpgradeTimeout, func() { s.abandon(c) })
	return true
}

// continueProbe expects "2probe" and then "5", after which c is the session's transport.
func (s *session) continueProbe(c *wsConn, f frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.probe != c || f.binary:
		c.cut()
	case !c.answered && string(f.data) == "2probe":
		answer := frame{data: []byte("3probe")}
		c.answered = true
		s.bytes += answer.cost() // too little to ask for
		c.write(answer)
		s.wakePoll()
	case c.answered && len(f.data) == 1 && f.data[0] == engineUpgrade && s.srv.enter():
		c.timeout.Stop()
		s.conn, s.probe = c, nil
		c.current.Store(true)
		s.wakePoll()
		s.pump()
	default:
		c.cut()
	}
}

// abandon ends an upgrade that takes too long. The session stays on polling.
func (s *session) abandon(c *wsConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.probe == c {
		c.cut()
	}
}
