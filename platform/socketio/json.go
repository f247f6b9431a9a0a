package socketio

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	// maxDepth is how deep the JSON of a client may nest: reading it takes stack for each level.
	maxDepth = 128
	// maxArgs is how many arguments an event may have: each takes many times its two bytes of text.
	maxArgs = 1000
	// maxValues is how many values the JSON may have where it has to be taken apart entirely.
	maxValues = 10_000
)

var errJSON = errors.New("the payload is not JSON")

// scanner checks JSON text (RFC 8259) in one pass and tells where its parts begin and end.
type scanner struct {
	text   []byte
	at     int
	values int // that have begun
}

// scanArray returns the elements of the array that text is. They are parts of text.
func scanArray(text []byte) (Args, int, error) {
	s := scanner{text: text}
	if s.space(); !s.take('[') {
		return nil, 0, errors.New("the payload is not an array")
	}
	args := make(Args, 0, 4)
	for s.space(); !s.take(']'); s.space() {
		if len(args) == maxArgs || len(args) > 0 && !s.take(',') {
			return nil, 0, errJSON
		}
		s.space()
		from := s.at
		if !s.value(1) {
			return nil, 0, errJSON
		}
		args = append(args, json.RawMessage(text[from:s.at:s.at]))
	}
	if s.space(); s.at != len(text) {
		return nil, 0, errors.New("something follows the payload")
	}
	return args, s.values, nil
}

// scanObject tells whether text is an object.
func scanObject(text []byte) bool {
	s := scanner{text: text}
	if s.space(); s.at == len(text) || text[s.at] != '{' || !s.value(0) {
		return false
	}
	s.space()
	return s.at == len(text)
}

// scanValue tells whether text is one value.
func scanValue(text []byte) bool {
	s := scanner{text: text}
	s.space()
	if !s.value(0) {
		return false
	}
	s.space()
	return s.at == len(text)
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// take steps over c if it is next.
func (s *scanner) take(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// value steps over one value.
func (s *scanner) value(depth int) bool {
	s.values++
	if s.at == len(s.text) || depth > maxDepth {
		return false
	}
	switch s.text[s.at] {
	case '"':
		return s.str()
	case '{':
		return s.members(depth, '}', true)
	case '[':
		return s.members(depth, ']', false)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

// members steps over an object or an array, whose first byte is next.
func (s *scanner) members(depth int, end byte, named bool) bool {
	s.at++
	for first := true; ; first = false {
		if s.space(); s.take(end) {
			return true
		}
		if !first && !s.take(',') {
			return false
		}
		s.space()
		if named && !s.name() || !s.value(depth+1) {
			return false
		}
	}
}

// name steps over the name of a member.
func (s *scanner) name() bool {
	if s.at == len(s.text) || s.text[s.at] != '"' || !s.str() {
		return false
	}
	s.space()
	if !s.take(':') {
		return false
	}
	s.space()
	return true
}

func (s *scanner) word(word string) bool {
	if len(s.text)-s.at < len(word) || string(s.text[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

// str steps over a string.
func (s *scanner) str() bool {
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return true
		case c < ' ':
			return false
		case c == '\\' && !s.escape():
			return false
		}
	}
	return false
}

// escape steps to the last byte of an escape sequence.
func (s *scanner) escape() bool {
	if s.at++; s.at == len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		if len(s.text)-s.at < 5 {
			return false
		}
		_, err := strconv.ParseUint(string(s.text[s.at+1:s.at+5]), 16, 16)
		s.at += 4
		return err == nil
	}
	return false
}

func (s *scanner) number() bool {
	s.take('-')
	if !s.take('0') && !s.digits() {
		return false
	}
	if s.take('.') && !s.digits() {
		return false
	}
	if s.take('e') || s.take('E') {
		if !s.take('+') {
			s.take('-')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) digits() bool {
	from := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > from
}

// appendJSON appends v as JSON. What is sent most is written without reflection.
func appendJSON(text []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(text, "null"...), nil
	case string:
		return appendString(text, v), nil
	case bool:
		return strconv.AppendBool(text, v), nil
	case int:
		return strconv.AppendInt(text, int64(v), 10), nil
	case int64:
		return strconv.AppendInt(text, v, 10), nil
	case json.RawMessage:
		if v == nil {
			return append(text, "null"...), nil
		}
		if !utf8.Valid(v) || !scanValue(v) {
			return nil, fmt.Errorf("encode a packet: %w", errJSON)
		}
		return append(text, v...), nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode a packet: %w", err)
	}
	return append(text, data...), nil
}

// appendString appends s in quotes. What is not UTF-8 in it becomes U+FFFD.
func appendString(text []byte, s string) []byte {
	const hex = "0123456789abcdef"
	text = append(text, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				text = append(append(text, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += size
			continue
		}
		if c < ' ' || c == '"' || c == '\\' {
			text = append(text, s[from:i]...)
			if c < ' ' {
				text = append(text, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				text = append(text, '\\', c)
			}
			from = i + 1
		}
		i++
	}
	return append(append(text, s[from:]...), '"')
}

// plainString returns what a JSON string without escape sequences says.
func plainString(raw []byte) (string, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return "", false
	}
	for _, c := range raw[1 : len(raw)-1] {
		if c == '\\' {
			return "", false
		}
	}
	return string(raw[1 : len(raw)-1]), true
}
