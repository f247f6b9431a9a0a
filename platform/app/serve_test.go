package app

import (
	"context"
	"net/http"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"marketplace/platform/config"
	kept "marketplace/platform/private"
)

// Every listener has the limits that net/http leaves out.
func TestEveryListenerLimitsSlowAndLargeRequests(t *testing.T) {
	c := config.Defaults()
	c.Data, c.Internal = t.TempDir(), "127.0.0.1:0"
	c.RPC = config.RPC{Listen: "127.0.0.1:0", Secrets: []kept.Secret{"0123456789abcdef0123456789abcdef"}}
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

func TestARequestThatDoesNotEndIsCutOff(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	c := config.Defaults()
	c.Data, c.Internal = t.TempDir(), "127.0.0.1:0"
	a, err := New(t.Context(), Options{Config: c, Log: zap.New(core)})
	if err != nil {
		t.Fatal(err)
	}
	a.patience = 20 * time.Millisecond
	begun, ended := make(chan struct{}), make(chan struct{})
	address, err := a.Serve("127.0.0.1:0", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		close(ended)
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		<-begun
		stop()
	}()
	go func() {
		response, err := http.Get("http://" + address.String())
		if err == nil {
			_ = response.Body.Close()
		}
	}()
	if err := a.Run(ctx); err != nil {
		t.Errorf("%v", err)
	}
	<-ended
	if logs.FilterMessage("requests were cut off").Len() != 1 {
		t.Errorf("%v", logs.All())
	}
}
