package socketio

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/olahol/melody"
)

// Socket is one client in one namespace.
type Socket struct {
	// Data is the application's, nil to begin with. Set it in middleware or in OnConnect; the session's
	// callbacks may read and change it as they like.
	Data any

	id     string
	ns     *Namespace
	client *client
	gone   atomic.Bool // set under ns.mu

	// Guarded by ns.mu.
	rooms  []string // each once
	listed bool

	mu           sync.Mutex
	handlers     map[string]func(*Event)
	onDisconnect []func(reason string)
	acks         map[uint64]*pendingAck
	lastAck      uint64
	finished     bool
}

// pendingAck is an acknowledgement that the client owes.
type pendingAck struct {
	done  func(Args, error)
	timer *time.Timer
}

// ID returns the socket's identifier, which the client knows as well. It is new after each connection,
// and no secret that would let anyone in.
func (sk *Socket) ID() string { return sk.id }

// Namespace returns the namespace that the client connected to.
func (sk *Socket) Namespace() *Namespace { return sk.ns }

// Handshake returns what is known of the request that began the client's session. It is shared; do not
// change it.
func (sk *Socket) Handshake() *Handshake { return sk.client.handshake }

// Connected tells whether the socket has not been disconnected yet.
func (sk *Socket) Connected() bool { return !sk.gone.Load() }

// On sets the handler of an event that this client sends. It goes before that of the namespace. Events
// without a handler are dropped.
func (sk *Socket) On(event string, handle func(*Event)) {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.handlers == nil {
		sk.handlers = map[string]func(*Event){}
	}
	sk.handlers[event] = handle
}

// OnDisconnect adds a function that is called once, when the socket has left its namespace and all its
// rooms. The reason is one of the Reason constants.
func (sk *Socket) OnDisconnect(tell func(reason string)) {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	sk.onDisconnect = append(sk.onDisconnect, tell)
}

// Join puts the socket into rooms. It does nothing once the socket is disconnected.
func (sk *Socket) Join(rooms ...string) { sk.ns.join(sk, rooms) }

// Leave takes the socket out of rooms.
func (sk *Socket) Leave(rooms ...string) { sk.ns.leave(sk, rooms) }

// Rooms returns the rooms that the socket is in, in no order.
func (sk *Socket) Rooms() []string {
	sk.ns.mu.RLock()
	defer sk.ns.mu.RUnlock()
	return slices.Clone(sk.rooms)
}

// To addresses the other sockets that are in at least one of the rooms; without a room, nobody.
func (sk *Socket) To(rooms ...string) Broadcast {
	return Broadcast{ns: sk.ns, rooms: rooms, sender: sk}
}

// Emit sends an event to the client. The arguments are encoded as JSON; a []byte that is an argument, or
// lies in a []any or map[string]any, travels as a binary attachment, one in a struct as base64. It fails
// when they do not encode, take more than Options.MaxQueue, or the socket is gone. nil means that the
// event is on its way, not that it has arrived: for that, see EmitWithAck.
func (sk *Socket) Emit(event string, args ...any) error {
	return sk.emit(packet{}, event, args)
}

func (sk *Socket) emit(p packet, event string, args []any) error {
	if sk.gone.Load() {
		return ErrDisconnected
	}
	p.namespace = sk.ns.name
	frames, err := encodeEvent(p, event, args, sk.ns.srv.options.MaxQueue)
	if err != nil {
		return err
	}
	return sk.client.session.send(frames...)
}

// EmitWithAck sends an event and calls done once: with the arguments of the client's acknowledgement, or
// with ErrAckTimeout, or with ErrDisconnected. A timeout of zero waits as long as the socket lives. When
// EmitWithAck itself fails, as Emit does, done is not called. done is a callback of the session, so a
// handler that waits for it waits for ever.
func (sk *Socket) EmitWithAck(timeout time.Duration, done func(Args, error), event string, args ...any) error {
	id, err := sk.expectAck(done)
	if err != nil {
		return err
	}
	if err := sk.emit(packet{id: id, hasID: true}, event, args); err != nil {
		if sk.takeAck(id) == nil {
			return nil // done has been told
		}
		return err
	}
	if timeout > 0 {
		sk.limitAck(id, timeout)
	}
	return nil
}

