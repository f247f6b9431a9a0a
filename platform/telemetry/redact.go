package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Hidden stands where a secret or a person's address was.
const Hidden = "[redacted]"

// Redact wraps a core so that secrets and personal data do not reach it (row X4). A field is hidden whole if its key, or
// a key inside it, names a secret. In what remains, and in messages and errors, e-mail addresses, tokens and the passwords
// of addresses are hidden wherever they stand. It is the net under the rule that nobody logs such things, not its
// replacement: a secret of unknown form under an innocent key passes.
func Redact(core zapcore.Core) zapcore.Core {
	return &redacting{core, newScrubber()}
}

type redacting struct {
	zapcore.Core
	scrubber *scrubber
}

func (r *redacting) With(fields []zapcore.Field) zapcore.Core {
	return &redacting{r.Core.With(r.scrubber.fields(fields)), r.scrubber}
}

func (r *redacting) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if r.Enabled(entry.Level) {
		return checked.AddCore(entry, r)
	}
	return checked
}

func (r *redacting) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	entry.Time = entry.Time.UTC()
	entry.Message = oneLine(r.scrubber.text(entry.Message))
	entry.Stack = r.scrubber.text(entry.Stack)
	return r.Core.Write(entry, r.scrubber.fields(fields))
}

// oneLine keeps what people wrote from adding lines to a console.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// isSecret says whether a key names something that is not logged, however it is written: refreshToken, X-API-Key.
func (s *scrubber) isSecret(key string) bool {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
	return slices.ContainsFunc(s.words, func(word string) bool { return strings.Contains(letters, word) })
}

// scrubber hides what looks like a secret inside a text.
type scrubber struct {
	email, jwt, bearer, url, query *regexp.Regexp
	words                          []string // in keys
}

func newScrubber() *scrubber {
	return &scrubber{
		words: []string{
			"password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "credential", "apikey", "privatekey",
			"email", "recipient", "phone", "iban", "cardnumber", "signature", "csrf", "otp",
		},
		email:  regexp.MustCompile(`[\pL\pN.!#$%&'*+/=?^_{|}~-]+(?:@|%40)[\pL\pN-]+(?:\.[\pL\pN-]+)+`),
		jwt:    regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*`),
		bearer: regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`),
		url:    regexp.MustCompile(`://[^\s/@]*:[^\s/@]*@`),
		query:  regexp.MustCompile(`(?i)([a-z0-9_-]*(?:token|secret|password|signature|api_?key)[a-z0-9_-]*["']?\s*[=:]\s*["']?)([^\s&"',;)}]+)`),
	}
}

// text is called for every text of every line, so what cannot match is found out cheaply first.
func (s *scrubber) text(t string) string {
	if strings.Contains(t, "://") && strings.Contains(t, "@") {
		t = s.url.ReplaceAllString(t, "://"+Hidden+"@")
	}
	if strings.ContainsAny(t, "@%") {
		t = s.email.ReplaceAllString(t, Hidden)
	}
	if strings.Contains(t, "eyJ") {
		t = s.jwt.ReplaceAllString(t, Hidden)
	}
	if strings.Contains(t, "earer ") || strings.Contains(t, "EARER ") || strings.Contains(t, "asic ") {
		t = s.bearer.ReplaceAllString(t, "$1 "+Hidden)
	}
	if strings.ContainsAny(t, "=:") && s.isSecret(t) {
		t = s.query.ReplaceAllString(t, "${1}"+Hidden)
	}
	return t
}

// fields returns the fields with secrets hidden. The caller's slice is left as it is.
func (s *scrubber) fields(fields []zapcore.Field) []zapcore.Field {
	safe := make([]zapcore.Field, len(fields))
	for i, field := range fields {
		safe[i] = s.field(field)
	}
	return safe
}

func (s *scrubber) field(f zapcore.Field) zapcore.Field {
	switch {
	case f.Type == zapcore.NamespaceType || f.Type == zapcore.SkipType:
		return f
	case s.isSecret(f.Key):
		return zap.String(f.Key, Hidden)
	}
	switch f.Type {
	case zapcore.StringType:
		f.String = s.text(f.String)
	case zapcore.ByteStringType, zapcore.BinaryType:
		content, _ := f.Interface.([]byte)
		return zap.String(f.Key, s.text(string(content)))
	case zapcore.ErrorType:
		return s.err(f)
	case zapcore.StringerType:
		return zap.String(f.Key, s.text(fmt.Sprintf("%v", f.Interface)))
	case zapcore.ObjectMarshalerType, zapcore.ArrayMarshalerType, zapcore.InlineMarshalerType:
		return s.marshaler(f)
	case zapcore.ReflectType:
		return zap.Reflect(f.Key, s.reflected(f.Interface))
	}
	return f
}

// err keeps an error as it is, with its kind, unless its text must change, or cannot be had: fmt writes %!v(PANIC…) then.
// Cores also write the long form (%+v) of an error.
func (s *scrubber) err(f zapcore.Field) zapcore.Field {
	short, long := fmt.Sprintf("%v", f.Interface), fmt.Sprintf("%+v", f.Interface)
	if s.text(short) == short && s.text(long) == long && !strings.HasPrefix(short, "%!") {
		return f
	}
	return zap.NamedError(f.Key, errors.New(s.text(short)))
}

// marshaler lets an object write itself into a map, which is then searched key by key.
func (s *scrubber) marshaler(f zapcore.Field) zapcore.Field {
	values := zapcore.NewMapObjectEncoder()
	f.AddTo(values)
	if f.Type == zapcore.InlineMarshalerType {
		safe, _ := s.value(values.Fields).(map[string]any)
		return zap.Inline(inlined(safe))
	}
	return zap.Reflect(f.Key, s.value(values.Fields[f.Key]))
}

// reflected brings any value to maps, lists and texts, as it would have been written.
func (s *scrubber) reflected(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%T", value)
	}
	var plain any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // amounts of money stay exact
	if err := decoder.Decode(&plain); err != nil {
		return fmt.Sprintf("%T", value)
	}
	return s.value(plain)
}

func (s *scrubber) value(value any) any {
	switch v := value.(type) {
	case string:
		return s.text(v)
	case map[string]any:
		safe := make(map[string]any, len(v))
		for key, inner := range v {
			if s.isSecret(key) {
				safe[key] = Hidden
			} else {
				safe[key] = s.value(inner)
			}
		}
		return safe
	case []any:
		safe := make([]any, len(v))
		for i, inner := range v {
			safe[i] = s.value(inner)
		}
		return safe
	case bool, nil, json.Number:
		return v
	}
	return s.reflected(value)
}

// inlined writes a map's entries as fields of their own.
type inlined map[string]any

// MarshalLogObject implements zapcore.ObjectMarshaler.
func (m inlined) MarshalLogObject(encoder zapcore.ObjectEncoder) error {
	for key, value := range m {
		if err := encoder.AddReflected(key, value); err != nil {
			return err
		}
	}
	return nil
}
