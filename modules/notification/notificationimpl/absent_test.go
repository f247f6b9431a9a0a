package notificationimpl

import (
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/platform/apptest"
)

// Rows C9, N2.
func TestAnAbsentReaderGetsOneMailAboutAllThatWaitsAndNoneAboutWhatWasRead(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		talk := func(id string, seq int64, from string) chat.MessageSent {
			return chat.MessageSent{ConversationID: id, MessageID: id, Seq: seq, SenderID: from + "-id", SenderUsername: from, RecipientID: "sam-id", At: moment}
		}
		read := func(id string, seq int64) chat.Read {
			return chat.Read{ConversationID: id, ReaderID: "sam-id", OtherID: "bea-id", Seq: seq, At: moment}
		}
		// after lets time pass and says what mails have come, each with its lines.
		after := func(d time.Duration) (said []string) {
			t.Helper()
			before := len(w.mails(""))
			w.h.Clock.Advance(d)
			for range 2 { // a second look finds nothing more
				if err := w.h.RunTasks(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			all := w.mails("")
			for _, m := range all[:len(all)-before] {
				said = append(said, m.Subject+" "+m.Links[0])
				for line := range strings.SplitSeq(m.Text, "\n") {
					if strings.Contains(line, "not read.") {
						said = append(said, strings.TrimSpace(line))
					}
				}
			}
			return said
		}
		expect := func(what string, got []string, want ...string) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", what, got, want)
			}
		}
		w.happened(talk("t1", 1, "Bea"), talk("t1", 2, "Bea"))
		expect("too early", after(14*time.Minute))
		w.happened(talk("t2", 1, "Cem"))
		expect("one mail about all", after(2*time.Minute), "2 people wrote to you http://marketplace.test/inbox?folder=unread",
			"Cem: one message that you have not read.", "Bea: 2 messages that you have not read.")
		expect("once", after(2*time.Hour))

		w.happened(talk("t1", 3, "Bea"), read("t1", 3))
		w.happened(talk("t2", 2, "Cem"), chat.MessageDeleted{ConversationID: "t2", Seq: 2, RecipientID: "sam-id"})
		w.happened(chat.MessageDeleted{ConversationID: "t3", Seq: 1, RecipientID: "sam-id"}, talk("t3", 1, "Eva")) // in the other order
		quiet := talk("t4", 1, "Spammer")
		quiet.Quiet = true
		w.happened(read("t5", 7), talk("t5", 7, "Fay"), quiet)
		expect("read, deleted and spam", after(20*time.Minute))

		w.happened(talk("t1", 4, "Bea"))
		expect("a new one", after(16*time.Minute), "Bea wrote to you http://marketplace.test/inbox/t1", "Bea: one message that you have not read.")
		w.happened(talk("t1", 5, "Bea"))
		expect("not again within the hour", after(30*time.Minute))
		expect("but afterwards", after(31*time.Minute), "Bea wrote to you http://marketplace.test/inbox/t1", "Bea: one message that you have not read.")

		late := talk("t1", 6, "Bea") // to somebody whom auth has not announced yet
		late.RecipientID = "new-id"
		w.happened(late)
		expect("an unknown address", after(16*time.Minute))
		w.happened(auth.SignedUp{UserID: "new-id", Username: "Neu", Email: "new@example.com", Language: "de"})
		expect("once it is known", after(16*time.Minute), "Bea hat Ihnen geschrieben http://marketplace.test/inbox/t1")
	})
}
