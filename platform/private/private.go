// Package private has the types of texts that are for few eyes: passwords, tokens, keys and links that open something, and
// what belongs to a person. They travel as the texts that they are (JSON, a database, a comparison), but whatever prints or
// logs them writes Hidden, alone or deep inside of something else. To read one is a deliberate act that can be searched for:
// Reveal.
package private

import (
	"fmt"
	"io"
)

// Hidden stands where a private text was.
const Hidden = "[redacted]"

// Secret opens something for whoever has it: a password, a token, a key, a link with a token.
type Secret string

// Reveal is the text itself: to check it, to store it, to send it to whom it belongs.
func (s Secret) Reveal() string { return string(s) }

// String is Hidden; so is whatever fmt makes of it, with any verb.
func (Secret) String() string { return Hidden }

// Format implements fmt.Formatter.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Hidden) }

// Personal tells something about a person that others are not told: an e-mail address, a phone number.
type Personal string

// Reveal is the text itself: for the person, or for sending something there.
func (p Personal) Reveal() string { return string(p) }

// String is Hidden; so is whatever fmt makes of it, with any verb.
func (Personal) String() string { return Hidden }

// Format implements fmt.Formatter.
func (Personal) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Hidden) }
