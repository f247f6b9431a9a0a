package chatimpl

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

func TestAMessageIsKeptAsItWasMeantAndAnnouncedWithoutItsText(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		m, err := w.Send(ana, chat.SendRequest{ConversationID: id, ClientID: "tmp-1", Text: "  Grüße 👋\r\n\tzwei\n "})
		if err != nil {
			t.Fatal(err)
		}
		want := chat.Message{ID: m.ID, ConversationID: id, Seq: 1, SenderID: "u-ana", SenderUsername: "Ana", ClientID: "tmp-1", Kind: chat.KindText,
			Text: "Grüße 👋\n\tzwei", Attachments: []chat.Attachment{}, Warnings: []chat.Warning{}, CreatedAt: m.CreatedAt}
		if !same(m, want) || m.ID == "" || m.CreatedAt.IsZero() {
			t.Errorf("%+v", m)
		}
		read, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id})
		if err != nil || len(read.Items) != 1 || !same(read.Items[0], want) {
			t.Errorf("the other reads %+v, %v", read, err)
		}
		if c := w.get(ben, id); c.LastMessage == nil || !same(*c.LastMessage, want) || !c.UpdatedAt.Equal(m.CreatedAt) || c.With.Username != "Ana" {
			t.Errorf("%+v", c)
		}
		events := apptest.Emitted[chat.MessageSent](t, w.Harness)
		if len(events) != 1 || events[0] != (chat.MessageSent{ConversationID: id, MessageID: m.ID, Seq: 1, SenderID: "u-ana",
			SenderUsername: "Ana", RecipientID: "u-ben", At: m.CreatedAt}) {
			t.Errorf("%+v", events)
		}
	})
}

func TestAMessageThatIsNotAcceptableIsRefusedAndNothingIsKept(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		for name, text := range map[string]string{
			"nothing": "", "spaces": " \r\n\t ", "too long": strings.Repeat("ä", 4001), "a bell": "ring\a", "NUL": "a\x00b",
			"an escape": "\x1b[31mred", "no UTF-8": "\xff", "nothing to see": "\u200b", "a lone carriage return": "a\rb",
			"turned text": "a\u202eb",
		} {
			if _, err := w.Send(ana, chat.SendRequest{ConversationID: id, Text: text}); wrongField(err) != "text" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, client := range []string{strings.Repeat("x", 65), "a\x00", " a", "\xff"} {
			if _, err := w.Send(ana, chat.SendRequest{ConversationID: id, Text: "a", ClientID: client}); wrongField(err) != "client_id" {
				t.Errorf("client id %q: %v", client, err)
			}
		}
		if _, err := w.Send(ana, chat.SendRequest{ConversationID: id, ClientID: "\a"}); len(fault.Of(err).Fields) != 2 {
			t.Errorf("not all is told at once: %v", err)
		}
		_, err := w.Send(unverified("Ana"), chat.SendRequest{ConversationID: id, Text: "a"})
		w.refused(err, fault.Forbidden, "an address that is not confirmed") // row A1
		_, err = w.Send(apptest.Visitor(), chat.SendRequest{ConversationID: id, Text: "a"})
		w.refused(err, fault.Unauthenticated, "a visitor")
		if c := w.get(ana, id); c.LastSeq != 0 || len(apptest.Emitted[chat.MessageSent](t, w.Harness)) != 0 {
			t.Errorf("%+v", c)
		}
		if m := w.send(ana, id, strings.Repeat("ä", 4000)); m.Seq != 1 {
			t.Errorf("the longest message has the number %d", m.Seq)
		}
	})
}

// Rows C3, Z16.
func TestAHundredSendersAtTheSameMomentLeaveNoGapInTheNumbers(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		var wait sync.WaitGroup
		for i := range 100 {
			ctx := ana
			if i%2 == 1 {
				ctx = ben
			}
			wait.Go(func() {
				if _, err := w.Send(ctx, chat.SendRequest{ConversationID: id, Text: fmt.Sprint("message ", i), ClientID: fmt.Sprint(i)}); err != nil {
					t.Errorf("message %d: %v", i, err)
				}
			})
		}
		wait.Wait()
		l, err := w.ListMessages(ana, chat.ListMessagesRequest{ConversationID: id, Limit: 100})
		if err != nil || len(l.Items) != 100 || l.NextCursor != "" {
			t.Fatalf("%d messages, %v", len(l.Items), err)
		}
		texts := map[string]bool{}
		for i, m := range l.Items {
			texts[m.Text] = true
			if m.Seq != int64(i+1) {
				t.Fatalf("message %d has the number %d", i+1, m.Seq)
			}
		}
		if len(texts) != 100 {
			t.Errorf("%d of 100 texts", len(texts))
		}
		var seqs []int64
		for _, e := range apptest.Emitted[chat.MessageSent](t, w.Harness) {
			seqs = append(seqs, e.Seq)
		}
		if len(seqs) != 100 || !slices.IsSorted(seqs) || len(slices.Compact(seqs)) != 100 {
			t.Errorf("not announced once each, in the order of the numbers: %v", seqs)
		}
		for _, ctx := range []string{"Ana", "Ben"} {
			if _, err := w.MarkRead(as(ctx), chat.MarkReadRequest{ConversationID: id}); err != nil {
				t.Fatal(err)
			}
			if got := w.marks(as(ctx), id); !strings.HasPrefix(got, "100/") || !strings.HasSuffix(got, "/100 0 0 in 0") {
				t.Errorf("%s: %s", ctx, got)
			}
		}
	})
}

