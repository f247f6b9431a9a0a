package text

import (
	"slices"
	"strings"
	"testing"

	"marketplace/platform/fault"
)

func TestALineIsTrimmedAndItsCharactersAreCounted(t *testing.T) {
	for s, ok := range map[string]bool{
		"abc": true, " abc ": true, "ab": false, " ab ": false, "äöü": true, "設計者": true, "abcdef": false, "": false,
		"a\nb": false, "a\x00b": false, "a\x1bb": false, "a\xffb": false, "a\u202eb": false, "\u200b\u200b\u200b": false, "👩‍💻": true,
	} {
		var c fault.Check
		got := Line(&c, "title", s, 3, 5)
		if (c.Err() == nil) != ok {
			t.Errorf("%q: %v", s, c.Err())
		}
		if ok && got != strings.TrimSpace(s) {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func TestProseMayHaveLinesAndTabs(t *testing.T) {
	var c fault.Check
	got := Prose(&c, "description", "  one\r\ntwo\tthree\n", 3, 20)
	if got != "one\ntwo\tthree" || c.Err() != nil {
		t.Errorf("%q, %v", got, c.Err())
	}
	Prose(&c, "description", "one\x00", 3, 20)
	if c.Err() == nil {
		t.Error("a NUL was accepted")
	}
}

func TestAListKeepsWhatIsThereTwiceOnceAndNamesWhatIsWrong(t *testing.T) {
	var c fault.Check
	got := Lines(&c, "tags", []string{"Logo", " logo", "Brand"}, 3, 10)
	if !slices.Equal(got, []string{"Logo", "Brand"}) || c.Err() != nil {
		t.Errorf("%q, %v", got, c.Err())
	}
	Lines(&c, "tags", []string{"ok", "", strings.Repeat("x", 11)}, 3, 10)
	if f := fault.Of(c.Err()).Fields; len(f) != 2 || f[0].Name != "tags.1" || f[1].Name != "tags.2" {
		t.Errorf("%v", f)
	}
	c = fault.Check{}
	if Lines(&c, "tags", make([]string, 4), 3, 10); fault.Of(c.Err()).Fields[0].Message != "Use at most 3." {
		t.Error(c.Err())
	}
	c = fault.Check{}
	if Lines(&c, "tags", nil, 3, 10) == nil {
		t.Error("nil would be null in JSON")
	}
}

func TestTheMessageSaysWhatIsAllowed(t *testing.T) {
	var c fault.Check
	Line(&c, "a", "", 5, 100)
	Prose(&c, "b", strings.Repeat("x", 5001), 0, 5000)
	Line(&c, "c", " ", 1, 254)
	Line(&c, "d", "\u200b", 1, 254) // nothing that is seen
	Line(&c, "e", strings.Repeat("x", 255), 1, 254)
	Line(&c, "f", "x", 1, 254)
	var messages []string
	for _, f := range fault.Of(c.Err()).Fields {
		messages = append(messages, f.Name+": "+f.Message)
	}
	want := []string{"a: Use 5 to 100 characters.", "b: Use at most 5,000 characters.", "c: Fill this in, with at most 254 characters.",
		"d: Fill this in, with at most 254 characters.", "e: Use at most 254 characters."}
	if !slices.Equal(messages, want) {
		t.Errorf("%q, want %q", messages, want)
	}
}

func TestAnIDHasNothingThatADatabaseRefuses(t *testing.T) {
	for s, ok := range map[string]bool{
		"0190a5c4-0000-7000-8000-000000000001": true, "u1": true, "A_b": true,
		"": false, "a b": false, "a\x00": false, "ä": false, "\xff": false, "../x": false, strings.Repeat("x", 65): false,
	} {
		if IsID(s) != ok {
			t.Errorf("%q", s)
		}
	}
}
