// Package text cleans and checks what people write, before it is kept: valid UTF-8, no control characters (which
// PostgreSQL refuses and terminals obey), none that turn the direction of what follows, a length in characters.
package text

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"marketplace/platform/fault"
)

const mostFileName = 150 // bytes

// Line cleans a text of one line, such as a title: spaces at the ends go. What is wrong is noted in c; min and max count
// characters.
func Line(c *fault.Check, field, s string, min, max int) string {
	s = strings.TrimSpace(s)
	check(c, field, s, min, max, "")
	return s
}

// Prose cleans a text of several lines, such as a description: every line break becomes \n, spaces at the ends go.
func Prose(c *fault.Check, field, s string, min, max int) string {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	check(c, field, s, min, max, "\n\t")
	return s
}

// Lines cleans a list of at most `most` lines of 1 to max characters, named field.0, field.1 and so on. What is there twice,
// in any case, is kept once. The result is never nil.
func Lines(c *fault.Check, field string, list []string, most, max int) []string {
	kept := []string{}
	if len(list) > most {
		c.That(false, field, "Use at most %d.", most)
		return kept
	}
	seen := map[string]bool{}
	for i, s := range list {
		s = Line(c, fmt.Sprintf("%s.%d", field, i), s, 1, max)
		if folded := strings.ToLower(s); !seen[folded] {
			seen[folded] = true
			kept = append(kept, s)
		}
	}
	return kept
}

// FileName makes of the name of an uploaded file one that is only a name: no folders of either kind, no control characters, no marks that turn the
// direction of writing (which make exe look like pdf), and at most 150 bytes.
func FileName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || strings.ContainsRune(`"<>|*?:`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	if len(name) > mostFileName {
		ext := path.Ext(name)
		if len(ext) > 20 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:mostFileName-len(ext)], "") + ext
	}
	if name == "" || name == "/" {
		return "file"
	}
	return name
}

// IsID says whether s can be an id: 1 to 64 letters, digits, '-' or '_'. Anything else need not be looked for, and must
// not reach a database (PostgreSQL refuses some of it).
func IsID(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && r != '-' && r != '_'
	})
}

func check(c *fault.Check, field, s string, min, max int, allowed string) {
	c.That(utf8.ValidString(s), field, "This is not valid UTF-8 text.")
	c.That(!strings.ContainsFunc(s, func(r rune) bool { return isUnsafe(r) && !strings.ContainsRune(allowed, r) }), field,
		"Remove the control characters.")
	n, visible := utf8.RuneCountInString(s), strings.ContainsFunc(s, isVisible)
	if min == 1 { // whoever left it empty is not helped by the least length
		c.That(visible, field, "Fill this in, with at most %s characters.", thousands(max))
		min = 0
	}
	c.That(n >= min && n <= max && (min == 0 || visible), field, "%s", length(min, max))
}

// isUnsafe is true of control characters and of those that override the direction of the text after them.
func isUnsafe(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

func isVisible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

func length(min, max int) string {
	if min == 0 {
		return "Use at most " + thousands(max) + " characters."
	}
	return "Use " + thousands(min) + " to " + thousands(max) + " characters."
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}
