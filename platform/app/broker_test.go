package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/config"
)

// The story again, each process with its own end of one broker.
func TestEventsReachProcessesThroughABroker(t *testing.T) {
	broker := apptest.RabbitMQ(t)
	through := func(module, other, address string) app.Options {
		o := apart(t, module, other, address)
		o.Bus, o.Config.Events = nil, broker
		return o
	}
	one := begin(t, through("stock", "shop", "http://127.0.0.1:1"))
	assemble(one)
	run(t, one)

	two := begin(t, through("shop", "stock", "http://"+one.Address(app.Private).String()))
	assemble(two)

	c := through("web", "shop", "http://"+two.Address(app.Private).String())
	c.Config.Remotes["stock"] = []string{"http://" + one.Address(app.Private).String()}
	edge := begin(t, c)
	service := assemble(edge)
	seen := make(chan sold, 10)
	bus.Watch(edge.Events("web"), func(_ context.Context, e sold) { seen <- e })
	run(t, edge)
	run(t, two)

	story(t, service)
	select {
	case e := <-seen:
		if e.Item != "pen" {
			t.Errorf("%+v", e)
		}
	case <-time.After(10 * time.Second):
		t.Error("the pages were not told of an event of another process")
	}
}

func TestAProcessServesWhileItsBrokerIsAwayAndSaysSo(t *testing.T) {
	nobody := "amqp://guest:guest@127.0.0.1:1"
	a := begin(t, app.Options{Config: settings(t, func(c *config.Config) { c.Events = nobody })})
	service := assemble(a)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the process says %v", err)
		}
	})
	apptest.Eventually(t, func() bool {
		status, _ := get(t, a.Address(app.Internal), "/healthz")
		return status == http.StatusOK
	})
	if _, err := service.Sell(apptest.As("u1", "ana"), sellRequest{Item: "pen"}); err != nil {
		t.Error(err)
	}
	apptest.Eventually(t, func() bool {
		status, says := get(t, a.Address(app.Internal), "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(says, "events are not delivered")
	})
	a.Deliver() // the broker was there, and went
	if status, says := get(t, a.Address(app.Internal), "/readyz"); status != http.StatusOK || !strings.Contains(says, "until the broker is back") {
		t.Errorf("without the broker that it had: %d %s", status, says)
	}
}

func TestAnAddressThatIsNoBrokersIsRefused(t *testing.T) {
	_, err := app.New(t.Context(), app.Options{Config: settings(t, func(c *config.Config) { c.Events = "amqp://u:CANARY@h/%zz" })})
	if err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("%v", err)
	}
}
