package socketio

import (
	"encoding/json"
	"slices"
	"sync"
)

// Namespace is a channel of its own within the sessions: its sockets, its rooms, its handlers. Get it
// from Server.Of.
type Namespace struct {
	name string
	srv  *Server

	mu         sync.RWMutex // never held while a session's lock is taken
	middleware []func(*Socket, json.RawMessage) error
	onConnect  []func(*Socket)
	handlers   map[string]func(*Event)
	sockets    map[*Socket]struct{}
	rooms      map[string]map[*Socket]struct{}
}

func newNamespace(s *Server, name string) *Namespace {
	return &Namespace{
		name: name, srv: s,
		sockets: map[*Socket]struct{}{},
		rooms:   map[string]map[*Socket]struct{}{},
	}
}

// Name returns what clients call the namespace.
func (ns *Namespace) Name() string { return ns.name }

// Use adds middleware. Each is asked in turn before a client enters; the first error refuses it. auth is
// the object that the client sent along, {} if it sent none; the handshake's cookies and headers are in
// Socket.Handshake. To tell the client why, return a *Refusal.
func (ns *Namespace) Use(admit func(sk *Socket, auth json.RawMessage) error) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.middleware = append(ns.middleware, admit)
}

// OnConnect adds a function that is called for each client that has entered. It registers the socket's
// handlers; nothing of the client is handled before it returns.
func (ns *Namespace) OnConnect(welcome func(*Socket)) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.onConnect = append(ns.onConnect, welcome)
}

// On sets the handler of an event, for all sockets that have none of their own. One for all takes less
// memory than one each.
func (ns *Namespace) On(event string, handle func(*Event)) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if ns.handlers == nil {
		ns.handlers = map[string]func(*Event){}
	}
	ns.handlers[event] = handle
}

func (ns *Namespace) handler(event string) func(*Event) {
	ns.mu.RLock()
	defer ns.mu.RUnlock()
	return ns.handlers[event]
}

// Emit sends an event to every socket in the namespace. See Broadcast.Emit.
func (ns *Namespace) Emit(event string, args ...any) error {
	return Broadcast{ns: ns, everybody: true}.Emit(event, args...)
}

// To addresses the sockets that are in at least one of the rooms; without a room, nobody.
func (ns *Namespace) To(rooms ...string) Broadcast { return Broadcast{ns: ns, rooms: rooms} }

// Except addresses every socket that is in none of the rooms.
func (ns *Namespace) Except(rooms ...string) Broadcast {
	return Broadcast{ns: ns, everybody: true, except: rooms}
}

// DisconnectRoom closes the sessions of all sockets in the room, and returns how many sockets that were.
// Nothing that these clients send is handled any more, and nothing that is emitted after it returns
// reaches them. The official client does not come back by itself.
func (ns *Namespace) DisconnectRoom(room string) int {
	sockets := ns.To(room).Sockets()
	for _, sk := range sockets {
		sk.Close()
	}
	return len(sockets)
}

func (ns *Namespace) admit(sk *Socket, auth json.RawMessage) error {
	ns.mu.RLock()
	middleware := ns.middleware
	ns.mu.RUnlock()
	for _, admit := range middleware {
		if err := admit(sk, auth); err != nil {
			return err
		}
	}
	return nil
}

func (ns *Namespace) welcome(sk *Socket) {
	ns.mu.RLock()
	onConnect := ns.onConnect
	ns.mu.RUnlock()
	for _, welcome := range onConnect {
		welcome(sk)
	}
}

// enlist makes the socket one that broadcasts reach, in the rooms that middleware had it join.
func (ns *Namespace) enlist(sk *Socket) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if sk.gone.Load() {
		return
	}
	sk.listed = true
	ns.sockets[sk] = struct{}{}
	for _, room := range sk.rooms {
		ns.index(sk, room)
	}
}

// strike takes the socket off every list, and tells whether it was not off already.
func (ns *Namespace) strike(sk *Socket) bool {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if sk.gone.Swap(true) {
		return false
	}
	delete(ns.sockets, sk)
	for _, room := range sk.rooms {
		ns.unindex(sk, room)
	}
	sk.rooms = nil
	return true
}

func (ns *Namespace) join(sk *Socket, rooms []string) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	if sk.gone.Load() {
		return
	}
	for _, room := range rooms {
		if slices.Contains(sk.rooms, room) {
			continue
		}
		sk.rooms = append(sk.rooms, room)
		if sk.listed {
			ns.index(sk, room)
		}
	}
}

func (ns *Namespace) leave(sk *Socket, rooms []string) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	for _, room := range rooms {
		if i := slices.Index(sk.rooms, room); i >= 0 {
			sk.rooms = slices.Delete(sk.rooms, i, i+1)
			ns.unindex(sk, room)
		}
	}
}

// index needs ns.mu.
func (ns *Namespace) index(sk *Socket, room string) {
	members := ns.rooms[room]
	if members == nil {
		members = map[*Socket]struct{}{}
		ns.rooms[room] = members
	}
	members[sk] = struct{}{}
}

// unindex needs ns.mu. The last one out takes the room along.
func (ns *Namespace) unindex(sk *Socket, room string) {
	members := ns.rooms[room]
	delete(members, sk)
	if len(members) == 0 {
		delete(ns.rooms, room)
	}
}

func (ns *Namespace) count() (sockets, rooms int) {
	ns.mu.RLock()
	defer ns.mu.RUnlock()
	return len(ns.sockets), len(ns.rooms)
}
