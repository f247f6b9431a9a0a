package live

import (
	"context"

	"go.uber.org/zap"

	"marketplace/modules/chat"
	"marketplace/platform/bus"
	"marketplace/platform/identity"
)

// watchChanges shows what becomes of messages after they were sent.
func (l *Live) watchChanges(events *bus.Events) {
	bus.Watch(events, func(ctx context.Context, e chat.MessageEdited) {
		l.showChange(ctx, e.ConversationID, e.Seq, e.SenderID, e.RecipientID)
	})
	bus.Watch(events, func(ctx context.Context, e chat.MessageDeleted) {
		l.showChange(ctx, e.ConversationID, e.Seq, e.SenderID, e.RecipientID)
	})
}

// showChange shows a message as it is now to its two people, who are read for separately (row C2).
func (l *Live) showChange(ctx context.Context, conversationID string, seq int64, people ...string) {
	for _, userID := range people {
		if !l.here(userID) {
			continue
		}
		reader := identity.With(ctx, identity.Actor{UserID: userID, Verified: true})
		page, err := l.Chats.ListMessages(reader, chat.ListMessagesRequest{ConversationID: conversationID, AroundSeq: seq, Limit: 1})
		if err != nil {
			l.Log.Warn("a change of a message could not be shown live", zap.Error(err))
			continue
		}
		for _, m := range page.Items {
			l.tell(userID, "message_changed", m)
		}
	}
}
