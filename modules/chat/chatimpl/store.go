package chatimpl

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/text"
)

// messageRow is a message as it is kept.
type messageRow struct {
	ID             string
	ConversationID string
	Seq            int64
	SenderID       string
	SenderUsername string
	ClientID       string
	Text           string
	CreatedAt      time.Time
}

// TableName is what GORM calls it.
func (messageRow) TableName() string { return "messages" }

func (r messageRow) message() chat.Message {
	return chat.Message{ID: r.ID, ConversationID: r.ConversationID, Seq: r.Seq, SenderID: r.SenderID,
		SenderUsername: r.SenderUsername, ClientID: r.ClientID, Text: r.Text, CreatedAt: r.CreatedAt.UTC()}
}

// viewRow is a conversation as one of its two sees it.
type viewRow struct {
	ID           string
	GigID        string
	OrderID      string
	LastSeq      int64
	WithID       string
	WithUsername string
	TheirRead    int64
	ReadSeq      int64
	Unread       int
	ActiveAt     time.Time
	Last         messageRow `gorm:"embedded;embeddedPrefix:last_message_"` // without an id: there is none
}

func (r viewRow) conversation() chat.Conversation {
	c := chat.Conversation{ID: r.ID, With: chat.Person{ID: r.WithID, Username: r.WithUsername}, GigID: r.GigID,
		OrderID: r.OrderID, LastSeq: r.LastSeq, ReadSeq: r.ReadSeq, TheirRead: r.TheirRead, Unread: r.Unread,
		UpdatedAt: r.ActiveAt.UTC()}
	if r.Last.ID != "" {
		last := r.Last.message()
		c.LastMessage = &last
	}
	return c
}

// viewsOf begins a query for the conversations of one person.
func viewsOf(g *gorm.DB, userID string) *gorm.DB {
	return g.Table("participants AS me").
		Select(`c.id, c.gig_id, c.order_id, c.last_seq, me.read_seq, me.unread, me.active_at,
			them.user_id AS with_id, them.username AS with_username, them.read_seq AS their_read,
			m.id AS last_message_id, m.conversation_id AS last_message_conversation_id, m.seq AS last_message_seq,
			m.sender_id AS last_message_sender_id, m.sender_username AS last_message_sender_username,
			m.client_id AS last_message_client_id, m.text AS last_message_text, m.created_at AS last_message_created_at`).
		Joins("JOIN conversations AS c ON c.id = me.conversation_id").
		Joins("JOIN participants AS them ON them.conversation_id = me.conversation_id AND them.user_id <> me.user_id").
		Joins("LEFT JOIN messages AS m ON m.conversation_id = c.id AND m.seq = c.last_seq").
		Where("me.user_id = ?", userID)
}

// find returns a conversation as the person sees it; NotFound for all but its two.
func find(g *gorm.DB, id, userID string) (viewRow, error) {
	if !text.IsID(id) {
		return viewRow{}, noSuchConversation()
	}
	var rows []viewRow
	if err := viewsOf(g, userID).Where("me.conversation_id = ?", id).Limit(1).Find(&rows).Error; err != nil {
		return viewRow{}, fmt.Errorf("read a conversation: %w", err)
	}
	if len(rows) == 0 {
		return viewRow{}, noSuchConversation()
	}
	return rows[0], nil
}

// number takes the conversation's next number. Until the transaction ends nobody else changes the conversation.
func number(tx *db.Tx, id string) (seq int64, err error) {
	err = tx.Raw("UPDATE conversations SET last_seq = last_seq + 1 WHERE id = ? RETURNING last_seq", id).Scan(&seq).Error
	if err != nil {
		return 0, fmt.Errorf("number a message: %w", err)
	}
	return seq, nil
}

// hold waits for a conversation of the person's and returns its last number; NotFound for all but its two. Until the
// transaction ends nobody else changes the conversation.
func hold(tx *db.Tx, id, userID string) (lastSeq int64, err error) {
	if !text.IsID(id) {
		return 0, noSuchConversation()
	}
	held := tx.Raw(`UPDATE conversations SET last_seq = last_seq WHERE id = ? AND (low_id = ? OR high_id = ?) RETURNING last_seq`,
		id, userID, userID).Scan(&lastSeq)
	if held.Error != nil {
		return 0, fmt.Errorf("wait for the conversation: %w", held.Error)
	}
	if held.RowsAffected == 0 {
		return 0, noSuchConversation()
	}
	return lastSeq, nil
}

// holdPerson makes what one person sends and begins wait for each other, in all conversations: it can be counted. SQLite
// has one writer anyway.
func holdPerson(tx *db.Tx, userID string) error {
	if !tx.Postgres() {
		return nil
	}
	err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "marketplace/chat/person/"+userID).Error
	if err != nil {
		return fmt.Errorf("wait for the person's other requests: %w", err)
	}
	return nil
}

// tooFast says how many seconds someone waits who has made so many of these rows within the period; 0 for who has not.
func tooFast(rows *gorm.DB, most int, period time.Duration, now time.Time) (seconds int, err error) {
	var first []time.Time
	err = rows.Where("created_at > ?", now.Add(-period)).Order("created_at DESC").Offset(most-1).Limit(1).
		Pluck("created_at", &first).Error
	if err != nil {
		return 0, fmt.Errorf("count what was made: %w", err)
	}
	if len(first) == 0 {
		return 0, nil
	}
	return wait(first[0], period, now), nil
}

// count notes a new message with both participants. The sender has read their own, unless something of the other is
// still unread before it.
func count(tx *db.Tx, m messageRow) error {
	err := tx.Exec(`UPDATE participants SET listed = TRUE, active_at = ?,
			read_seq = CASE WHEN user_id = ? AND unread = 0 THEN ? ELSE read_seq END,
			unread = CASE WHEN user_id = ? THEN unread ELSE unread + 1 END
		WHERE conversation_id = ?`, m.CreatedAt, m.SenderID, m.Seq, m.SenderID, m.ConversationID).Error
	if err != nil {
		return fmt.Errorf("count a message: %w", err)
	}
	return nil
}

// read moves a person's mark forward; moved is false when it was there or further. Each message is counted once in its
// life, when the mark passes it.
func read(tx *db.Tx, id, userID string, seq int64) (moved bool, err error) {
	done := tx.Exec(`UPDATE participants SET read_seq = ?, unread = unread - (
			SELECT COUNT(*) FROM messages AS m WHERE m.conversation_id = participants.conversation_id
				AND m.seq > participants.read_seq AND m.seq <= ? AND m.sender_id <> participants.user_id)
		WHERE conversation_id = ? AND user_id = ? AND read_seq < ?`, seq, seq, id, userID, seq)
	if done.Error != nil {
		return false, fmt.Errorf("mark as read: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}
