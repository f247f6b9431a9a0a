package socketio

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
