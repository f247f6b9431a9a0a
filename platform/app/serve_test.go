package app

import (
	"net/http"
	"testing"
	"time"

	"marketplace/platform/config"
)

// Every listener has the limits that net/http leaves out.
func TestEveryListenerLimitsSlowAndLargeRequests(t *testing.T) {
	c := config.Defaults()
	c.Data, c.Internal = t.TempDir(), "127.0.0.1:0"
	c.RPC = config.RPC{Listen: "127.0.0.1:0", Secrets: []string{"0123456789abcdef0123456789abcdef"}}
	a, err := New(t.Context(), Options{Config: c})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	if _, err := a.Serve("127.0.0.1:0", http.NotFoundHandler()); err != nil {
		t.Fatal(err)
	}
	if len(a.listeners) != 3 {
		t.Fatalf("%d listeners", len(a.listeners))
	}
	for _, l := range a.listeners {
		s := l.server
		if s.ReadHeaderTimeout != 5*time.Second || s.ReadTimeout != 30*time.Second || s.IdleTimeout != 2*time.Minute ||
			s.MaxHeaderBytes != 64<<10 || s.WriteTimeout != 0 || s.ErrorLog == nil {
			t.Errorf("%s: %+v", l.name, s)
		}
	}
}
