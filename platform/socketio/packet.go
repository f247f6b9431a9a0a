package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// The packet types of Socket.IO v5.
const (
	packetConnect      = '0'
	packetDisconnect   = '1'
	packetEvent        = '2'
	packetAck          = '3'
	packetConnectError = '4'
	packetBinaryEvent  = '5'
	packetBinaryAck    = '6'
)

// maxIDDigits keeps an acknowledgement id within what a JavaScript number holds exactly.
const maxIDDigits = 15

// maxName is how long the name of a namespace may be, in bytes: a client that asks for one that is not
// there is told its name.
const maxName = 200

// smallPacket is the room that a packet's text begins with, in bytes.
const smallPacket = 128

// packet is one Socket.IO packet. A binary event or acknowledgement has the plain kind, and a positive
// number of attachments.
type packet struct {
	kind        byte
	namespace   string
	id          uint64 // of the acknowledgement that is asked for or given
	hasID       bool
	data        []byte   // JSON
	attachments [][]byte // those that have arrived
	missing     int      // those that have not
}

// decodePacket reads the text of a packet: <type>[<attachments>-][<namespace>,][<id>][<JSON>]. The JSON
// is checked against the type by whoever handles the packet.
func decodePacket(text []byte, maxAttachments int) (packet, error) {
	if len(text) == 0 {
		return packet{}, errors.New("the packet is empty")
	}
	p := packet{kind: text[0], namespace: "/"}
	rest := text[1:]
	switch p.kind {
	case packetConnect, packetDisconnect, packetEvent, packetAck:
	case packetBinaryEvent, packetBinaryAck:
		p.kind -= packetBinaryEvent - packetEvent
		digits, after, found := bytes.Cut(rest, []byte{'-'})
		n, err := strconv.ParseUint(string(digits), 10, 16)
		if !found || err != nil {
			return packet{}, errors.New("the number of attachments is missing")
		}
		if n > uint64(maxAttachments) {
			return packet{}, fmt.Errorf("the packet has %d attachments, %d are allowed", n, maxAttachments)
		}
		p.missing, rest = int(n), after
	default:
		return packet{}, fmt.Errorf("a client may not send the packet type %q", p.kind)
	}
	if len(rest) > 0 && rest[0] == '/' {
		name, after, _ := bytes.Cut(rest, []byte{','})
		if len(name) > maxName {
			return packet{}, errors.New("the name of the namespace is too long")
		}
		p.namespace, rest = string(name), after
	}
	var err error
	p.data, err = p.readID(rest)
	return p, err
}

// readID takes the acknowledgement id off the front of rest and returns what follows it.
func (p *packet) readID(rest []byte) ([]byte, error) {
	n := 0
	for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
		n++
	}
	if n == 0 {
		return rest, nil
	}
	if n > maxIDDigits {
		return nil, errors.New("the acknowledgement id is too long")
	}
	id, err := strconv.ParseUint(string(rest[:n]), 10, 64)
	p.id, p.hasID = id, true
	return rest[n:], err
}

// attach adds the next attachment. The packet may take limit bytes in all.
func (p *packet) attach(data []byte, limit int) error {
	p.attachments = append(p.attachments, data)
	p.missing--
	size := len(p.data)
	for _, a := range p.attachments {
		size += len(a)
	}
	if size > limit {
		return fmt.Errorf("the event with its attachments is longer than %d bytes", limit)
	}
	return nil
}

// auth returns the payload of a CONNECT, an object; {} if the client sent none.
func (p *packet) auth() (json.RawMessage, error) {
	if len(p.data) == 0 {
		return json.RawMessage("{}"), nil
	}
	if !scanObject(p.data) {
		return nil, errors.New("the payload of a CONNECT is not an object")
	}
	return p.data, nil
}

// args returns the elements of the packet's array, with the attachments in their places.
func (p *packet) args() (Args, error) {
	args, values, err := scanArray(p.data)
	switch {
	case err != nil || len(p.attachments) == 0:
		return args, err
	case values > maxValues:
		return nil, errors.New("the event has too many values beside its attachments")
	}
	return p.fill()
}

// event returns the name and the arguments of an EVENT.
func (p *packet) event() (string, Args, error) {
	args, err := p.args()
	if err != nil {
		return "", nil, err
	}
	if len(args) == 0 {
		return "", nil, errors.New("the event has no name")
	}
	name, ok := eventName(args[0])
	if !ok {
		return "", nil, errors.New("the name of the event is not a string")
	}
	if reserved(name) {
		return "", nil, fmt.Errorf("the event name %q is reserved", name)
	}
	return name, args[1:], nil
}

func eventName(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true // of an event with attachments
	case json.RawMessage:
		if name, plain := plainString(v); plain {
			return name, true
		}
		var name *string
		if err := json.Unmarshal(v, &name); err == nil && name != nil {
			return *name, true
		}
	}
	return "", false
}

// reserved tells the names that the clients use for events of their own.
func reserved(name string) bool {
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}

// encodePacket makes the frame of a packet without arguments. payload is nil for one without JSON. It
// fails when payload does not encode.
func encodePacket(p packet, payload any) (frame, error) {
	text := p.appendHead(make([]byte, 0, smallPacket), 0)
	if payload == nil {
		return frame{data: text}, nil
	}
	text, err := appendJSON(text, payload)
	return frame{data: text}, err
}

// encodeEvent makes the frames of an EVENT: its text and, after it, its attachments. p has the namespace
// and, if one is asked for, the acknowledgement id. It fails when the arguments do not encode or the
// frames take more than limit bytes.
func encodeEvent(p packet, name string, args []any, limit int) ([]frame, error) {
	if reserved(name) {
		return nil, fmt.Errorf("the event name %q is reserved", name)
	}
	p.kind = packetEvent
	return encodeArgs(p, name, args, limit)
}

// encodeAck makes the frames of an ACK, as encodeEvent does. p has the namespace and the id.
func encodeAck(p packet, args []any, limit int) ([]frame, error) {
	p.kind, p.hasID = packetAck, true
	return encodeArgs(p, "", args, limit)
}

// encodeArgs makes the frames of a packet with an array, which begins with the name of an event.
func encodeArgs(p packet, name string, args []any, limit int) ([]frame, error) {
	args, attachments := hoistAll(args)
	text := append(p.appendHead(make([]byte, 0, smallPacket), len(attachments)), '[')
	if p.kind == packetEvent {
		text = appendString(text, name)
	}
	for i, arg := range args {
		if i > 0 || p.kind == packetEvent {
			text = append(text, ',')
		}
		var err error
		if text, err = appendJSON(text, arg); err != nil {
			return nil, err
		}
	}
	text = append(text, ']')
	frames := append(make([]frame, 0, 1+len(attachments)), frame{data: text})
	size := frames[0].cost()
	for _, a := range attachments {
		f := frame{data: a, binary: true}
		frames, size = append(frames, f), size+f.cost()
	}
	if size > limit {
		return nil, fmt.Errorf("the packet takes %d bytes, %d are allowed", size, limit)
	}
	return frames, nil
}

// appendHead appends what stands before a packet's JSON.
func (p *packet) appendHead(text []byte, attachments int) []byte {
	kind := p.kind
	if attachments > 0 {
		kind += packetBinaryEvent - packetEvent
	}
	text = append(text, engineMessage, kind)
	if attachments > 0 {
		text = append(strconv.AppendInt(text, int64(attachments), 10), '-')
	}
	if p.namespace != "/" {
		text = append(append(text, p.namespace...), ',')
	}
	if p.hasID {
		text = strconv.AppendUint(text, p.id, 10)
	}
	return text
}
