package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
func decodePacket(text []byte, maxAttachments int) (*packet, error) {
	if len(text) == 0 {
		return nil, errors.New("the packet is empty")
	}
	p := &packet{kind: text[0], namespace: "/"}
	rest := text[1:]
	switch p.kind {
	case packetConnect, packetDisconnect, packetEvent, packetAck:
	case packetBinaryEvent, packetBinaryAck:
		p.kind -= packetBinaryEvent - packetEvent
		digits, after, found := bytes.Cut(rest, []byte{'-'})
		n, err := strconv.ParseUint(string(digits), 10, 16)
		if !found || err != nil {
			return nil, errors.New("the number of attachments is missing")
		}
		if n > uint64(maxAttachments) {
			return nil, fmt.Errorf("the packet has %d attachments, %d are allowed", n, maxAttachments)
		}
		p.missing, rest = int(n), after
	default:
		return nil, fmt.Errorf("a client may not send the packet type %q", p.kind)
	}
	if len(rest) > 0 && rest[0] == '/' {
		name, after, _ := bytes.Cut(rest, []byte{','})
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
	if p.data[0] != '{' || !json.Valid(p.data) {
		return nil, errors.New("the payload of a CONNECT is not an object")
	}
	return p.data, nil
}

// args returns the elements of the packet's array, with the attachments in their places.
func (p *packet) args() (Args, error) {
	if len(p.data) == 0 || p.data[0] != '[' {
		return nil, errors.New("the payload is not an array")
	}
	if len(p.attachments) > 0 {
		return p.fill()
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(p.data, &raw); err != nil {
		return nil, fmt.Errorf("decode the payload: %w", err)
	}
	args := make(Args, len(raw))
	for i, r := range raw {
		args[i] = r
	}
	return args, nil
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
	var name *string
	if err := args.Bind(0, &name); err != nil || name == nil {
		return "", nil, errors.New("the name of the event is not a string")
	}
	if reserved(*name) {
		return "", nil, fmt.Errorf("the event name %q is reserved", *name)
	}
	return *name, args[1:], nil
}

// reserved tells the names that the clients use for events of their own.
func reserved(name string) bool {
	return slices.Contains([]string{
		"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
	}, name)
}

// encodePacket makes the frames of a packet: its text and, after it, its attachments. payload is nil for
// a packet without JSON. It fails when payload does not marshal or takes more than limit bytes.
func encodePacket(p packet, payload any, limit int) ([]frame, error) {
	payload, attachments := hoistAll(payload)
	text := []byte{engineMessage, p.kind}
	if len(attachments) > 0 {
		text[1] += packetBinaryEvent - packetEvent
		text = append(strconv.AppendInt(text, int64(len(attachments)), 10), '-')
	}
	if p.namespace != "/" {
		text = append(append(text, p.namespace...), ',')
	}
	if p.hasID {
		text = strconv.AppendUint(text, p.id, 10)
	}
	if payload != nil {
		data, err := json.Marshal(payload)
		if err != nil {
			return nil, fmt.Errorf("encode a packet: %w", err)
		}
		text = append(text, data...)
	}
	frames := []frame{{data: text}}
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

// encodeEvent makes the frames of an EVENT. p has the namespace and, if one is asked for, the
// acknowledgement id.
func encodeEvent(p packet, name string, args []any, limit int) ([]frame, error) {
	if reserved(name) {
		return nil, fmt.Errorf("the event name %q is reserved", name)
	}
	p.kind = packetEvent
	payload := append(make([]any, 0, len(args)+1), name)
	return encodePacket(p, append(payload, args...), limit)
}
