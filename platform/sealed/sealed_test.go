package sealed_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"marketplace/platform/sealed"
)

type said struct {
	Who string `json:"w"`
}

func TestATokenOpensOnlyAsItWasSigned(t *testing.T) {
	key := []byte("a key of thirty-two bytes or so.")
	token, err := sealed.Sign(key, "file", said{"bert"})
	if err != nil {
		t.Fatal(err)
	}
	var got said
	if !sealed.Open(key, "file", token, &got) || got.Who != "bert" {
		t.Errorf("it says %+v", got)
	}
	text, signature, _ := strings.Cut(token, ".")
	other := base64.RawURLEncoding.EncodeToString([]byte(`{"w":"eve"}`))
	for what, open := range map[string]func(*said) bool{
		"another key":     func(s *said) bool { return sealed.Open([]byte("another"), "file", token, s) },
		"another purpose": func(s *said) bool { return sealed.Open(key, "quote", token, s) },
		"another text":    func(s *said) bool { return sealed.Open(key, "file", other+"."+signature, s) },
		"no signature":    func(s *said) bool { return sealed.Open(key, "file", text, s) },
		"an empty one":    func(s *said) bool { return sealed.Open(key, "file", text+".", s) },
		"no base64":       func(s *said) bool { return sealed.Open(key, "file", "?."+signature, s) },
		"nothing":         func(s *said) bool { return sealed.Open(key, "file", "", s) },
	} {
		var got said
		if open(&got) || got.Who != "" {
			t.Errorf("with %s it opens, and says %+v", what, got)
		}
	}
	if _, err := sealed.Sign(key, "file", func() {}); err == nil {
		t.Error("what is no JSON was signed")
	}
}
