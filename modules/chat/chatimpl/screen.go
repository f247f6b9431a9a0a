package chatimpl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"gorm.io/gorm"

	"marketplace/modules/chat"
	"marketplace/platform/fault"
)

// usualWords are what people say who want to pay or to talk elsewhere, unless the configuration or an operator says otherwise.
// Words that are often a part of the work itself (a bot for Discord, a post for Instagram) are not among them.
func usualWords() []string {
	return []string{
		"whatsapp", "whats app", "telegram", "skype", "wechat", "viber", "gmail", "hotmail", "my number", "my phone", "call me", "text me",
		"email me", "e mail me", "my email", "my e mail", "meine nummer", "ruf mich an", "meine mail",
		"paypal", "pay pal", "venmo", "cash app", "cashapp", "zelle", "western union", "moneygram", "payoneer", "bank transfer", "wire transfer", "iban",
		"gift card", "usdt", "pay directly", "pay you directly", "pay me directly", "pay outside", "outside the platform", "outside of the platform",
		"off platform", "off the platform", "avoid the fee", "avoid the fees", "avoid fees", "without the fees", "überweisung", "überweisen",
		"direkt bezahlen", "außerhalb der plattform", "ohne gebühren",
	}
}

// sieve is a version of what is looked for, ready to look. It is never changed.
type sieve struct {
	version    int64
	strictness chat.Strictness
	words      []string // as detect compares them
}

// sieve is the present one, which is made once a version.
func (s *service) sieve(g *gorm.DB) (*sieve, error) {
	var version int64
	if err := g.Raw("SELECT COALESCE(MAX(version), 0) FROM screenings").Scan(&version).Error; err != nil {
		return nil, fmt.Errorf("look which version is looked for: %w", err)
	}
	if known := s.known.Load(); known != nil && known.version == version {
		return known, nil
	}
	set, err := s.screening(g)
	if err != nil {
		return nil, err
	}
	made := &sieve{version: set.Version, strictness: set.Strictness, words: phrases(set.Words)}
	s.known.Store(made)
	return made, nil
}

// screen looks through what somebody writes to a person with whom they have no order yet (row C8): what it finds, separated
// by commas, or a refusal where the operator wants one.
func (v *sieve) screen(g *gorm.DB, senderID, withID, said string) (found string, refusal, err error) {
	if v.strictness == chat.StrictOff {
		return "", nil, nil
	}
	warnings := detect(said, v.words)
	if len(warnings) == 0 {
		return "", nil, nil
	}
	low, high := pair(chat.Person{ID: senderID}, chat.Person{ID: withID})
	var customers int64
	if err := g.Table("customers").Where("low_id = ? AND high_id = ?", low.ID, high.ID).Count(&customers).Error; err != nil {
		return "", nil, fmt.Errorf("look whether two people have done business: %w", err)
	}
	if customers > 0 {
		return "", nil, nil
	}
	if v.strictness == chat.StrictBlock {
		return "", fault.Wrong("text", "Please leave out contact details and ways to pay elsewhere: before an order they are not sent. Whoever pays elsewhere has no protection."), nil
	}
	return strings.Join(warnings, ","), nil, nil
}

// contacts are the forms of contact details in text that plainText has made: an address, an address that is spelled out
// (name at host dot com), an account elsewhere, a number as North America writes it.
var contacts = regexp.MustCompile(strings.Join([]string{
	`[\p{L}\p{N}._%+\-]+\s?@\s?[\p{L}\p{N}\-]+(?:\.[\p{L}\p{N}\-]+)*\.\p{L}{2,}`,
	`[\p{L}\p{N}._%+\-]{2,}(?:\s*[(\[{]\s*at\s*[)\]}]\s*|\s+at\s+|\s*@\s*)[\p{L}\p{N}\-]{2,}` +
		`(?:\s*[(\[{]\s*(?:dot|punkt)\s*[)\]}]\s*|\s+(?:dot|punkt)\s+|\.)` +
		`(?:com|net|org|info|biz|io|co|me|de|at|ch|uk|eu|fr|es|it|nl|pl|pt|se|ru|ua|in|pk|bd|lk|ng|br|us|ca|au)\b`,
	`\b(?:wa\.me|t\.me|m\.me|discord\.gg|chat\.whatsapp\.com|api\.whatsapp\.com|join\.skype\.com|paypal\.me|paypal\.com|revolut\.me|cash\.app|linktr\.ee)\b`,
	`(?:^|[^\p{N}])\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}(?:[^\p{N}]|$)`,
}, "|"))

// phrases are words as detect compares them: whole ones, between spaces.
func phrases(words []string) (all []string) {
	for _, w := range words {
		if phrase := " " + strings.Join(wordsOf(plainText(w)), " ") + " "; phrase != "  " {
			all = append(all, phrase)
		}
	}
	return all
}

// detect says what is in a text, each kind once.
func detect(said string, phrases []string) (found []string) {
	plain := plainText(said)
	if hasNumber(plain) || contacts.MatchString(plain) {
		found = append(found, string(chat.WarnContact))
	}
	tokens := " " + strings.Join(wordsOf(plain), " ") + " "
	spelled := " " + strings.Join(spelledOut(plain), " ") + " "
	if slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(tokens, p) || strings.Contains(spelled, p) }) {
		found = append(found, string(chat.WarnElsewhere))
	}
	return found
}

// plainText is a text as it is meant: small letters, compatible forms made one, nothing that cannot be seen.
func plainText(said string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKC.String(said)))
}

func wordsOf(plain string) []string {
	return strings.FieldsFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// spelledOut are the words that somebody wrote letter by letter: w h a t s a p p.
func spelledOut(plain string) (words []string) {
	var run []string
	flush := func() {
		if len(run) >= 4 {
			words = append(words, strings.Join(run, ""))
		}
		run = nil
	}
	for _, w := range wordsOf(plain) {
		if len([]rune(w)) != 1 {
			flush()
			continue
		}
		run = append(run, w)
	}
	flush()
	return words
}

// hasNumber says whether there is a telephone number: 9 to 15 digits that begin with 0 or a bracket, or 7 to 15 after a +.
// Sums, dates and sizes are none.
func hasNumber(plain string) bool {
	runes := []rune(plain)
	for i := 0; i < len(runes); i++ {
		plus := runes[i] == '+'
		if !plus && runes[i] != '0' && runes[i] != '(' || i > 0 && (unicode.IsDigit(runes[i-1]) || strings.ContainsRune(".,-/:", runes[i-1]) || unicode.IsLetter(runes[i-1])) {
			continue
		}
		digits, end := dialled(runes[i:])
		if digits <= 15 && (digits >= 9 || plus && digits >= 7) {
			return true
		}
		i += max(end-1, 0)
	}
	return false
}

// dialled counts the digits of what looks like a number at the beginning, and how far it goes.
func dialled(runes []rune) (digits, end int) {
	gap := 0 // signs since the last digit
	for i, r := range runes {
		switch {
		case unicode.IsDigit(r):
			digits++
			gap, end = 0, i+1
		case strings.ContainsRune(" ().-/+", r) && gap < 3 && (r != '+' || i == 0):
			gap++
		default:
			return digits, end
		}
	}
	return digits, end
}
