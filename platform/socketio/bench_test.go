package socketio_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/gorilla/websocket"

	"marketplace/platform/socketio"
)

// serveAndDial serves a server over pipes, which take no file descriptors, and connects n clients to /.
func serveAndDial(b *testing.B, s *socketio.Server, n int) []*websocket.Conn {
	b.Helper()
	pipes := make(pipeListener)
	web := &http.Server{Handler: s}
	go func() { _ = web.Serve(pipes) }()
	b.Cleanup(func() { _ = web.Close() })
	dialer := websocket.Dialer{ReadBufferSize: 256, WriteBufferSize: 256, NetDial: func(string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		pipes <- theirs
		return ours, nil
	}}
	conns := make([]*websocket.Conn, n)
	for i := range conns {
		conn, _, err := dialer.Dial("ws://bench/socket.io/?EIO=4&transport=websocket", nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = conn.Close() })
		conns[i] = conn
		readOne(b, conn)
		if err := conn.WriteMessage(websocket.TextMessage, []byte(fmt.Sprintf(`40{"n":%d}`, i))); err != nil {
			b.Fatal(err)
		}
		readOne(b, conn)
	}
	return conns
}

func readOne(b *testing.B, conn *websocket.Conn) {
	if _, _, err := conn.ReadMessage(); err != nil {
		b.Fatal(err)
	}
}

type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-l
	if !ok {
		return nil, io.EOF
	}
	return conn, nil
}

func (l pipeListener) Close() error { close(l); return nil }

func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "bench"} }

// BenchmarkBroadcastToTwoOf10000 emits to a room of two while 10,000 sockets are connected, and waits
// until both have read it.
func BenchmarkBroadcastToTwoOf10000(b *testing.B) {
	s := socketio.New(socketio.Options{})
	ns := s.Of("/")
	seen := 0 // clients connect one after another
	ns.OnConnect(func(sk *socketio.Socket) {
		if seen < 2 {
			sk.Join("pair")
		}
		sk.Join(fmt.Sprint("user", seen))
		seen++
	})
	conns := serveAndDial(b, s, 10_000)
	b.Run("emit", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := ns.To("pair").Emit("message", "hello"); err != nil {
				b.Fatal(err)
			}
			readOne(b, conns[0])
			readOne(b, conns[1])
		}
	})
	b.Run("choose", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if len(ns.To("pair").Sockets()) != 2 {
				b.Fatal("the room has not two members")
			}
		}
	})
	b.Run("nobody", func(b *testing.B) {
		for b.Loop() {
			_ = ns.To("nobody").Emit("message", "hello")
		}
	})
}

// BenchmarkRoundTrip sends an event and reads its acknowledgement.
func BenchmarkRoundTrip(b *testing.B) {
	s := socketio.New(socketio.Options{})
	s.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.On("ask", func(e *socketio.Event) {
			var text string
			if err := e.Bind(0, &text); err == nil {
				_ = e.Ack(text)
			}
		})
	})
	conn := serveAndDial(b, s, 1)[0]
	question := []byte(`421["ask","hello"]`)
	b.ReportAllocs()
	for b.Loop() {
		if err := conn.WriteMessage(websocket.TextMessage, question); err != nil {
			b.Fatal(err)
		}
		readOne(b, conn)
	}
}
