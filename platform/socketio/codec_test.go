package socketio

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
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
		if (frame{data: append([]byte{engineMessage}, text...)}).check() != nil {
			return
		}
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

// FuzzJSON: the scanner accepts what encoding/json accepts, within its limits, and finds the same elements;
// what the encoder writes, encoding/json reads.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		`[]`, ` [ 1 , "a" ] `, `[1,]`, `[,]`, `[[[]],{"a":{"b":[-0.5e+10,true,false,null]}}]`, `["\u00e9\n\"\ud83d"]`, `[01]`, `[1.]`,
		`[.5]`, `[-]`, `[1e]`, `["\u12"]`, `["\x"]`, "[\"\x01\"]", `{"a":1}`, `{"a"}`, `{"a":1,}`, `{,}`, `[nul]`, `[1 2]`, `["a"`, `{"a":[`, ``,
		`[tru`, `[{"":{}}]x`, `[1]]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		args, values, err := scanArray(text)
		var want []json.RawMessage
		wanted := json.Unmarshal(text, &want)
		if limited := values >= maxArgs || bytes.Count(text, []byte{'['})+bytes.Count(text, []byte{'{'}) > maxDepth; err != nil && wanted == nil && want != nil && !limited {
			t.Fatalf("%q was refused: %v", text, err)
		}
		if err == nil && (wanted != nil || len(want) != len(args)) {
			t.Fatalf("%q was accepted with %d elements: %v", text, len(args), wanted)
		}
		for i := range args {
			if !bytes.Equal(args[i].(json.RawMessage), want[i]) {
				t.Fatalf("%q: element %d is %q", text, i, args[i])
			}
		}
		if object := len(bytes.TrimLeft(text, " \t\r\n")) > 0 && bytes.TrimLeft(text, " \t\r\n")[0] == '{'; scanObject(text) && (!object || !json.Valid(text)) {
			t.Fatalf("%q was taken for an object", text)
		}
		var back string
		if err := json.Unmarshal(appendString(nil, string(text)), &back); err != nil || back != strings.ToValidUTF8(string(text), "\ufffd") && len(text) < 2 {
			t.Fatalf("%q became %q: %v", text, back, err)
		}
	})
}

func TestJSONHasItsLimits(t *testing.T) {
	deep := strings.Repeat("[", maxDepth+2) + strings.Repeat("]", maxDepth+2)
	wide := "[" + strings.Repeat("1,", maxArgs) + "1]"
	for _, text := range []string{deep, wide, "[" + deep + "]"} {
		if _, _, err := scanArray([]byte(text)); err == nil {
			t.Errorf("%.20s… was accepted", text)
		}
	}
	for _, text := range []string{deep[1 : len(deep)-1], "[" + strings.Repeat("1,", maxArgs-1) + "1]"} {
		if _, _, err := scanArray([]byte(text)); err != nil {
			t.Errorf("%.20s… was refused: %v", text, err)
		}
	}
	p := packet{data: []byte(`["e",{"_placeholder":true,"num":0},[` + strings.Repeat("1,", maxValues) + `1]]`), attachments: [][]byte{{1}}}
	if _, _, err := p.event(); err == nil {
		t.Error("an event with an attachment and many values was accepted")
	}
}

func TestValuesAreWrittenAsEncodingJSONWritesThem(t *testing.T) {
	type name string
	for _, v := range []any{
		nil, true, false, 0, -1, int64(1 << 60), 1.5, uint8(3), "", "plain", "\"\\\n\x00\x7f", "ünï🦊", "<&>", name("x"), []int{1}, map[string]any{"a": nil},
		json.RawMessage(`{"a": [1]}`), json.RawMessage(nil), struct{ A []byte }{[]byte{1}}, (*int)(nil), []byte(nil),
	} {
		text, err := appendJSON([]byte("x"), v)
		if err != nil {
			t.Errorf("%v: %v", v, err)
			continue
		}
		var got, want any
		data, _ := json.Marshal(v)
		if json.Unmarshal(text[1:], &got) != nil || json.Unmarshal(data, &want) != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v became %s", v, text)
		}
	}
	for _, v := range []any{json.RawMessage(`{`), json.RawMessage(`1 2`), json.RawMessage("\"\xff\""), json.RawMessage{}, func() {}} {
		if text, err := appendJSON(nil, v); err == nil {
			t.Errorf("%v became %s", v, text)
		}
	}
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
