package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// talker is somebody with a client that loses its connection again and again: it comes back to any gateway, asks for what it
// missed by the number of the last message that it has, and sends what was not acknowledged again, under the same name.
type talker struct {
	*person
	gateways []string
	talk     string
	random   *rand.Rand
	cuts     map[int]bool // before or after which of the own messages the connection is cut
	most     int          // messages of both together
	mine     int          // messages of this one

	sent    int      // and acknowledged
	heard   []string // in the order of their numbers
	tries   int      // to connect
	lost    int      // connections
	noticed *atomic.Int64
}

type talkMessage struct {
	Seq  int64  `json:"seq"`
	Text string `json:"text"`
}

const (
	unheard   = 5 * time.Second // then a client asks whether it has missed something
	talkTakes = 20 * time.Minute
)

// run talks until both have said everything.
func (k *talker) run() error {
	for end := time.Now().Add(talkTakes); len(k.heard) < k.most || k.sent < k.mine; {
		if time.Now().After(end) {
			return fmt.Errorf("%s has sent %d and heard %d of %d", k.username, k.sent, len(k.heard), k.most)
		}
		socket, err := k.connect()
		if err != nil { // that gateway is away
			<-time.After(10 * time.Millisecond)
			continue
		}
		err = (&onLine{talker: k, socket: socket}).run()
		_ = socket.Close()
		if wrong := new(wrongTalk); errors.As(err, &wrong) {
			return err
		}
		k.lost++
	}
	return nil
}

// wrongTalk is what no broken connection explains.
type wrongTalk struct{ what string }

func (w *wrongTalk) Error() string { return w.what }

func (k *talker) connect() (*websocket.Conn, error) {
	k.tries++
	gateway := k.gateways[k.tries%len(k.gateways)]
	dialer := websocket.Dialer{HandshakeTimeout: 5 * time.Second}
	socket, response, err := dialer.Dial(strings.Replace(gateway, "http", "ws", 1)+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		return nil, err
	}
	_ = response.Body.Close()
	return socket, socket.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `40{"token":%q}`, k.access))
}

// onLine is a talk over one connection.
type onLine struct {
	*talker
	socket *websocket.Conn
	asked  bool // for what was missed
	whole  bool // nothing is missed
	waits  bool // for an acknowledgement
}

func (x *onLine) run() error {
	for len(x.heard) < x.most || x.sent < x.mine {
		_ = x.socket.SetReadDeadline(time.Now().Add(unheard))
		_, frame, err := x.socket.ReadMessage()
		if err != nil {
			return err
		}
		if err := x.hear(frame); err != nil {
			return err
		}
		if x.whole && !x.waits && x.sent < x.mine {
			if err := x.say(); err != nil {
				return err
			}
		}
	}
	return nil
}

// say sends the next message; before or after it, the connection may be cut.
func (x *onLine) say() error {
	cut := x.cuts[x.sent]
	delete(x.cuts, x.sent)
	before := x.random.IntN(2) == 0
	if cut && before {
		return x.cut()
	}
	x.waits = true
	name := fmt.Sprintf("%s %d", x.username, x.sent+1)
	err := x.write("2", "message", map[string]any{"conversation_id": x.talk, "client_id": strings.ReplaceAll(name, " ", "-"), "text": name})
	if cut && err == nil {
		return x.cut()
	}
	return err
}

