// Package socketio serves Socket.IO clients: the Socket.IO protocol, revision 5, on the Engine.IO
// protocol, version 4, over WebSocket and HTTP long-polling with upgrade between them. It speaks to the
// official clients of version 3 and 4.
//
// A Server is an http.Handler. Its namespaces are declared before it serves:
//
//	server := socketio.New(socketio.Options{OnError: report})
//	chat := server.Of("/")
//	chat.Use(func(sk *socketio.Socket, auth json.RawMessage) error { … })
//	chat.OnConnect(func(sk *socketio.Socket) { sk.Join("lobby") })
//	chat.On("message", func(e *socketio.Event) {
//		var text string
//		if e.Bind(0, &text) == nil {
//			chat.To("lobby").Emit("message", text)
//		}
//	})
//	http.Handle("/socket.io/", server)
//
// # Callbacks
//
// Middleware, OnConnect, event handlers, acknowledgements and OnDisconnect of one session run one after
// another, never at the same time, so they may share data without a lock. They hold up what the same
// client sends next, and nobody else. A panic in one of them closes that session and is reported to
// Options.OnError. Emitting, joining and leaving are safe from any goroutine, and never wait for the
// network.
//
// # Delivery
//
// What is emitted to a socket from one goroutine arrives in that order or not at all: a client that does
// not read is cut once Options.MaxQueue bytes wait for it. It reconnects, and asks anew for what it
// missed; nothing is kept for it here.
//
// # Limits
//
// Everything that a client can make the server hold has a limit in Options: messages whole and unfinished,
// what waits for it, sessions without a namespace, sessions at all. JSON is refused when it nests deeper than
// 128 or has more than 1,000 arguments. A client is refused from namespaces ten times, then cut. Messages are
// not compressed. Pages connect from their own origin, unless Options lists others.
//
// # Replicas
//
// A Server knows its own sockets only: to reach those of another process, tell that process. Clients that
// poll need to come back to the process that they began with; those on WebSocket alone do not.
//
// Sources: https://socket.io/docs/v4/engine-io-protocol/ and
// https://socket.io/docs/v4/socket-io-protocol/.
package socketio

import (
	"errors"
	"net/http"
	"time"
)

// The reasons that OnDisconnect is told, in the words of the official server where it has them.
const (
	ReasonClient       = "client namespace disconnect" // the client left this namespace
	ReasonServer       = "server namespace disconnect" // Socket.Disconnect, Socket.Close or DisconnectRoom
	ReasonShutdown     = "server shutting down"        // Server.Close
	ReasonTransport    = "transport close"             // the connection is gone, or the client closed the session
	ReasonPingTimeout  = "ping timeout"                // no pong within PingTimeout
	ReasonParseError   = "parse error"                 // the client broke the protocol or its limits
	ReasonSlowReader   = "slow reader"                 // more than MaxQueue bytes waited for the client
	ReasonOverload     = "server overloaded"           // MaxMemory was reached, and this client's messages were too much
	ReasonPanic        = "server error"                // a handler of this session panicked
	reasonNotConnected = "connect timeout"             // no socket was there to be told
)

var (
	// ErrDisconnected is returned for a socket that has left its namespace or lost its session.
	ErrDisconnected = errors.New("the socket is disconnected")
	// ErrSlowReader is returned by the Emit that made the server cut a client because too much waits for it.
	ErrSlowReader = errors.New("the client does not read what it is sent and was cut")
	// ErrAckTimeout is what the callback of EmitWithAck gets when the client did not answer in time.
	ErrAckTimeout = errors.New("the client did not acknowledge in time")
	// ErrAcknowledged is returned by the second Ack of an event.
	ErrAcknowledged = errors.New("the event has been acknowledged already")
)

// Refusal is an error of middleware that is meant for the client, which sees both fields in its
// connect_error event. Any other error of middleware is reported to OnError, and the client reads
// "Internal error".
type Refusal struct {
	Message string
	Data    any // encoded as JSON; nil leaves it out
}

func (r *Refusal) Error() string { return r.Message }

// Options are the settings of a Server. A zero field takes its default.
type Options struct {
	PingInterval   time.Duration // between a pong and the next ping; 25 s
	PingTimeout    time.Duration // a client without a pong for so long is cut; 20 s
	UpgradeTimeout time.Duration // for an upgrade to WebSocket, from the first byte to the last packet; 10 s
	ConnectTimeout time.Duration // a session without a namespace is closed after; 10 s

	MaxPayload     int // bytes of one WebSocket message, one poll's body, one event with its attachments; 1,000,000
	MaxPackets     int // packets in one poll, either way; 1,024
	MaxAttachments int // binary attachments of one event; 16
	MaxQueue       int // bytes waiting for one client before it is cut; 4,194,304
	MaxMemory      int // bytes of waiting and unfinished messages of all clients, 16 kB of each not counted; 268,435,456
	MaxSessions    int // at a time; further clients are refused and come back later; 20,000

	// AllowedOrigins are the exact origins ("https://example.org") whose pages may connect, with
	// cookies. Empty allows the same origin: the Origin's host is the request's Host.
	AllowedOrigins []string

	// Accept, if set, sees each handshake before anything is kept of it. What it returns becomes
	// Handshake.Value; an error refuses the client with 403 and is not reported.
	Accept func(*http.Request) (any, error)

	// OnError is told what went wrong on the server's side: a panic with its stack, an error of
	// middleware. It is called from many goroutines. nil drops it.
	OnError func(error)
}

// withDefaults fills in what was left zero.
func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.PingInterval, 25 * time.Second},
		{&o.PingTimeout, 20 * time.Second},
		{&o.UpgradeTimeout, 10 * time.Second},
		{&o.ConnectTimeout, 10 * time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *int
		value int
	}{
		{&o.MaxPayload, 1_000_000},
		{&o.MaxPackets, 1024},
		{&o.MaxAttachments, 16},
		{&o.MaxQueue, 4 << 20},
		{&o.MaxMemory, 256 << 20},
		{&o.MaxSessions, 20_000},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	return o
}
