package socketio_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"marketplace/platform/socketio"
)

func TestEventsAndAcknowledgementsComeBack(t *testing.T) {
	h := echoing(t, socketio.Options{})
	c := h.enter()
	c.expect(`42["auth",{}]`)
	c.send(`42["message",1,"2",{"3":[true]}]`)
	c.expect(`42["message-back",1,"2",{"3":[true]}]`)
	c.send(`42456["message-with-ack",1,"2",{"3":[false]}]`)
	c.expect(`43456[1,"2",{"3":[false]}]`)
	c.send(`420["message-with-ack"]`)
	c.expect(`430[]`)
	c.connect("/custom")
	c.expect(`42/custom,["auth",{}]`)
	c.send(`42/custom,7["message-with-ack",1]`)
	c.expect(`43/custom,7[1]`)
	c.send(`42["message-with-ack",1]`, `42["unknown"]`, `4211["unknown"]`, `42["message"]`) // no answer to the first three
	c.expect(`42["message-back"]`)
}

func TestBinaryEventsAndAcknowledgementsComeBack(t *testing.T) {
	c := echoing(t, socketio.Options{}).enter()
	c.expect(`42["auth",{}]`)
	c.send(`452-["message",{"_placeholder":true,"num":1},{"a":[{"_placeholder":true,"num":0}],"n":12345678901234567890}]`)
	c.sendBinary(1, 2, 3)
	c.sendBinary(4, 5, 6)
	c.expect(`452-["message-back",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1}],"n":12345678901234567890}]`,
		"binary:\x04\x05\x06", "binary:\x01\x02\x03")
	c.send(`451-789["message-with-ack",{"_placeholder":true,"num":0}]`)
	c.sendBinary()
	c.expect(`461-789[{"_placeholder":true,"num":0}]`, "binary:")
	c.send(`450-["message",1]`)
	c.expect(`42["message-back",1]`)
}

func TestArgumentsBind(t *testing.T) {
	h := open(t, socketio.Options{})
	type parcel struct {
		Name string
		Data []byte
	}
	bound := make(chan any, 10)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.On("parcel", func(e *socketio.Event) {
			var p parcel
			var data []byte
			var n int
			bound <- errors.Join(e.Bind(0, &p), e.Bind(1, &data), e.Bind(2, &n))
			bound <- fmt.Sprintln(p.Name, p.Data, data, n, e.WantsAck(), len(e.Args), e.Name)
			bound <- e.Bind(2, &p)
			bound <- e.Bind(3, &p)
			bound <- e.Bind(-1, &p)
		})
	})
	c := h.enter()
	c.send(`452-["parcel",{"name":"x","data":{"_placeholder":true,"num":0}},{"_placeholder":true,"num":1},7]`)
	c.sendBinary(1, 2)
	c.sendBinary(3)
	for i, want := range []any{nil, "x [1 2] [3] 7 false 3 parcel\n"} {
		if got := soon(t, "the binding", bound); got != want && !(want == nil && got == nil) {
			t.Errorf("%d: got %v, want %v", i, got, want)
		}
	}
	for range 3 {
		if err, _ := soon(t, "the error", bound).(error); err == nil {
			t.Error("no error for an argument that is missing or does not fit")
		}
	}
}

func TestTheServerSendsBinary(t *testing.T) {
	h := open(t, socketio.Options{})
	buffer := []byte{1, 2}
	emitted := make(chan error, 1)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		emitted <- sk.Emit("file", map[string]any{"list": []any{buffer, nil}}, struct{ B []byte }{buffer})
		buffer[0] = 9 // the caller may reuse it
	})
	c := h.enter()
	c.expect(`451-["file",{"list":[{"_placeholder":true,"num":0},null]},{"B":"AQI="}]`, "binary:\x01\x02")
	if err := soon(t, "the emit", emitted); err != nil {
		t.Error(err)
	}
}

