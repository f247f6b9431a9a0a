package chatimpl

import (
	"fmt"
	"strings"
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
	Kind           chat.Kind
	SubjectID      string
	OrderID        string // that it is about
	Text           string
	Folded         string // the text in small letters
	Warnings       string // separated by commas
	Files          int    // how many
	Change         int64
	EditedAt       *time.Time
	DeletedAt      *time.Time
	CreatedAt      time.Time
}

// TableName is what GORM calls it.
func (messageRow) TableName() string { return "messages" }

// message is the row without its files.
func (r messageRow) message() chat.Message {
	m := chat.Message{ID: r.ID, ConversationID: r.ConversationID, Seq: r.Seq, SenderID: r.SenderID,
		SenderUsername: r.SenderUsername, ClientID: r.ClientID, Kind: r.Kind, SubjectID: r.SubjectID, OrderID: r.OrderID, Text: r.Text,
		Attachments: []chat.Attachment{}, Warnings: []chat.Warning{}, CreatedAt: r.CreatedAt.UTC(), Change: r.Change,
		EditedAt: utc(r.EditedAt), DeletedAt: utc(r.DeletedAt)}
	for w := range strings.SplitSeq(r.Warnings, ",") {
		if w != "" {
			m.Warnings = append(m.Warnings, chat.Warning(w))
		}
	}
	return m
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

// viewRow is a conversation as one of its two sees it.
type viewRow struct {
	ID           string
	GigID        string
	OrderID      string
	LastSeq      int64
	LastChange   int64
	WithID       string
	WithUsername string
	TheirRead    int64
	TheySpam     bool // the other calls it spam
	ReadSeq      int64
	Unread       int
	Starred      bool
	Archived     bool
	Spam         bool
	Blocked      bool // by the one who looks
	Barred       bool // by the other
	ActiveAt     time.Time
	Last         messageRow `gorm:"embedded;embeddedPrefix:last_message_"` // without an id: there is none
}

// conversation is the row without its last message and its labels.
func (r viewRow) conversation() chat.Conversation {
	return chat.Conversation{ID: r.ID, With: chat.Person{ID: r.WithID, Username: r.WithUsername}, GigID: r.GigID,
		OrderID: r.OrderID, LastSeq: r.LastSeq, LastChange: r.LastChange, ReadSeq: r.ReadSeq, TheirRead: r.TheirRead,
		Unread: r.Unread, UpdatedAt: r.ActiveAt.UTC(), Starred: r.Starred, Archived: r.Archived, Spam: r.Spam,
		Labels: []string{}, Blocked: r.Blocked, CanWrite: !r.Blocked && !r.Barred}
}

// line is what a sender needs to know of it.
func (r viewRow) line() lineRow {
	return lineRow{ConversationID: r.ID, OrderID: r.OrderID, WithID: r.WithID, TheySpam: r.TheySpam, Blocked: r.Blocked, Barred: r.Barred}
}

// viewsOf begins a query for the conversations of one person.
func viewsOf(g *gorm.DB, userID string) *gorm.DB {
	return g.Table("participants AS me").
		Select(`c.id, c.gig_id, c.order_id, c.last_seq, c.last_change, me.read_seq, me.unread, me.active_at,
			me.starred, me.archived, me.spam, them.spam AS they_spam,
			them.user_id AS with_id, them.username AS with_username, them.read_seq AS their_read,
			EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = me.user_id AND b.blocked_id = them.user_id) AS blocked,
			EXISTS (SELECT 1 FROM blocks AS b WHERE b.blocker_id = them.user_id AND b.blocked_id = me.user_id) AS barred,
			`+columnsOf("m", "last_message_")).
		Joins("JOIN conversations AS c ON c.id = me.conversation_id").
		Joins("JOIN participants AS them ON them.conversation_id = me.conversation_id AND them.user_id <> me.user_id").
		Joins("LEFT JOIN messages AS m ON m.conversation_id = c.id AND m.seq = c.last_seq").
		Where("me.user_id = ?", userID)
}

// columnsOf names the columns of a message that may not be there, for a row that it is a part of.
func columnsOf(table, prefix string) string {
	var all []string
	for _, column := range []string{"id", "conversation_id", "seq", "sender_id", "sender_username", "client_id", "kind", "subject_id", "order_id", "text",
		"warnings", "files", "change", "edited_at", "deleted_at", "created_at"} {
		all = append(all, table+"."+column+" AS "+prefix+column)
	}
	return strings.Join(all, ", ")
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

// mayRead is NotFound for all but the two of a conversation.
func mayRead(g *gorm.DB, id, userID string) error {
	if !text.IsID(id) {
		return noSuchConversation()
	}
	var found []int
	if err := g.Raw("SELECT 1 FROM participants WHERE conversation_id = ? AND user_id = ?", id, userID).Scan(&found).Error; err != nil {
		return fmt.Errorf("look who is in a conversation: %w", err)
	}
	if len(found) == 0 {
		return noSuchConversation()
	}
	return nil
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

// holdPeople makes what each of these people sends and begins wait for each other, in all conversations: it can be counted.
// They are sorted, so that two processes never wait for each other. SQLite has one writer anyway.
func holdPeople(tx *db.Tx, userIDs ...string) error {
	if !tx.Postgres() {
		return nil
	}
	var names []any
	for _, id := range userIDs {
		names = append(names, "marketplace/chat/person/"+id)
	}
	err := tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM (VALUES "+db.Tuples(len(names), 1)+") AS people (name)", names...).Error
	if err != nil {
		return fmt.Errorf("wait for other requests of the same people: %w", err)
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
