package telemetry_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"go.uber.org/zap"

	"marketplace/platform/config"
	"marketplace/platform/telemetry"
)

// Rows Z18, Z23: the last errors and slow requests are remembered as they are in the log, and nothing else is.
func TestTheLastErrorsAndSlowRequestsAreRemembered(t *testing.T) {
	levels, err := telemetry.NewLevels(config.Log{Level: "error"}) // the record of access has no level
	if err != nil {
		t.Fatal(err)
	}
	recent := &telemetry.Recent{}
	log, err := telemetry.NewLogger(levels, "console", telemetry.Service{Name: "marketplace", Node: "host-1"}, io.Discard, recent)
	if err != nil {
		t.Fatal(err)
	}
	access := telemetry.ForAccess(log.Named("web"))
	request := func(route string, spent time.Duration) {
		access.Info("request", zap.Duration("event.duration", spent), zap.String("url.path", route), zap.Int("http.response.status_code", 200),
			zap.String("http.request.method", "GET"))
	}
	request("/quick", 20*time.Millisecond)
	request("/slow", 3*time.Second)
	request("/socket.io/", 25*time.Second)
	log.Named("order").Warn("not that bad")
	for i := range 250 {
		log.Named("order").Error(fmt.Sprintf("failure %d", i), zap.Error(errors.New("no space left")), zap.String("http.request.id", "request-1"), zap.String("password", "canary"))
	}
	slow, failures := recent.Slow(), recent.Errors()
	if len(slow) != 1 || slow[0].Route != "/slow" || slow[0].Duration != 3*time.Second || slow[0].Status != 200 || slow[0].Method != "GET" {
		t.Errorf("slow: %+v", slow)
	}
	if len(failures) != 200 || failures[0].Message != "failure 249" || failures[199].Message != "failure 50" {
		t.Fatalf("%d errors", len(failures))
	}
	f := failures[0]
	if f.Error != "no space left" || f.Module != "order" || f.Level != "error" || f.Request != "request-1" || f.Node != "host-1" || f.At.IsZero() {
		t.Errorf("%+v", f)
	}
	if f.Place() <= failures[1].Place() {
		t.Errorf("%s is not after %s", f.Place(), failures[1].Place())
	}
	if got := (*telemetry.Recent)(nil).Errors(); len(got) != 0 {
		t.Errorf("nobody remembers %v", got)
	}
}
