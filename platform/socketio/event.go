package socketio

import "sync/atomic"

// Event is what a client sent.
type Event struct {
	Socket *Socket
	Name   string
	Args   Args

	id       uint64
	wantsAck bool
	acked    atomic.Bool
}

// Bind decodes argument i, counted from 0, into what the pointer into points to. See Args.Bind.
func (e *Event) Bind(i int, into any) error { return e.Args.Bind(i, into) }

// WantsAck tells whether the client asked for an acknowledgement.
func (e *Event) WantsAck() bool { return e.wantsAck }

// Ack acknowledges the event, now or later, from any goroutine; the arguments travel as those of Emit.
// It does nothing when the client asked for none. It fails when they do not encode, when the socket is
// gone, and with ErrAcknowledged the second time.
func (e *Event) Ack(args ...any) error {
	if !e.wantsAck {
		return nil
	}
	if e.acked.Swap(true) {
		return ErrAcknowledged
	}
	if !e.Socket.Connected() {
		return ErrDisconnected
	}
	p := packet{namespace: e.Socket.ns.name, id: e.id}
	frames, err := encodeAck(p, args, e.Socket.ns.srv.options.MaxQueue)
	if err != nil {
		return err
	}
	return e.Socket.client.session.send(frames...)
}
