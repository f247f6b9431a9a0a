package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// BenchmarkChat sends messages over live connections to the whole marketplace: each is checked, stored with its number in the
// conversation and its outbox row, and then acknowledged to the sender and shown to the reader. A message is done when its
// sender has the answer. What it costs in processor time is that of the clients as well, and of all that follows: who is told.
func BenchmarkChat(b *testing.B) {
	for _, s := range []shape{shapes()[0], shapes()[1]} {
		b.Run(s.name, func(b *testing.B) {
			m := start(b, s)
			gig := m.join(b, "sonja").sell()
			const pairs = 32
			var dialogues [pairs]dialogue
			for i := range dialogues {
				buyer := m.join(b, fmt.Sprint("buyer", i))
				conversation := buyer.post("/conversations", map[string]any{"gig_id": gig, "text": "Good morning"}).ok(201).text("id")
				dialogues[i] = dialogue{buyer.listen(m.url), conversation}
			}
			var next atomic.Int64
			var mu sync.Mutex
			var took []time.Duration
			var all sync.WaitGroup
			cpu := processorTime(b)
			b.ResetTimer()
			for i := range dialogues {
				all.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						d := dialogues[i].say(b, n)
						mu.Lock()
						took = append(took, d)
						mu.Unlock()
					}
				})
			}
			all.Wait()
			b.StopTimer()
			m.drain(b)
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
			b.ReportMetric(float64(b.N)/(processorTime(b)-cpu).Seconds(), "messages/CPU-s")
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// dialogue is one side of a conversation.
type dialogue struct {
	ear          *ear
	conversation string
}

// say sends one message and waits until it is durable.
func (s dialogue) say(b *testing.B, n int64) time.Duration {
	started := time.Now()
	s.ear.send(fmt.Sprintf(`42%d["message",{"conversation_id":%q,"client_id":"c%d","text":"The second draft is on its way, number %d."}]`, n, s.conversation, n, n))
	for event := range s.ear.said {
		var kind string
		if _ = json.Unmarshal(event[0], &kind); kind != "answer" {
			continue // the own message, shown
		}
		if strings.Contains(string(event[1]), `"error"`) {
			b.Errorf("message %d: %s", n, event[1])
		}
		return time.Since(started)
	}
	b.Error("the connection ended")
	return 0
}

// processorTime is what this process has taken.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
