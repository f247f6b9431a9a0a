package chatimpl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gabriel-vasile/mimetype"
	"github.com/google/uuid"
	"go.uber.org/zap"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/picture"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

// The limits of files.
const (
	mostFiles    = 10       // in a message
	mostFileSize = 25 << 20 // bytes
	previewSide  = 640      // pixels
)

// taken are the kinds of files that are taken, by what their content is, each with the endings that their names may have.
// Whatever a browser or a system would run is not among them.
func taken() map[string]string {
	return map[string]string{
		"image/jpeg": "jpg jpeg jfif", "image/png": "png apng", "image/vnd.mozilla.apng": "png apng", "image/webp": "webp", "image/gif": "gif",
		"image/tiff": "tif tiff", "image/bmp": "bmp", "image/heic": "heic heif", "image/heic-sequence": "heic", "image/heif": "heif heic", "image/avif": "avif",
		"image/vnd.adobe.photoshop": "psd psb", "application/postscript": "ps eps ai", "application/pdf": "pdf ai",
		"application/msword": "doc dot", "application/vnd.ms-excel": "xls", "application/vnd.ms-powerpoint": "ppt pps", "application/x-ole-storage": "doc xls ppt",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   "docx",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         "xlsx",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
		"application/vnd.oasis.opendocument.text":                                   "odt", "application/vnd.oasis.opendocument.spreadsheet": "ods",
		"application/vnd.oasis.opendocument.presentation": "odp", "application/vnd.oasis.opendocument.graphics": "odg", "application/epub+zip": "epub",
		"text/plain": "txt md csv tsv srt vtt log tex json yaml yml toml", "text/csv": "csv txt", "text/tab-separated-values": "tsv csv txt",
		"application/json": "json", "text/vtt": "vtt", "application/x-subrip": "srt", "text/rtf": "rtf", "text/calendar": "ics", "text/vcard": "vcf",
		"application/zip": "zip sketch xd fig aep key pages numbers", "application/x-7z-compressed": "7z", "application/vnd.rar": "rar",
		"application/gzip": "gz tgz", "application/x-tar": "tar", "application/x-bzip2": "bz2",
		"audio/mpeg": "mp3", "audio/flac": "flac", "audio/midi": "mid midi", "audio/wav": "wav", "audio/aiff": "aif aiff", "audio/aac": "aac",
		"audio/ogg": "ogg oga opus", "application/ogg": "ogg", "audio/mp4": "m4a mp4", "audio/x-m4a": "m4a", "audio/amr": "amr",
		"video/mp4": "mp4 m4v", "video/x-m4v": "m4v mp4", "video/quicktime": "mov qt", "video/webm": "webm", "video/matroska": "mkv webm", "video/x-msvideo": "avi",
		"video/mpeg": "mpg mpeg", "video/ogg": "ogv", "video/3gpp": "3gp", "font/ttf": "ttf", "font/otf": "otf", "font/woff": "woff", "font/woff2": "woff2",
	}
}

// file is a file of a message on its way in: its row, its content, and of a picture a small one.
type file struct {
	attachmentRow
	content, small []byte
}

func (r attachmentRow) key() string { return r.ConversationID + "/" + r.ID }

func (r attachmentRow) smallKey() string { return r.key() + ".small" }

// receive looks at the files of a message and says what they are; nothing is stored yet.
func (s *service) receive(ctx context.Context, uploads []chat.Upload, conversationID, messageID string) ([]file, error) {
	var c fault.Check
	c.That(len(uploads) <= mostFiles, "files", "Send at most %d files at once.", mostFiles)
	if err := c.Err(); err != nil {
		return nil, err
	}
	for i, u := range uploads {
		inspect(&c, "files."+strconv.Itoa(i), u)
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	files := make([]file, len(uploads))
	for i, u := range uploads {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, fmt.Errorf("make an id: %w", err)
		}
		files[i] = file{content: u.Content, attachmentRow: attachmentRow{ID: id.String(), ConversationID: conversationID, MessageID: messageID, Position: i + 1,
			Name: text.FileName(u.Name), ContentType: contentType(u.Content)}}
		if err := s.redraw(ctx, &files[i]); err != nil {
			if f := fault.Of(err); f.Code == fault.Invalid || f.Code == fault.TooLarge {
				err = fault.Wrong("files."+strconv.Itoa(i), "%s: %s", files[i].Name, f.Message)
			}
			return nil, err
		}
		sum := sha256.Sum256(files[i].content)
		files[i].SHA256, files[i].Size, files[i].CreatedAt = hex.EncodeToString(sum[:]), int64(len(files[i].content)), s.db.Now()
	}
	return files, nil
}

