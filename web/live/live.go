// Package live is what people see without reloading: messages, read marks, notifications and badges, over Socket.IO. It is
// a signal on top of pages that work without it; what was missed is read again from the modules.
package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/notification"
	"marketplace/platform/bus"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/socketio"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
	"marketplace/web/edge"
)

// Path is where the live channel is.
const Path = "/socket.io/"

// patience is how long one event of a client may take.
const patience = 10 * time.Second

// Who says who sent a request, by its session cookie; the zero Actor is a visitor.
type Who func(*http.Request) (identity.Actor, error)

// Bearer says whose access token this is.
type Bearer func(context.Context, string) (identity.Actor, error)

// Live is the live channel of this process.
type Live struct {
	edge.Edge
	base   context.Context // a client's events belong to no request: they live as long as the process
	server *socketio.Server
	people *socketio.Namespace
	roll   *roll
	events *prometheus.CounterVec // event, outcome
}

// New makes the channel; metrics takes its figures. Browsers are known by their session cookie, other clients by an access token in the connect
// payload: {"token": "…"}. Visitors are refused.
func New(ctx context.Context, e edge.Edge, events *bus.Events, metrics prometheus.Registerer, who Who, bearer Bearer) (*Live, error) {
	l := &Live{Edge: e, base: context.WithoutCancel(ctx), roll: newRoll(e.Users, e.Clock, e.Log)}
	l.server = socketio.New(socketio.Options{
		AllowedOrigins: nil, // the same origin
		Accept:         func(r *http.Request) (any, error) { return who(r) },
		OnError:        func(err error) { e.Log.Error("the live channel failed", zap.Error(err)) },
	})
	l.people = l.server.Of("/")
	l.people.Use(func(sk *socketio.Socket, payload json.RawMessage) error { return l.admit(sk, payload, bearer) })
	l.people.OnConnect(l.welcome)
	bus.Watch(events, l.onMessageSent)
	bus.Watch(events, l.onRead)
	bus.Watch(events, l.onNotification)
	bus.Watch(events, l.onPresence)
	bus.Watch(events, l.onSessionEnded)
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

// Mount answers the channel's requests. They leave echo's deadlines and compression alone.
func (l *Live) Mount(router *echo.Echo) { router.Any(Path, echo.WrapHandler(l.server)) }

// Stop closes all connections; clients come back by themselves.
func (l *Live) Stop(ctx context.Context) error { return l.server.Close(ctx) }

// admit lets a person in whom the cookie or the token names.
func (l *Live) admit(sk *socketio.Socket, payload json.RawMessage, bearer Bearer) error {
	actor, _ := sk.Handshake().Value.(identity.Actor)
	var auth struct {
		Token string `json:"token"`
	}
	if len(payload) > 0 && json.Unmarshal(payload, &auth) == nil && auth.Token != "" {
		ctx, cancel := l.deadline()
		defer cancel()
		var err error
		if actor, err = bearer(ctx, auth.Token); err != nil {
			return refusal(err)
		}
	}
	if !actor.SignedIn() {
		return refusal(fault.Unauthenticatedf("Please log in first."))
	}
	sk.Data = actor
	return nil
}

// refusal tells a client why: a fault in its words, anything else in general ones.
func refusal(err error) error {
	f := fault.Of(err)
	return &socketio.Refusal{Message: f.Message, Data: map[string]any{"code": f.Code}}
}

func (l *Live) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(l.base, patience)
}

func userRoom(id string) string    { return "user:" + id }
func sessionRoom(id string) string { return "session:" + id }

// welcome puts a person into the rooms of their account and of their session, and answers what they send.
func (l *Live) welcome(sk *socketio.Socket) {
	actor := sk.Data.(identity.Actor)
	sk.Join(userRoom(actor.UserID), sessionRoom(actor.SessionID))
	l.roll.enter(actor.UserID)
	sk.OnDisconnect(func(string) { l.roll.leave(actor.UserID) })
	handle(l, sk, "message", func(ctx context.Context, q chat.SendRequest) (any, error) {
		m, err := l.Chats.Send(ctx, q)
		return map[string]any{"message": m}, err
	})
	handle(l, sk, "read", func(ctx context.Context, q chat.MarkReadRequest) (any, error) {
		c, err := l.Chats.MarkRead(ctx, q)
		return map[string]any{"conversation": c}, err
	})
	handle(l, sk, "watch", func(ctx context.Context, q watchRequest) (any, error) { return l.watch(ctx, sk, q) })
}

