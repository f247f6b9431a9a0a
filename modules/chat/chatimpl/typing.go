package chatimpl

import (
	"context"

	"marketplace/modules/chat"
	"marketplace/platform/identity"
)

// ShowTyping writes nothing: it would be a transaction for every few letters.
func (s *service) ShowTyping(ctx context.Context, q chat.ShowTypingRequest) (chat.Typed, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return chat.Typed{}, err
	}
	view, err := find(s.db.Read(ctx), q.ConversationID, actor.UserID)
	if err != nil {
		return chat.Typed{}, err
	}
	if err := mayWrite(view.Blocked, view.Barred); err != nil {
		return chat.Typed{}, err
	}
	e := chat.Typed{ConversationID: view.ID, TypistID: actor.UserID, RecipientID: view.WithID, At: s.db.Now()}
	if view.TheySpam {
		return e, nil
	}
	return e, s.events.Signal(ctx, e)
}
