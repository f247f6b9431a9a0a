package notificationimpl

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"marketplace/modules/chat"
	"marketplace/platform/bus"
	"marketplace/platform/db"
)

// What an absent reader is written (row N2, C9).
const (
	oneWrote      = "%s wrote to you"
	manyWrote     = "%s people wrote to you"
	oneWaits      = "%s: one message that you have not read."
	manyWait      = "%s: %s messages that you have not read."
	readThem      = "Read and answer"
	whyNoMessages = "You get at most one such mail an hour, and none of what you have read."
)

// absentTexts are all of them, to be translated.
func absentTexts() []string {
	return []string{oneWrote, manyWrote, oneWaits, manyWait, readThem, whyNoMessages}
}

// awaitReaders notes that messages wait, and sets the time to write to their readers: soon after the first that waits, and not
// soon after the last mail.
func (s *service) awaitReaders(tx *db.Tx, unread []bus.Heard[chat.MessageSent]) error {
	var waiting []any
	var readers []string
	for _, m := range unread {
		e := m.Event
		waiting = append(waiting, e.RecipientID, e.ConversationID, e.Seq, e.SenderUsername, tx.Now())
		readers = append(readers, e.RecipientID)
	}
	err := tx.Exec("INSERT INTO waiting (user_id, conversation_id, seq, sender_username, created_at) VALUES "+db.Tuples(len(unread), 5)+
		" ON CONFLICT DO NOTHING", waiting...).Error
	if err != nil {
		return fmt.Errorf("note that messages wait: %w", err)
	}
	readers = db.Distinct(readers)
	var mailed []struct {
		UserID   string
		MailedAt time.Time
	}
	err = tx.Raw("SELECT user_id, mailed_at FROM reminders WHERE user_id IN ? AND mailed_at IS NOT NULL", db.Rounded(readers)).Scan(&mailed).Error
	if err != nil {
		return fmt.Errorf("look for the last mails: %w", err)
	}
	last := map[string]time.Time{}
	for _, m := range mailed {
		last[m.UserID] = m.MailedAt
	}
	var due []any
	for _, reader := range readers {
		at := tx.Now().Add(s.settings.MessageDelay)
		if mailed, ok := last[reader]; ok && mailed.Add(s.settings.MessageGap).After(at) {
			at = mailed.Add(s.settings.MessageGap)
		}
		due = append(due, reader, at.UTC())
	}
	err = tx.Exec("INSERT INTO reminders (user_id, due_at) VALUES "+db.Tuples(len(readers), 2)+
		" ON CONFLICT (user_id) DO UPDATE SET due_at = COALESCE(reminders.due_at, excluded.due_at)", due...).Error
	if err != nil {
		return fmt.Errorf("set the time to write to readers: %w", err)
	}
	return nil
}

// onMessageDeleted forgets that the message waits, whichever of the two is told first.
func (s *service) onMessageDeleted(_ context.Context, tx *db.Tx, e chat.MessageDeleted) error {
	err := tx.Exec(`INSERT INTO waiting (user_id, conversation_id, seq, sender_username, deleted, created_at) VALUES (?, ?, ?, '', TRUE, ?)
		ON CONFLICT (user_id, conversation_id, seq) DO UPDATE SET deleted = TRUE`, e.RecipientID, e.ConversationID, e.Seq, tx.Now()).Error
	if err != nil {
		return fmt.Errorf("note that a message was deleted: %w", err)
	}
	return nil
}

// forgetWaiting drops what was read.
func forgetWaiting(tx *db.Tx, e chat.Read) error {
	err := tx.Exec("DELETE FROM waiting WHERE user_id = ? AND conversation_id = ? AND seq <= ?", e.ReaderID, e.ConversationID, e.Seq).Error
	if err != nil {
		return fmt.Errorf("note that messages were read: %w", err)
	}
	return nil
}

