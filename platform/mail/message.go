package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
	gomail "github.com/wneessen/go-mail"
)

const (
	maxSubject = 200 // characters; a longer one is cut
	maxHeader  = 900 // bytes of a value: a line of a mail has at most 998 (RFC 5322, 2.1.1)
)

// ErrMessage is in the chain when the message itself cannot be sent, now or later.
var ErrMessage = errors.New("the message cannot be sent")

// Check says what makes the message impossible to send: an address that is none, a header that would be two.
func (m Message) Check() error {
	if !isBareAddress(m.To) {
		return fmt.Errorf("%w: the recipient is not an address", ErrMessage)
	}
	if strings.TrimSpace(m.Subject) == "" || strings.TrimSpace(m.Text) == "" {
		return fmt.Errorf("%w: it needs a subject and a text", ErrMessage)
	}
	for name, value := range m.Headers {
		if !isHeaderName(name) || isOurs(name) {
			return fmt.Errorf("%w: %q is not a header that may be set", ErrMessage, name)
		}
		if !isHeaderValue(value) {
			return fmt.Errorf("%w: the value of %s is not one line of at most %d bytes", ErrMessage, name, maxHeader)
		}
	}
	return nil
}

// compose writes the mail: multipart/alternative if there is HTML, with its own Message-ID and the present Date.
func compose(from *mail.Address, m Message) (*gomail.Msg, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	if err := msg.To(m.To); err != nil {
		return nil, fmt.Errorf("%w: the recipient is not an address", ErrMessage)
	}
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, fmt.Errorf("make a message id: %w", err)
	}
	msg.SetMessageIDWithValue(id.String() + from.Address[strings.LastIndexByte(from.Address, '@'):])
	msg.SetDate()
	msg.Subject(oneLine(m.Subject, maxSubject))
	for name, value := range m.Headers {
		msg.SetGenHeader(gomail.Header(name), value)
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

// isBareAddress takes name@host only: no display name, comment, list or control character.
func isBareAddress(s string) bool {
	parsed, err := mail.ParseAddress(s)
	return err == nil && parsed.Name == "" && parsed.Address == s && len(s) <= 254 && !strings.ContainsFunc(s, unicode.IsControl)
}

func isHeaderName(s string) bool {
	foreign := func(r rune) bool { return r <= ' ' || r == ':' || r >= 0x7f }
	return s != "" && len(s) <= 70 && !strings.ContainsFunc(s, foreign)
}

// isOurs lists what the sender writes itself: setting it again would change to whom, or what, the mail is.
func isOurs(name string) bool {
	name = strings.ToLower(name)
	ours := []string{"from", "to", "cc", "bcc", "sender", "reply-to", "return-path", "subject", "date", "message-id", "mime-version", "received"}
	return slices.Contains(ours, name) || strings.HasPrefix(name, "content-") || strings.HasPrefix(name, "resent-")
}

func isHeaderValue(s string) bool {
	return strings.TrimSpace(s) != "" && len(s) <= maxHeader && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// oneLine makes one line of at most limit characters of a text that people wrote, so that a line break in a title
// neither adds a header nor stops the mail.
func oneLine(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r)
	}), " ")
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit-1]) + "…"
}