func (sk *Socket) expectAck(done func(Args, error)) (uint64, error) {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	if sk.finished {
		return 0, ErrDisconnected
	}
	if sk.acks == nil {
		sk.acks = map[uint64]*pendingAck{}
	}
	sk.lastAck++
	sk.acks[sk.lastAck] = &pendingAck{done: done}
	return sk.lastAck, nil
}

func (sk *Socket) limitAck(id uint64, timeout time.Duration) {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	pending := sk.acks[id]
	if pending == nil {
		return // answered already
	}
	pending.timer = time.AfterFunc(timeout, func() {
		if p := sk.takeAck(id); p != nil {
			sk.client.session.run("an acknowledgement", func() { p.done(nil, ErrAckTimeout) })
		}
	})
}

// takeAck returns the acknowledgement that waits under the id and forgets it; nil if none does.
func (sk *Socket) takeAck(id uint64) *pendingAck {
	sk.mu.Lock()
	defer sk.mu.Unlock()
	pending := sk.acks[id]
	delete(sk.acks, id)
	if pending != nil && pending.timer != nil {
		pending.timer.Stop()
	}
	return pending
}

// Disconnect takes the client out of this namespace. Its session, and its other namespaces, live on.
func (sk *Socket) Disconnect() {
	if !sk.leave() {
		return
	}
	sk.sayDisconnect()
	go sk.client.session.run("OnDisconnect", func() { sk.finish(ReasonServer) })
}

// Close takes the client out of this namespace and closes its session, with its other namespaces. What
// was emitted before is still delivered if the client reads it within seconds.
func (sk *Socket) Close() {
	if sk.leave() {
		sk.sayDisconnect()
		go sk.client.session.run("OnDisconnect", func() { sk.finish(ReasonServer) })
	}
	sk.client.session.close(endPolitely(ReasonServer, melody.CloseNormalClosure))
}

// Drop closes the session as a stopping server does: the official client comes back by itself, and has to be let in again.
func (sk *Socket) Drop() {
	sk.client.session.close(endPolitely(ReasonShutdown, melody.CloseGoingAway))
}

// sayDisconnect sends the packet after which the official client does not reconnect by itself.
func (sk *Socket) sayDisconnect() {
	if f, err := encodePacket(packet{kind: packetDisconnect, namespace: sk.ns.name}, nil); err == nil {
		_ = sk.client.session.send(f)
	}
}

// leave takes the socket off the lists, and tells whether it was on them.
func (sk *Socket) leave() bool { return sk.ns.strike(sk) }

// finish tells the application, as a callback of the session, that the socket has left.
func (sk *Socket) finish(reason string) {
	c := sk.client
	c.sockets = slices.DeleteFunc(c.sockets, func(other *Socket) bool { return other == sk })
	if len(c.sockets) == 0 {
		c.session.expectConnect(true)
	}
	sk.mu.Lock()
	acks, onDisconnect := sk.acks, sk.onDisconnect
	sk.acks, sk.finished = nil, true
	sk.mu.Unlock()
	for _, pending := range acks {
		if pending.timer != nil {
			pending.timer.Stop()
		}
		pending.done(nil, ErrDisconnected)
	}
	for _, tell := range onDisconnect {
		tell(reason)
	}
}

// dispatch calls the handler of the event, if there is one.
func (sk *Socket) dispatch(e *Event) {
	sk.mu.Lock()
	handle := sk.handlers[e.Name]
	sk.mu.Unlock()
	if handle == nil {
		handle = sk.ns.handler(e.Name)
	}
	if handle != nil {
		handle(e)
	}
}
