package socketio

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

// FuzzMessage: whatever a client sends, the decoders return, and what they accept survives being encoded
// and decoded again.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{
		`2["a",1]`, `2/n,12["a",{"b":[null]}]`, `51-["a",{"_placeholder":true,"num":0}]`, `0{"a":1}`, `1/n,`, `31[]`,
		`61-/n,7[{"x":[{"_placeholder":true,"num":0}]}]`, `52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`,
		`2["a",1e400]`, `5-[]`, `599999999999999-[]`, `2/`, `2999999999999999["a"]`,
	} {
		f.Add([]byte(seed), []byte{1, 2})
	}
	f.Fuzz(func(t *testing.T, text, attachment []byte) {
		p, err := decodePacket(text, 16)
		if err != nil {
			return
		}
		for p.missing > 0 {
			if p.attach(append([]byte{}, attachment...), 1_000_000) != nil {
				return
			}
		}
		_, _ = p.auth()
		name, args, err := p.event()
		if err != nil {
			return
		}
		frames, err := encodeEvent(p, name, args, 1<<30)
		if err != nil {
			t.Fatalf("%q was accepted and does not encode: %v", text, err)
		}
		again, err := decodePacket(frames[0].data[1:], 16)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, frames[0].data, err)
		}
		for _, f := range frames[1:] {
			_ = again.attach(f.data, 1<<30)
		}
		name2, args2, err := again.event()
		one, _ := json.Marshal(args)
		two, _ := json.Marshal(args2)
		if err != nil || name2 != name || !bytes.Equal(one, two) || again.id != p.id || again.namespace != p.namespace {
			t.Fatalf("%q became %q (%v)", text, frames[0].data, err)
		}
	})
}

// FuzzPayload: what is accepted as a payload survives being encoded and decoded again.
func FuzzPayload(f *testing.F) {
	for _, seed := range []string{"4a\x1eb\x1e3", "bAQIDBA==", "", "\x1e", "6", "b=", "4\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		frames, err := decodePayload(body, 100)
		if err != nil {
			return
		}
		again, err := decodePayload(encodePayload(frames), 100)
		same := slices.EqualFunc(frames, again, func(a, b frame) bool {
			return a.binary == b.binary && bytes.Equal(a.data, b.data)
		})
		if err != nil || !same {
			t.Fatalf("%q became %q (%v)", body, encodePayload(frames), err)
		}
	})
}

func TestBroadcastsShareTheirFrames(t *testing.T) {
	payload := map[string]any{"a": []any{[]byte{1}, "x"}}
	frames, err := encodeEvent(packet{namespace: "/"}, "e", []any{payload}, 1<<20)
	if err != nil || len(frames) != 2 {
		t.Fatal(frames, err)
	}
	if _, untouched := payload["a"].([]any)[0].([]byte); !untouched {
		t.Error("encoding changed the caller's value")
	}
}
