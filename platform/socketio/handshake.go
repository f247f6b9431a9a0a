package socketio

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Handshake is what is kept of the request that began a session. Whatever else of the request is wanted
// later, Options.Accept returns: headers are kilobytes that most connections would hold for nothing.
type Handshake struct {
	Host       string
	RemoteAddr string
	Secure     bool // over TLS, as far as this server saw
	Value      any  // what Options.Accept returned
}

// ServeHTTP serves every request of the protocol: handshakes, polls and WebSocket upgrades. It does not
// look at the path. WebSocket connections live on after it has returned.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	websocket := query.Get("transport") == "websocket"
	if !s.originAllowed(r, websocket) {
		forbidden.write(w)
		return
	}
	s.allowCrossOrigin(w, r)
	id := query.Get("sid")
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case query.Get("EIO") != "4":
		unknownVersion.write(w)
	case !websocket && query.Get("transport") != "polling":
		unknownTransport.write(w)
	case websocket && !strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
		badRequest.write(w)
	case id == "" && r.Method != http.MethodGet:
		badMethod.write(w)
	case id == "":
		s.serveHandshake(w, r, websocket)
	default:
		s.serveSession(w, r, id, websocket)
	}
}

// serveHandshake begins a session.
func (s *Server) serveHandshake(w http.ResponseWriter, r *http.Request, websocket bool) {
	h := &Handshake{Host: r.Host, RemoteAddr: r.RemoteAddr, Secure: r.TLS != nil}
	if s.options.Accept != nil {
		var err error
		if h.Value, err = s.options.Accept(r); err != nil {
			forbidden.write(w)
			return
		}
	}
	if websocket {
		s.serveWebSocket(w, r, nil, h)
		return
	}
	sess, err := s.open(h, nil)
	if err != nil {
		unavailable.write(w)
		return
	}
	sess.servePoll(w, r)
}

// serveSession serves a request that names its session.
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request, id string, websocket bool) {
	sess := s.session(id)
	switch {
	case sess == nil:
		unknownSession.write(w)
	case websocket:
		s.serveWebSocket(w, r, sess, nil)
	case r.Method == http.MethodGet:
		sess.servePoll(w, r)
	case r.Method == http.MethodPost:
		sess.servePost(w, r)
	default:
		badRequest.write(w)
	}
}

// originAllowed tells whether the page that caused the request, if any, may speak for its user. A request
// with cookies must say where it comes from: a foreign page could have caused it.
func (s *Server) originAllowed(r *http.Request, websocket bool) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return s.knownOrigin(origin, r.Host)
	}
	if r.Header.Get("Cookie") == "" {
		return true
	}
	if websocket {
		return false // browsers always name the origin of a WebSocket
	}
	// Browsers leave Origin out when a page polls its own server. They say so in one of these.
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	referer, err := url.Parse(r.Header.Get("Referer"))
	return err == nil && s.knownOrigin(referer.Scheme+"://"+referer.Host, r.Host)
}

func (s *Server) knownOrigin(origin, host string) bool {
	if len(s.options.AllowedOrigins) > 0 {
		return slices.Contains(s.options.AllowedOrigins, origin)
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// allowCrossOrigin lets the pages of the listed origins read the answers to their polls.
func (s *Server) allowCrossOrigin(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	origin := r.Header.Get("Origin")
	if origin == "" || len(s.options.AllowedOrigins) == 0 {
		return
	}
	header.Add("Vary", "Origin")
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Allow-Credentials", "true")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Methods", "GET, POST")
		header.Set("Access-Control-Allow-Headers", "Content-Type")
	}
}
