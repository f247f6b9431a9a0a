package chatimpl

import (
	"fmt"
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// Row Cs2.
func TestSavedAnswersBelongToWhoSavedThem(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		made, err := w.SaveReply(ana, chat.SaveReplyRequest{Title: " Welcome ", Text: "Hello {name}!"})
		if err != nil || made.Title != "Welcome" || made.ID == "" {
			t.Fatalf("%+v, %v", made, err)
		}
		changed, err := w.SaveReply(ana, chat.SaveReplyRequest{ID: made.ID, Title: "Hello", Text: "Hi {name}!"})
		if err != nil || changed.ID != made.ID || changed.Text != "Hi {name}!" {
			t.Errorf("%+v, %v", changed, err)
		}
		_, err = w.SaveReply(ben, chat.SaveReplyRequest{ID: made.ID, Title: "x", Text: "y"})
		w.refused(err, fault.NotFound, "changed by another")
		_, err = w.DeleteReply(ben, chat.DeleteReplyRequest{ID: made.ID})
		w.refused(err, fault.NotFound, "removed by another")
		_, err = w.SaveReply(ana, chat.SaveReplyRequest{})
		if f := fault.Of(err); len(f.Fields) != 2 {
			t.Errorf("%v", err)
		}
		for i := range mostReplies - 1 {
			if _, err := w.SaveReply(ana, chat.SaveReplyRequest{Title: fmt.Sprint(i), Text: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		_, err = w.SaveReply(ana, chat.SaveReplyRequest{Title: "one more", Text: "x"})
		w.refused(err, fault.Conflict, "too many")
		if _, err := w.DeleteReply(ana, chat.DeleteReplyRequest{ID: made.ID}); err != nil {
			t.Fatal(err)
		}
		if l, err := w.ListReplies(ana, chat.ListRepliesRequest{}); err != nil || len(l.Items) != mostReplies-1 || l.Items[0].Title != "0" {
			t.Errorf("%d, %v", len(l.Items), err)
		}
		if l, err := w.ListReplies(ben, chat.ListRepliesRequest{}); err != nil || len(l.Items) != 0 {
			t.Errorf("%+v, %v", l, err)
		}
	})
}

// Row U3.
func TestResponsesAreCountedFromRealMessagesOfTheLastNinetyDays(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		response := func() chat.Response {
			t.Helper()
			l, err := w.ListResponses(identity.System(t.Context()), chat.ListResponsesRequest{UserIDs: []string{"u-ben", "u-nobody", "\x00"}})
			if err != nil || len(l.Items) > 1 {
				t.Fatalf("%+v, %v", l, err)
			}
			if len(l.Items) == 0 {
				return chat.Response{}
			}
			return l.Items[0]
		}
		// Four people ask: answered after 10 minutes, 2 hours, 30 hours, never. A fifth is spam, a sixth has just asked.
		ids := map[string]string{}
		for i, after := range []time.Duration{10 * time.Minute, 2 * time.Hour, 30 * time.Hour, 0, -1, 0} {
			who := fmt.Sprintf("P%d", i)
			if i == 5 {
				w.Clock.Advance(25 * time.Hour)
			}
			ids[who] = w.open(as(who), "Ben").ID
			w.send(as(who), ids[who], "Hello", "Are you there?")
			if after > 0 {
				w.Clock.Advance(after)
				w.send(ben, ids[who], "Yes", "What is it?")
			}
			if after < 0 {
				if _, err := w.Tidy(ben, chat.TidyRequest{ConversationID: ids[who], Spam: yes()}); err != nil {
					t.Fatal(err)
				}
			}
		}
		got := response()
		if got.UserID != "u-ben" || got.Seconds != 2*3600 || got.Rate == nil || *got.Rate != 5000 || got.Asked != 4 || got.Answers != 3 {
			t.Errorf("%+v, rate %v", got, got.Rate)
		}
		// A later question counts for the time, not for the rate of first answers.
		w.send(as("P0"), ids["P0"], "One more thing")
		w.Clock.Advance(time.Minute)
		w.send(ben, ids["P0"], "Yes?")
		if got := response(); got.Seconds != 600 || *got.Rate != 5000 || got.Answers != 4 {
			t.Errorf("%+v", got)
		}
		w.Clock.Advance(91 * 24 * time.Hour)
		if got := response(); got.UserID != "" {
			t.Errorf("after ninety days: %+v", got)
		}
		_, err := w.ListResponses(apptest.Visitor(), chat.ListResponsesRequest{UserIDs: make([]string, 101)})
		if wrongField(err) != "user_ids" {
			t.Error(err)
		}
	})
}
