//go:build comparison

package socketio_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func listen(t *testing.T) net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// client is a WebSocket client that does as little as it can: it shares two cores with the server.
type client struct {
	conn net.Conn
	in   *bufio.Reader
	mu   sync.Mutex
}

// join connects and enters the namespace under the name.
func (r *rival) join(name, room string) *client {
	conn, err := net.Dial("tcp", "127.0.0.1:"+r.port)
	if err != nil {
		r.t.Fatal(err)
	}
	c := &client{conn: conn, in: bufio.NewReaderSize(conn, 512)}
	_, _ = io.WriteString(conn, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n"+
		"Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\nCache-Control: no-cache\r\nPragma: no-cache\r\n\r\n")
	for line := "-"; strings.TrimSpace(line) != ""; {
		if line, err = c.in.ReadString('\n'); err != nil {
			r.t.Fatal(err)
		}
	}
	for _, want := range []string{"0{", "40{"} {
		if got := string(c.read(r.t)); !strings.HasPrefix(got, want) {
			r.t.Fatalf("got %q, want %s…", got, want)
		}
		if want == "0{" {
			c.send(fmt.Sprintf(`40{"name":%q,"room":%q}`, name, room))
		}
	}
	return c
}

// send writes one text message, masked with zeros.
func (c *client) send(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	frame := make([]byte, 0, 8+len(text))
	frame = append(frame, 0x81)
	if len(text) < 126 {
		frame = append(frame, 0x80|byte(len(text)))
	} else {
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(len(text)))
	}
	_, _ = c.conn.Write(append(append(frame, 0, 0, 0, 0), text...))
}

// next returns the next message, valid until the one after; nil at the end.
func (c *client) next() []byte {
	head, err := c.in.Peek(2)
	if err != nil {
		return nil
	}
	size, header := int(head[1]), 2
	if size == 126 {
		if head, err = c.in.Peek(4); err != nil {
			return nil
		}
		size, header = int(binary.BigEndian.Uint16(head[2:])), 4
	}
	_, _ = c.in.Discard(header)
	body, err := c.in.Peek(size)
	if err != nil {
		return nil
	}
	_, _ = c.in.Discard(size)
	return body
}

func (c *client) read(t *testing.T) []byte {
	_ = c.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	defer func() { _ = c.conn.SetReadDeadline(time.Time{}) }()
	body := c.next()
	if body == nil {
		t.Fatal("the connection ended")
	}
	return body
}

const text = "Could you send me the second draft of the logo by Thursday, with the colours we spoke of? Thank you!"

// measureAll takes the chosen figures of one server.
func measureAll(t *testing.T, name string) map[string]float64 {
	figures := map[string]float64{}
	for _, m := range []struct {
		name    string
		cores   int
		measure func(*rival, map[string]float64)
	}{
		{"idle", 1, idle}, {"pairs", 1, pairs}, {"messages", 1, messages}, {"room", 1, room(8)}, {"room1", 1, room(1)},
		{"messages2", 2, messages2},
	} {
		if *figure != "" && !slices.Contains(strings.Split(*figure, ","), m.name) || m.cores > 1 && name == "node" {
			continue
		}
		r := start(t, name, m.cores)
		m.measure(r, figures)
		r.stop()
	}
	return figures
}

func (r *rival) crowd(n int, name, room string) []*client {
	crowd := make([]*client, n)
	for i := range crowd {
		crowd[i] = r.join(fmt.Sprint(name, i), room)
	}
	return crowd
}

func leave(crowd []*client) {
	for _, c := range crowd {
		_ = c.conn.Close()
	}
}

// idle connects 5,000 clients, and 5,000 more.
func idle(r *rival, figures map[string]float64) {
	leave(r.crowd(200, "early", "")) // what is there once is there
	time.Sleep(500 * time.Millisecond)
	before := r.memory()
	crowd := r.crowd(5000, "a", "")
	defer leave(crowd)
	figures["1 idle connection at 5,000, kB"] = (r.memory() - before) / 5000 / 1000
	more := r.crowd(5000, "b", "")
	defer leave(more)
	figures["2 process with 10,000 connections, MB"] = r.memory() / 1e6
}

