package live

import (
	"context"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/socketio"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
)

// typingPause is how often at most one connection is seen to write.
const typingPause = 2 * time.Second

// welcome puts a person into the rooms of their account and of their session, and answers what they send:
//
//	message {conversation_id, client_id, text}  → {message}: sent, and stored before the answer
//	messages {conversation_id, after_seq, …}    → {items}: what came meanwhile
//	read {conversation_id, seq}                 → {conversation}: seen so far
//	typing {conversation_id}                    → {}: the other is shown it
//	watch {user_ids}                            → {people}: who is there, and from now on "presence"
//	order {id}                                  → {order}: how far an order is
//	token {token}                               → {expires_at}: the connection goes on
//
// An answer has an error instead when the effect did not happen.
func (l *Live) welcome(sk *socketio.Socket) {
	actor := visitOf(sk).who()
	sk.Join(userRoom(actor.UserID), sessionRoom(actor.SessionID))
	l.makeRoom(actor.UserID)
	l.roll.enter(actor.UserID)
	sk.OnDisconnect(func(string) { l.roll.leave(actor.UserID) })
	handle(l, sk, "message", func(ctx context.Context, q chat.SendRequest) (any, error) {
		visitOf(sk).sends()
		m, err := l.Chats.Send(ctx, q)
		return map[string]any{"message": m}, err
	})
	handle(l, sk, "messages", func(ctx context.Context, q chat.ListMessagesRequest) (any, error) {
		return l.Chats.ListMessages(ctx, q)
	})
	handle(l, sk, "read", func(ctx context.Context, q chat.MarkReadRequest) (any, error) {
		c, err := l.Chats.MarkRead(ctx, q)
		return map[string]any{"conversation": c}, err
	})
	handle(l, sk, "typing", func(ctx context.Context, q chat.ShowTypingRequest) (any, error) { return l.showTyping(ctx, sk, q) })
	handle(l, sk, "watch", func(ctx context.Context, q watchRequest) (any, error) { return l.watch(ctx, sk, q) })
	handle(l, sk, "order", func(ctx context.Context, q order.GetRequest) (any, error) {
		o, err := l.Orders.Get(ctx, q)
		return map[string]any{"order": change{OrderID: o.ID, Status: o.Status, Version: o.Version}}, err
	})
	handle(l, sk, "token", func(ctx context.Context, q token) (any, error) { return l.renew(ctx, visitOf(sk), q) })
}

// handle answers one kind of event: the acknowledgement comes after the effect is durable, or says what was wrong.
func handle[Q any](l *Live, sk *socketio.Socket, event string, act func(context.Context, Q) (any, error)) {
	sk.On(event, func(e *socketio.Event) {
		if err := l.mayGo(sk, event); err != nil {
			l.answer(e, map[string]any{"error": err}, string(fault.TooMany))
			return
		}
		ctx, cancel := l.deadline()
		defer cancel()
		ctx, span := l.Tracer.Begin(identity.WithRequest(ctx, "live-"+uuid.NewString()), trace.Server, "socket "+event, trace.Text("market.module", "web"))
		var q Q
		err := error(fault.Malformedf("We could not read what was sent."))
		var answer any
		if e.Bind(0, &q) == nil {
			answer, err = act(identity.With(ctx, visitOf(sk).who()), q)
		}
		outcome := "ok"
		if span.End(err); err != nil {
			outcome = string(fault.Of(err).Code)
			if fault.Of(err).Code == fault.Internal {
				telemetry.For(ctx, l.Log).Error("a live event failed", zap.String("event.action", event), zap.Error(err))
			}
			answer = map[string]any{"error": fault.Of(err)}
		}
		l.answer(e, answer, outcome)
	})
}

// answer acknowledges an event and counts how it ended.
func (l *Live) answer(e *socketio.Event, answer any, outcome string) {
	l.events.WithLabelValues(e.Name, outcome).Inc()
	if err := e.Ack(answer); err != nil {
		l.Log.Debug("the client left", zap.Error(err))
	}
}

// sends: whoever begins the next message is shown at once.
func (v *visit) sends() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.typed = time.Time{}
}

// showTyping shows the other that the person writes: now and then, however often a client says it.
func (l *Live) showTyping(ctx context.Context, sk *socketio.Socket, q chat.ShowTypingRequest) (any, error) {
	v, now := visitOf(sk), l.Clock.Now()
	v.mu.Lock()
	soon := now.Before(v.typed.Add(typingPause))
	if !soon {
		v.typed = now
	}
	v.mu.Unlock()
	if soon {
		return map[string]any{}, nil
	}
	_, err := l.Chats.ShowTyping(ctx, q)
	return map[string]any{}, err
}
