package socketio

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The packet types of Engine.IO v4.
const (
	engineOpen    = '0'
	engineClose   = '1'
	enginePing    = '2'
	enginePong    = '3'
	engineMessage = '4'
	engineUpgrade = '5'
	engineNoop    = '6'
)

const (
	separator     = '\x1e' // between the packets of a polling payload
	base64Mark    = 'b'    // before a binary message in a polling payload
	frameOverhead = 32     // bytes that a waiting frame costs besides its data
)

// frame is one Engine.IO packet. A text frame begins with the packet's type; a binary one is the bytes
// of a message and nothing else. Frames are shared between sessions and never changed.
type frame struct {
	data   []byte
	binary bool
}

// control makes the frame of a packet that is a type and nothing else.
func control(kind byte) frame { return frame{data: []byte{kind}} }

// cost is what the frame counts for in a queue, in bytes.
func (f frame) cost() int { return frameCost(f.data) }

func frameCost(data []byte) int { return len(data) + frameOverhead }

// payloadSize is the frame's length in a polling payload, in bytes.
func (f frame) payloadSize() int {
	if f.binary {
		return 1 + base64.StdEncoding.EncodedLen(len(f.data))
	}
	return len(f.data)
}

// encodePayload joins frames into the body of a poll.
func encodePayload(frames []frame) []byte {
	size := len(frames)
	for _, f := range frames {
		size += f.payloadSize()
	}
	body := make([]byte, 0, size)
	for i, f := range frames {
		if i > 0 {
			body = append(body, separator)
		}
		if f.binary {
			body = base64.StdEncoding.AppendEncode(append(body, base64Mark), f.data)
		} else {
			body = append(body, f.data...)
		}
	}
	return body
}

// decodePayload takes the body of a poll apart. It fails on more than maxPackets packets and on a packet
// of no known type.
func decodePayload(body []byte, maxPackets int) ([]frame, error) {
	if n := bytes.Count(body, []byte{separator}) + 1; n > maxPackets {
		return nil, fmt.Errorf("the payload has %d packets, %d are allowed", n, maxPackets)
	}
	var frames []frame
	for part := range bytes.SplitSeq(body, []byte{separator}) {
		f, err := decodePart(part)
		if err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
	return frames, nil
}

func decodePart(part []byte) (frame, error) {
	if len(part) > 0 && part[0] == base64Mark {
		data, err := base64.StdEncoding.AppendDecode([]byte{}, part[1:])
		if err != nil {
			return frame{}, fmt.Errorf("decode a binary packet: %w", err)
		}
		return frame{data: data, binary: true}, nil
	}
	f := frame{data: part}
	return f, f.check()
}

// check refuses what is not a packet: no text at all, no UTF-8, or an unknown type.
func (f frame) check() error {
	switch {
	case f.binary:
		return nil
	case len(f.data) == 0:
		return errors.New("the packet is empty")
	case f.data[0] < engineOpen || f.data[0] > engineNoop:
		return fmt.Errorf("the packet type %q is unknown", f.data[0])
	case !utf8.Valid(f.data):
		return errors.New("the packet is not UTF-8")
	}
	return nil
}