// handle answers one kind of event: the acknowledgement comes after the effect is durable, or says what was wrong.
func handle[Q any](l *Live, sk *socketio.Socket, event string, act func(context.Context, Q) (any, error)) {
	sk.On(event, func(e *socketio.Event) {
		ctx, cancel := l.deadline()
		defer cancel()
		ctx, span := l.Tracer.Begin(identity.WithRequest(ctx, "live-"+uuid.NewString()), trace.Server, "socket "+event, trace.Text("market.module", "web"))
		var q Q
		err := error(fault.Malformedf("We could not read what was sent."))
		var answer any
		if e.Bind(0, &q) == nil {
			answer, err = act(identity.With(ctx, sk.Data.(identity.Actor)), q)
		}
		outcome := "ok"
		if span.End(err); err != nil {
			outcome = string(fault.Of(err).Code)
			if fault.Of(err).Code == fault.Internal {
				telemetry.For(ctx, l.Log).Error("a live event failed", zap.String("event.action", event), zap.Error(err))
			}
			answer = map[string]any{"error": fault.Of(err)}
		}
		l.events.WithLabelValues(event, outcome).Inc()
		if err := e.Ack(answer); err != nil {
			l.Log.Debug("the client left", zap.Error(err))
		}
	})
}

// tell sends to everything that a person has open here.
func (l *Live) tell(userID, event string, payload any) {
	if err := l.people.To(userRoom(userID)).Emit(event, payload); err != nil {
		l.Log.Debug("a live event was not sent", zap.String("event.action", event), zap.Error(err))
	}
}

// here says whether the person has anything open in this process.
func (l *Live) here(userID string) bool { return len(l.people.To(userRoom(userID)).Sockets()) > 0 }

// onMessageSent shows a message to its two people, who are read for separately: nobody else receives a byte (row C2).
func (l *Live) onMessageSent(ctx context.Context, e chat.MessageSent) {
	for _, userID := range []string{e.SenderID, e.RecipientID} {
		if !l.here(userID) {
			continue
		}
		reader := identity.With(ctx, identity.Actor{UserID: userID, Verified: true})
		messages, err := l.Chats.ListMessages(reader, chat.ListMessagesRequest{ConversationID: e.ConversationID, AfterSeq: e.Seq - 1, Limit: 100})
		if err != nil {
			telemetry.For(ctx, l.Log).Warn("a message could not be shown live", zap.Error(err))
			continue
		}
		for _, m := range messages.Items { // after 0 is the last page, where it may not be alone
			if m.Seq == e.Seq {
				l.tell(userID, "message", m)
			}
		}
		l.tellUnread(reader, userID)
	}
}

func (l *Live) onRead(ctx context.Context, e chat.Read) {
	l.tell(e.OtherID, "read", map[string]any{"conversation_id": e.ConversationID, "seq": e.Seq})
	if l.here(e.ReaderID) {
		l.tellUnread(identity.With(ctx, identity.Actor{UserID: e.ReaderID, Verified: true}), e.ReaderID)
	}
}

func (l *Live) onNotification(ctx context.Context, e notification.Created) {
	if !l.here(e.UserID) {
		return
	}
	l.tell(e.UserID, "notification", e)
	l.tellUnread(identity.With(ctx, identity.Actor{UserID: e.UserID, Verified: true}), e.UserID)
}

// tellUnread brings the badges up to date.
func (l *Live) tellUnread(ctx context.Context, userID string) {
	messages, err := l.Chats.CountUnread(ctx, chat.CountUnreadRequest{})
	if err != nil {
		telemetry.For(ctx, l.Log).Warn("unread messages could not be counted", zap.Error(err))
		return
	}
	notes, err := l.Notifications.CountUnread(ctx, notification.CountUnreadRequest{})
	if err != nil {
		telemetry.For(ctx, l.Log).Warn("unread notifications could not be counted", zap.Error(err))
		return
	}
	l.tell(userID, "unread", map[string]any{"messages": messages.Messages, "notifications": notes.Count})
}

// onSessionEnded cuts what the session has open.
func (l *Live) onSessionEnded(_ context.Context, e auth.SessionEnded) {
	l.people.DisconnectRoom(sessionRoom(e.SessionID))
}
