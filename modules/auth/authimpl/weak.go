package authimpl

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"marketplace/platform/fault"
)

// weakness knows which passwords are guessed first. There is no rule about which characters to use (NIST SP 800-63B): a
// password is refused when it is one of the common ones, also in disguise (P@ssw0rd123!), a row of keys, a pattern, a
// number, or made of what everybody knows about the account and the site.
type weakness struct{ site []string }

// newWeakness knows the site's own words: its name, its address, and what is done there (ASVS 6.2.11).
func newWeakness(name, address string) weakness {
	return weakness{site: []string{name, address, "marketplace", "freelance", "freelancer", "password", "seller", "buyer"}}
}

// checkPassword notes what is wrong with a new password of somebody of whom these words are known.
func (s *service) checkPassword(c *fault.Check, field, password string, known ...string) {
	n := utf8.RuneCountInString(password)
	c.That(utf8.ValidString(password) && !strings.ContainsRune(password, 0), field, "Use characters only.")
	c.That(n >= s.settings.ShortestPass, field, "Use at least %d characters.", s.settings.ShortestPass)
	c.That(n <= longestPassword, field, "Use at most %d characters.", longestPassword)
	if n <= longestPassword {
		c.That(!s.weak.Of(password, known...), field,
			"This password is easy to guess. Use a few words that have nothing to do with each other, or let your browser make one.")
	}
}

// Of says whether the password is among the first that somebody would try who knows these words.
func (w weakness) Of(password string, known ...string) bool {
	lower := strings.ToLower(password)
	return w.guessed(lower) || w.guessedWithout(lower, append(known, w.site...))
}

func (w weakness) guessed(lower string) bool {
	return w.isCommon(lower) || isNumber(lower) || isPattern(lower) || isKeyRow(lower)
}

// guessedWithout takes out what is known of the account. What is left has to be a password by itself.
func (w weakness) guessedWithout(lower string, known []string) bool {
	rest := lower
	for _, k := range known {
		k = strings.ToLower(k)
		local, _, _ := strings.Cut(k, "@")
		parts := strings.FieldsFunc(k, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		for _, word := range append([]string{k, local, strings.ReplaceAll(k, " ", "")}, parts...) { // the longer first
			if len(word) >= 4 {
				rest = strings.ReplaceAll(rest, word, "")
			}
		}
	}
	return rest != lower && (utf8.RuneCountInString(rest) < 6 || w.guessed(rest))
}

// longestFrill is how much people add to a word and still have a password that is guessed by adding to words.
const longestFrill = 6

// isCommon looks the password up, without what people add at the ends, and with letters for the digits that look like
// them.
func (w weakness) isCommon(lower string) bool {
	word := strings.TrimFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) })
	tail := strings.TrimRightFunc(lower, func(r rune) bool { return !unicode.IsLetter(r) }) // keeps a leading 4 or @
	for _, candidate := range []string{lower, word, tail} {
		if len(lower)-len(candidate) > longestFrill {
			continue
		}
		for _, one := range []string{"i", "l"} {
			plain := strings.NewReplacer("0", "o", "1", one, "!", "i", "3", "e", "4", "a", "@", "a", "5", "s", "$", "s", "7", "t").Replace(candidate)
			if isListed(candidate) || isListed(plain) {
				return true
			}
		}
	}
	return false
}

// isNumber says whether it is a number, a date or a telephone: fewer than 12 digits are tried in an hour.
func isNumber(lower string) bool {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" -./+()", r) {
			return -1
		}
		return r
	}, lower)
	return len(digits) < 12 && strings.Trim(digits, "0123456789") == ""
}

// isPattern says whether it repeats at most 4 characters: aaaaaaaa, abababab, 12341234.
func isPattern(lower string) bool {
	runes := []rune(lower)
	for unit := 1; unit <= 4 && unit < len(runes); unit++ {
		repeats := true
		for i := unit; i < len(runes) && repeats; i++ {
			repeats = runes[i] == runes[i-unit]
		}
		if repeats {
			return true
		}
	}
	return false
}

// isKeyRow says whether it is made of neighbours on the keyboard, in the alphabet or in counting: qwertyuiop, abc123456.
func isKeyRow(lower string) bool {
	const rows = "abcdefghijklmnopqrstuvwxyz 01234567890 qwertyuiop[] asdfghjkl;' zxcvbnm,./ qwertzuiop azertyuiop " +
		"1qaz2wsx3edc4rfv5tgb6yhn 1q2w3e4r5t6y7u8i9o0p !@#$%^&*() qazwsxedcrfvtgbyhn qwaszx"
	left := 0
	for rest := lower; rest != ""; {
		n := longestRun(rest, rows)
		if n < 3 {
			_, n = utf8.DecodeRuneInString(rest)
			left++
		}
		rest = rest[n:]
	}
	return left < 4
}

// longestRun is how many bytes at the start of the text stand in the rows, forward or backward.
func longestRun(text, rows string) int {
	n := 0
	for end := 1; end <= len(text) && text[end-1] != ' ' && text[end-1] < utf8.RuneSelf; end++ {
		if !strings.Contains(rows, text[:end]) && !strings.Contains(rows, reversed(text[:end])) {
			break
		}
		n = end
	}
	return n
}

func reversed(ascii string) string {
	b := []byte(ascii)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
