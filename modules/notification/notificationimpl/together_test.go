package notificationimpl

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/notification"
	"marketplace/platform/apptest"
	"marketplace/platform/config"
	"marketplace/platform/db"
)

// left is everything that messages leave here, but for ids and times.
func (w *world) left() (all []string) {
	w.t.Helper()
	for _, query := range []string{
		"SELECT user_id, subject, seq, title, text, link, read_at IS NULL AS unread FROM notifications ORDER BY user_id, subject, seq",
		"SELECT user_id, conversation_id, seq, sender_username FROM waiting ORDER BY user_id, conversation_id, seq",
		"SELECT user_id, due_at IS NULL AS rests, mailed_at IS NULL AS unwritten FROM reminders ORDER BY user_id",
	} {
		var rows []map[string]any
		w.must(w.h.DB.Read(w.t.Context()).Raw(query).Scan(&rows).Error)
		for _, r := range rows {
			all = append(all, fmt.Sprint(r))
		}
	}
	return all
}

// announced is what people were told last of each conversation.
func (w *world) announced() map[string]string {
	last := map[string]string{}
	for _, e := range apptest.Emitted[notification.Created](w.t, w.h) {
		last[e.UserID+" "+e.Link] = e.Title
	}
	return last
}

// Rows N1, N2. Some have read ahead, some are known to nobody yet, and what is quiet is not told.
func TestMessagesThatAreHeardOfTogetherLeaveWhatTheyWouldOneByOne(t *testing.T) {
	for name, open := range map[string]func(*testing.T) *world{
		"SQLite": func(t *testing.T) *world { return newWorld(t) },
		"PostgreSQL": func(t *testing.T) *world {
			url := apptest.Postgres(t) // of its own
			return newWorld(t, apptest.Config(func(c *config.Config) { c.Database = url }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			dice := rand.New(rand.NewPCG(seed, seed))
			before := []db.Event{auth.LanguageChosen{UserID: "bea-id", Language: "de", At: moment}}
			var sent []db.Event
			seqs := map[int]int64{}
			for range 40 {
				talk := dice.IntN(8)
				seqs[talk]++
				reader, other := []string{"sam-id", "bea-id", "nobody-id"}[talk%3], []string{"Cem", "Eva"}[talk%2]
				e := chat.MessageSent{ConversationID: fmt.Sprint("talk-", talk), Seq: seqs[talk], SenderID: other, SenderUsername: other,
					RecipientID: reader, At: moment, Quiet: dice.IntN(5) == 0}
				sent = append(sent, e)
				if dice.IntN(10) == 0 {
					before = append(before, chat.Read{ConversationID: e.ConversationID, ReaderID: reader, OtherID: other, Seq: e.Seq, At: moment})
				}
			}
			together, single := open(t), open(t)
			together.happened(before...)
			single.happened(before...)
			together.happened(sent...)
			for _, e := range sent {
				single.happened(e)
			}
			if got, want := together.left(), single.left(); !slices.Equal(got, want) || len(got) < 10 {
				t.Errorf("together they left\n%q, one by one\n%q", got, want)
			}
			if got, want := fmt.Sprint(together.announced()), fmt.Sprint(single.announced()); got != want {
				t.Errorf("together they were announced as %s, one by one as %s", got, want)
			}
			if n, all := len(apptest.Emitted[notification.Created](t, together.h)), len(apptest.Emitted[notification.Created](t, single.h)); n > all {
				t.Errorf("together there were %d announcements, one by one %d", n, all)
			}
		})
	}
}
