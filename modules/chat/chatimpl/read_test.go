package chatimpl

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// Row C5.
func TestMessagesOfTheOtherAreUnreadUntilTheyAreMarked(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		mark := func(name string, seq int64) {
			t.Helper()
			if _, err := w.MarkRead(as(name), chat.MarkReadRequest{ConversationID: id, Seq: seq}); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(anas, bens string) {
			t.Helper()
			if got := w.marks(ana, id); got != anas {
				t.Errorf("Ana is at %s, want %s", got, anas)
			}
			if got := w.marks(ben, id); got != bens {
				t.Errorf("Ben is at %s, want %s", got, bens)
			}
		}
		expect("0/0/0 0 0 in 0", "0/0/0 0 0 in 0")
		w.send(ana, id, "1", "2", "3")
		expect("3/0/3 0 0 in 0", "0/3/3 3 3 in 1")
		mark("Ben", 2)
		expect("3/2/3 0 0 in 0", "2/3/3 1 1 in 1")
		mark("Ben", 1) // never back
		expect("3/2/3 0 0 in 0", "2/3/3 1 1 in 1")
		w.send(ben, id, "4") // without having seen 3
		expect("3/2/4 1 1 in 1", "2/3/4 1 1 in 1")
		w.send(ana, id, "5")
		expect("3/2/5 1 1 in 1", "2/3/5 2 2 in 1")
		mark("Ben", 4)
		expect("3/4/5 1 1 in 1", "4/3/5 1 1 in 1")
		mark("Ben", 0)
		mark("Ana", 100) // not beyond the last
		expect("5/5/5 0 0 in 0", "5/5/5 0 0 in 0")
		w.send(ben, id, "6")
		expect("5/6/6 1 1 in 1", "6/5/6 0 0 in 0")

		w.send(as("Cem"), w.open(as("Cem"), "Ana").ID, "1", "2")
		expect("5/6/6 1 3 in 2", "6/5/6 0 0 in 0")

		_, err := w.MarkRead(ana, chat.MarkReadRequest{ConversationID: id, Seq: -1})
		if wrongField(err) != "seq" {
			t.Error(err)
		}
		_, err = w.CountUnread(apptest.Visitor(), chat.CountUnreadRequest{})
		w.refused(err, fault.Unauthenticated, "a visitor")
	})
}

func TestAMarkIsAnnouncedWhenItMoves(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		mark := chat.MarkReadRequest{ConversationID: id}
		if c, err := w.MarkRead(ben, mark); err != nil || c.ID != id {
			t.Errorf("an empty conversation: %+v, %v", c, err)
		}
		w.send(ana, id, "1", "2")
		for range 3 {
			c, err := w.MarkRead(ben, mark)
			if err != nil || c.ReadSeq != 2 || c.Unread != 0 || c.LastMessage == nil {
				t.Fatalf("%+v, %v", c, err)
			}
		}
		events := apptest.Emitted[chat.Read](t, w.Harness)
		if len(events) != 1 || events[0].At.IsZero() {
			t.Fatalf("%+v", events)
		}
		events[0].At = time.Time{}
		if events[0] != (chat.Read{ConversationID: id, ReaderID: "u-ben", OtherID: "u-ana", Seq: 2}) {
			t.Errorf("%+v", events)
		}
	})
}

// The counters are kept as messages come and go; here they are compared with a count of what is there.
func TestTheUnreadCountersEqualACountOfTheMessages(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		ids := []string{w.between(), w.open(ana, "Cem").ID}
		others := []string{"Ben", "Cem"}
		for step := range 200 {
			n := random.IntN(2)
			who := []string{"Ana", others[n]}[random.IntN(2)]
			if random.IntN(3) == 0 {
				if _, err := w.MarkRead(as(who), chat.MarkReadRequest{ConversationID: ids[n], Seq: random.Int64N(w.get(ana, ids[n]).LastSeq + 2)}); err != nil {
					t.Fatal(err)
				}
			} else {
				w.send(as(who), ids[n], fmt.Sprint(step))
			}
			w.Clock.Advance(2 * time.Second)
		}
		var wrong int64
		err := w.DB.Read(t.Context()).Raw(`SELECT COUNT(*) FROM participants AS p WHERE p.unread <> (SELECT COUNT(*) FROM messages AS m
			WHERE m.conversation_id = p.conversation_id AND m.seq > p.read_seq AND m.sender_id <> p.user_id)`).Scan(&wrong).Error
		if err != nil || wrong != 0 {
			t.Errorf("%d counters are wrong, %v", wrong, err)
		}
		if l := w.list(ana); len(l) != 2 {
			t.Errorf("%d conversations", len(l))
		}
	})
}

