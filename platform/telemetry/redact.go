package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"marketplace/platform/private"
)

// Hidden stands where a secret or something personal was.
const Hidden = private.Hidden

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

// scrubber keeps secrets and personal data out of the log (row X4). First by type: whatever is a private.Secret or a
// private.Personal is hidden, alone or inside of something else. Then, as a net under that: a field is hidden whole if its
// key, or a key inside it, names a secret, and in what remains, and in messages and errors, e-mail addresses, tokens and the
// passwords of addresses are hidden wherever they stand.
type scrubber struct {
	ecs                            bool // errors are taken apart
	email, jwt, bearer, url, query *regexp.Regexp
	words                          []string // in keys
}

func newScrubber(ecs bool) *scrubber {
	return &scrubber{
		ecs: ecs,
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

// err writes an error under the name that ECS has for it, taken apart: what it says, of what type its cause is, and the
// stack of a panic. fmt writes %!v(PANIC…) for an error whose text cannot be had.
func (s *scrubber) err(f zapcore.Field) zapcore.Field {
	said := fmt.Sprintf("%v", f.Interface)
	if !s.ecs {
		return zap.NamedError(f.Key, errors.New(s.text(said)))
	}
	message, stack := said, ""
	if at := strings.Index(said, "\ngoroutine "); at >= 0 {
		message, stack = said[:at], said[at+1:]
	}
	e := inlined{"message": s.text(message), "type": kindOf(f.Interface)}
	if stack != "" {
		e["stack_trace"] = s.text(stack)
	}
	return zap.Object("error", e)
}

// kindOf is the type of the innermost error.
func kindOf(value any) string {
	err, ok := value.(error)
	for inner := err; ok && inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return fmt.Sprintf("%T", err)
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
	text, err := json.Marshal(veiled(reflect.ValueOf(value), deepest))
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
