package orderimpl

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// storm is many deliveries of few events: duplicated, shuffled, delayed, and some of them forged.
type storm struct {
	*bed
	random     *rand.Rand
	deliveries []order.ReceiveWebhookRequest
	forged     int64
}

// heard makes orders whose payments are decided while every webhook is lost, and collects the webhooks. Every order has a
// declined and a succeeded attempt: two events.
func (s *storm) heard(orders int) []order.Order {
	s.t.Helper()
	s.set("webhooks", "lost")
	all := make([]order.Order, orders)
	for i := range all {
		all[i] = s.place("plain")
		s.decide(all[i], false)
		s.decide(all[i], true)
	}
	return all
}

// deliver makes n deliveries of all events, in any order, one in twenty with a bad signature.
func (s *storm) deliver(n int, secret []byte) {
	s.t.Helper()
	var hooks []struct{ ID, Body string }
	if err := s.DB.Read(s.t.Context()).Raw("SELECT id, body FROM simulator_webhooks ORDER BY id").Scan(&hooks).Error; err != nil {
		s.t.Fatal(err)
	}
	at := strconv.FormatInt(s.Clock.Now().Unix(), 10)
	for i := range n {
		h := hooks[i%len(hooks)] // each of them, again and again
		body, key := []byte(h.Body), secret
		forge := i >= len(hooks) && s.random.IntN(20) == 0
		if forge {
			key = []byte("somebody else's secret")
			s.forged++
		}
		s.deliveries = append(s.deliveries, order.ReceiveWebhookRequest{Provider: "simulator", Body: body,
			Headers: map[string]string{"webhook-id": h.ID, "webhook-timestamp": at, "webhook-signature": sign(key, h.ID, at, body)}})
	}
	s.random.Shuffle(len(s.deliveries), func(i, j int) { s.deliveries[i], s.deliveries[j] = s.deliveries[j], s.deliveries[i] })
}

// sign is a second writing of the standard's signature.
func sign(secret []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// rage sends everything from several sides at once, with pauses in which tasks and steps of the orders happen.
func (s *storm) rage(workers int) (refusals int64) {
	var wait sync.WaitGroup
	var refusedSoFar, next atomic.Int64
	for range workers {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(s.deliveries) {
					return
				}
				_, err := s.orders.ReceiveWebhook(s.t.Context(), s.deliveries[i])
				switch {
				case fault.Is(err, fault.Unauthenticated):
					refusedSoFar.Add(1)
				case err != nil:
					s.t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	return refusedSoFar.Load()
}

// counted reads a counter.
func counted(t *testing.T, c prometheus.Counter) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue()
}

// hail is the whole story: 0 double charges, 0 double releases, 0 missed, every bad signature refused and counted.
func hail(t *testing.T, b *bed, orders, deliveries int) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := &storm{bed: b, random: rand.New(rand.NewPCG(seed, 0))}
	secret, err := b.Secret("simulator")
	if err != nil {
		t.Fatal(err)
	}
	all := s.heard(orders)
	s.deliver(deliveries, secret)
	before := counted(t, b.orders.(*service).refused)
	if got := s.rage(8); got != s.forged || s.forged == 0 {
		t.Errorf("%d bad signatures were refused, want %d", got, s.forged)
	}
	if got := counted(t, b.orders.(*service).refused) - before; got != float64(s.forged) {
		t.Errorf("%v bad signatures were counted, want %d", got, s.forged)
	}
	if n := b.count("webhooks"); n != 2*orders {
		t.Errorf("%d events are stored, want %d", n, 2*orders)
	}
	for _, o := range all {
		b.is(b.get(o), order.StatusInProgress)
	}
	if n := b.count("journals WHERE kind = 'funded'"); n != orders {
		t.Errorf("%d charges of %d orders", n, orders)
	}
	for _, o := range all { // once more, while the orders end
		_, deliver := b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"})
		_, accept := b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID})
		if deliver != nil || accept != nil {
			t.Fatal(deliver, accept)
		}
	}
	s.deliveries = s.deliveries[:len(s.deliveries)/4]
	s.rage(8)
	if funded, released := b.count("journals WHERE kind = 'funded'"), b.count("journals WHERE kind = 'released'"); funded != orders || released != orders {
		t.Errorf("%d charges and %d releases of %d orders", funded, released, orders)
	}
	b.sound()
	t.Logf("%d deliveries of %d events, %d with bad signatures", deliveries, 2*orders, s.forged)
}

// patient lets one buyer have as many unpaid orders as the storm needs.
func patient() map[string]any { return map[string]any{"unpaid_orders_per_buyer": 1_000_000} }

// Issue 5, row P14: a thirtieth of the storm that make torture lets loose.
func TestAStormOfWebhooksHasEachEffectOnce(t *testing.T) {
	t.Parallel()
	orders, deliveries := 166, 6_666
	if testing.Short() || raceDetector {
		orders, deliveries = 20, 800
	}
	b := newBed(t, func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(t, m, o...) }, patient())
	hail(t, b, orders, deliveries)
}
