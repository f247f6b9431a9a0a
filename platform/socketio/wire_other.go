//go:build !unix

package socketio

import (
	"net"
	"syscall"
)

// rawReader is for Unix.
type rawReader struct {
	conn syscall.RawConn
	read func(fd uintptr) bool
	into []byte
	n    int
	err  error
}

func newRawReader(net.Conn) *rawReader { return nil }
