package private_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"marketplace/platform/private"
)

// letter has private texts in every place where fmt looks.
type letter struct {
	To     private.Personal  `json:"to"`
	Link   private.Secret    `json:"link"`
	Codes  []private.Secret  `json:"codes"`
	ByName map[string]inside `json:"by_name"`
	Copy   *private.Secret   `json:"copy"`
}

type inside struct {
	Key private.Secret `json:"key"`
}

func full() letter {
	copied := private.Secret("canary-5")
	return letter{To: "canary-1", Link: "canary-2", Codes: []private.Secret{"canary-3"},
		ByName: map[string]inside{"a": {Key: "canary-4"}}, Copy: &copied}
}

// Row X4.
func TestWhateverPrintsAPrivateTextHidesIt(t *testing.T) {
	l := full()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v", "%20s", "%.3s"} {
		for _, value := range []any{l, &l, l.To, l.Link, l.Codes, l.ByName, *l.Copy} {
			args := []any{value}
			if strings.HasPrefix(verb, "%T") {
				args = []any{value, value}
			}
			if text := fmt.Sprintf(verb, args...); strings.Contains(text, "canary") || strings.Contains(text, "63616e617279") {
				t.Errorf("%s of %T is %s", verb, value, text)
			}
		}
	}
	if text := fmt.Errorf("mail to %s: %w", l.To, errors.New(l.Link.String())).Error(); text != "mail to [redacted]: [redacted]" {
		t.Error(text)
	}
}

func TestAPrivateTextTravelsAsItIs(t *testing.T) {
	text, err := json.Marshal(full())
	if err != nil {
		t.Fatal(err)
	}
	var arrived letter
	if err := json.Unmarshal(text, &arrived); err != nil || arrived.To.Reveal() != "canary-1" || arrived.Codes[0].Reveal() != "canary-3" || arrived.ByName["a"].Key != "canary-4" {
		t.Errorf("%s arrives as something else, %v", text, err)
	}
}
