package socketio

import "time"

// PollWaits tells whether the session has a poll waiting.
func (s *Server) PollWaits(sid string) bool {
	sess := s.session(sid)
	if sess == nil {
		return false
	}
	sess.mu.Lock()
	defer sess.mu.Unlock()
	return sess.polling
}

// Lives counts what Close would wait for.
func (s *Server) Lives() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.live
}

// Transports counts the connections that melody believes to be open.
func (s *Server) Transports() int { return s.melody.Len() }

// NewEcho makes a server of Engine.IO alone, which sends every message back.
func NewEcho(options Options) *Server {
	options.ConnectTimeout = time.Hour // a session without a namespace is as it should be
	s := New(options)
	s.newPeer = func(sess *session, _ *Handshake) peer { return echo{sess} }
	return s
}

type echo struct{ session *session }

func (e echo) message(f frame) error {
	_ = e.session.send(f)
	return nil
}

func (e echo) closed(string) {}
