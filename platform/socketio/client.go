package socketio

import (
	"errors"
	"fmt"
)

// client is the Socket.IO side of a session. It is used by the session's callbacks only, one at a time.
type client struct {
	session   *session
	handshake *Handshake
	sockets   map[string]*Socket // by namespace
	partial   *packet            // waits for attachments
}

// message handles one Engine.IO message. An error means that the client broke the protocol.
func (c *client) message(f frame) error {
	p, err := c.assemble(f)
	if err != nil || p == nil {
		return err
	}
	switch p.kind {
	case packetConnect:
		return c.connect(p)
	case packetDisconnect:
		if len(p.data) > 0 {
			return errors.New("a DISCONNECT has no payload")
		}
		if sk := c.socket(p.namespace); sk != nil && sk.leave() {
			sk.finish(ReasonClient)
		}
	case packetEvent:
		return c.event(p)
	case packetAck:
		return c.ack(p)
	}
	return nil
}

// assemble returns the packet that f completes, nil if it completes none.
func (c *client) assemble(f frame) (*packet, error) {
	o := c.session.srv.options
	p := c.partial
	switch {
	case f.binary && p == nil:
		return nil, errors.New("an attachment belongs to no packet")
	case f.binary:
		if err := p.attach(f.data, o.MaxPayload); err != nil {
			return nil, err
		}
	case p != nil:
		return nil, errors.New("a packet came before the attachments of the one before it")
	default:
		var err error
		if p, err = decodePacket(f.data[1:], o.MaxAttachments); err != nil {
			return nil, err
		}
	}
	if p.missing > 0 {
		c.partial = p
		return nil, nil
	}
	c.partial = nil
	return p, nil
}

// socket returns the client's socket in the namespace, nil if it has left or never came.
func (c *client) socket(namespace string) *Socket {
	if sk := c.sockets[namespace]; sk != nil && !sk.gone.Load() {
		return sk
	}
	return nil
}

// connect lets the client into a namespace, or tells it why not.
func (c *client) connect(p *packet) error {
	auth, err := p.auth()
	if err != nil {
		return err
	}
	if c.socket(p.namespace) != nil {
		return errors.New("the client is in the namespace already")
	}
	ns := c.session.srv.find(p.namespace)
	if ns == nil {
		return c.reply(packet{kind: packetConnectError, namespace: p.namespace}, connectError{Message: "Invalid namespace"})
	}
	sk := &Socket{id: newID(), ns: ns, client: c}
	if err := ns.admit(sk, auth); err != nil {
		sk.leave()
		return c.reply(packet{kind: packetConnectError, namespace: ns.name}, c.explain(ns, err))
	}
	c.session.expectConnect(false)
	err = c.reply(packet{kind: packetConnect, namespace: ns.name}, struct {
		SID string `json:"sid"`
	}{sk.id})
	if err != nil {
		return err
	}
	c.sockets[ns.name] = sk
	ns.enlist(sk)
	ns.welcome(sk)
	return nil
}

// connectError is the payload of a CONNECT_ERROR.
type connectError struct {
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// explain says what the client may know of an error of middleware.
func (c *client) explain(ns *Namespace, err error) connectError {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return connectError(*refusal)
	}
	c.session.srv.options.OnError(fmt.Errorf("middleware of the namespace %q: %w", ns.name, err))
	return connectError{Message: "Internal error"}
}

// reply sends a packet that is not an event. That the session has ended meanwhile is not the client's
// mistake, and nobody's error.
func (c *client) reply(p packet, payload any) error {
	frames, err := encodePacket(p, payload, c.session.srv.options.MaxQueue)
	if err != nil {
		c.session.srv.options.OnError(err)
		return err
	}
	_ = c.session.send(frames...)
	return nil
}

// event gives an EVENT to its handler. One for a namespace that the client is not in is dropped: it may
// have been on its way when the server disconnected the socket.
func (c *client) event(p *packet) error {
	name, args, err := p.event()
	if err != nil {
		return err
	}
	if sk := c.socket(p.namespace); sk != nil {
		sk.dispatch(&Event{Socket: sk, Name: name, Args: args, id: p.id, wantsAck: p.hasID})
	}
	return nil
}

// ack gives an ACK to the callback that waits for it. One that came too late, or twice, is dropped.
func (c *client) ack(p *packet) error {
	args, err := p.args()
	if err != nil {
		return err
	}
	if !p.hasID {
		return errors.New("an ACK has an id")
	}
	if sk := c.socket(p.namespace); sk != nil {
		if pending := sk.takeAck(p.id); pending != nil {
			pending.done(args, nil)
		}
	}
	return nil
}

// closed tells every socket that the session has ended.
func (c *client) closed(reason string) {
	c.partial = nil
	for _, sk := range c.sockets {
		if sk.leave() {
			// A panic in one must not keep the others from being told.
			c.session.guard("OnDisconnect", func() { sk.finish(reason) })
		}
	}
}
