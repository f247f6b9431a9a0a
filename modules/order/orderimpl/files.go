package orderimpl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gabriel-vasile/mimetype"
	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/once"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

const (
	mostFiles    = 10       // in a request
	mostFileSize = 25 << 20 // bytes
)

// describe checks the files of a request and says what they are; nothing is stored yet.
func describe(uploads []order.Upload, orderID string, now time.Time) ([]fileRow, error) {
	var c fault.Check
	c.That(len(uploads) <= mostFiles, "files", "Send at most %d files.", mostFiles)
	for i, u := range uploads {
		field := "files." + strconv.Itoa(i)
		c.That(len(u.Content) > 0, field, "The file %s is empty.", text.FileName(u.Name))
		c.That(len(u.Content) <= mostFileSize, field, "The file %s is too large: at most %d MB.", text.FileName(u.Name), mostFileSize>>20)
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	rows := make([]fileRow, len(uploads))
	for i, u := range uploads {
		sum := sha256.Sum256(u.Content)
		rows[i] = fileRow{ID: newID(), OrderID: orderID, Position: i + 1, Name: text.FileName(u.Name), ContentType: mimetype.Detect(u.Content).String(),
			Size: int64(len(u.Content)), SHA256: hex.EncodeToString(sum[:]), CreatedAt: now}
	}
	return rows, nil
}

// keepFiles stores the content of files, then does what they are for. If that is refused, they are removed again; after
// another error they stay, because it may have been done.
func keepFiles[A any](ctx context.Context, s *service, rows []fileRow, uploads []order.Upload, do func() (A, error)) (answer A, err error) {
	for i, f := range rows {
		if err = s.files.Put(ctx, f.key(), bytes.NewReader(uploads[i].Content)); err != nil {
			s.removeFiles(ctx, rows[:i])
			return answer, fmt.Errorf("store a file: %w", err)
		}
	}
	answer, err = do()
	var refusal *fault.Error
	if errors.As(err, &refusal) || errors.Is(err, once.ErrAnswered) {
		s.removeFiles(ctx, rows)
	}
	return answer, err
}

func (s *service) removeFiles(ctx context.Context, rows []fileRow) {
	for _, f := range rows {
		if err := s.files.Delete(context.WithoutCancel(ctx), f.key()); err != nil {
			telemetry.For(ctx, s.log).Warn("a file that nobody needs could not be removed", zap.String("labels.file", f.key()), zap.Error(err))
		}
	}
}

func (r fileRow) key() string { return r.OrderID + "/" + r.ID }

func writeFiles(tx *db.Tx, files []fileRow) error {
	if len(files) == 0 {
		return nil
	}
	if err := tx.Create(&files).Error; err != nil {
		return fmt.Errorf("write the files: %w", err)
	}
	return nil
}
