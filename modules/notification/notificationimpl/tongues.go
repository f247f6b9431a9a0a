package notificationimpl

import (
	"embed"
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"

	"marketplace/platform/locale"
)

//go:embed texts
var texts embed.FS

// english is what everything is written in first.
const english = "en"

// tongue is a language that people are written to in.
type tongue struct {
	*locale.Locale
	tag   string            // BCP 47
	texts map[string]string // what is said in English, with its template words, and how it is said; English has none
}

// readTongues reads the message files: texts/<tag>.toml.
func readTongues() (map[string]tongue, error) {
	tongues := map[string]tongue{english: {Locale: locale.Of(english), tag: english}}
	files, err := texts.ReadDir("texts")
	if err != nil {
		return nil, fmt.Errorf("list the languages of mails: %w", err)
	}
	for _, file := range files {
		g := tongue{tag: strings.TrimSuffix(file.Name(), ".toml")}
		g.Locale = locale.Of(g.tag)
		content, err := texts.ReadFile("texts/" + file.Name())
		if err == nil {
			err = toml.Unmarshal(content, &g.texts)
		}
		if err != nil {
			return nil, fmt.Errorf("read how people are written to (%s): %w", file.Name(), err)
		}
		tongues[g.tag] = g
	}
	return tongues, nil
}

// say is what is said in English, in this language. A test finds what has no translation.
func (g tongue) say(text string) string {
	if said, ok := g.texts[text]; ok {
		return said
	}
	return text
}

// tongueFor is the language of a tag, that of its first part (de of de-CH), or English.
func (s *service) tongueFor(tag string) tongue {
	if g, ok := s.tongues[tag]; ok {
		return g
	}
	base, _, _ := strings.Cut(tag, "-")
	if g, ok := s.tongues[base]; ok {
		return g
	}
	return s.tongues[english]
}
