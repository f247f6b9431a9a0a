// Package language says things in the languages of the readers. The pages are written in English, as plain sentences in
// templates and code; a message file has each of them with its translation. A language that has no translation for a
// sentence shows the English one, and a test that finds such a sentence fails.
package language

import (
	"cmp"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	xlanguage "golang.org/x/text/language"

	"marketplace/platform/locale"
)

//go:embed *.toml
var files embed.FS

// Language is one that the pages can be read in. It is safe for many readers at once.
type Language struct {
	Tag  string // BCP 47, for <html lang>
	Name string // in itself
	Dir  string // ltr or rtl

	tag      xlanguage.Tag
	plurals  *i18n.Localizer
	texts    map[string]string
	refusals map[string]string // those of the texts that code says
	patterns []pattern
	disguise func(string) string // of the pseudo-language; nil otherwise
	locale   *locale.Locale
}

// leastCommon keeps a text that is hardly more than its part, such as "in {}", from being found in what people write: it is
// said by Fill alone.
const leastCommon = 5

// pattern is a sentence with parts that vary, written as {}.
type pattern struct {
	match  *regexp.Regexp
	before string // what stands before the first part
	after  string // and after the last
	said   string
}

// Languages are all that a reader can choose from. The first is what the pages are written in.
type Languages struct {
	all     []*Language
	matcher xlanguage.Matcher
}

// Pseudo is the language of development that shows what is not translated, and whether pages can be read from the right.
const Pseudo = "ar-XB"

// Load reads the message files. With pseudo there is the pseudo-language too.
func Load(pseudo bool) (*Languages, error) {
	bundle := i18n.NewBundle(xlanguage.English)
	ls := &Languages{}
	for _, l := range []*Language{{Tag: "en", Name: "English", Dir: "ltr"}, {Tag: "de", Name: "Deutsch", Dir: "ltr"}} {
		if err := l.load(bundle); err != nil {
			return nil, err
		}
		ls.all = append(ls.all, l)
	}
	if pseudo {
		l := English()
		l.Tag, l.Name, l.Dir, l.disguise = Pseudo, "⟦Pseudo⟧", "rtl", disguise
		ls.all = append(ls.all, l)
	}
	tags := make([]xlanguage.Tag, 0, len(ls.all))
	for _, l := range ls.all {
		if l.disguise == nil { // nobody's browser asks for it
			tags = append(tags, l.tag)
		}
	}
	ls.matcher = xlanguage.NewMatcher(tags)
	return ls, nil
}

// messageFile is what one of the files has.
type messageFile struct {
	Texts map[string]string `toml:"texts"`
	Nouns map[string]forms  `toml:"nouns"`
}

// forms are those of a noun that is counted, by the plural rules of the Unicode data; other is the one that all languages
// have.
type forms struct {
	Zero, One, Two, Few, Many, Other string
}

func (f forms) message(id string) *i18n.Message {
	return &i18n.Message{ID: id, Zero: f.Zero, One: f.One, Two: f.Two, Few: f.Few, Many: f.Many, Other: f.Other}
}

func (l *Language) load(bundle *i18n.Bundle) error {
	l.tag, l.locale = xlanguage.MustParse(l.Tag), locale.Of(l.Tag)
	messages, err := l.read(l.Tag + ".toml")
	if err != nil {
		return err
	}
	if !l.English() { // the code says them in English
		refusals, err := l.read("refusals." + l.Tag + ".toml")
		if err != nil {
			return err
		}
		l.refusals = refusals.Texts
		for english, said := range refusals.Texts {
			messages.Texts[english] = said
		}
	}
	for id, forms := range messages.Nouns {
		if err := bundle.AddMessages(l.tag, forms.message(id)); err != nil {
			return fmt.Errorf("read the noun %s in %s: %w", id, l.Name, err)
		}
	}
	l.plurals, l.texts = i18n.NewLocalizer(bundle, l.Tag), messages.Texts
	for english, said := range messages.Texts {
		if strings.Contains(english, "{}") && len(strings.ReplaceAll(english, "{}", "")) > leastCommon {
			p, err := newPattern(english, said)
			if err != nil {
				return fmt.Errorf("read the message %q in %s: %w", english, l.Name, err)
			}
			l.patterns = append(l.patterns, p)
		}
	}
	slices.SortFunc(l.patterns, func(a, b pattern) int {
		return cmp.Or(len(b.match.String())-len(a.match.String()), strings.Compare(a.said, b.said))
	}) // the most exact first
	return nil
}

// read reads one message file.
func (l *Language) read(name string) (m messageFile, err error) {
	content, err := files.ReadFile(name)
	if err == nil {
		err = toml.Unmarshal(content, &m)
	}
	if err != nil {
		return m, fmt.Errorf("read the messages in %s: %w", l.Name, err)
	}
	return m, nil
}

func newPattern(id, said string) (pattern, error) {
	parts := strings.Split(id, "{}")
	p := pattern{before: parts[0], after: parts[len(parts)-1], said: said}
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	match, err := regexp.Compile("^(?s:" + strings.Join(parts, "(.+?)") + ")$")
	if n := strings.Count(said, "{}"); n > 0 && n != len(parts)-1 {
		return pattern{}, fmt.Errorf("%d parts became %d", len(parts)-1, n)
	}
	p.match = match
	return p, err
}

// parts are what stands at each {}, or nil: most sentences are told by their ends.
func (p pattern) parts(english string) []string {
	if !strings.HasPrefix(english, p.before) || !strings.HasSuffix(english, p.after) {
		return nil
	}
	if found := p.match.FindStringSubmatch(english); found != nil {
		return found[1:]
	}
	return nil
}