// pairs has 500 pairs talk, 1,000 round trips a second in all.
func pairs(r *rival, figures map[string]float64) {
	a, b := r.crowd(500, "a", ""), r.crowd(500, "b", "")
	defer leave(a)
	defer leave(b)
	const each, gap = 12, 500 * time.Millisecond
	var mu sync.Mutex
	var took []float64
	var done sync.WaitGroup
	for i := range a {
		go func() {
			for b[i].next() != nil {
				b[i].send(fmt.Sprintf(`42["send",{"to":"a%d","text":%q}]`, i, text))
			}
		}()
		done.Go(func() {
			time.Sleep(gap * time.Duration(i) / 500)
			for n := range each {
				started := time.Now()
				a[i].send(fmt.Sprintf(`42["send",{"to":"b%d","text":%q}]`, i, text))
				if a[i].next() == nil {
					r.t.Error("the connection ended")
					return
				}
				if n >= 2 {
					mu.Lock()
					took = append(took, float64(time.Since(started))/1e6)
					mu.Unlock()
				}
				time.Sleep(gap - time.Since(started))
			}
		})
	}
	done.Wait()
	slices.Sort(took)
	figures["3 round trip of 500 pairs p50, ms"] = took[len(took)/2]
	figures["4 round trip of 500 pairs p99, ms"] = took[len(took)*99/100]
}

const loadTime = 4 * time.Second

// flood keeps 16 messages of each of 50 pairs on their way.
func flood(r *rival) (rate, perCPU, cores float64) {
	a, b := r.crowd(50, "a", ""), r.crowd(50, "b", "")
	defer leave(a)
	defer leave(b)
	var passed atomic.Int64
	for i := range a {
		message := fmt.Sprintf(`42["send",{"to":"b%d","text":%q}]`, i, text)
		for range 16 {
			a[i].send(message)
		}
		go func() {
			for b[i].next() != nil {
				passed.Add(1)
				a[i].send(message)
			}
		}()
	}
	time.Sleep(time.Second)
	n, cpu, started := passed.Load(), r.cpu(), time.Now()
	time.Sleep(loadTime)
	n, cpu = passed.Load()-n, r.cpu()-cpu
	took := time.Since(started)
	return float64(n) / took.Seconds(), float64(n) / cpu.Seconds(), cpu.Seconds() / took.Seconds()
}

func messages(r *rival, figures map[string]float64) {
	figures["5 messages a second"], figures["6 messages a CPU-second"], _ = flood(r)
}

func messages2(r *rival, figures map[string]float64) {
	figures["9 messages a second, two cores"], figures["9 messages a CPU-second, two cores"], figures["9 cores used of two"] = flood(r)
}

// room keeps so many messages to 1,000 members on their way.
func room(window int) func(*rival, map[string]float64) {
	return func(r *rival, figures map[string]float64) {
		members := r.crowd(1000, "m", "all")
		defer leave(members)
		speaker := r.join("speaker", "")
		defer leave([]*client{speaker})
		var delivered atomic.Int64
		message := fmt.Sprintf(`42["say",{"to":"all","text":%q}]`, text)
		for _, m := range members {
			go func() {
				for m.next() != nil {
					if delivered.Add(1)%1000 == 0 {
						speaker.send(message)
					}
				}
			}()
		}
		for range window {
			speaker.send(message)
		}
		time.Sleep(time.Second)
		n, cpu := delivered.Load(), r.cpu()
		time.Sleep(loadTime)
		n, cpu = delivered.Load()-n, r.cpu()-cpu
		figures[fmt.Sprintf("7 deliveries to 1,000 a CPU-second, %d on their way", window)] = float64(n) / cpu.Seconds()
		figures[fmt.Sprintf("8 deliveries to 1,000 a second, %d on their way", window)] = float64(n) / loadTime.Seconds()
	}
}