// cut ends the connection without a word.
func (x *onLine) cut() error {
	if tcp, ok := x.socket.NetConn().(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = x.socket.NetConn().Close()
	return net.ErrClosed
}

func (x *onLine) write(id, event string, argument any) error {
	data, err := json.Marshal([]any{event, argument})
	if err != nil {
		return err
	}
	return x.socket.WriteMessage(websocket.TextMessage, append([]byte("42"+id), data...))
}

func (x *onLine) hear(frame []byte) error {
	switch {
	case string(frame) == "2":
		return x.socket.WriteMessage(websocket.TextMessage, []byte("3"))
	case bytes.HasPrefix(frame, []byte("40")):
		return x.fill()
	case bytes.HasPrefix(frame, []byte("431")):
		return x.hearMissed(frame[3:])
	case bytes.HasPrefix(frame, []byte("432")):
		return x.hearAnswer(frame[3:])
	case bytes.HasPrefix(frame, []byte(`42["message"`)):
		var event []json.RawMessage
		var m talkMessage
		if err := errors.Join(json.Unmarshal(frame[2:], &event), json.Unmarshal(event[1], &m)); err != nil {
			return &wrongTalk{err.Error()}
		}
		return x.note(m)
	}
	return nil
}

// fill asks for what comes after the last message.
func (x *onLine) fill() error {
	if x.asked {
		return nil
	}
	x.asked, x.whole = true, false
	after := max(len(x.heard), 0)
	return x.write("1", "messages", map[string]any{"conversation_id": x.talk, "after_seq": after, "limit": 100})
}

func (x *onLine) hearMissed(answer []byte) error {
	var pages []struct {
		Items []talkMessage   `json:"items"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(answer, &pages); err != nil || len(pages) != 1 {
		return &wrongTalk{fmt.Sprintf("%s: %v", answer, err)}
	}
	if pages[0].Error != nil { // a module is away
		return errors.New("not now")
	}
	x.asked = false
	for _, m := range pages[0].Items {
		if err := x.note(m); err != nil {
			return err
		}
	}
	if x.whole = len(pages[0].Items) < 100; !x.whole {
		return x.fill()
	}
	return nil
}

func (x *onLine) hearAnswer(answer []byte) error {
	var of []struct {
		Message *talkMessage    `json:"message"`
		Error   json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(answer, &of); err != nil || len(of) != 1 {
		return &wrongTalk{fmt.Sprintf("%s: %v", answer, err)}
	}
	if of[0].Error != nil {
		return errors.New("not now")
	}
	x.waits = false
	x.sent++
	x.noticed.Add(1)
	return x.note(*of[0].Message)
}

// note keeps a message that is the next, forgets one that is known, and asks for what is between.
func (x *onLine) note(m talkMessage) error {
	switch next := int64(len(x.heard) + 1); {
	case m.Seq == next:
		x.heard = append(x.heard, m.Text)
	case m.Seq > next:
		return x.fill()
	case x.heard[m.Seq-1] != m.Text:
		return &wrongTalk{fmt.Sprintf("number %d is %q and %q", m.Seq, x.heard[m.Seq-1], m.Text)}
	}
	return nil
}

// talkUnderFire lets two people send each other so many messages each, over connections that are cut so often, while disturb
// does what it wants to the gateways; a third, who is connected all the time, must not hear a byte. It says how it went.
func (m *market) talkUnderFire(t testing.TB, each, cuts int, gateways []string, disturb func(acknowledged *atomic.Int64)) {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	buyer, seller, third := m.join(t, "bert"), m.join(t, "sonja"), m.join(t, "eve")
	talk := buyer.post("/conversations", map[string]any{"username": seller.username}).ok(201).text("id")
	var acknowledged atomic.Int64
	var talkers []*talker
	for i, p := range []*person{buyer, seller} {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		k := &talker{person: p, gateways: gateways, talk: talk, random: random, cuts: map[int]bool{}, most: 2 * each, mine: each, tries: i, noticed: &acknowledged}
		for _, at := range random.Perm(each)[:cuts] {
			k.cuts[at] = true
		}
		talkers = append(talkers, k)
	}
	e := &eavesdropper{talker: talker{person: third, gateways: gateways}, end: make(chan struct{})}
	var listening, talking sync.WaitGroup
	listening.Go(e.run)
	began := time.Now()
	for _, k := range talkers {
		talking.Go(func() {
			if err := k.run(); err != nil {
				t.Error(err)
			}
		})
	}
	disturb(&acknowledged)
	talking.Wait()
	took := time.Since(began)
	close(e.end)
	listening.Wait()
	expectOneTalk(t, talkers, each)
	if n := e.heard.Load(); n > 0 {
		t.Errorf("the third one was told %d bytes", n)
	}
	t.Logf("%d messages in %v; connections lost: %d and %d, by the third %d", 2*each, took.Round(time.Millisecond), talkers[0].lost, talkers[1].lost, e.lost)
}

// expectOneTalk compares what the two have with each other and with what they said.
func expectOneTalk(t testing.TB, talkers []*talker, each int) {
	t.Helper()
	if !slices.Equal(talkers[0].heard, talkers[1].heard) {
		t.Errorf("the two hold different messages:\n%q\n%q", talkers[0].heard, talkers[1].heard)
	}
	for _, k := range talkers {
		var own []string
		for _, text := range talkers[0].heard {
			if strings.HasPrefix(text, k.username+" ") {
				own = append(own, text)
			}
		}
		for i := range each {
			if len(own) != each || own[i] != fmt.Sprintf("%s %d", k.username, i+1) {
				t.Fatalf("of %s they hold %d messages: %q", k.username, len(own), own)
			}
		}
	}
}

// eavesdropper is connected, has no part in the talk, and counts what it is told.
type eavesdropper struct {
	talker
	heard atomic.Int64 // bytes of events
	end   chan struct{}
}

func (e *eavesdropper) run() {
	for {
		select {
		case <-e.end:
			return
		default:
		}
		socket, err := e.connect()
		if err != nil {
			<-time.After(10 * time.Millisecond)
			continue
		}
		e.listen(socket)
		e.lost++
	}
}

func (e *eavesdropper) listen(socket *websocket.Conn) {
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-e.end:
		case <-over:
		}
		_ = socket.Close()
	}()
	for {
		_, frame, err := socket.ReadMessage()
		switch {
		case err != nil:
			return
		case string(frame) == "2":
			_ = socket.WriteMessage(websocket.TextMessage, []byte("3"))
		case bytes.HasPrefix(frame, []byte("42")):
			e.heard.Add(int64(len(frame)))
		}
	}
}

// Rows C2, C3, Z16, the short version: each cut is a connection that is lost in the middle of something.
func aTalkSurvivesCuts(t testing.TB, m *market) {
	gateways := append([]string{m.url}, m.others...)
	if m.spare == "" {
		m.talkUnderFire(t, 40, 6, gateways, func(*atomic.Int64) {})
		return
	}
	spare, stop := m.runSpare(t)
	m.talkUnderFire(t, 40, 6, append(gateways, spare), func(acknowledged *atomic.Int64) {
		for acknowledged.Load() < 30 {
			<-time.After(5 * time.Millisecond)
		}
		stop()
	})
}