// Rows C3, Cs3.
func TestMessagesArePagedBackwardsAndForwardsWithoutGaps(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		for i := range 125 {
			w.send([]context.Context{ana, ben}[i%2], id, fmt.Sprint(i+1))
			w.Clock.Advance(2 * time.Second)
		}
		page := func(q chat.ListMessagesRequest) chat.MessageList {
			t.Helper()
			q.ConversationID = id
			l, err := w.ListMessages(ben, q)
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range l.Items {
				if m.Text != fmt.Sprint(m.Seq) || i > 0 && m.Seq != l.Items[i-1].Seq+1 {
					t.Fatalf("%+v after %+v", m, l.Items[max(0, i-1)])
				}
			}
			return l
		}
		span := func(l chat.MessageList) string {
			if len(l.Items) == 0 {
				return "nothing"
			}
			return fmt.Sprintf("%d-%d", l.Items[0].Seq, l.Items[len(l.Items)-1].Seq)
		}
		last := page(chat.ListMessagesRequest{})
		w.send(ana, id, "126") // what comes in between moves nothing
		middle := page(chat.ListMessagesRequest{Cursor: last.NextCursor})
		first := page(chat.ListMessagesRequest{Cursor: middle.NextCursor})
		if got := span(last) + " " + span(middle) + " " + span(first) + first.NextCursor; got != "76-125 26-75 1-25" {
			t.Errorf("backwards: %s", got)
		}
		exact := page(chat.ListMessagesRequest{Cursor: middle.NextCursor, Limit: 25})
		if span(exact) != "1-25" || exact.NextCursor != "" {
			t.Errorf("a full last page: %s, then %q", span(exact), exact.NextCursor)
		}
		for after, want := range map[int64]string{1: "2-51", 51: "52-101", 101: "102-126", 126: "nothing", 500: "nothing"} {
			if l := page(chat.ListMessagesRequest{AfterSeq: after}); span(l) != want || l.NextCursor != "" || l.Items == nil {
				t.Errorf("after %d: %s, want %s", after, span(l), want)
			}
		}
		for field, q := range map[string]chat.ListMessagesRequest{
			"limit": {Limit: 101}, "after_seq": {AfterSeq: -1}, "cursor": {AfterSeq: 1, Cursor: last.NextCursor},
		} {
			q.ConversationID = id
			if _, err := w.ListMessages(ben, q); wrongField(err) != field {
				t.Errorf("%+v is refused for %s, want %s", q, wrongField(err), field)
			}
		}
		if _, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id, Cursor: "%"}); wrongField(err) != "cursor" {
			t.Error(err)
		}
	})
}

// Row C5.
func TestConversationsAreListedWithTheUnreadFirstAndThenByTheirLastActivityPageByPage(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		ids := map[string]string{}
		for i := range 25 { // opened at the same moment or not, each is listed once
			name := fmt.Sprintf("P%02d", i)
			ids[name] = w.open(ana, name).ID
			if i%3 == 0 {
				w.Clock.Advance(time.Second)
			}
		}
		w.Clock.Advance(time.Second)
		w.send(as("P03"), ids["P03"], "old, and active")
		w.Clock.Advance(time.Second)
		w.send(ana, ids["P07"], "the last")

		seen := map[string]bool{}
		var names []string
		q := chat.ListRequest{Limit: 7}
		for pages := 1; ; pages++ {
			l, err := w.List(ana, q)
			if err != nil || len(l.Items) > 7 {
				t.Fatalf("%d conversations, %v", len(l.Items), err)
			}
			for _, c := range l.Items {
				if seen[c.ID] {
					t.Errorf("%s is shown twice", c.With.Username)
				}
				seen[c.ID] = true
				names = append(names, c.With.Username)
			}
			if pages == 2 { // what moves to the top while one reads is not shown again below
				w.send(ana, ids[names[8]], "up")
			}
			if q.Cursor = l.NextCursor; q.Cursor == "" {
				break
			}
		}
		if len(seen) != 25 || names[0] != "P03" || names[1] != "P07" || names[2] != "P24" {
			t.Errorf("%d conversations: %v", len(seen), names)
		}
		if l := w.list(ana); len(l) != 20 || l[0].With.Username != "P03" || l[1].With.Username != names[8] || l[1].LastMessage.Text != "up" || l[2].With.Username != "P07" {
			t.Errorf("%d conversations", len(l))
		}
		if l := w.list(as("P03")); len(l) != 1 || l[0].With.Username != "Ana" || l[0].Unread != 0 {
			t.Errorf("%+v", l)
		}
		_, err := w.List(ana, chat.ListRequest{Limit: -1})
		if wrongField(err) != "limit" {
			t.Error(err)
		}
		if _, err = w.List(ana, chat.ListRequest{Cursor: "no"}); wrongField(err) != "cursor" {
			t.Error(err)
		}
		_, err = w.List(apptest.Visitor(), chat.ListRequest{})
		w.refused(err, fault.Unauthenticated, "a visitor")
	})
}

func TestTheWaitIsWhatIsLeftOfTheMinuteRoundedUp(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]int{
		0: 60, time.Microsecond: 60, time.Second: 59, 59*time.Second + 999*time.Millisecond: 1, time.Minute: 1,
	} {
		if got := wait(now.Add(-ago), time.Minute, now); got != want {
			t.Errorf("%v after the first: %d s, want %d", ago, got, want)
		}
	}
}
