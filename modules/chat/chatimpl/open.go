package chatimpl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// subject is what a conversation is opened about.
type subject struct{ gigID, orderID string }

func (s *service) Open(ctx context.Context, q chat.OpenRequest) (chat.Conversation, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return chat.Conversation{}, err
	}
	if q.Text != "" {
		if _, err := check(chat.SendRequest{Text: q.Text}); err != nil {
			return chat.Conversation{}, err
		}
	}
	about, whom, err := s.whom(ctx, actor, q)
	if err != nil {
		return chat.Conversation{}, err
	}
	profile, err := s.users.Get(ctx, whom)
	if err != nil {
		return chat.Conversation{}, err
	}
	if err := checkPerson(q, profile, actor); err != nil {
		return chat.Conversation{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return chat.Conversation{}, fmt.Errorf("make an id: %w", err)
	}
	own, err := s.users.Get(ctx, user.GetRequest{ID: actor.UserID})
	if err != nil {
		return chat.Conversation{}, err
	}
	me, other := chat.Person{ID: actor.UserID, Username: actor.Username}, chat.Person{ID: profile.ID, Username: profile.Username}
	names := map[string]string{me.ID: namesOf(own), other.ID: namesOf(profile)}
	var view viewRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := s.mayBegin(tx, me, other); err != nil {
			return err
		}
		kept, err := open(tx, id.String(), me, other, about, names)
		if err != nil {
			return err
		}
		view, err = find(tx.DB, kept, me.ID)
		return err
	})
	if err != nil {
		return chat.Conversation{}, err
	}
	if q.Text == "" {
		return s.conversation(s.db.Read(ctx), view, actor.UserID)
	}
	if _, err := s.Send(ctx, chat.SendRequest{ConversationID: view.ID, Text: q.Text}); err != nil {
		return chat.Conversation{}, err
	}
	return s.Get(ctx, chat.GetRequest{ID: view.ID})
}

// whom says what it is about and who the other person is: the other party of the order, the seller of the gig, or who
// is named. Orders and gigs that the actor may not see are NotFound.
func (s *service) whom(ctx context.Context, actor identity.Actor, q chat.OpenRequest) (subject, user.GetRequest, error) {
	switch {
	case q.OrderID != "":
		o, err := s.orders.Get(ctx, order.GetRequest{ID: q.OrderID})
		if err != nil {
			return subject{}, user.GetRequest{}, err
		}
		if q.GigID != "" && q.GigID != o.GigID {
			return subject{}, user.GetRequest{}, fault.Wrong("gig_id", "This order is of another gig.")
		}
		other, err := otherParty(o, actor.UserID)
		return subject{gigID: o.GigID, orderID: o.ID}, user.GetRequest{ID: other}, err
	case q.GigID != "":
		g, err := s.gigs.Get(ctx, gig.GetRequest{ID: q.GigID})
		return subject{gigID: g.ID}, user.GetRequest{ID: g.SellerID}, err
	case q.UserID != "":
		return subject{}, user.GetRequest{ID: q.UserID}, nil
	case q.Username != "":
		return subject{}, user.GetRequest{Username: q.Username}, nil
	}
	return subject{}, user.GetRequest{}, fault.Wrong("username", "Say whom you want to write to.")
}

func otherParty(o order.Order, userID string) (string, error) {
	switch userID {
	case o.BuyerID:
		return o.SellerID, nil
	case o.SellerID:
		return o.BuyerID, nil
	}
	return "", fault.NotFoundf("There is no such order.")
}

// checkPerson refuses a conversation with oneself, and one with somebody else than is named: a message must not reach
// another person than its writer thinks.
func checkPerson(q chat.OpenRequest, p user.Profile, actor identity.Actor) error {
	var c fault.Check
	c.That(q.UserID == "" || q.UserID == p.ID, "user_id", "This is about somebody else. Name only one of them.")
	c.That(q.Username == "" || strings.EqualFold(q.Username, p.Username), "username", "This is about somebody else. Name only one of them.")
	if err := c.Err(); err != nil {
		return err
	}
	if p.ID == actor.UserID {
		return fault.Invalidf("You cannot write to yourself.")
	}
	return nil
}

// mayBegin refuses who begins conversations with everybody (row W5). Those that exist can always be opened.
func (s *service) mayBegin(tx *db.Tx, me, other chat.Person) error {
	if err := holdPeople(tx, me.ID); err != nil {
		return err
	}
	low, high := pair(me, other)
	var exist int64
	if err := tx.Table("conversations").Where("low_id = ? AND high_id = ?", low.ID, high.ID).Count(&exist).Error; err != nil {
		return fmt.Errorf("look for the conversation: %w", err)
	}
	if exist > 0 {
		return nil
	}
	if barred, err := isBlocked(tx.DB, other.ID, me.ID); err != nil || barred {
		return orElse(err, fault.Forbiddenf("You cannot write to this person."))
	}
	begun := tx.Table("conversations").Where("begun_by = ?", me.ID)
	seconds, err := tooFast(begun, s.settings.ConversationsPerHour, time.Hour, tx.Now())
	if err == nil && seconds > 0 {
		err = fault.TooManyf(seconds, "You have begun many conversations. Please wait before you begin another one.")
	}
	return err
}

// open makes the conversation of two people, or finds the one that they have: of several that open it at once, one
// makes it and the others wait for it. It is shown in the list of who opens it.
// names are what each is found by.
func open(tx *db.Tx, id string, me, other chat.Person, about subject, names map[string]string) (kept string, err error) {
	low, high := pair(me, other)
	err = tx.Raw(`INSERT INTO conversations (id, low_id, high_id, gig_id, order_id, begun_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (low_id, high_id) DO UPDATE SET gig_id = excluded.gig_id, order_id = excluded.order_id
		RETURNING id`, id, low.ID, high.ID, about.gigID, about.orderID, me.ID, tx.Now()).Scan(&kept).Error
	if err != nil {
		return "", fmt.Errorf("keep a conversation: %w", err)
	}
	err = tx.Exec(`INSERT INTO participants (conversation_id, user_id, username, folded, listed, active_at)
		VALUES (?, ?, ?, ?, TRUE, ?), (?, ?, ?, ?, FALSE, ?)
		ON CONFLICT (conversation_id, user_id) DO UPDATE SET username = excluded.username, folded = excluded.folded,
			listed = participants.listed OR excluded.listed`,
		kept, me.ID, me.Username, names[me.ID], tx.Now(), kept, other.ID, other.Username, names[other.ID], tx.Now()).Error
	if err != nil {
		return "", fmt.Errorf("keep the participants: %w", err)
	}
	return kept, nil
}

// namesOf are the names of a person in small letters, to be found by.
func namesOf(p user.Profile) string { return strings.ToLower(p.Username + " " + p.DisplayName) }

// orElse is the error, or the refusal where there is none.
func orElse(err error, refusal *fault.Error) error {
	if err != nil {
		return err
	}
	return refusal
}
