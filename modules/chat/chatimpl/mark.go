package chatimpl

import (
	"context"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// MarkRead never moves a mark back, and not beyond the last message. What changes nothing is not announced.
func (s *service) MarkRead(ctx context.Context, q chat.MarkReadRequest) (chat.Conversation, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Conversation{}, err
	}
	if q.Seq < 0 {
		return chat.Conversation{}, fault.Wrong("seq", "Use the number of a message, or 0 for all.")
	}
	var view viewRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		seq, err := hold(tx, q.ConversationID, actor.UserID)
		if err != nil {
			return err
		}
		if q.Seq != 0 {
			seq = min(q.Seq, seq)
		}
		moved, err := read(tx, q.ConversationID, actor.UserID, seq)
		if err != nil {
			return err
		}
		if view, err = find(tx.DB, q.ConversationID, actor.UserID); err != nil || !moved {
			return err
		}
		return tx.Emit(chat.Read{ConversationID: view.ID, ReaderID: actor.UserID, OtherID: view.WithID, Seq: seq, At: tx.Now()})
	})
	if err != nil {
		return chat.Conversation{}, err
	}
	return s.conversation(s.db.Read(ctx), view, actor.UserID)
}