// inspect checks what can be seen of a file: its size, what its content is, and that its name says the same (ASVS 5.2.1).
func inspect(c *fault.Check, field string, u chat.Upload) {
	name := text.FileName(u.Name)
	c.That(len(u.Content) > 0, field, "The file %s is empty.", name)
	c.That(len(u.Content) <= mostFileSize, field, "The file %s is too large: at most %d MB.", name, mostFileSize>>20)
	endings, known := taken()[contentType(u.Content)]
	c.That(known, field, "Files like %s are not sent here as they are. Pack it into a ZIP file.", name)
	ending := strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")
	c.That(slices.Contains(strings.Fields(endings), ending), field, "The name of %s does not say what the file is. Its ending would be .%s.",
		name, strings.Join(strings.Fields(endings), ", ."))
}

// contentType is what a file is, whatever it is called.
func contentType(content []byte) string {
	kind, _, err := mime.ParseMediaType(mimetype.Detect(content).String())
	if err != nil {
		return "application/octet-stream"
	}
	return kind
}

// redraw writes pictures that browsers show anew, so that nothing of the upload but its pixels remains.
func (s *service) redraw(ctx context.Context, f *file) error {
	switch f.ContentType {
	case "image/jpeg", "image/png", "image/vnd.mozilla.apng", "image/webp", "image/gif":
	default:
		return nil
	}
	leave, err := s.workshop.Enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	p, err := picture.Normalize(bytes.NewReader(f.content), picture.Limits{Bytes: mostFileSize, Side: 2560})
	if err != nil {
		return err
	}
	small := p
	if side := max(p.Width(), p.Height()); side > previewSide {
		small = p.Resize(max(1, p.Width()*previewSide/side))
	}
	if f.content, err = p.Encode(); err != nil {
		return err
	}
	if f.small, err = small.Encode(); err != nil {
		return err
	}
	f.ContentType, f.Width, f.Height = p.Type(), p.Width(), p.Height()
	f.Name = strings.TrimSuffix(f.Name, path.Ext(f.Name)) + p.Extension()
	return nil
}

// keepFiles stores the content of files, then does what they are for. If that is refused, they are removed again; after
// another error they stay, because it may have been done.
func (s *service) keepFiles(ctx context.Context, files []file, do func() (used bool, err error)) error {
	for i, f := range files {
		if err := s.keepFile(ctx, f); err != nil {
			s.removeFiles(ctx, files[:i+1])
			return err
		}
	}
	used, err := do()
	var refusal *fault.Error
	if errors.As(err, &refusal) || err == nil && !used {
		s.removeFiles(ctx, files)
	}
	return err
}

func (s *service) keepFile(ctx context.Context, f file) error {
	if err := s.files.Put(ctx, f.key(), bytes.NewReader(f.content)); err != nil {
		return fmt.Errorf("store a file: %w", err)
	}
	if f.small == nil {
		return nil
	}
	if err := s.files.Put(ctx, f.smallKey(), bytes.NewReader(f.small)); err != nil {
		return fmt.Errorf("store a small picture: %w", err)
	}
	return nil
}

func (s *service) removeFiles(ctx context.Context, files []file) {
	for _, f := range files {
		s.removeFile(ctx, f.attachmentRow)
	}
}

// removeFile removes what nobody may have any more. What cannot be removed now is logged, and harms nobody: no row leads to it.
func (s *service) removeFile(ctx context.Context, r attachmentRow) {
	for _, key := range []string{r.key(), r.smallKey()} {
		if err := s.files.Delete(context.WithoutCancel(ctx), key); err != nil {
			telemetry.For(ctx, s.log).Warn("a file that nobody needs could not be removed", zap.String("labels.file", key), zap.Error(err))
		}
	}
}

func writeFiles(tx *db.Tx, files []file) error {
	if len(files) == 0 {
		return nil
	}
	rows := make([]attachmentRow, len(files))
	for i, f := range files {
		rows[i] = f.attachmentRow
	}
	if err := tx.Create(&rows).Error; err != nil {
		return fmt.Errorf("write the files: %w", err)
	}
	return nil
}
