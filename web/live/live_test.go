package live

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/identity"
	"marketplace/web/edge"
)

func nobody(*http.Request) (identity.Actor, error) { return identity.Actor{}, nil }

// Whatever happens in an order is shown to its two sides: a new event must be watched too.
func TestEveryEventOfAnOrderIsWatched(t *testing.T) {
	b, err := bus.New(bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := New(ctx, edge.Edge{Config: config.Defaults(), Clock: clock.New(), Log: zap.NewNop()}, b.Module("web", nil), prometheus.NewRegistry(), nobody, nil); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../modules/order/testdata/order.*.json")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d events, %v", len(files), err)
	}
	for _, file := range files {
		written, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		topic := strings.TrimSuffix(filepath.Base(file), ".json")
		if strings.Contains(string(written), `"buyer_id"`) && strings.Contains(string(written), `"version"`) && !slices.Contains(b.Watched(), topic) {
			t.Errorf("nobody watches %s", topic)
		}
	}
}

// A burst is read in pages and in order, and whoever tells of it does not wait.
func TestMessagesThatComeMeanwhileAreShownTogether(t *testing.T) {
	var mu sync.Mutex
	var shown []span
	begun, goOn := make(chan struct{}, 100), make(chan struct{})
	failed := make(chan error, 1)
	s := newShows(func(r span) {
		begun <- struct{}{}
		<-goOn
		mu.Lock()
		defer mu.Unlock()
		shown = append(shown, r)
		if r.from == 1 {
			panic("broken")
		}
	}, func(err error) { failed <- err })
	people := [2]string{"u1", "u2"}
	s.add(chat.MessageSent{ConversationID: "c1", Seq: 1, SenderID: "u1", RecipientID: "u2"})
	<-begun
	for _, seq := range []int64{3, 2, 50} { // as they may come from several processes
		s.add(chat.MessageSent{ConversationID: "c1", Seq: seq, SenderID: "u1", RecipientID: "u2"})
	}
	s.add(chat.MessageSent{ConversationID: "c1", Seq: 4, SenderID: "u2", RecipientID: "u1"})
	close(goOn)
	apptest.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.waiting) == 0
	})
	if want := []span{{"c1", 1, 1, people, [2]bool{false, true}}, {"c1", 2, 50, people, [2]bool{true, true}}}; !slices.Equal(shown, want) {
		t.Errorf("shown were %v", shown)
	}
	if err := <-failed; !strings.Contains(err.Error(), "broken") {
		t.Error(err)
	}
}

// The end of an access token is the end of a connection, unless another of the same session comes.
func TestAConnectionIsAskedForTheNextTokenInTime(t *testing.T) {
	c := clock.New()
	ends := c.Now().Add(15 * time.Minute)
	v := &visit{ends: ends}
	for _, step := range []struct {
		at        time.Duration // before the end
		ask, over bool
	}{{15 * time.Minute, false, false}, {reminded + time.Second, false, false}, {reminded, true, false}, {reminded / 2, false, false}, {0, false, true}} {
		if ask, over := v.expires(ends.Add(-step.at)); ask != step.ask || over != step.over {
			t.Errorf("%v before the end: ask %v, over %v", step.at, ask, over)
		}
	}
	if ask, over := (&visit{}).expires(ends.Add(1000 * time.Hour)); ask || over {
		t.Error("a cookie has an end")
	}
}

func TestOnlyTheSameSessionGoesOn(t *testing.T) {
	tokens := map[string]identity.Actor{
		"next":    {UserID: "u1", SessionID: "s1", Verified: true},
		"another": {UserID: "u1", SessionID: "s2"},
		"foreign": {UserID: "u2", SessionID: "s1"},
	}
	ends := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := &Live{bearer: func(_ context.Context, token string) (identity.Actor, time.Time, error) {
		actor, ok := tokens[token]
		if !ok {
			return actor, ends, errors.New("no such token")
		}
		return actor, ends, nil
	}}
	v := &visit{actor: identity.Actor{UserID: "u1", SessionID: "s1"}, asked: true}
	for _, bad := range []string{"another", "foreign", "invented", ""} {
		if _, err := l.renew(t.Context(), v, token{bad}); err == nil || !v.asked || v.who().Verified {
			t.Errorf("the token %q was taken: %v", bad, err)
		}
	}
	if _, err := l.renew(t.Context(), v, token{"next"}); err != nil || v.asked || !v.ends.Equal(ends) || !v.who().Verified {
		t.Errorf("%+v, %v", v, err)
	}
}