func TestTheClientAcknowledges(t *testing.T) {
	h := open(t, socketio.Options{})
	acks := make(chan string, 4)
	answer := func(args socketio.Args, err error) {
		var n int
		var data []byte
		switch {
		case err != nil:
			acks <- err.Error()
		case len(args) == 2:
			acks <- fmt.Sprint(errors.Join(args.Bind(0, &n), args.Bind(1, &data)), n, data)
		default:
			acks <- fmt.Sprint(args)
		}
	}
	var sockets []*socketio.Socket
	h.Of("/custom").OnConnect(func(sk *socketio.Socket) {
		sockets = append(sockets, sk)
		_ = sk.EmitWithAck(time.Minute, answer, "first", 1)
		_ = sk.EmitWithAck(0, answer, "second", []byte{7})
		_ = sk.EmitWithAck(500*time.Millisecond, answer, "third")
		_ = sk.EmitWithAck(time.Minute, answer, "fourth")
	})
	c := h.wire()
	c.connect("/custom")
	c.expect(`42/custom,1["first",1]`, `451-/custom,2["second",{"_placeholder":true,"num":0}]`, "binary:\x07",
		`42/custom,3["third"]`, `42/custom,4["fourth"]`)
	c.send(`461-/custom,2[5,{"_placeholder":true,"num":0}]`)
	c.sendBinary(8)
	if got := soon(t, "the second", acks); got != "<nil> 5 [8]" {
		t.Error(got)
	}
	if got := soon(t, "the third", acks); got != socketio.ErrAckTimeout.Error() {
		t.Error(got)
	}
	c.send(`43/custom,3[]`, `43/custom,2[]`, `43/custom,99[]`) // too late, again, unknown
	c.send(`43/custom,1[]`)
	if got := soon(t, "the first", acks); got != "[]" {
		t.Error(got)
	}
	c.send("41/custom,")
	if got := soon(t, "the fourth", acks); got != socketio.ErrDisconnected.Error() {
		t.Error(got)
	}
	if err := sockets[0].EmitWithAck(0, answer, "fifth"); !errors.Is(err, socketio.ErrDisconnected) {
		t.Error(err)
	}
}

func TestAnEventIsAcknowledgedOnceAndMaybeLater(t *testing.T) {
	h := open(t, socketio.Options{})
	events := make(chan *socketio.Event, 1)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.On("ask", func(e *socketio.Event) { events <- e })
	})
	c := h.enter()
	c.send(`425["ask"]`)
	e := soon(t, "the event", events)
	if err := e.Ack("yes", []byte{1}); err != nil {
		t.Error(err)
	}
	if err := e.Ack("no"); !errors.Is(err, socketio.ErrAcknowledged) {
		t.Error(err)
	}
	c.expect(`461-5["yes",{"_placeholder":true,"num":0}]`, "binary:\x01")
	c.send(`426["ask"]`)
	e = soon(t, "the event", events)
	e.Socket.Disconnect()
	if err := e.Ack(); !errors.Is(err, socketio.ErrDisconnected) {
		t.Error(err)
	}
}

func TestEmitRefusesWhatCannotBeSent(t *testing.T) {
	h := open(t, socketio.Options{MaxQueue: 1000})
	errs := make(chan error, 4)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.Join("room")
		errs <- sk.Emit("connect")
		errs <- sk.Emit("x", math.NaN())
		errs <- sk.Emit("x", strings.Repeat("x", 1000))
		errs <- h.Of("/").To("room").Emit("x", func() {})
		_ = sk.Emit("fine")
	})
	h.enter().expect(`42["fine"]`)
	for i := range 4 {
		if err := <-errs; err == nil {
			t.Errorf("emit %d did not fail", i)
		}
	}
}

func TestCallbacksOfASessionNeverOverlap(t *testing.T) {
	h := open(t, socketio.Options{})
	done := make(chan []int, 1)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		var seen []int // no lock: the race detector watches
		for i := range 20 {
			_ = sk.EmitWithAck(time.Millisecond, func(socketio.Args, error) { seen = append(seen, -i) }, "x")
		}
		sk.On("n", func(e *socketio.Event) {
			var n int
			_ = e.Bind(0, &n)
			seen = append(seen, n)
		})
		sk.OnDisconnect(func(string) { done <- seen })
	})
	c := h.enter()
	for i := 1; i <= 100; i++ {
		c.send(fmt.Sprintf(`42["n",%d]`, i))
	}
	c.send("41")
	var got []int
	for _, n := range soon(t, "the end", done) {
		if n > 0 {
			got = append(got, n)
		}
	}
	for i, n := range got {
		if n != i+1 {
			t.Fatalf("event %d came at place %d", n, i)
		}
	}
	if len(got) != 100 {
		t.Errorf("%d events", len(got))
	}
}

func TestArgsSurviveBeingEmittedAgain(t *testing.T) {
	args := socketio.Args{json.RawMessage(`{"a":1}`), []byte{1}, []any{json.Number("3")}}
	var a map[string]int
	var b []byte
	var c []int
	if err := errors.Join(args.Bind(0, &a), args.Bind(1, &b), args.Bind(2, &c)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual([]any{a, b, c}, []any{map[string]int{"a": 1}, []byte{1}, []int{3}}) {
		t.Error(a, b, c)
	}
}
