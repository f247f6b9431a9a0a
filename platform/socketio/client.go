package socketio

import (
	"errors"
	"fmt"
	"slices"
)

// maxRefusals is how often a session may ask for a namespace in vain. Each time costs the application a
// look at whatever the client claims.
const maxRefusals = 10

// client is the Socket.IO side of a session. It is used by the session's callbacks only, one at a time.
type client struct {
	session   *session
	handshake *Handshake
	sockets   []*Socket // one a namespace, of which nearly all clients use one
	partial   *packet   // waits for attachments
	asked     bool      // for a namespace, as the first packet has to
	refusals  int
}

func newClient(s *session, h *Handshake) peer { return &client{session: s, handshake: h} }

// message handles one Engine.IO message. An error means that the client broke the protocol.
func (c *client) message(f frame) error {
	p, complete, err := c.assemble(f)
	if err != nil || !complete {
		return err
	}
	if c.asked = c.asked || p.kind == packetConnect; !c.asked {
		return errors.New("the first packet is not a CONNECT")
	}
	switch p.kind {
	case packetConnect:
		return c.connect(&p)
	case packetDisconnect:
		if len(p.data) > 0 {
			return errors.New("a DISCONNECT has no payload")
		}
		if sk := c.socket(p.namespace); sk != nil && sk.leave() {
			sk.finish(ReasonClient)
		}
	case packetEvent:
		return c.event(&p)
	case packetAck:
		return c.ack(&p)
	}
	return nil
}

// assemble returns the packet that f completes, if it completes one.
func (c *client) assemble(f frame) (p packet, complete bool, err error) {
	o := &c.session.srv.options
	switch {
	case f.binary && c.partial == nil:
		return packet{}, false, errors.New("an attachment belongs to no packet")
	case f.binary:
		err = c.partial.attach(f.data, o.MaxPayload)
		p = *c.partial
	case c.partial != nil:
		return packet{}, false, errors.New("a packet came before the attachments of the one before it")
	default:
		p, err = decodePacket(f.data[1:], o.MaxAttachments)
	}
	if err != nil {
		return packet{}, false, err
	}
	if p.missing == 0 {
		c.partial = nil
		return p, true, nil
	}
	if c.partial == nil {
		c.partial = &packet{}
		*c.partial = p
	}
	return packet{}, false, nil
}

// socket returns the client's socket in the namespace, nil if it has left or never came.
func (c *client) socket(namespace string) *Socket {
	for _, sk := range c.sockets {
		if sk.ns.name == namespace && !sk.gone.Load() {
			return sk
		}
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
		return c.refuse(p.namespace, connectError{Message: "Invalid namespace"})
	}
	sk := &Socket{id: newID(), ns: ns, client: c}
	if err := ns.admit(sk, auth); err != nil {
		sk.leave()
		return c.refuse(ns.name, c.explain(ns, err))
	}
	c.session.expectConnect(false)
	err = c.reply(packet{kind: packetConnect, namespace: ns.name}, struct {
		SID string `json:"sid"`
	}{sk.id})
	if err != nil {
		return err
	}
	c.session.greet()
	c.sockets = append(c.sockets, sk)
	ns.enlist(sk)
	ns.welcome(sk)
	return nil
}

// refuse answers a CONNECT in vain.
func (c *client) refuse(namespace string, why connectError) error {
	if c.refusals++; c.refusals > maxRefusals {
		return errors.New("the client has been refused too often")
	}
	return c.reply(packet{kind: packetConnectError, namespace: namespace}, why)
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
	f, err := encodePacket(p, payload)
	if err != nil {
		c.session.srv.options.OnError(err)
		return err
	}
	_ = c.session.send(f)
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
	for _, sk := range slices.Clone(c.sockets) {
		if sk.leave() {
			// A panic in one must not keep the others from being told.
			c.session.guard("OnDisconnect", func() { sk.finish(reason) })
		}
	}
}
