package payment

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"marketplace/platform/apptest"
	"marketplace/platform/money"
)

// The example of the Standard Webhooks libraries: somebody else's signature is good here, and ours there.
func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"test": 2432232314}`)
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body); got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
	headers := map[string]string{headerID: "msg_p5jXN8AQM9LWM0D4loKWxJek", headerTimestamp: "1614265330", headerSignature: "v1,AAAA " + want}
	sent := time.Unix(1614265330, 0)
	for age, good := range map[time.Duration]bool{0: true, 300 * time.Second: true, -300 * time.Second: true, 301 * time.Second: false, -301 * time.Second: false} {
		if verify(secret, headers, body, sent.Add(age)) != good {
			t.Errorf("at an age of %v it should be %v", age, good)
		}
	}
	if verify([]byte("another secret"), headers, body, sent) {
		t.Error("another secret is good too")
	}
}

func simulator(t *testing.T, run func(t *testing.T, s *Simulator)) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		h := open("order")
		run(t, NewSimulator(h.DB, h.Clock, []byte("secret"), "http://127.0.0.1:1/nobody", "http://marketplace.test"))
	})
}

func TestADecisionIsKeptThoughNobodyTakesTheWebhook(t *testing.T) {
	simulator(t, func(t *testing.T, s *Simulator) {
		if c, err := s.Fetch(t.Context(), "p"); err != nil || c.State != Pending {
			t.Fatalf("before: %+v, %v", c, err)
		}
		for i, succeed := range []bool{false, false, true, false, true} {
			c, err := s.Decide(t.Context(), "p", money.Of(500, "USD"), succeed)
			if err != nil {
				t.Fatal(err)
			}
			want := Charge{ID: "p", State: Succeeded, Amount: money.Of(500, "USD"), Attempt: min(i+1, 3)}
			if i < 2 {
				want.State, want.Message = Declined, declined
			}
			if c != want {
				t.Errorf("decision %d made it %+v, want %+v", i, c, want)
			}
			if again, err := s.Fetch(t.Context(), "p"); err != nil || again != want {
				t.Errorf("asked again it is %+v, %v", again, err)
			}
		}
	})
}

func TestARefundArrivesOnceAndNeverMoreThanWasCaptured(t *testing.T) {
	simulator(t, func(t *testing.T, s *Simulator) {
		if _, err := s.Decide(t.Context(), "p", money.Of(500, "USD"), true); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			refund Refund
			want   RefundState
		}{
			{Refund{"r1", "p", money.Of(300, "USD")}, RefundArrived},
			{Refund{"r1", "p", money.Of(300, "USD")}, RefundArrived},
			{Refund{"r2", "p", money.Of(201, "USD")}, RefundRejected},
			{Refund{"r3", "p", money.Of(200, "USD")}, RefundArrived},
			{Refund{"r4", "p", money.Of(1, "EUR")}, RefundRejected},
			{Refund{"r5", "unknown", money.Of(1, "USD")}, RefundRejected},
		} {
			if got, err := s.Refund(t.Context(), c.refund); err != nil || got != c.want {
				t.Errorf("%+v: %s, %v, want %s", c.refund, got, err, c.want)
			}
		}
		var sum int64
		if err := s.db.Read(t.Context()).Raw("SELECT SUM(amount) FROM simulator_refunds").Scan(&sum).Error; err != nil || sum != 500 {
			t.Errorf("%d went back, %v", sum, err)
		}
	})
}

func TestNoneTakesNothing(t *testing.T) {
	var p Provider = None{}
	_, fetch := p.Fetch(t.Context(), "p")
	_, refund := p.Refund(t.Context(), Refund{})
	_, verify := p.VerifyWebhook(nil, nil)
	if !errors.Is(fetch, ErrNone) || !errors.Is(refund, ErrNone) || !errors.Is(verify, ErrSignature) || p.CheckoutURL("p") != "" || p.Name() != "none" {
		t.Error(fetch, refund, verify)
	}
}