// English is the language that the pages are written in, without a message file.
func English() *Language {
	return &Language{Tag: "en", Name: "English", Dir: "ltr", tag: xlanguage.English, locale: locale.Of("en")}
}

// All are the languages, that of the templates first.
func (ls *Languages) All() []*Language { return ls.all }

// IsPseudo says whether a language is that of development.
func (ls *Languages) IsPseudo(l *Language) bool { return l.disguise != nil }

// Named is the language of a tag, or nil.
func (ls *Languages) Named(tag string) *Language {
	for _, l := range ls.all {
		if l.Tag == tag {
			return l
		}
	}
	return nil
}

// Choose is the language that a reader wants: the one named, if there is one, otherwise what the browser asks for
// (the header Accept-Language), otherwise the first.
func (ls *Languages) Choose(named, accepted string) *Language {
	if l := ls.Named(named); l != nil {
		return l
	}
	wanted, _, err := xlanguage.ParseAcceptLanguage(accepted)
	if err != nil || len(wanted) == 0 {
		return ls.all[0]
	}
	_, at, confidence := ls.matcher.Match(wanted...)
	if confidence == xlanguage.No {
		return ls.all[0]
	}
	return ls.all[at]
}

// English says whether texts stay as they are written.
func (l *Language) English() bool { return l.Tag == "en" }

// Has says whether the message file has a sentence.
func (l *Language) Has(english string) bool {
	_, ok := l.texts[english]
	return ok
}

// Counts says whether the message file has a noun.
func (l *Language) Counts(id string) bool {
	_, err := l.plurals.Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: 2})
	return err == nil
}

// Text is what the product says in this language. A sentence with parts that vary is found by its pattern, {} for each
// part; of several sentences that are not known together each is looked for. What is not known stays as it is.
func (l *Language) Text(english string) string {
	if l.disguise != nil {
		return l.disguise(english)
	}
	if said, ok := l.sentence(english); ok || l.English() {
		return said
	}
	var said []string
	for rest := sentencesOf(english); len(rest) > 0; {
		n := len(rest) // as many together as are known
		one, ok := "", false
		for ; !ok && n > 0; n-- {
			one, ok = l.sentence(strings.Join(rest[:n], " "))
		}
		said, rest = append(said, one), rest[n+1:]
	}
	return strings.Join(said, " ")
}

// sentence is a text as the message files have it.
func (l *Language) sentence(english string) (string, bool) {
	if said, ok := l.texts[english]; ok {
		return said, true
	}
	for _, p := range l.patterns {
		parts := p.parts(english)
		if parts == nil {
			continue
		}
		said := p.said
		for _, part := range parts {
			said = strings.Replace(said, "{}", l.Part(part), 1)
		}
		return said, true
	}
	return english, false
}

// sentencesOf takes a text apart where a sentence ends.
func sentencesOf(text string) (sentences []string) {
	for {
		end := strings.Index(text, ". ")
		if end < 0 {
			return append(sentences, text)
		}
		sentences, text = append(sentences, text[:end+1]), text[end+2:]
	}
}

// Part is what stands in a sentence at {}: words of the product are translated, amounts and dates written as the reader
// does, and anything else stays.
func (l *Language) Part(words string) string {
	if said, ok := l.texts[words]; ok {
		return said
	}
	first, size := utf8.DecodeRuneInString(words)
	if said, ok := l.texts[string(unicode.ToUpper(first))+words[size:]]; ok && strings.Contains(words, " ") { // after a colon
		return said
	}
	if value := l.locale.Value(words); value != words {
		return value
	}
	for _, last := range []string{" or ", " and "} {
		head, tail, ok := strings.Cut(words, last)
		if !ok {
			continue
		}
		list := append(strings.Split(head, ", "), tail)
		if said, ok := l.all(list); ok {
			return strings.Join(said[:len(said)-1], ", ") + l.Text(last) + said[len(said)-1]
		}
	}
	if said, ok := l.all(strings.Split(words, ", ")); ok {
		return strings.Join(said, ", ")
	}
	return words
}

// all translates words of the product, if all of them are.
func (l *Language) all(words []string) ([]string, bool) {
	said := make([]string, len(words))
	for i, word := range words {
		translated, ok := l.texts[word]
		if !ok {
			return nil, false
		}
		said[i] = translated
	}
	return said, true
}

// Fill is a sentence with one part, written as {}.
func (l *Language) Fill(english, part string) string {
	said, ok := l.texts[english]
	if !ok {
		said = english
	}
	if l.disguise != nil {
		said = l.disguise(english)
	}
	return strings.Replace(said, "{}", part, 1)
}

// Count is a number with its noun, in the form that goes with the number: 1 order, 3 orders.
func (l *Language) Count(n int, one, many string) string { return l.CountAs(one, n, one, many) }

// CountAs is Count where the noun has a form of its own, by the name that the message file has for it.
func (l *Language) CountAs(id string, n int, one, many string) string {
	noun := many
	if n == 1 {
		noun = one
	}
	if l.disguise != nil {
		noun = l.disguise(noun)
	} else if l.plurals != nil {
		if said, err := l.plurals.Localize(&i18n.LocalizeConfig{MessageID: id, PluralCount: n}); err == nil {
			noun = said
		}
	}
	return l.Number(n) + "\u00a0" + noun
}

// disguise makes a text that can still be read, and that nobody wrote.
func disguise(english string) string {
	if strings.HasPrefix(english, "⟦") || strings.TrimSpace(english) == "" {
		return english
	}
	return "⟦" + strings.NewReplacer("a", "á", "e", "é", "i", "í", "o", "ó", "u", "ú").Replace(english) + "⟧"
}
