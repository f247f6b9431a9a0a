package chatimpl

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/chat"
	"marketplace/platform/blob"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/sealed"
	"marketplace/platform/text"
)

const (
	linkLife    = 10 * time.Minute
	longestLink = 1378 // characters: it says at most 1000 bytes
)

func errNoFile() error { return fault.NotFoundf("There is no such file.") }

// File is documented in the contract.
func (s *service) File(ctx context.Context, q chat.FileRequest) (chat.File, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.File{}, err
	}
	return s.fileFor(ctx, q, actor)
}

func (s *service) fileFor(ctx context.Context, q chat.FileRequest, actor identity.Actor) (chat.File, error) {
	row, err := s.fileRow(ctx, q, actor)
	if err != nil {
		return chat.File{}, err
	}
	key := row.key()
	if q.Preview && row.Width > 0 {
		key = row.smallKey()
	}
	content, err := blob.Read(ctx, s.files, key, mostFileSize+1)
	if err != nil {
		return chat.File{}, err
	}
	f := chat.File{Attachment: row.attachment(), Content: content}
	if key != row.key() {
		sum := sha256.Sum256(content)
		f.Name = "small " + strings.TrimSuffix(f.Name, path.Ext(f.Name)) + path.Ext(f.Name)
		f.Size, f.SHA256 = int64(len(content)), hex.EncodeToString(sum[:])
	}
	return f, nil
}

// fileRow finds a file that the person may have: of a message that is not deleted, as a participant; of any message up to
// the report, as staff who are reading it for a case.
func (s *service) fileRow(ctx context.Context, q chat.FileRequest, actor identity.Actor) (row attachmentRow, err error) {
	g := s.db.Read(ctx)
	if !text.IsID(q.FileID) || !text.IsID(q.ConversationID) {
		return row, errNoFile()
	}
	found := g.Table("attachments AS a").Select("a.*").Joins("JOIN messages AS m ON m.id = a.message_id").
		Where("a.id = ? AND a.conversation_id = ?", q.FileID, q.ConversationID)
	_, err = find(g, q.ConversationID, actor.UserID)
	switch {
	case err == nil:
		found = found.Where("m.deleted_at IS NULL")
	case fault.Is(err, fault.NotFound):
		last, err := lastRead(g, q.ConversationID, actor, s.db.Now())
		if err != nil {
			return row, err
		}
		found = found.Where("m.seq <= ?", last)
	default:
		return row, err
	}
	if err := found.Limit(1).Find(&row).Error; err != nil {
		return row, fmt.Errorf("read the file: %w", err)
	}
	if row.ID == "" {
		return row, errNoFile()
	}
	return row, nil
}

// lastRead is up to where a member of the staff is reading a conversation for a case; NotFound for all others.
func lastRead(g *gorm.DB, conversationID string, actor identity.Actor, now time.Time) (int64, error) {
	if !isStaff(actor) {
		return 0, errNoFile()
	}
	var last []int64
	err := g.Raw(`SELECT c.last_seq FROM readings AS r JOIN cases AS c ON c.id = r.case_id
		WHERE r.conversation_id = ? AND r.reader_id = ? AND r.until > ? AND c.status = 'open' ORDER BY c.last_seq DESC LIMIT 1`,
		conversationID, actor.UserID, now).Scan(&last).Error
	if err != nil {
		return 0, fmt.Errorf("look for a reading: %w", err)
	}
	if len(last) == 0 {
		return 0, errNoFile()
	}
	return last[0], nil
}

// link is what a token says: which file, for whom, until when.
type link struct {
	Conversation string    `json:"c"`
	File         string    `json:"f"`
	Preview      bool      `json:"p,omitempty"`
	User         string    `json:"u"`
	Roles        []string  `json:"r,omitempty"`
	Expires      time.Time `json:"e"`
}

// LinkFile is documented in the contract.
func (s *service) LinkFile(ctx context.Context, q chat.FileRequest) (chat.FileLink, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.FileLink{}, err
	}
	if _, err := s.fileRow(ctx, q, actor); err != nil {
		return chat.FileLink{}, err
	}
	key, err := s.key(ctx)
	if err != nil {
		return chat.FileLink{}, err
	}
	l := link{Conversation: q.ConversationID, File: q.FileID, Preview: q.Preview, User: actor.UserID, Roles: actor.Roles,
		Expires: s.db.Now().Add(linkLife).Truncate(time.Second)}
	token, err := sealed.Sign(key, "chat file", l)
	return chat.FileLink{Token: token, ExpiresAt: l.Expires}, err
}

// LinkedFile is documented in the contract. What its holder may have is decided now, not when the link was made.
func (s *service) LinkedFile(ctx context.Context, q chat.LinkedFileRequest) (chat.File, error) {
	key, err := s.key(ctx)
	if err != nil {
		return chat.File{}, err
	}
	var l link
	if len(q.Token) > longestLink || !sealed.Open(key, "chat file", q.Token, &l) || s.db.Now().After(l.Expires) {
		return chat.File{}, errNoFile()
	}
	return s.fileFor(ctx, chat.FileRequest{ConversationID: l.Conversation, FileID: l.File, Preview: l.Preview}, identity.Actor{UserID: l.User, Roles: l.Roles})
}

// key signs links. It is made by the first process that needs it, kept in the database, and read by all.
func (s *service) key(ctx context.Context) ([]byte, error) {
	if key := s.linkKey.Load(); key != nil {
		return *key, nil
	}
	fresh := make([]byte, sha256.Size)
	_, _ = rand.Read(fresh) // never fails
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("INSERT INTO link_keys (id, secret, created_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING", fresh, tx.Now()).Error
	})
	var keys [][]byte
	if err == nil {
		err = s.db.Read(ctx).Raw("SELECT secret FROM link_keys WHERE id = 1").Scan(&keys).Error
	}
	if err == nil && len(keys) == 0 {
		err = errors.New("there is none")
	}
	if err != nil {
		return nil, fmt.Errorf("read the key that signs links: %w", err)
	}
	s.linkKey.Store(&keys[0])
	return keys[0], nil
}