// remindReaders is the background task that writes to absent readers whose time has come, each once in whichever process.
func (s *service) remindReaders(ctx context.Context) error {
	for {
		now := s.clock.Now()
		var due []string
		err := s.db.Read(ctx).Raw("SELECT user_id FROM reminders WHERE due_at <= ? ORDER BY due_at LIMIT 100", now).Scan(&due).Error
		if err != nil {
			return fmt.Errorf("find the readers to write to: %w", err)
		}
		for _, userID := range due {
			if err := s.db.Tx(ctx, func(tx *db.Tx) error { return s.remind(tx, userID, now) }); err != nil {
				return fmt.Errorf("write to an absent reader: %w", err)
			}
		}
		if len(due) < 100 || ctx.Err() != nil {
			return nil
		}
	}
}

// waitingFrom is how many messages of one conversation wait.
type waitingFrom struct {
	ConversationID string
	Sender         string
	Messages       int
}

// mostSenders are named in one mail.
const mostSenders = 10

// remind writes one mail about everything that waits. Who has read it meanwhile gets none.
func (s *service) remind(tx *db.Tx, userID string, now time.Time) error {
	mine := tx.Exec("UPDATE reminders SET due_at = NULL WHERE user_id = ? AND due_at <= ?", userID, now)
	if mine.Error != nil || mine.RowsAffected == 0 {
		return mine.Error
	}
	known, err := hold(tx, userID)
	if err != nil {
		return err
	}
	to := known[userID]
	if to.Email == "" { // auth has announced this person, and that announcement is on its way
		return tx.Exec("UPDATE reminders SET due_at = ? WHERE user_id = ?", now.Add(s.settings.MessageDelay), userID).Error
	}
	var waiting []waitingFrom
	err = tx.Raw(`SELECT conversation_id, MAX(sender_username) AS sender, COUNT(*) AS messages FROM waiting
		WHERE user_id = ? AND NOT deleted GROUP BY conversation_id ORDER BY MAX(created_at) DESC, conversation_id`, userID).Scan(&waiting).Error
	if err != nil {
		return fmt.Errorf("read what waits: %w", err)
	}
	if err := tx.Exec("DELETE FROM waiting WHERE user_id = ?", userID).Error; err != nil {
		return fmt.Errorf("forget what waits: %w", err)
	}
	if len(waiting) == 0 {
		return nil
	}
	if err := tx.Exec("UPDATE reminders SET mailed_at = ? WHERE user_id = ?", now, userID).Error; err != nil {
		return fmt.Errorf("note a mail about messages: %w", err)
	}
	return s.queue(tx, uuid.NewString(), to.Email, s.aboutMessages(to, waiting))
}

// aboutMessages is the mail about what waits.
func (s *service) aboutMessages(to recipientRow, waiting []waitingFrom) letter {
	in := s.tongueFor(to.Language)
	x := letter{tongue: in, Username: to.Username, Button: in.say(readThem), Note: in.say(whyNoMessages),
		Subject: fmt.Sprintf(in.say(oneWrote), waiting[0].Sender), Link: s.layout.url + "/inbox/" + waiting[0].ConversationID}
	if len(waiting) > 1 {
		x.Subject, x.Link = fmt.Sprintf(in.say(manyWrote), fmt.Sprint(len(waiting))), s.layout.url+"/inbox?folder=unread"
	}
	for _, w := range waiting[:min(len(waiting), mostSenders)] {
		if w.Messages == 1 {
			x.Paragraphs = append(x.Paragraphs, fmt.Sprintf(in.say(oneWaits), w.Sender))
			continue
		}
		x.Paragraphs = append(x.Paragraphs, fmt.Sprintf(in.say(manyWait), w.Sender, fmt.Sprint(w.Messages)))
	}
	return x
}

// Staff have opened a reported conversation: its two people are told once while they have not looked.
func (s *service) onCaseRead(_ context.Context, tx *db.Tx, e chat.CaseRead) error {
	return s.tellFolded(tx, e, people{reporter: e.ReporterID, reported: e.ReportedID}, "case "+e.CaseID)
}

func (s *service) onCaseClosed(_ context.Context, tx *db.Tx, e chat.CaseClosed) error {
	return s.tell(tx, e, people{reporter: e.ReporterID})
}