// Row Z16.
func TestTheSameMessageSentTwiceIsStoredOnceEvenAtTheSameMoment(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		sent := make([]chat.Message, 10)
		var wait sync.WaitGroup
		for i := range sent {
			wait.Go(func() {
				var err error
				if sent[i], err = w.Send(ana, chat.SendRequest{ConversationID: id, ClientID: "same", Text: "Hello"}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, m := range sent {
			if !same(m, sent[0]) {
				t.Errorf("%+v and %+v", m, sent[0])
			}
		}
		if got := w.marks(ben, id); got != "0/1/1 1 1 in 1" {
			t.Error(got)
		}
		if n := len(apptest.Emitted[chat.MessageSent](t, w.Harness)); n != 1 {
			t.Errorf("%d events", n)
		}
		again, err := w.Send(ana, chat.SendRequest{ConversationID: id, ClientID: "same", Text: "Something else"})
		if err != nil || !same(again, sent[0]) {
			t.Errorf("later: %+v, %v", again, err)
		}
		// The name is the client's: another person's, another conversation's, and none at all are others.
		other, err := w.Send(ben, chat.SendRequest{ConversationID: id, ClientID: "same", Text: "Hello"})
		if err != nil || other.Seq != 2 {
			t.Errorf("the other's: %+v, %v", other, err)
		}
		elsewhere, err := w.Send(ana, chat.SendRequest{ConversationID: w.open(ana, "Eve").ID, ClientID: "same", Text: "Hello"})
		if err != nil || elsewhere.Seq != 1 {
			t.Errorf("in another conversation: %+v, %v", elsewhere, err)
		}
		if m := w.send(ana, id, "Hello", "Hello"); m.Seq != 4 {
			t.Errorf("without a name: %+v", m)
		}
	})
}

// Row W5.
func TestSixtyMessagesAMinuteAreEnoughForOnePersonInAllConversations(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		one, two := w.between(), w.open(ana, "Eve").ID
		first := w.send(ana, one, "the first")
		w.Clock.Advance(30 * time.Second)
		var wait sync.WaitGroup
		var mu sync.Mutex
		var refused []error
		for i := range 80 { // some of them at the same moment: not one more gets through
			id := []string{one, two}[i%2]
			wait.Go(func() {
				if _, err := w.Send(ana, chat.SendRequest{ConversationID: id, Text: "spam"}); err != nil {
					mu.Lock()
					defer mu.Unlock()
					refused = append(refused, err)
				}
			})
		}
		wait.Wait()
		if len(refused) != 21 {
			t.Fatalf("%d were refused: %v", len(refused), refused)
		}
		for _, err := range refused {
			if f := fault.Of(err); f.Code != fault.TooMany || f.RetryAfter < 1 || f.RetryAfter > 30 {
				t.Errorf("%+v", f)
			}
		}
		if n := w.get(ana, one).LastSeq + w.get(ana, two).LastSeq; n != 60 {
			t.Errorf("%d messages", n)
		}
		w.send(ben, one, "others may")
		w.Clock.Advance(30 * time.Second)
		if w.send(ana, one, "one is old enough"); !w.Clock.Now().After(first.CreatedAt.Add(time.Minute)) {
			t.Error("the test is too early")
		}
		named := chat.SendRequest{ConversationID: one, Text: "more", ClientID: "c"}
		_, err := w.Send(ana, named)
		w.refused(err, fault.TooMany, "the next one")
		w.Clock.Advance(time.Minute)
		kept, err := w.Send(ana, named)
		if err != nil {
			t.Fatal(err)
		}
		w.send(ana, one, slices.Repeat([]string{"more"}, 59)...)
		again, err := w.Send(ana, named)
		if err != nil || !same(again, kept) {
			t.Errorf("what is stored is not answered: %+v, %v", again, err)
		}
	})
}

// Row A10, C2.
func TestAConversationDoesNotExistForAThirdPerson(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		w.send(ana, id, "secret", "secret")
		w.send(eve, w.open(eve, "Ben").ID, "Hello")
		for _, id := range []string{id, "none", "", "a\x00b", strings.Repeat("x", 100)} {
			_, err := w.Get(eve, chat.GetRequest{ID: id})
			w.refused(err, fault.NotFound, "get")
			_, err = w.ListMessages(eve, chat.ListMessagesRequest{ConversationID: id})
			w.refused(err, fault.NotFound, "list messages")
			_, err = w.ListMessages(eve, chat.ListMessagesRequest{ConversationID: id, AfterSeq: 1})
			w.refused(err, fault.NotFound, "list newer messages")
			_, err = w.Send(eve, chat.SendRequest{ConversationID: id, Text: "me, too"})
			w.refused(err, fault.NotFound, "send")
			_, err = w.MarkRead(eve, chat.MarkReadRequest{ConversationID: id})
			w.refused(err, fault.NotFound, "mark")
		}
		_, err := w.Get(apptest.As("u-mod", "Mod", "moderator"), chat.GetRequest{ID: id})
		w.refused(err, fault.NotFound, "a moderator without a case") // row C10
		_, err = w.Get(identity.System(t.Context()), chat.GetRequest{ID: id})
		w.refused(err, fault.Unauthenticated, "the marketplace itself")
		if l := w.list(eve); len(l) != 1 || l[0].With.Username != "Ben" {
			t.Errorf("she sees %+v", l)
		}
		if got := w.marks(ben, id); got != "0/2/2 2 3 in 2" {
			t.Errorf("the two have %s", got)
		}
		read, err := w.ListMessages(unverified("Ben"), chat.ListMessagesRequest{ConversationID: id})
		if err != nil || len(read.Items) != 2 {
			t.Errorf("who is signed in reads without having confirmed an address: %+v, %v", read, err)
		}
	})
}
