package chatimpl

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/db"
)

// post numbers, keeps, counts and announces messages, those of each conversation in the order in which they came.
func post(tx *db.Tx, all []*draft) error {
	if err := number(tx, all); err != nil {
		return err
	}
	now, rows, told := tx.Now(), make([]*messageRow, len(all)), make([]db.Caused, len(all))
	for i, d := range all {
		m := &d.row
		m.OrderID, m.CreatedAt = d.line.OrderID, now
		rows[i] = m
		told[i] = db.Caused{Cause: d.cause, Event: chat.MessageSent{ConversationID: m.ConversationID, MessageID: m.ID, Seq: m.Seq,
			SenderID: m.SenderID, SenderUsername: m.SenderUsername, RecipientID: d.line.WithID, At: now, Quiet: d.line.TheySpam || m.Kind != chat.KindText}}
	}
	if err := tx.Create(&rows).Error; err != nil {
		return fmt.Errorf("keep messages: %w", err)
	}
	for _, d := range all {
		if err := writeFiles(tx, d.files); err != nil {
			return err
		}
	}
	if err := count(tx, all); err != nil {
		return err
	}
	if err := turns(tx, all); err != nil {
		return err
	}
	if err := tx.EmitCaused(told...); err != nil {
		return err
	}
	for _, d := range all {
		d.posted = true
	}
	return nil
}

// number takes the conversations' next numbers. Until the transaction ends nobody else changes these conversations.
func number(tx *db.Tx, all []*draft) error {
	news := map[string]int64{} // by conversation
	for _, d := range all {
		news[d.row.ConversationID]++
	}
	if err := holdConversations(tx, slices.Sorted(maps.Keys(news))); err != nil {
		return err
	}
	alike := map[int64][]string{} // conversations with so many new ones; nearly all have one
	for id, n := range news {
		alike[n] = append(alike[n], id)
	}
	next := map[string]int64{}
	for n, ids := range alike {
		slices.Sort(ids)
		var rows []struct {
			ID      string
			LastSeq int64
		}
		err := tx.Raw("UPDATE conversations SET last_seq = last_seq + ? WHERE id IN ? RETURNING id, last_seq", n, db.Rounded(ids)).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("number messages: %w", err)
		}
		for _, r := range rows {
			next[r.ID] = r.LastSeq - n + 1
		}
	}
	for _, d := range all {
		d.row.Seq = next[d.row.ConversationID]
		next[d.row.ConversationID]++
	}
	return nil
}

// holdConversations waits for conversations in the order of their ids, so that two processes never wait for each other.
// SQLite has one writer anyway, and one row is held by its update.
func holdConversations(tx *db.Tx, ids []string) error {
	if !tx.Postgres() || len(ids) == 1 {
		return nil
	}
	if err := tx.Exec("SELECT 1 FROM conversations WHERE id IN ? ORDER BY id FOR UPDATE", db.Rounded(ids)).Error; err != nil {
		return fmt.Errorf("wait for conversations: %w", err)
	}
	return nil
}

// count notes new messages with both participants, and takes them out of their archives. The sender has read their own,
// unless something of the other is still unread before it. Of each conversation one message at a time, as one builds on the
// other.
func count(tx *db.Tx, all []*draft) error {
	for len(all) > 0 {
		var ids []string
		var later []*draft
		seen := map[string]bool{}
		for _, d := range all {
			if seen[d.row.ConversationID] {
				later = append(later, d)
				continue
			}
			seen[d.row.ConversationID] = true
			ids = append(ids, d.row.ID)
		}
		err := tx.Exec(`UPDATE participants SET listed = TRUE, active_at = m.created_at, archived = FALSE,
				read_seq = CASE WHEN participants.user_id = m.sender_id AND participants.unread = 0 THEN m.seq ELSE participants.read_seq END,
				unread = CASE WHEN participants.user_id = m.sender_id THEN participants.unread ELSE participants.unread + 1 END
			FROM messages AS m WHERE m.id IN ? AND participants.conversation_id = m.conversation_id`, db.Rounded(ids)).Error
		if err != nil {
			return fmt.Errorf("count messages: %w", err)
		}
		all = later
	}
	return nil
}

// turnRow begins with a message that nobody has answered yet, and ends with the answer.
type turnRow struct {
	ConversationID string
	Seq            int64
	AnswererID     string
	Begins         bool // the first of all
	AskedAt        time.Time
	AnsweredAt     *time.Time
	Seconds        int64 // from the question to the answer
}

// turns notes what the messages answer, and that they ask the other in turn, unless the other calls it spam.
func turns(tx *db.Tx, all []*draft) error {
	open, err := openTurns(tx, all)
	if err != nil {
		return err
	}
	var begun, answered []*turnRow
	for _, d := range all {
		m := d.row
		mine, theirs := [2]string{m.ConversationID, m.SenderID}, [2]string{m.ConversationID, d.line.WithID}
		if t := open[mine]; t != nil {
			t.AnsweredAt, t.Seconds = &m.CreatedAt, int64(max(0, m.CreatedAt.Sub(t.AskedAt)/time.Second))
			if !slices.Contains(begun, t) {
				answered = append(answered, t)
			}
			delete(open, mine)
		}
		if open[theirs] == nil && !d.line.TheySpam {
			open[theirs] = &turnRow{ConversationID: m.ConversationID, Seq: m.Seq, AnswererID: d.line.WithID, Begins: m.Seq == 1, AskedAt: m.CreatedAt}
			begun = append(begun, open[theirs])
		}
	}
	for _, t := range answered {
		err := tx.Exec("UPDATE turns SET answered_at = ?, seconds = ? WHERE conversation_id = ? AND seq = ? AND answered_at IS NULL",
			t.AnsweredAt, t.Seconds, t.ConversationID, t.Seq).Error
		if err != nil {
			return fmt.Errorf("note an answer: %w", err)
		}
	}
	return beginTurns(tx, begun)
}

// openTurns are the questions that wait in these conversations, by conversation and who has to answer.
func openTurns(tx *db.Tx, all []*draft) (map[[2]string]*turnRow, error) {
	var ids []string
	for _, d := range all {
		ids = append(ids, d.row.ConversationID)
	}
	var rows []turnRow
	if err := tx.Table("turns").Where("conversation_id IN ? AND answered_at IS NULL", db.Rounded(db.Distinct(ids))).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("look for questions: %w", err)
	}
	open := map[[2]string]*turnRow{}
	for i, t := range rows {
		open[[2]string{t.ConversationID, t.AnswererID}] = &rows[i]
	}
	return open, nil
}

func beginTurns(tx *db.Tx, begun []*turnRow) error {
	if len(begun) == 0 {
		return nil
	}
	var args []any
	for _, t := range begun {
		args = append(args, t.ConversationID, t.Seq, t.AnswererID, t.Begins, t.AskedAt, t.AnsweredAt, t.Seconds)
	}
	err := tx.Exec("INSERT INTO turns (conversation_id, seq, answerer_id, begins, asked_at, answered_at, seconds) VALUES "+db.Tuples(len(begun), 7)+
		" ON CONFLICT DO NOTHING", args...).Error
	if err != nil {
		return fmt.Errorf("note questions: %w", err)
	}
	return nil
}
