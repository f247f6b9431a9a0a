package chatimpl

import (
	"slices"
	"strings"
	"testing"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// Row C8.
func TestContactDetailsAndWaysToPayElsewhereAreFoundAndWorkIsNot(t *testing.T) {
	for said, want := range map[string]string{
		"Write to ana.b+x@mail.example.com please": "contact", "ana (at) example [dot] org": "contact", "ana at gmail dot com": "contact elsewhere", "ana＠example．com": "contact",
		"a\u200bna@exam\u200bple.com": "contact", "+49 170 1234567": "contact", "call 0170/123 45 67": "contact", "(0170) 1234567": "contact", "202-555-0143": "contact",
		"004915112345678": "contact", "wa.me/4917012345": "contact", "see https://t.me/anas": "contact", "https://www.paypal.me/ana": "elsewhere contact",
		"Let us use WhatsApp": "elsewhere", "w h a t s a p p me": "elsewhere", "PayPal?": "elsewhere", "Can I pay you directly, outside the platform?": "elsewhere",
		"Wir können das überweisen": "elsewhere", "western  union": "elsewhere", "+1 (202) 555-0143 or Skype": "contact elsewhere",

		"I need a logo in 3 colours by 2026-03-12.": "", "The budget is 1,000.00 to 2.500,00, order 20260312001": "", "Let us meet at noon. The work is at home. In short: yes": "",
		"from 01.02.2026 to 05.02.2026": "", "1920x1080, 4000 x 3000, 16:9": "", "See https://example.com/portfolio?id=123456789": "", "A bot for Discord and posts for Instagram": "",
		"version 0.123.456 and 0.5": "", "Use #004578 and 10 000 000 rows": "", "Skypeland is a name": "", "I am good at design.": "", "a b c d": "", "": "", "look at the repo at git": "",
		"RGB (0, 120, 255) or (100,100,100)": "", "ISBN 978-3-16-148410-0": "", "10:00-12:00, 555 pages": "",
	} {
		got, wanted := detect(said, phrases(usualWords())), strings.Fields(want)
		slices.Sort(got)
		slices.Sort(wanted)
		if !slices.Equal(got, wanted) {
			t.Errorf("%q: found %v, want %v", said, got, wanted)
		}
	}
}

// Rows C8, T8.
func TestMessagesBeforeAnOrderAreWarnedAboutOrRefusedAsTheOperatorHasIt(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		told := func() []chat.Warning {
			t.Helper()
			w.send(ana, id, "Mail me: ana@example.com, or use WhatsApp")
			return w.get(ben, id).LastMessage.Warnings
		}
		if got := told(); !slices.Equal(got, []chat.Warning{chat.WarnContact, chat.WarnElsewhere}) {
			t.Errorf("%v", got)
		}
		if m := w.send(ana, id, "Nothing special"); len(m.Warnings) != 0 {
			t.Errorf("%v", m.Warnings)
		}
		_, err := w.GetScreening(ana, chat.GetScreeningRequest{})
		w.refused(err, fault.NotFound, "somebody else looks")
		set, err := w.GetScreening(mod, chat.GetScreeningRequest{})
		if err != nil || set.Version != 0 || set.Strictness != chat.StrictWarn || !slices.Contains(set.Words, "whatsapp") {
			t.Fatalf("%+v, %v", set, err)
		}
		change := chat.SetScreeningRequest{Strictness: chat.StrictBlock, Words: []string{"  Carrier Pigeon ", "carrier pigeon"}}
		_, err = w.SetScreening(mod, change)
		w.refused(err, fault.NotFound, "a moderator sets it")
		for field, q := range map[string]chat.SetScreeningRequest{"strictness": {Strictness: "x"}, "words": {Strictness: "off", Words: []string{"!!"}}, "words.0": {Strictness: "off", Words: []string{strings.Repeat("x", 41)}}} {
			if _, err := w.SetScreening(operator, q); wrongField(err) != field {
				t.Errorf("%v, want %s", err, field)
			}
		}
		set, err = w.SetScreening(operator, change)
		if err != nil || set.Version != 1 || !slices.Equal(set.Words, []string{"carrier pigeon"}) || set.ChangedBy != "Olga" || len(set.History) != 1 {
			t.Fatalf("%+v, %v", set, err)
		}
		_, err = w.SetScreening(operator, change)
		w.refused(err, fault.Conflict, "of a version that is gone")
		for _, text := range []string{"By CARRIER-pigeon", "ana@example.com"} {
			if _, err := w.Send(ana, chat.SendRequest{ConversationID: id, Text: text}); wrongField(err) != "text" {
				t.Errorf("%s: %v", text, err)
			}
		}
		m := w.send(ana, id, "WhatsApp is no word any more")
		if _, err := w.Edit(ana, chat.EditRequest{ConversationID: id, MessageID: m.ID, Text: "ana@example.com"}); wrongField(err) != "text" {
			t.Errorf("smuggled in by an edit: %v", err)
		}
		apptest.Emit(t, w.Harness, order.Paid{Facts: order.Facts{OrderID: "o1", BuyerID: "u-ana", SellerID: "u-ben"}})
		apptest.Settle(t, w.Harness)
		if got := told(); len(got) != 0 {
			t.Errorf("after an order: %v", got)
		}
		if _, err := w.SetScreening(operator, chat.SetScreeningRequest{Version: 1, Strictness: chat.StrictOff}); err != nil {
			t.Fatal(err)
		}
		if m := w.send(ana, w.open(ana, "Eve").ID, "ana@example.com"); len(m.Warnings) != 0 {
			t.Errorf("switched off: %v", m.Warnings)
		}
	})
}
