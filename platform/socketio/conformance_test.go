package socketio

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// The examples of the text of the Socket.IO protocol, revision 5, section "Packet encoding".
func TestPacketsAreEncodedAsTheProtocolSays(t *testing.T) {
	four := []byte{1, 2, 3, 4}
	for _, c := range []struct {
		encoded     string // without the "4" of Engine.IO
		attachments [][]byte
		packet      packet
		name        string
		args        []any
		payload     any
	}{
		{encoded: `0{"sid":"oSO0OpakMV_3jnilAAAA"}`, packet: packet{kind: packetConnect, namespace: "/"}, payload: map[string]string{"sid": "oSO0OpakMV_3jnilAAAA"}},
		{encoded: `0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}`, packet: packet{kind: packetConnect, namespace: "/admin"}, payload: map[string]string{"sid": "oSO0OpakMV_3jnilAAAA"}},
		{encoded: `4{"message":"Not authorized"}`, packet: packet{kind: packetConnectError, namespace: "/"}, payload: connectError{Message: "Not authorized"}},
		{encoded: `1`, packet: packet{kind: packetDisconnect, namespace: "/"}},
		{encoded: `1/admin,`, packet: packet{kind: packetDisconnect, namespace: "/admin"}},
		{encoded: `2["foo"]`, packet: packet{kind: packetEvent, namespace: "/"}, name: "foo"},
		{encoded: `2/admin,["bar"]`, packet: packet{kind: packetEvent, namespace: "/admin"}, name: "bar"},
		{encoded: `212["foo"]`, packet: packet{kind: packetEvent, namespace: "/", id: 12, hasID: true}, name: "foo"},
		{encoded: `3/admin,13["bar"]`, packet: packet{kind: packetAck, namespace: "/admin", id: 13, hasID: true}, args: []any{"bar"}},
		{encoded: `312[]`, packet: packet{kind: packetAck, namespace: "/", id: 12, hasID: true}},
		{encoded: `51-["baz",{"_placeholder":true,"num":0}]`, attachments: [][]byte{four}, packet: packet{kind: packetEvent, namespace: "/"}, name: "baz", args: []any{four}},
		{encoded: `52-/admin,["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, attachments: [][]byte{{1, 2}, {3, 4}},
			packet: packet{kind: packetEvent, namespace: "/admin"}, name: "baz", args: []any{[]byte{1, 2}, []byte{3, 4}}},
		{encoded: `61-15["bar",{"_placeholder":true,"num":0}]`, attachments: [][]byte{four}, packet: packet{kind: packetAck, namespace: "/", id: 15, hasID: true}, args: []any{"bar", four}},
	} {
		t.Run(c.encoded, func(t *testing.T) {
			want := append([]frame{{data: []byte("4" + c.encoded)}}, framesOf(c.attachments)...)
			var got []frame
			var err error
			switch c.packet.kind {
			case packetEvent:
				got, err = encodeEvent(c.packet, c.name, c.args, 1000)
			case packetAck:
				got, err = encodeAck(c.packet, c.args, 1000)
			default:
				got = make([]frame, 1)
				got[0], err = encodePacket(c.packet, c.payload)
			}
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("encoded as %v, %v", got, err)
			}
			if c.packet.kind != packetConnectError { // which a client may not send
				decodedAs(t, c.encoded, c.attachments, c.packet, c.name, c.args)
			}
		})
	}
}

func framesOf(attachments [][]byte) []frame {
	var frames []frame
	for _, a := range attachments {
		frames = append(frames, frame{data: a, binary: true})
	}
	return frames
}

func decodedAs(t *testing.T, text string, attachments [][]byte, want packet, name string, args []any) {
	t.Helper()
	p, err := decodePacket([]byte(text), 16)
	for _, a := range attachments {
		if err == nil {
			err = p.attach(a, 1000)
		}
	}
	if err != nil || p.kind != want.kind || p.namespace != want.namespace || p.id != want.id || p.hasID != want.hasID || p.missing != 0 {
		t.Fatalf("decoded as %+v, %v", p, err)
	}
	if p.kind != packetEvent && p.kind != packetAck {
		return
	}
	got, err := p.args()
	if p.kind == packetEvent {
		args = slices.Concat([]any{name}, args)
	}
	one, _ := json.Marshal(got)
	two, _ := json.Marshal(append([]any{}, args...))
	if err != nil || string(one) != string(two) {
		t.Errorf("the arguments are %s, %v; want %s", one, err, two)
	}
}
