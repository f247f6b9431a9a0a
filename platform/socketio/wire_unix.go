//go:build unix

package socketio

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// rawReader reads a connection with less stack than the connection's own Read takes. Each client has a
// goroutine that waits here, and with these hundred bytes less the runtime halves its stack.
type rawReader struct {
	conn syscall.RawConn
	read func(fd uintptr) bool // made once
	into []byte
	n    int
	err  error
}

// newRawReader returns nil if there is no way, as over TLS.
func newRawReader(conn net.Conn) *rawReader {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	r := &rawReader{conn: raw}
	r.read = r.readFD
	return r
}

// readFD tells whether there was something to read, the end or an error included.
func (r *rawReader) readFD(fd uintptr) bool {
	for {
		n, err := syscall.Read(int(fd), r.into)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return false
		case err != nil:
			n = 0
		case n == 0 && len(r.into) > 0:
			err = io.EOF
		}
		r.n, r.err = n, err
		return true
	}
}
