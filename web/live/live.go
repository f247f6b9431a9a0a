// Package live is what people see without reloading: messages, read marks, who is there and who is writing, notifications,
// orders and badges, over Socket.IO. It is a signal on top of pages that work without it; what was missed is read again
// from the modules.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/platform/bus"
	"marketplace/platform/identity"
	"marketplace/platform/socketio"
	"marketplace/web/edge"
)

// Path is where the live channel is.
const Path = "/socket.io/"

// patience is how long one event of a client may take.
const patience = 10 * time.Second

// Who says who sent a request, by its session cookie; the zero Actor is a visitor.
type Who func(*http.Request) (identity.Actor, error)

// Bearer says whose access token this is, and when it ends.
type Bearer func(context.Context, string) (who identity.Actor, ends time.Time, err error)

// Live is the live channel of this process.
type Live struct {
	edge.Edge
	base   context.Context // a client's events belong to no request: they live as long as the process
	server *socketio.Server
	people *socketio.Namespace
	bearer Bearer
	roll   *roll
	shows  *shows
	events *prometheus.CounterVec // event, outcome

	visits     atomic.Int64 // so far
	pace       *pace        // of events, by person
	handshakes *pace        // by address
}

// New makes the channel; metrics takes its figures. Browsers are known by their session cookie, other clients by an access token in the connect
// payload: {"token": "…"}. Visitors are refused.
func New(ctx context.Context, e edge.Edge, events *bus.Events, metrics prometheus.Registerer, who Who, bearer Bearer) (*Live, error) {
	l := &Live{Edge: e, base: context.WithoutCancel(ctx), bearer: bearer, roll: newRoll(e.Users, e.Clock, e.Log)}
	l.pace, l.handshakes = eventPace(l), handshakePace(l)
	l.shows = newShows(l.showMessages, func(err error) { e.Log.Error("messages could not be shown live", zap.Error(err)) })
	l.server = socketio.New(socketio.Options{
		AllowedOrigins: origins(e.Config),
		Accept:         func(r *http.Request) (any, error) { return who(r) },
		OnError:        func(err error) { e.Log.Error("the live channel failed", zap.Error(err)) },
	})
	l.people = l.server.Of("/")
	l.people.Use(func(sk *socketio.Socket, payload json.RawMessage) error { return l.admit(sk, payload) })
	l.people.OnConnect(l.welcome)
	l.watchEvents(events)
	go l.roll.run(ctx)
	return l, l.measure(metrics)
}

// measure counts who is connected and what they send. The events are those that we know.
func (l *Live) measure(r prometheus.Registerer) error {
	l.events = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "marketplace_socket_events_total", Help: "What clients sent over live connections, by how it ended: ok, or the code of a fault.",
	}, []string{"event", "outcome"})
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "marketplace_sockets_open", Help: "Live connections of people."},
		func() float64 { return float64(len(l.people.Except().Sockets())) })
	if err := errors.Join(r.Register(l.events), r.Register(open)); err != nil {
		return fmt.Errorf("measure the live channel: %w", err)
	}
	return nil
}

// Stop closes all connections; clients come back by themselves.
func (l *Live) Stop(ctx context.Context) error { return l.server.Close(ctx) }

func (l *Live) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(l.base, patience)
}

func userRoom(id string) string    { return "user:" + id }
func sessionRoom(id string) string { return "session:" + id }

// tell sends to everything that a person has open here.
func (l *Live) tell(userID, event string, payload any) {
	if err := l.people.To(userRoom(userID)).Emit(event, payload); err != nil {
		l.Log.Debug("a live event was not sent", zap.String("event.action", event), zap.Error(err))
	}
}

// here says whether the person has anything open in this process.
func (l *Live) here(userID string) bool { return len(l.people.To(userRoom(userID)).Sockets()) > 0 }
