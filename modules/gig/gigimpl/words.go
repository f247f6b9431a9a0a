package gigimpl

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Texts are cut into words here and not in the database, so that SQLite and PostgreSQL find the same, and so that
// nothing that a person types is ever read as the query language of either: a word has letters and digits only.

const (
	maxWord       = 40 // characters of a word
	maxQueryWords = 12 // of what is searched for
)

// words cuts a text into words, in small letters and without accents. Chinese and Japanese are written without spaces:
// there each character is a word.
func words(text string) []string {
	var list []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			list = append(list, string(word))
			word = word[:0]
		}
	}
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’':
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			end()
			list = append(list, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if len(word) < maxWord {
				word = append(word, unicode.ToLower(r))
			}
		default:
			end()
		}
	}
	end()
	return list
}

// stem takes the plural's ending away, so that "logos" finds "logo" (the S-stemmer of Harman, How effective is
// suffixing?, 1991). Other languages lose nothing: the index and the question are cut alike.
func stem(word string) string {
	if len(word) < 4 || !strings.HasSuffix(word, "s") {
		return word
	}
	before := func(endings ...string) bool {
		return slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(word, e) })
	}
	switch {
	case before("ies") && !before("eies", "aies"):
		return strings.TrimSuffix(word, "ies") + "y"
	case before("us", "ss", "aes", "ees", "oes"):
		return word
	}
	return strings.TrimSuffix(word, "s")
}

// stems are the different words of the texts, as the index keeps them.
func stems(texts ...string) []string {
	var list []string
	for _, t := range texts {
		for _, w := range words(t) {
			list = append(list, stem(w))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// wanted is what a person looks for: every word must be there, the last one perhaps unfinished.
type wanted struct {
	whole []string // stems of all words but the last
	last  string   // as typed
}

// parse reads what was typed; ok is false when there is no word in it.
func parse(typed string) (w wanted, ok bool) {
	list := words(typed)
	if telling := slices.DeleteFunc(slices.Clone(list), isFiller); len(telling) > 0 {
		list = telling
	}
	if len(list) == 0 {
		return w, false
	}
	list = list[:min(len(list), maxQueryWords)]
	for _, word := range list[:len(list)-1] {
		if s := stem(word); !slices.Contains(w.whole, s) {
			w.whole = append(w.whole, s)
		}
	}
	w.last = list[len(list)-1]
	return w, true
}

// isFiller is true of words that say nothing about a gig.
func isFiller(word string) bool {
	const fillers = " a an and are at be by can do for from i in is it me my need of on or that the to want will with you your "
	return strings.Contains(fillers, " "+word+" ")
}
