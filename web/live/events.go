package live

import (
	"context"

	"go.uber.org/zap"

	"marketplace/modules/chat"
	"marketplace/modules/notification"
	"marketplace/platform/bus"
	"marketplace/platform/identity"
)

// watchEvents listens to what happens in the modules, wherever it happens. It is told in a hurry (bus.Watch).
func (l *Live) watchEvents(events *bus.Events) {
	bus.Watch(events, func(_ context.Context, e chat.MessageSent) { l.onMessageSent(e) })
	bus.Watch(events, l.onTyped)
	bus.Watch(events, l.onRead)
	bus.Watch(events, l.onNotification)
	bus.Watch(events, l.onPresence)
	bus.Watch(events, l.onSessionEnded)
	l.watchChanges(events)
	l.watchOrders(events)
}

// onMessageSent has a message shown to its two people, to those who are here.
func (l *Live) onMessageSent(e chat.MessageSent) {
	if l.here(e.SenderID) || l.here(e.RecipientID) {
		l.shows.add(e)
	}
}

// showMessages shows messages of one conversation, which are read for each of its two separately: nobody else receives a
// byte (row C2).
func (l *Live) showMessages(r span) {
	for i, userID := range r.people {
		if !l.here(userID) {
			continue
		}
		ctx, cancel := l.deadline()
		reader := identity.With(ctx, identity.Actor{UserID: userID, Verified: true})
		for after := r.from - 1; after < r.to; {
			page, err := l.Chats.ListMessages(reader, chat.ListMessagesRequest{ConversationID: r.conversation, AfterSeq: after, Limit: 100})
			if err != nil || len(page.Items) == 0 {
				l.Log.Warn("messages could not be shown live", zap.Error(err))
				break
			}
			for _, m := range page.Items { // after 0 is the last page, where there may be others
				if m.Seq >= r.from && m.Seq <= r.to {
					l.tell(userID, "message", m)
				}
			}
			after = page.Items[len(page.Items)-1].Seq
		}
		if r.reach[i] {
			l.tellUnread(reader, userID)
		}
		cancel()
	}
}

func (l *Live) onTyped(_ context.Context, e chat.Typed) {
	l.tell(e.RecipientID, "typing", map[string]any{"conversation_id": e.ConversationID})
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
		l.Log.Warn("unread messages could not be counted", zap.Error(err))
		return
	}
	notes, err := l.Notifications.CountUnread(ctx, notification.CountUnreadRequest{})
	if err != nil {
		l.Log.Warn("unread notifications could not be counted", zap.Error(err))
		return
	}
	l.tell(userID, "unread", map[string]any{"messages": messages.Messages, "notifications": notes.Count})
}
