package socketio

import "slices"

// Broadcast is a choice of sockets of one namespace. It is a value: choosing further makes a new one.
type Broadcast struct {
	ns        *Namespace
	everybody bool
	rooms     []string
	except    []string
	sender    *Socket // not addressed
}

// To adds the members of the rooms, or narrows a choice of everybody down to them.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.everybody = false
	b.rooms = slices.Concat(b.rooms, rooms)
	return b
}

// Except takes away the members of the rooms.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.except = slices.Concat(b.except, rooms)
	return b
}

// Emit sends an event to the chosen sockets, each once. The arguments are encoded once, as Socket.Emit
// does; an error means that they cannot be, and nobody gets anything. It does not tell who was reached.
func (b Broadcast) Emit(event string, args ...any) error {
	sockets := b.Sockets()
	if len(sockets) == 0 {
		return nil
	}
	frames, err := encodeEvent(packet{namespace: b.ns.name}, event, args, b.ns.srv.options.MaxQueue)
	if err != nil {
		return err
	}
	for _, sk := range sockets {
		_ = sk.client.session.send(frames...) // whoever has gone has been told elsewhere
	}
	return nil
}

// Sockets returns the chosen sockets, each once, in no order.
func (b Broadcast) Sockets() []*Socket {
	b.ns.mu.RLock()
	defer b.ns.mu.RUnlock()
	if b.everybody {
		return b.choose(nil, b.ns.sockets)
	}
	var chosen []*Socket
	for i, room := range b.rooms {
		chosen = b.choose(chosen, b.ns.rooms[room], b.rooms[:i]...)
	}
	return chosen
}

// choose appends the members who are not excluded and in none of the rooms visited before. It needs
// ns.mu.
func (b Broadcast) choose(chosen []*Socket, members map[*Socket]struct{}, before ...string) []*Socket {
	chosen = slices.Grow(chosen, len(members))
	for sk := range members {
		if sk != b.sender && !b.inAny(sk, before) && !b.inAny(sk, b.except) {
			chosen = append(chosen, sk)
		}
	}
	return chosen
}

func (b Broadcast) inAny(sk *Socket, rooms []string) bool {
	for _, room := range rooms {
		if _, in := b.ns.rooms[room][sk]; in {
			return true
		}
	}
	return false
}
