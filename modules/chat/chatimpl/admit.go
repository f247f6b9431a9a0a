package chatimpl

import (
	"fmt"
	"time"

	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/text"
)

// mostTogether is how many messages are written in one transaction.
const mostTogether = 64

// draft is a message on its way into the database, among others (db.Batch), and what becomes of it there.
type draft struct {
	asked messageRow // without what posting adds
	files []file
	cause db.Cause

	row     messageRow // as it is stored
	posted  bool       // now; otherwise it was stored before, or is refused
	refusal error
	before  *draft // in the same transaction, by the same client under the same name; what becomes of it becomes of this one
	line    lineRow
}

// lineRow is what a sender needs to know of a conversation.
type lineRow struct {
	ConversationID string
	UserID         string // who sends
	OrderID        string
	WithID         string
	TheySpam       bool // the other calls it spam
	Blocked        bool // by the sender
	Barred         bool // by the other
}

// write posts messages of many people, or answers what is stored under their names already. What is refused is told to its
// sender, and the others are posted as if it had never come.
func (s *service) write(tx *db.Tx, all []*draft) error {
	for _, d := range all { // the transaction may run again
		d.row, d.posted, d.refusal, d.before = d.asked, false, nil, nil
	}
	for _, step := range []func(*db.Tx, []*draft) error{findLines, holdSenders, findSent, s.admit, post} {
		if open := undecided(all); len(open) > 0 {
			if err := step(tx, open); err != nil {
				return err
			}
		}
	}
	for _, d := range all {
		if d.before != nil {
			d.row, d.refusal = d.before.row, d.before.refusal
		}
	}
	return nil
}

// undecided are the drafts that are on their way to be posted.
func undecided(all []*draft) (open []*draft) {
	for _, d := range all {
		if d.refusal == nil && d.before == nil && d.row.Seq == 0 {
			open = append(open, d)
		}
	}
	return open
}

// findLines refuses who is not one of the two of a conversation.
func findLines(tx *db.Tx, all []*draft) error {
	var conversations, senders []string
	for _, d := range all {
		if text.IsID(d.row.ConversationID) {
			conversations, senders = append(conversations, d.row.ConversationID), append(senders, d.row.SenderID)
		}
	}
	var rows []lineRow
	if len(conversations) > 0 {
		err := tx.Raw(`SELECT me.conversation_id, me.user_id, c.order_id, them.user_id AS with_id, them.spam AS they_spam,
				EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = me.user_id AND b.blocked_id = them.user_id) AS blocked,
				EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = them.user_id AND b.blocked_id = me.user_id) AS barred
			FROM participants AS me JOIN conversations AS c ON c.id = me.conversation_id
			JOIN participants AS them ON them.conversation_id = me.conversation_id AND them.user_id <> me.user_id
			WHERE me.conversation_id IN ? AND me.user_id IN ?`, db.Rounded(db.Distinct(conversations)), db.Rounded(db.Distinct(senders))).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("read conversations: %w", err)
		}
	}
	lines := map[[2]string]lineRow{}
	for _, r := range rows {
		lines[[2]string{r.ConversationID, r.UserID}] = r
	}
	for _, d := range all {
		var found bool
		if d.line, found = lines[[2]string{d.row.ConversationID, d.row.SenderID}]; !found {
			d.refusal = noSuchConversation()
		}
	}
	return nil
}

// holdSenders makes all else that the senders send and begin wait.
func holdSenders(tx *db.Tx, all []*draft) error {
	var senders []string
	for _, d := range all {
		senders = append(senders, d.row.SenderID)
	}
	return holdPeople(tx, db.Rounded(db.Distinct(senders))...)
}

// findSent answers what the senders' clients have sent before, under the same name.
func findSent(tx *db.Tx, all []*draft) error {
	type name struct{ conversation, sender, client string }
	named, names := map[name]*draft{}, []name{}
	for _, d := range all {
		n := name{d.row.ConversationID, d.row.SenderID, d.row.ClientID}
		switch {
		case n.client == "":
		case named[n] != nil:
			d.before = named[n]
		default:
			named[n] = d
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return nil
	}
	var args []any
	for _, n := range db.Rounded(names) {
		args = append(args, n.conversation, n.sender, n.client)
	}
	var stored []messageRow
	err := tx.Raw("SELECT * FROM messages WHERE (conversation_id, sender_id, client_id) IN (VALUES "+db.Tuples(len(args)/3, 3)+") AND client_id <> ''", args...).
		Scan(&stored).Error
	if err != nil {
		return fmt.Errorf("look for messages that were sent before: %w", err)
	}
	for _, m := range stored {
		named[name{m.ConversationID, m.SenderID, m.ClientID}].row = m
	}
	return nil
}

// admit refuses who is writing too fast, who may not write to the other, and what may not be written.
func (s *service) admit(tx *db.Tx, all []*draft) error {
	sent, err := sentLately(tx, all)
	if err != nil {
		return err
	}
	sieve, err := s.sieve(tx.DB)
	if err != nil {
		return err
	}
	now := map[string]int{} // by sender, in this transaction
	for _, d := range all {
		sender := d.row.SenderID
		if sent[sender]+now[sender] >= s.settings.MessagesPerMinute {
			if d.refusal = s.maySend(tx.DB, sender, now[sender], tx.Now()); d.refusal != nil && !fault.Is(d.refusal, fault.TooMany) {
				return d.refusal
			}
		}
		if d.refusal == nil {
			d.refusal = mayWrite(d.line.Blocked, d.line.Barred)
		}
		if d.refusal == nil {
			d.row.Warnings, d.refusal, err = sieve.screen(tx.DB, sender, d.line.WithID, d.row.Text)
			if err != nil {
				return err
			}
		}
		if d.refusal == nil {
			now[sender]++
		}
	}
	return nil
}

// sentLately is how many messages each sender has sent within a minute.
func sentLately(tx *db.Tx, all []*draft) (map[string]int, error) {
	var senders []string
	for _, d := range all {
		senders = append(senders, d.row.SenderID)
	}
	var rows []struct {
		SenderID string
		N        int
	}
	err := tx.Raw("SELECT sender_id, COUNT(*) AS n FROM messages WHERE sender_id IN ? AND created_at > ? GROUP BY sender_id",
		db.Rounded(db.Distinct(senders)), tx.Now().Add(-time.Minute)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("count what was sent: %w", err)
	}
	sent := map[string]int{}
	for _, r := range rows {
		sent[r.SenderID] = r.N
	}
	return sent, nil
}
