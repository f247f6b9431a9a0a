package notificationimpl

import (
	"context"
	"fmt"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/bus"
	"marketplace/platform/db"
)

func (s *service) react(ev *bus.Events) {
	bus.Handle(ev, s.onSignedUp)
	bus.Handle(ev, s.onEmailVerified)
	bus.Handle(ev, s.onLanguageChosen)
	bus.Handle(ev, s.onPasswordChanged)
	bus.Handle(ev, s.onOrderPaid)
	bus.Handle(ev, s.onOrderDeclined)
	bus.Handle(ev, s.onOrderExpired)
	bus.Handle(ev, s.onOrderRequirementsDue)
	bus.Handle(ev, s.onOrderStarted)
	bus.Handle(ev, s.onOrderDelivered)
	bus.Handle(ev, s.onOrderCompletionNear)
	bus.Handle(ev, s.onOrderRevisionRequested)
	bus.Handle(ev, s.onOrderCompleted)
	bus.Handle(ev, s.onOrderCancelled)
	bus.Handle(ev, s.onOrderCleared)
	bus.Handle(ev, s.onOrderLate)
	bus.Handle(ev, s.onOrderChangeRequested)
	bus.Handle(ev, s.onOrderChangeSettled)
	bus.Handle(ev, s.onOrderReviewExtended)
	bus.Handle(ev, s.onOrderPartlyRefunded)
	bus.Handle(ev, s.onOrderDisputed)
	bus.Handle(ev, s.onOrderDisputeStated)
	bus.Handle(ev, s.onOrderDisputeSettled)
	bus.Handle(ev, s.onOrderChangeAgreed)
	bus.Handle(ev, s.onOrderTipped)
	bus.Handle(ev, s.onOrderTakenBack)
	bus.Handle(ev, s.onOfferMade)
	bus.Handle(ev, s.onOfferAnswered)
	bus.Handle(ev, s.onOfferTakenBack)
	bus.Handle(ev, s.onOfferLapsed)
	bus.Handle(ev, s.onPayoutChanged)
	bus.Handle(ev, s.onChargebackChanged)
	bus.Handle(ev, s.onReviewWritten)
	bus.Handle(ev, s.onReviewPublished)
	bus.HandleTogether(ev, s.onMessagesSent)
	bus.Handle(ev, s.onConversationRead)
	bus.Handle(ev, s.onMessageDeleted)
	bus.Handle(ev, s.onCaseRead)
	bus.Handle(ev, s.onCaseClosed)
}

// The events of an account may come in any order: each writes what only it knows, and the latest choice of a language holds.

func (s *service) onSignedUp(_ context.Context, tx *db.Tx, e auth.SignedUp) error {
	return tx.Exec(`INSERT INTO recipients (user_id, username, email, verified, language) VALUES (?, ?, ?, FALSE, ?)
		ON CONFLICT (user_id) DO UPDATE SET username = excluded.username, email = excluded.email,
			language = CASE WHEN recipients.language = '' THEN excluded.language ELSE recipients.language END`, e.UserID, e.Username, e.Email, e.Language).Error
}

func (s *service) onLanguageChosen(_ context.Context, tx *db.Tx, e auth.LanguageChosen) error {
	return tx.Exec(`INSERT INTO recipients (user_id, username, email, verified, language, language_at) VALUES (?, '', '', FALSE, ?, ?)
		ON CONFLICT (user_id) DO UPDATE SET language = excluded.language, language_at = excluded.language_at
		WHERE recipients.language_at IS NULL OR recipients.language_at <= excluded.language_at`, e.UserID, e.Language, e.At).Error
}

func (s *service) onEmailVerified(_ context.Context, tx *db.Tx, e auth.EmailVerified) error {
	return tx.Exec(`INSERT INTO recipients (user_id, username, email, verified) VALUES (?, ?, '', TRUE)
		ON CONFLICT (user_id) DO UPDATE SET verified = TRUE`, e.UserID, e.Username).Error
}

func (s *service) onPasswordChanged(_ context.Context, tx *db.Tx, e auth.PasswordChanged) error {
	return s.tell(tx, e, people{owner: e.UserID})
}

func parties(f order.Facts) people { return people{buyer: f.BuyerID, seller: f.SellerID} }

