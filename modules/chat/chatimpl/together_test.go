package chatimpl

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// circle is three people who write to each other. Of two circles that are told to do the same, what is stored is the same.
type circle struct {
	world
	names map[string]string // ids and names, by what they are called in any circle
	talks []string
}

func (w world) circle(suffix string) circle {
	c := circle{world: w, names: map[string]string{}}
	for _, name := range []string{"Ana", "Ben", "Eve"} {
		c.names["u-"+strings.ToLower(name+suffix)] = name
	}
	for _, two := range [][2]string{{"Ana", "Ben"}, {"Ben", "Eve"}, {"Eve", "Ana"}} {
		id := w.open(as(two[0]+suffix), two[1]+suffix).ID
		c.names[id] = "the talk of " + two[0] + " and " + two[1]
		c.talks = append(c.talks, id)
	}
	return c
}

// plain is a text without what differs between circles.
func (c circle) plain(text string) string {
	for own, name := range c.names {
		text = strings.ReplaceAll(text, own, name)
	}
	return text
}

// stored is everything that messages leave in the database, but for ids and times.
func (c circle) stored() (all []string) {
	c.t.Helper()
	for _, talk := range c.talks {
		for _, query := range []string{
			"SELECT id AS talk, last_seq FROM conversations WHERE id = ?",
			"SELECT conversation_id AS seen, user_id, listed, archived, read_seq, unread FROM participants WHERE conversation_id = ? ORDER BY user_id",
			"SELECT conversation_id AS said, seq, sender_id, client_id, text, folded, warnings, order_id FROM messages WHERE conversation_id = ? ORDER BY seq",
			"SELECT conversation_id AS turn, seq, answerer_id, begins, answered_at IS NULL AS waits FROM turns WHERE conversation_id = ? ORDER BY seq",
			"SELECT aggregate AS event, payload, headers FROM outbox_events WHERE aggregate = ? AND topic = 'chat.message_sent.v1' ORDER BY id",
		} {
			var rows []map[string]any
			if err := c.DB.Read(c.t.Context()).Raw(query, talk).Scan(&rows).Error; err != nil {
				c.t.Fatal(err)
			}
			for _, r := range rows {
				if payload, is := r["payload"].(string); is {
					var e chat.MessageSent
					if err := json.Unmarshal([]byte(payload), &e); err != nil {
						c.t.Fatal(err)
					}
					r["payload"] = fmt.Sprint(e.Seq, e.SenderID, e.RecipientID, e.Quiet)
				}
				all = append(all, c.plain(fmt.Sprint(r)))
			}
		}
	}
	return all
}

// step is one message, or something else that changes what may be written.
type step struct {
	talk, who    int
	client, text string
	do           string
}

func randomSteps(random *rand.Rand, n int) (all []step) {
	for i := range n {
		s := step{talk: random.IntN(3), who: random.IntN(3), text: fmt.Sprint("Message ", i)}
		switch random.IntN(12) {
		case 0, 1, 2:
			s.client = fmt.Sprint("client ", random.IntN(6))
		case 3:
			s.text = "Write to me at ana@example.com"
		case 4:
			s.do = []string{"block", "unblock", "unblock", "spam", "no spam", "read"}[random.IntN(6)]
		}
		all = append(all, s)
	}
	all = append(all, step{do: "unblock"}, step{client: "twice", text: "Once"}, step{client: "twice", text: "Again"}, step{who: 2, text: "Me, too"})
	return append(all, slices.Repeat([]step{{text: "Faster and faster"}}, 40)...)
}

// tell does the steps, so many messages in one transaction, and returns how each ended.
func (c circle) tell(suffix string, steps []step, together func() int) (ends []string) {
	c.t.Helper()
	names := []string{"Ana", "Ben", "Eve"}
	service := c.Service.(*service)
	var waiting []*draft
	flush := func() {
		if len(waiting) == 0 {
			return
		}
		if err := c.DB.Tx(c.t.Context(), func(tx *db.Tx) error { return service.write(tx, waiting) }); err != nil {
			c.t.Fatal(err)
		}
		for _, d := range waiting {
			end := fmt.Sprint(d.row.Seq, d.posted)
			if d.refusal != nil {
				end = string(fault.Of(d.refusal).Code)
			}
			ends = append(ends, end)
		}
		waiting = nil
	}
	for i, s := range steps {
		ctx := as(names[s.who] + suffix)
		if s.do != "" {
			flush()
			c.also(ctx, s, names[(s.who+1)%3]+suffix)
			continue
		}
		actor := identity.From(ctx)
		waiting = append(waiting, &draft{cause: db.CauseOf(identity.WithRequest(ctx, fmt.Sprint("request ", i))), asked: messageRow{
			ID: uuid.Must(uuid.NewV7()).String(), ConversationID: c.talks[s.talk], SenderID: actor.UserID, SenderUsername: names[s.who],
			ClientID: s.client, Kind: chat.KindText, Text: s.text, Folded: strings.ToLower(s.text)}})
		if len(waiting) >= together() {
			flush()
		}
	}
	flush()
	return ends
}

func (c circle) also(ctx context.Context, s step, other string) {
	c.t.Helper()
	var err error
	switch s.do {
	case "block", "unblock":
		_, err = c.SetBlock(ctx, chat.SetBlockRequest{Username: other, Blocked: s.do == "block"})
	case "spam", "no spam":
		spam := s.do == "spam"
		_, err = c.Tidy(ctx, chat.TidyRequest{ConversationID: c.talks[s.talk], Spam: &spam})
	case "read":
		_, err = c.MarkRead(ctx, chat.MarkReadRequest{ConversationID: c.talks[s.talk]})
	}
	if err != nil && !fault.Is(err, fault.NotFound) { // of a talk of the two others
		c.t.Fatal(err)
	}
}

// Whatever comes at the same moment: what is stored, refused and announced is what would have been, one after another.
func TestMessagesThatAreWrittenTogetherAreWhatTheyWouldBeOneByOne(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open opener) {
		w := start(t, open, apptest.Settings(map[string]any{"messages_per_minute": 30}))
		seed := uint64(time.Now().UnixNano())
		t.Logf("by the seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		steps, begun := randomSteps(random, 330), w.Clock.Now()
		alone, together := w.circle("a"), w.circle("b")
		one := alone.tell("a", steps, func() int { return 1 })
		many := together.tell("b", steps, func() int { return 1 + random.IntN(mostTogether) })
		if w.Clock.Now().After(begun.Add(50 * time.Second)) {
			t.Skip("too slow: who wrote too fast a minute ago may write again")
		}
		for i := range one {
			if one[i] != many[i] {
				t.Fatalf("message %d ended with %s alone, and with %s among others", i, one[i], many[i])
			}
		}
		if ends := strings.Join(one, " "); !strings.Contains(ends, "too_many") || !strings.Contains(ends, "not_found") || !strings.Contains(ends, "false") {
			t.Errorf("not everything has happened: %s", ends)
		}
		a, b := alone.stored(), together.stored()
		for i := range a {
			if i >= len(b) || a[i] != b[i] {
				t.Fatalf("alone:    %v\ntogether: %v", a[i], append(b, "nothing")[min(i, len(b))])
			}
		}
		if len(a) != len(b) {
			t.Errorf("%d rows alone, %d together", len(a), len(b))
		}
	})
}
