package socketio

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// batchSize is how many bytes of short frames leave in one piece.
	batchSize = 16 << 10
	// deadlineStep is how much later a deadline has to be to be worth telling the connection.
	deadlineStep = time.Second
)

var errOverload = errors.New("the messages of all clients together take too much memory")

// wire is the connection below a WebSocket. It sends the frames that wait together in one piece, since a
// system call a frame is half of what a busy server does, and it knows how much of a message has come
// before the WebSocket does.
type wire struct {
	net.Conn
	conn *wsConn
	raw  *rawReader // of Conn; nil if it has none

	// Used by whoever may write, one at a time.
	batch    *[]byte // what is put off; nil if nothing is
	deadline time.Time

	unfinished int // bytes of a message that is still coming; used by the reader
}

// Write sends p, or puts it off if more is sure to follow.
func (w *wire) Write(p []byte) (int, error) {
	more := w.conn.flying.Load() > 1
	if w.batch == nil && (!more || len(p) > batchSize) {
		return w.Conn.Write(p)
	}
	pool := &w.conn.srv.batches
	if w.batch == nil {
		w.batch = pool.Get().(*[]byte)
	}
	*w.batch = append(*w.batch, p...)
	if more && len(*w.batch) < batchSize {
		return len(p), nil
	}
	_, err := w.Conn.Write(*w.batch)
	if cap(*w.batch) <= 2*batchSize {
		*w.batch = (*w.batch)[:0]
		pool.Put(w.batch)
	}
	w.batch = nil
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// SetWriteDeadline is asked before each frame, and moving a deadline takes a timer and its locks. One that
// is up to deadlineStep too early does as well.
func (w *wire) SetWriteDeadline(t time.Time) error {
	if later := t.Sub(w.deadline); later >= 0 && later < deadlineStep && !t.IsZero() {
		return nil
	}
	w.deadline = t
	return w.Conn.SetWriteDeadline(t)
}

// Read fails when this message is what is too much for the server. Its frame is part of the stack that
// every idle client takes: see rawReader.
func (w *wire) Read(p []byte) (int, error) {
	if w.raw == nil {
		n, err := w.Conn.Read(p)
		return w.hold(n, err)
	}
	w.raw.into = p
	err := w.raw.conn.Read(w.raw.read)
	return w.holdRaw(err)
}

//go:noinline
func (w *wire) holdRaw(err error) (int, error) {
	if err != nil {
		return 0, err
	}
	w.raw.into = nil
	return w.hold(w.raw.n, w.raw.err)
}

// hold accounts for what has been read, if there is room for it.
func (w *wire) hold(n int, err error) (int, error) {
	if n > 0 && !w.conn.srv.budget.move(w.unfinished, w.unfinished+n) {
		w.conn.overloaded()
		return 0, errOverload
	}
	w.unfinished += n
	return n, err
}

// finish forgets the message, which has come or never will. The reader calls it.
func (w *wire) finish() {
	w.conn.srv.budget.move(w.unfinished, 0)
	w.unfinished = 0
}

// hijacker hands out a wire when the WebSocket takes over the request's connection.
type hijacker struct {
	http.ResponseWriter
	conn *wsConn
}

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.conn.wire = &wire{Conn: conn, conn: h.conn, raw: newRawReader(conn)}
	return h.conn.wire, buffered, nil
}

// newBatches makes the pool of what wires put frames into.
func newBatches() sync.Pool {
	return sync.Pool{New: func() any { batch := make([]byte, 0, batchSize+2048); return &batch }}
}