func (s *service) onOrderPaid(_ context.Context, tx *db.Tx, e order.Paid) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderDeclined(_ context.Context, tx *db.Tx, e order.Declined) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderExpired(_ context.Context, tx *db.Tx, e order.Expired) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderRequirementsDue(_ context.Context, tx *db.Tx, e order.RequirementsDue) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderStarted(_ context.Context, tx *db.Tx, e order.Started) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderDelivered(_ context.Context, tx *db.Tx, e order.Delivered) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderCompletionNear(_ context.Context, tx *db.Tx, e order.CompletionNear) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderRevisionRequested(_ context.Context, tx *db.Tx, e order.RevisionRequested) error {
	return s.tell(tx, e, parties(e.Facts))
}

func (s *service) onOrderCompleted(_ context.Context, tx *db.Tx, e order.Completed) error {
	return s.tell(tx, e, parties(e.Facts))
}

// An order that was never paid is none of the seller's business, who has not heard of it.
func (s *service) onOrderCancelled(_ context.Context, tx *db.Tx, e order.Cancelled) error {
	who := parties(e.Facts)
	if e.Refunded.Minor == 0 {
		delete(who, seller)
	}
	return s.tell(tx, e, who)
}

func (s *service) onReviewWritten(_ context.Context, tx *db.Tx, e review.Written) error {
	return s.tell(tx, e, people{subject: e.SubjectID})
}

func (s *service) onReviewPublished(_ context.Context, tx *db.Tx, e review.Published) error {
	return s.tell(tx, e, people{subject: e.SubjectID})
}

// onMessagesSent tells of a conversation once, however many messages wait in it, and not of what was read meanwhile.
func (s *service) onMessagesSent(_ context.Context, tx *db.Tx, all []bus.Heard[chat.MessageSent]) error {
	unread, err := unreadOf(tx, all)
	if err != nil || len(unread) == 0 {
		return err
	}
	if err := s.awaitReaders(tx, unread); err != nil {
		return err
	}
	told := make([]news, len(unread))
	for i, m := range unread {
		e := m.Event
		told[i] = news{event: e, cause: m.Cause, who: people{recipient: e.RecipientID}, subject: aboutChat(e.ConversationID), seq: e.Seq}
	}
	return s.tellAll(tx, told)
}

// unreadOf are the messages that are to be told of, and have not been read.
func unreadOf(tx *db.Tx, all []bus.Heard[chat.MessageSent]) (unread []bus.Heard[chat.MessageSent], err error) {
	type talk struct{ userID, subject string }
	var talks []talk
	for _, m := range all {
		talks = append(talks, talk{m.Event.RecipientID, aboutChat(m.Event.ConversationID)})
	}
	var args []any
	for _, t := range db.Rounded(talks) {
		args = append(args, t.userID, t.subject)
	}
	var rows []readRow
	err = tx.Raw("SELECT user_id, subject, seq FROM reads WHERE (user_id, subject) IN (VALUES "+db.Tuples(len(args)/2, 2)+")", args...).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look how far conversations were read: %w", err)
	}
	read := map[talk]int64{}
	for _, r := range rows {
		read[talk{r.UserID, r.Subject}] = r.Seq
	}
	for i, m := range all {
		if m.Event.Seq > read[talks[i]] && !m.Event.Quiet {
			unread = append(unread, m)
		}
	}
	return unread, nil
}

// onConversationRead takes back what is told of messages that were read in the conversation itself.
func (s *service) onConversationRead(_ context.Context, tx *db.Tx, e chat.Read) error {
	if _, err := hold(tx, e.ReaderID); err != nil {
		return err
	}
	err := tx.Exec(`INSERT INTO reads (user_id, subject, seq) VALUES (?, ?, ?)
		ON CONFLICT (user_id, subject) DO UPDATE SET seq = CASE WHEN reads.seq < excluded.seq THEN excluded.seq ELSE reads.seq END`,
		e.ReaderID, aboutChat(e.ConversationID), e.Seq).Error
	if err != nil {
		return fmt.Errorf("note how far a conversation was read: %w", err)
	}
	if err := forgetWaiting(tx, e); err != nil {
		return err
	}
	return tx.Exec("UPDATE notifications SET read_at = ? WHERE user_id = ? AND subject = ? AND seq <= ? AND read_at IS NULL",
		tx.Now(), e.ReaderID, aboutChat(e.ConversationID), e.Seq).Error
}

// aboutChat names a conversation as the subject of notifications.
func aboutChat(conversationID string) string { return "conversation " + conversationID }
