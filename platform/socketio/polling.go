package socketio

import (
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	// upgradeWait is how long a poll that comes during an upgrade waits for its end.
	upgradeWait = 100 * time.Millisecond
	// settleTime is how long a poll that came just before waits, once the probe is there.
	settleTime = 20 * time.Millisecond
	// writeTime is how long a client may take to read the answer to a poll.
	writeTime = 10 * time.Second
)

var errTransport = errors.New("the session is not polling")

// servePoll answers a GET: with what is queued, at once or as soon as there is something.
func (s *session) servePoll(w http.ResponseWriter, r *http.Request) {
	payload, cost, err := s.poll(w, r)
	if err == nil {
		writePayload(w, payload)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.credit(cost)
		return
	}
	if r.Context().Err() != nil {
		s.close(endHard(ReasonTransport)) // the client went away
	}
	badRequest.write(w)
}

// poll waits for the payload of one GET, and tells what it costs until it has been written.
func (s *session) poll(w http.ResponseWriter, r *http.Request) ([]byte, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.conn != nil:
		return nil, 0, errTransport
	case s.polling:
		s.closeLocked(endHard(ReasonTransport))
		return nil, 0, errOverlap
	case s.end == nil && len(s.queue) == 0:
		if err := s.await(w, r); err != nil {
			return nil, 0, err
		}
	case s.end != nil && !s.lingers:
		return nil, 0, errTransport
	}
	payload, cost := s.takePayload()
	return payload, cost, nil
}

// await gives s.mu back while it waits for a frame, an upgrade, the end of the session or of the request.
func (s *session) await(w http.ResponseWriter, r *http.Request) error {
	// A server's WriteTimeout is meant for answers, not for waiting for something to say.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{})
	probed := s.probe != nil
	if probed && s.probe.answered {
		s.sleep(r, upgradeWait)
	} else if s.sleep(r, 0); probed && s.probe != nil && len(s.queue) == 0 && s.end == nil {
		s.sleep(r, settleTime) // the probe woke it, and its end may be here already
	}
	if probed && s.conn != nil {
		return errTransport // the client asked after it had upgraded
	}
	return r.Context().Err()
}

// sleep gives s.mu back until somebody wakes the poll, or for the time, if that is not 0.
func (s *session) sleep(r *http.Request, most time.Duration) {
	wake := make(chan struct{}, 1)
	s.wake, s.polling = wake, true
	var late <-chan time.Time
	if most > 0 {
		late = time.After(most)
	}
	s.mu.Unlock()
	select {
	case <-wake:
	case <-late:
	case <-r.Context().Done():
	}
	s.mu.Lock()
	s.wake, s.polling = nil, false
}

// wakePoll releases the waiting GET, if there is one. It needs s.mu.
func (s *session) wakePoll() {
	if s.wake == nil {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// takePayload takes as much from the queue as fits one poll; a noop if there is nothing. It needs s.mu.
func (s *session) takePayload() (payload []byte, cost int) {
	if s.conn != nil {
		return []byte{engineNoop}, 0 // the queue is the WebSocket's
	}
	if s.end != nil {
		return s.takeRest(), 0
	}
	n, size := 0, 0
	for n < len(s.queue) && n < s.srv.options.MaxPackets {
		size += s.queue[n].payloadSize() + 1
		if n > 0 && size > s.srv.options.MaxPayload {
			break
		}
		cost += s.queue[n].cost()
		n++
	}
	if n == 0 {
		return []byte{engineNoop}, 0
	}
	payload = encodePayload(s.queue[:n])
	s.dequeue(n)
	return payload, cost
}

// takeRest takes what an ended session has left to say. It needs s.mu.
func (s *session) takeRest() []byte {
	frames := s.queue
	s.queue = nil
	if !s.lingers || len(frames) == 0 {
		// Otherwise in a poll of its own: the official client handles a close before the messages that
		// precede it in the same payload, and would take an eviction for a lost connection.
		frames = append(frames, control(s.end.packet))
		s.lingers = false
		go s.forget()
	}
	return encodePayload(frames)
}

// servePost takes a POST apart and handles its packets in order.
func (s *session) servePost(w http.ResponseWriter, r *http.Request) {
	if err := s.startPost(); err != nil {
		badRequest.write(w)
		return
	}
	err := s.post(w, r)
	s.mu.Lock()
	s.posting = false
	s.mu.Unlock()
	var tooLong *http.MaxBytesError
	switch {
	case err == nil:
		writePayload(w, []byte("ok"))
	case errors.As(err, &tooLong):
		tooLarge.write(w)
	default:
		badRequest.write(w)
	}
}

func (s *session) startPost() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil || s.end != nil {
		return errTransport
	}
	if s.posting {
		s.closeLocked(endHard(ReasonTransport))
		return errOverlap
	}
	s.posting = true
	return nil
}

func (s *session) post(w http.ResponseWriter, r *http.Request) error {
	reader := &budgetReader{Reader: http.MaxBytesReader(w, r.Body, int64(s.srv.options.MaxPayload)), budget: &s.srv.budget}
	defer reader.finish()
	body, err := io.ReadAll(reader)
	if err != nil {
		w.Header().Set("Connection", "close") // or net/http would wait for the rest before it answers
		s.close(endBroken())
		return err
	}
	frames, err := decodePayload(body, s.srv.options.MaxPackets)
	if err != nil {
		s.close(endBroken())
		return err
	}
	for _, f := range frames {
		if s.ended.Load() {
			return errTransport
		}
		if err := s.receive(f); err != nil {
			return err
		}
	}
	return nil
}

// writePayload answers 200. The connection is cut off if the client does not read the answer in time.
func writePayload(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
	late := make(chan struct{})
	timer := time.AfterFunc(writeTime, func() {
		defer close(late)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) // in the past: now
	})
	_, _ = w.Write(body) // an error is a client that left: its heartbeat will tell
	if !timer.Stop() {
		<-late // w is not ours any more once we return
	}
}

// budgetReader reads a body as far as the server has memory for it.
type budgetReader struct {
	io.Reader
	budget *budget
	held   int
}

func (b *budgetReader) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if !b.budget.move(b.held, b.held+n) {
		return 0, errOverload
	}
	b.held += n
	return n, err
}

func (b *budgetReader) finish() { b.budget.move(b.held, 0) }
