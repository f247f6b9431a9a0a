package socketio

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/olahol/melody"
)

var (
	errClosing = errors.New("the server is closing")
	errFull    = errors.New("the server has as many sessions as it may")
)

// Server is an http.Handler that serves Socket.IO. Mount it at the path that the clients use, which is
// /socket.io/ unless they are told otherwise. Make it with New; close it with Close.
type Server struct {
	options Options
	melody  *melody.Melody
	drops   atomic.Uint64
	budget  budget
	batches sync.Pool                       // of what wires put frames into
	newPeer func(*session, *Handshake) peer // who a new session's messages are for

	mu         sync.RWMutex // may be taken while a session's is held, never the other way round
	sessions   map[string]*session
	namespaces map[string]*Namespace
	live       int           // sessions and their WebSockets that have not quite ended
	closing    bool          // no session may begin
	idle       chan struct{} // closed when live has come down to 0 while closing
}

// New makes a server without namespaces.
func New(options Options) *Server {
	s := &Server{
		options:    options.withDefaults(),
		sessions:   map[string]*session{},
		namespaces: map[string]*Namespace{},
		idle:       make(chan struct{}),
		newPeer:    newClient,
		batches:    newBatches(),
	}
	s.budget.limit = int64(s.options.MaxMemory)
	s.melody = s.newMelody()
	return s
}

// Of returns the namespace of that name, and makes it if need be. The name begins with a slash, has no
// comma and at most 200 bytes; Of panics otherwise. "/" is the one that clients connect to by default. Clients are refused
// from namespaces that were never made.
func (s *Server) Of(name string) *Namespace {
	if !strings.HasPrefix(name, "/") || strings.Contains(name, ",") || len(name) > maxName {
		panic(fmt.Sprintf("socketio: %q is not the name of a namespace", name))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ns := s.namespaces[name]
	if ns == nil {
		ns = newNamespace(s, name)
		s.namespaces[name] = ns
	}
	return ns
}

// find returns the namespace, nil if it was never made.
func (s *Server) find(name string) *Namespace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.namespaces[name]
}

func (s *Server) session(id string) *session {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.sessions[id]
}

// Stats counts what a server has at one moment.
type Stats struct {
	Sessions   int    // Engine.IO sessions, one a client
	WebSockets int    // those of them that do not poll
	Sockets    int    // connections of clients to namespaces
	Rooms      int    // rooms with somebody in them, over all namespaces
	Held       int64  // bytes of waiting and unfinished messages that count towards MaxMemory
	Drops      uint64 // clients cut since the start because too much waited for them
}

// Stats counts. It visits every session.
func (s *Server) Stats() Stats {
	s.mu.RLock()
	sessions := make([]*session, 0, len(s.sessions))
	for _, sess := range s.sessions {
		sessions = append(sessions, sess)
	}
	stats := Stats{Sessions: len(sessions), Held: s.budget.used.Load(), Drops: s.drops.Load()}
	for _, ns := range s.namespaces {
		sockets, rooms := ns.count()
		stats.Sockets += sockets
		stats.Rooms += rooms
	}
	s.mu.RUnlock()
	for _, sess := range sessions {
		if sess.onWebSocket() {
			stats.WebSockets++
		}
	}
	return stats
}

// Close refuses new sessions, closes the present ones with code 1001, which makes the clients reconnect,
// and waits until every OnDisconnect has returned and every connection is gone. When ctx ends first, it
// cuts what is left and returns an error.
func (s *Server) Close(ctx context.Context) error {
	sessions := s.refuseNew()
	for _, sess := range sessions {
		sess.close(endPolitely(ReasonShutdown, melody.CloseGoingAway))
	}
	select {
	case <-s.idle:
		return nil
	case <-ctx.Done():
	}
	for _, sess := range sessions {
		sess.cut()
	}
	return fmt.Errorf("close the socket server: %w", ctx.Err())
}

func (s *Server) refuseNew() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.closing = true
		if s.live == 0 {
			close(s.idle)
		}
	}
	sessions := make([]*session, 0, len(s.sessions))
	for _, sess := range s.sessions {
		sessions = append(sessions, sess)
	}
	return sessions
}

// open begins a session: on c, or polling if that is nil.
func (s *Server) open(h *Handshake, c *wsConn) (*session, error) {
	sess := &session{srv: s, id: newID(), conn: c}
	sess.peer = s.newPeer(sess, h)
	sess.mu.Lock()
	defer sess.mu.Unlock()
	if err := s.enlist(sess); err != nil {
		return nil, err
	}
	if c != nil {
		c.current.Store(true)
	}
	sess.start()
	sess.enqueue(s.openPacket(sess))
	return sess, nil
}

// enlist makes the session known, unless there are too many.
func (s *Server) enlist(sess *session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return errClosing
	case len(s.sessions) >= s.options.MaxSessions:
		return errFull
	}
	s.live++
	if sess.conn != nil {
		s.live++
	}
	s.sessions[sess.id] = sess
	return nil
}

// openPacket tells the client the rules.
func (s *Server) openPacket(sess *session) frame {
	upgrades := []string{}
	if sess.conn == nil {
		upgrades = append(upgrades, "websocket")
	}
	rules, _ := json.Marshal(struct {
		SID          string   `json:"sid"`
		Upgrades     []string `json:"upgrades"`
		PingInterval int64    `json:"pingInterval"` // milliseconds
		PingTimeout  int64    `json:"pingTimeout"`  // milliseconds
		MaxPayload   int      `json:"maxPayload"`   // bytes
	}{sess.id, upgrades, s.options.PingInterval.Milliseconds(), s.options.PingTimeout.Milliseconds(), s.options.MaxPayload})
	return frame{data: append([]byte{engineOpen}, rules...)}
}

// enter counts one thing that Close must wait for. It refuses once the server is closing.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.live++
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live--
	if s.closing && s.live == 0 {
		close(s.idle)
	}
}

// newID makes an identifier that nobody can guess: 160 random bits.
func newID() string {
	var id [20]byte
	_, _ = rand.Read(id[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(id[:])
}
