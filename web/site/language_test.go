package site_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"marketplace/platform/identity"
)

// in asks for a page as a browser that wants a language does.
func in(h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	h.ServeHTTP(rec, r)
	return rec
}

// The address wins over what was chosen before, that over what the browser asks for.
func TestReadersGetTheirLanguage(t *testing.T) {
	h := open(t, newWorld(), identity.Actor{})
	tests := []struct {
		path, accept, cookie, want string
	}{
		{"/help", "", "", "en"}, {"/help", "de-AT,de;q=0.9,en;q=0.5", "", "de"}, {"/help", "fr, de;q=0.3", "", "de"}, {"/help", "fr", "", "en"}, {"/help", "nonsense;;", "", "en"},
		{"/help", "en", "de", "de"}, {"/help?lang=en", "de", "de", "en"}, {"/help?lang=xx", "de", "", "de"}, {"/help", "de", "xx", "de"}, {"/help", "ar", "", "en"},
	}
	for _, tt := range tests {
		headers := []string{"Accept-Language", tt.accept}
		if tt.cookie != "" {
			headers = append(headers, "Cookie", "lang="+tt.cookie)
		}
		answer := in(h, tt.path, headers...)
		if !strings.Contains(answer.Body.String(), `<html lang="`+tt.want+`"`) {
			t.Errorf("%+v is answered in another language", tt)
		}
		if strings.Contains(tt.path, "lang=en") != strings.Contains(answer.Header().Get("Set-Cookie"), "lang=en") {
			t.Errorf("%+v: the cookie is %q", tt, answer.Header().Get("Set-Cookie"))
		}
		if !slices.Contains(answer.Header().Values("Vary"), "Accept-Language, Cookie") {
			t.Error("a cache may mix languages")
		}
	}
}

func TestNumbersDatesAndMoneyAreWrittenAsTheReaderDoes(t *testing.T) {
	page := words(parsed(t, visit(open(t, newWorld(), identity.Actor{}), "/gigs/"+gigA+"?lang=de")))
	page = strings.ReplaceAll(page, "\u00a0", " ")
	for _, want := range []string{"45 $", "Paket wählen", "3 Tage", "Standard bestellen"} {
		if !strings.Contains(page, want) {
			t.Errorf("the German page does not say %q: %s", want, page)
		}
	}
}

func TestSearchEnginesFindEveryLanguage(t *testing.T) {
	page := parsed(t, visit(open(t, newWorld(), identity.Actor{}), "/help?lang=de"))
	if got := tagged(page, "link", "rel", "canonical", "href"); !slices.Equal(got, []string{"http://marketplace.test/help?lang=de"}) {
		t.Errorf("the German page is known by %q", got)
	}
	if got := tagged(page, "link", "hreflang", "en", "href"); !slices.Equal(got, []string{"http://marketplace.test/help?lang=en"}) {
		t.Errorf("the English page is at %q", got)
	}
}

func TestEveryPageIsWholeInEveryLanguage(t *testing.T) {
	w := newWorld()
	for _, tag := range []string{"de", "ar-XB"} {
		for _, path := range addresses(t) {
			answer := in(w.member(t), path, "Cookie", "lang="+tag)
			if !strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") || answer.Code == http.StatusMovedPermanently || answer.Code == http.StatusSeeOther {
				continue
			}
			if answer.Code != http.StatusOK && answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), `lang="`+tag+`"`) {
				t.Errorf("%s in %s answers %d", path, tag, answer.Code)
			}
		}
	}
}

// untranslated are the pages on which something of the product is still said in English only. It is to be empty.
func untranslated() map[string]bool { return map[string]bool{} }

// In the pseudo-language, whatever the product says stands in brackets; only what people wrote does not.
func TestNothingOfTheProductIsSaidInEnglishOnly(t *testing.T) {
	w := newWorld()
	w.text = "0"
	found := map[string][]string{}
	for _, path := range addresses(t) {
		if strings.HasPrefix(path, "/dev/") || path == "/problems" || untranslated()[path] {
			continue // for programmers, in English
		}
		answer := in(w.member(t), path, "Cookie", "lang=ar-XB")
		if answer.Code != http.StatusOK && answer.Code != http.StatusNotFound || !strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
			continue
		}
		for _, text := range bare(parsed(t, answer)) {
			found[text] = append(found[text], path)
		}
	}
	for text, paths := range found {
		t.Errorf("%q is not translated on %s", text, strings.Join(paths, " "))
	}
}

// bare are the texts of a page that are in no brackets and have words in them.
func bare(document *html.Node) (found []string) {
	for n := range document.Descendants() {
		if n.Type != html.TextNode || !inside(n, "main") || inside(n, "script") || inside(n, "code") || inside(n, "svg") {
			continue
		}
		text := n.Data
		for bracketed.MatchString(text) { // from the inside
			text = bracketed.ReplaceAllString(text, "")
		}
		for part := range strings.SplitSeq(text, "·") {
			if part = strings.TrimSpace(part); strings.ContainsFunc(part, unicode.IsLetter) && !people(part) {
				found = append(found, part)
			}
		}
	}
	return found
}

var bracketed = regexp.MustCompile(`⟦[^⟦⟧]*⟧`)

// people says whether a text is of the people and things of the world that the tests make up: then it stands in one of
// the files that do.
func people(text string) bool {
	text, _, _ = strings.Cut(strings.Trim(text, "@·,“”\"():/ "), "\n")
	files, _ := filepath.Glob("*_test.go")
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err == nil && (strings.Contains(string(source), `"`+text) || strings.Contains(string(source), text+`"`) || text == "German, English") {
			return true
		}
	}
	return unit.MatchString(text)
}

// unit is a size of a file, a code of a currency, or the zone of a time.
var unit = regexp.MustCompile(`^[\d.,:\s]*(MB|kB|bytes|UTC|USD)?[)\s]*$`)

// In German whatever opens with „ closes with “, also around what people wrote.
func TestGermanPagesHaveGermanQuotationMarks(t *testing.T) {
	w := newWorld()
	for _, path := range append(addresses(t), "/inbox/c1?find=nothing-like-it") {
		answer := in(w.member(t), path, "Cookie", "lang=de")
		if strings.HasPrefix(path, "/dev/") || path == "/problems" || !strings.HasPrefix(answer.Header().Get("Content-Type"), "text/html") {
			continue // for programmers, in English
		}
		for line := range strings.Lines(words(parsed(t, answer))) {
			if strings.Contains(line, "”") || strings.Count(line, "„") != strings.Count(line, "“") {
				t.Errorf("%s has other quotation marks: %s", path, line)
			}
		}
	}
}

// What people look for is their words, also where the product has a translation for them.
func TestWordsOfASearchStayAsTheyAreWritten(t *testing.T) {
	page := words(parsed(t, in(open(t, newWorld(), identity.Actor{}), "/gigs?q=Orders&lang=de")))
	for _, want := range []string{"Ergebnisse für „Orders“", "Filter entfernen: „Orders“"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q: %s", want, page)
		}
	}
}
