package orderimpl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/blob"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/picture"
	"marketplace/platform/sealed"
)

const (
	linkLife    = 10 * time.Minute
	longestLink = 1378 // characters: it says at most 1000 bytes
	previewSide = 1024 // pixels
)

func errNoFile() error { return fault.NotFoundf("There is no such file.") }

// File is documented in the contract.
func (s *service) File(ctx context.Context, q order.FileRequest) (order.File, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.File{}, err
	}
	return s.fileFor(ctx, q, who)
}

func (s *service) fileFor(ctx context.Context, q order.FileRequest, who identity.Actor) (order.File, error) {
	row, role, err := s.find(ctx, q.OrderID, who)
	if err != nil {
		return order.File{}, err
	}
	f, delivered, err := s.fileOf(ctx, q)
	if err != nil {
		return order.File{}, err
	}
	content, err := blob.Read(ctx, s.files, f.key(), mostFileSize)
	if err != nil {
		return order.File{}, err
	}
	if delivered && f.isProtected(row, role) {
		return s.preview(ctx, f, content)
	}
	return order.File{FileRef: f.ref(), Content: content}, nil
}

// fileOf reads what is known of a file, and whether it was delivered.
func (s *service) fileOf(ctx context.Context, q order.FileRequest) (f fileRow, delivered bool, err error) {
	if !isText(q.FileID, mostID) {
		return f, false, errNoFile()
	}
	var rows []fileRow
	if err := s.db.Read(ctx).Where("id = ? AND order_id = ?", q.FileID, q.OrderID).Find(&rows).Error; err != nil {
		return f, false, fmt.Errorf("read the file: %w", err)
	}
	if len(rows) == 0 {
		return f, false, errNoFile()
	}
	var deliveries int
	if err := s.db.Read(ctx).Raw("SELECT COUNT(*) FROM deliveries WHERE id = ?", rows[0].DeliveryID).Scan(&deliveries).Error; err != nil {
		return f, false, fmt.Errorf("look whether the file was delivered: %w", err)
	}
	return rows[0], deliveries > 0, nil
}

// isProtected says whether somebody gets a preview of a delivered file only.
func (r fileRow) isProtected(of orderRow, role actor) bool {
	return role == buyer && of.Status != order.StatusCompleted &&
		slices.Contains([]string{"image/jpeg", "image/png", "image/webp", "image/gif"}, r.ContentType)
}

// preview is a smaller picture with a watermark. The hash is that of the preview: the receipt is in the order.
func (s *service) preview(ctx context.Context, f fileRow, content []byte) (order.File, error) {
	leave, err := s.pictures.Enter(ctx)
	if err != nil {
		return order.File{}, err
	}
	defer leave()
	p, err := picture.Normalize(bytes.NewReader(content), picture.Limits{Bytes: mostFileSize, Side: previewSide})
	if err != nil {
		return order.File{}, fault.Conflictf("There is no preview of this picture, because it is too large or broken. You get it as it is when you accept the delivery; ask the seller for a smaller one to look at.")
	}
	p = p.Watermarked("PREVIEW")
	made, err := p.Encode()
	if err != nil {
		return order.File{}, fmt.Errorf("write the preview: %w", err)
	}
	sum := sha256.Sum256(made)
	name := "preview " + strings.TrimSuffix(f.Name, path.Ext(f.Name)) + p.Extension()
	return order.File{FileRef: order.FileRef{ID: f.ID, Name: name, ContentType: p.Type(), Size: int64(len(made)), SHA256: hex.EncodeToString(sum[:]), Preview: true},
		Content: made}, nil
}

// link is what a token says: which file, for whom, until when.
type link struct {
	OrderID string    `json:"o"`
	FileID  string    `json:"f"`
	UserID  string    `json:"u"`
	Roles   []string  `json:"r,omitempty"`
	Expires time.Time `json:"e"`
}

// LinkFile is documented in the contract.
func (s *service) LinkFile(ctx context.Context, q order.FileRequest) (order.FileLink, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.FileLink{}, err
	}
	if _, _, err := s.find(ctx, q.OrderID, who); err != nil {
		return order.FileLink{}, err
	}
	if _, _, err := s.fileOf(ctx, q); err != nil {
		return order.FileLink{}, err
	}
	key, err := s.quoteKey(ctx)
	if err != nil {
		return order.FileLink{}, err
	}
	l := link{OrderID: q.OrderID, FileID: q.FileID, UserID: who.UserID, Roles: who.Roles, Expires: s.now().Add(linkLife).Truncate(time.Second)}
	token, err := sealed.Sign(key, "file", l)
	return order.FileLink{Token: token, ExpiresAt: l.Expires}, err
}

// LinkedFile is documented in the contract. What its holder may see is decided now, not when the link was made.
func (s *service) LinkedFile(ctx context.Context, q order.LinkedFileRequest) (order.File, error) {
	key, err := s.quoteKey(ctx)
	if err != nil {
		return order.File{}, err
	}
	var l link
	if len(q.Token) > longestLink || !sealed.Open(key, "file", q.Token, &l) || s.now().After(l.Expires) {
		return order.File{}, errNoFile()
	}
	return s.fileFor(ctx, order.FileRequest{OrderID: l.OrderID, FileID: l.FileID}, identity.Actor{UserID: l.UserID, Roles: l.Roles})
}
