package bus_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"marketplace/platform/bus"
	"marketplace/platform/db"
)

func databases(b *testing.B, run func(b *testing.B, h *harness)) {
	b.Run("SQLite", func(b *testing.B) { run(b, onSQLite(b)) })
	b.Run("PostgreSQL", func(b *testing.B) { run(b, onPostgres(b)) })
	b.Run("SQLite and RabbitMQ", func(b *testing.B) { run(b, withRabbitMQ(onSQLite)(b)) })
	b.Run("PostgreSQL and RabbitMQ", func(b *testing.B) { run(b, withRabbitMQ(onPostgres)(b)) })
}

// BenchmarkDelivery is the throughput from a full outbox to the effects in another module, events of 50 aggregates.
func BenchmarkDelivery(b *testing.B) {
	databases(b, func(b *testing.B, h *harness) {
		p := h.process(b, bus.Options{})
		hear(p, "chat", record)
		for done := 0; done < b.N; done += 1000 {
			err := p.dbs["order"].Tx(b.Context(), func(tx *db.Tx) error {
				for i := done; i < min(b.N, done+1000); i++ {
					if err := tx.Emit(placed{OrderID: fmt.Sprint("o", i%50), N: i}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ResetTimer()
		p.start()
		p.drain()
		b.StopTimer()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

// BenchmarkRelay is the throughput from a full outbox to the broker, which has each event on its disk: what a
// marketplace does when its broker comes back.
func BenchmarkRelay(b *testing.B) {
	for name, newHarness := range map[string]func(testing.TB) *harness{"SQLite": onSQLite, "PostgreSQL": onPostgres} {
		b.Run(name, func(b *testing.B) {
			p := withRabbitMQ(newHarness)(b).process(b, bus.Options{})
			p.routes.Add("elsewhere", placed{})
			placeInBulk(b, p, 100, max(1, b.N/100))
			b.ResetTimer()
			p.start()
			p.drain()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkLatency is the time from the commit to the handler in another module, one event at a time.
func BenchmarkLatency(b *testing.B) {
	databases(b, func(b *testing.B, h *harness) {
		p := h.process(b, bus.Options{})
		handled := make(chan time.Time, 1)
		hear(p, "chat", func(context.Context, *db.Tx, placed) error { handled <- h.clock.Now(); return nil })
		p.start()
		p.t = b
		var all []time.Duration
		for b.Loop() {
			p.place("o1")
			committed := h.clock.Now()
			all = append(all, max(0, (<-handled).Sub(committed)))
		}
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), "µs-p50")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "µs-p99")
	})
}
