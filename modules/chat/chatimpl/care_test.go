package chatimpl

import (
	"context"
	"strings"
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// Rows C7, U10.
func TestWhereOneHasBlockedTheOtherNeitherWrites(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		w.send(ben, id, "Hello")
		set := func(blocked bool) chat.Block {
			t.Helper()
			b, err := w.SetBlock(ana, chat.SetBlockRequest{Username: "Ben", Blocked: blocked})
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		first := set(true)
		if again := set(true); again != first || !again.Blocked || again.Person.ID != "u-ben" {
			t.Errorf("%+v, then %+v", first, again)
		}
		set(true)
		for _, who := range []context.Context{ana, ben} {
			_, err := w.Send(who, chat.SendRequest{ConversationID: id, Text: "x"})
			w.refused(err, fault.Forbidden, "send")
			_, err = w.Open(who, chat.OpenRequest{GigID: "g1", Username: "", Text: "x"})
			if who == ana {
				w.refused(err, fault.Forbidden, "open with a message")
			}
		}
		if a, b := w.get(ana, id), w.get(ben, id); !a.Blocked || a.CanWrite || b.Blocked || b.CanWrite || a.LastMessage == nil {
			t.Errorf("%+v, %+v", a, b)
		}
		if l, err := w.ListBlocks(ana, chat.ListBlocksRequest{}); err != nil || len(l.Items) != 1 || l.Items[0] != first {
			t.Errorf("%+v, %v", l, err)
		}
		if l, err := w.ListBlocks(ben, chat.ListBlocksRequest{}); err != nil || len(l.Items) != 0 {
			t.Errorf("the blocked one sees %+v, %v", l, err)
		}
		set(false)
		w.send(ben, id, "Hello again")
		if _, err := w.SetBlock(eve, chat.SetBlockRequest{Username: "Cem", Blocked: true}); err != nil {
			t.Fatal(err)
		}
		_, err := w.Open(as("Cem"), chat.OpenRequest{Username: "Eve"})
		w.refused(err, fault.Forbidden, "a blocked person begins")
		_, err = w.SetBlock(ana, chat.SetBlockRequest{Username: "Ana", Blocked: true})
		w.refused(err, fault.Invalid, "oneself")
		_, err = w.SetBlock(ana, chat.SetBlockRequest{Username: "nobody", Blocked: true})
		w.refused(err, fault.NotFound, "nobody")
	})
}

var (
	mod      = apptest.As("u-mod", "Mod", "moderator")
	operator = apptest.As("u-olga", "Olga", "operator")
)

// Rows C7, C10, T6, Z16.
func TestStaffReadAConversationOnlyThroughAnOpenCaseAndBothSidesSeeThatTheyHave(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		bad, err := w.sendFiles(ben, id, "Pay me outside", chat.Upload{Name: "a.txt", Content: []byte("a")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Edit(ben, chat.EditRequest{ConversationID: id, MessageID: bad.ID, Text: "Nothing"}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Delete(ben, chat.DeleteRequest{ConversationID: id, MessageID: bad.ID}); err != nil {
			t.Fatal(err)
		}
		report := chat.ReportRequest{ConversationID: id, Reason: "off_platform", Text: "He wants money elsewhere.", Block: true}
		for field, q := range map[string]chat.ReportRequest{"reason": {Reason: "x", Text: report.Text}, "text": {Reason: "spam", Text: "short"}} {
			q.ConversationID = id
			if _, err := w.Report(ana, q); wrongField(err) != field {
				t.Errorf("%v, want %s", err, field)
			}
		}
		_, err = w.Report(eve, report)
		w.refused(err, fault.NotFound, "a third person reports")
		c, err := w.Report(ana, report)
		if err != nil || c.Status != "open" || c.Reported.Username != "Ben" || c.LastSeq != 1 || !w.get(ana, id).Blocked {
			t.Fatalf("%+v, %v", c, err)
		}
		_, err = w.Report(ana, report)
		w.refused(err, fault.Conflict, "twice")
		if _, err := w.SetBlock(ana, chat.SetBlockRequest{Username: "Ben"}); err != nil {
			t.Fatal(err)
		}
		w.send(ana, id, "After the report")

		messages := chat.ListCaseMessagesRequest{ID: c.ID}
		for _, who := range []context.Context{eve, ben} {
			_, err := w.GetCase(who, chat.GetCaseRequest{ID: c.ID})
			w.refused(err, fault.NotFound, "the case of another")
			_, err = w.ReadCase(who, chat.ReadCaseRequest{ID: c.ID, Reason: "I am curious"})
			w.refused(err, fault.NotFound, "a reading by another")
		}
		_, err = w.ReadCase(ana, chat.ReadCaseRequest{ID: c.ID, Reason: "I am curious"})
		w.refused(err, fault.NotFound, "a reading by the reporter")
		if own, err := w.GetCase(ana, chat.GetCaseRequest{ID: c.ID}); err != nil || own.Text != report.Text || len(own.Readings) != 0 {
			t.Errorf("the reporter sees %+v, %v", own, err)
		}
		_, err = w.ListCaseMessages(mod, messages)
		w.refused(err, fault.Forbidden, "without a reading")
		_, err = w.File(mod, chat.FileRequest{ConversationID: id, FileID: bad.Attachments[0].ID})
		w.refused(err, fault.NotFound, "a file without a reading")
		if _, err := w.ReadCase(mod, chat.ReadCaseRequest{ID: c.ID, Reason: "no"}); wrongField(err) != "reason" {
			t.Error(err)
		}
		reading, err := w.ReadCase(mod, chat.ReadCaseRequest{ID: c.ID, Reason: "To see what was asked for"})
		if err != nil || reading.Reader != "Mod" {
			t.Fatalf("%+v, %v", reading, err)
		}
		read, err := w.ListCaseMessages(mod, messages)
		if err != nil || len(read.Items) != 1 || len(read.Items[0].Before) != 2 || read.Items[0].Before[0] != "Pay me outside" ||
			read.Items[0].DeletedAt == nil || len(read.Items[0].Attachments) != 1 {
			t.Errorf("staff read %+v, %v", read, err)
		}
		if f, err := w.File(mod, chat.FileRequest{ConversationID: id, FileID: bad.Attachments[0].ID}); err != nil || string(f.Content) != "a" {
			t.Errorf("the file: %v", err)
		}
		_, err = w.ListCaseMessages(operator, messages)
		w.refused(err, fault.Forbidden, "with the reading of another")
		_, err = w.ListMessages(mod, chat.ListMessagesRequest{ConversationID: id})
		w.refused(err, fault.NotFound, "beside the case")
		for _, who := range []context.Context{ana, ben} {
			if shown := w.get(who, id).Readings; len(shown) != 1 || shown[0].Reader != "" || shown[0].Reason != "" || !shown[0].CreatedAt.Equal(reading.CreatedAt) {
				t.Errorf("a participant sees %+v", shown)
			}
		}
		if events := apptest.Emitted[chat.CaseRead](t, w.Harness); len(events) != 1 || events[0].ReportedID != "u-ben" {
			t.Errorf("%+v", events)
		}
		for _, sql := range []string{"UPDATE readings SET reason = ''", "DELETE FROM readings"} {
			if err := w.DB.Tx(t.Context(), func(tx *db.Tx) error { return tx.Exec(sql).Error }); err == nil {
				t.Errorf("%s is done", sql)
			}
		}
		w.Clock.Advance(31 * time.Minute)
		_, err = w.ListCaseMessages(mod, messages)
		w.refused(err, fault.Forbidden, "when the time is over")

		if _, err := w.ReadCase(mod, chat.ReadCaseRequest{ID: c.ID, Reason: "Once more"}); err != nil {
			t.Fatal(err)
		}
		closing := chat.CloseCaseRequest{ID: c.ID, Status: "upheld", Note: "Thank you. We have warned him."}
		if _, err := w.CloseCase(mod, chat.CloseCaseRequest{ID: c.ID, Status: "open", Note: "x"}); wrongField(err) != "status" {
			t.Error(err)
		}
		_, err = w.CloseCase(ana, closing)
		w.refused(err, fault.NotFound, "the reporter decides")
		closed, err := w.CloseCase(mod, closing)
		if err != nil || closed.Status != "upheld" || closed.ClosedBy != "Mod" || len(closed.Readings) != 2 || closed.ReadingUntil != nil {
			t.Errorf("%+v, %v", closed, err)
		}
		_, err = w.CloseCase(operator, closing)
		w.refused(err, fault.Conflict, "twice decided")
		_, err = w.ReadCase(mod, chat.ReadCaseRequest{ID: c.ID, Reason: "Once more"})
		w.refused(err, fault.Conflict, "a reading of a closed case")
		_, err = w.ListCaseMessages(mod, messages)
		w.refused(err, fault.Forbidden, "reading on in a closed case")
		_, err = w.File(mod, chat.FileRequest{ConversationID: id, FileID: bad.Attachments[0].ID})
		w.refused(err, fault.NotFound, "a file of a closed case")
		if events := apptest.Emitted[chat.CaseClosed](t, w.Harness); len(events) != 1 || events[0].Note != closing.Note || events[0].ReporterID != "u-ana" {
			t.Errorf("%+v", events)
		}
		if own, err := w.GetCase(ana, chat.GetCaseRequest{ID: c.ID}); err != nil || own.Note != closing.Note || own.ClosedBy != "" {
			t.Errorf("the reporter sees %+v, %v", own, err)
		}
	})
}

func TestCasesAreListedForStaffWithTheLongestOpenFirstAndForReportersTheirOwn(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		for _, name := range []string{"Ben", "Cem", "Mod"} {
			id := w.open(ana, name).ID
			if _, err := w.Report(ana, chat.ReportRequest{ConversationID: id, Reason: "spam", Text: strings.Repeat("spam ", 3) + name}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Second)
		}
		names := func(ctx context.Context, q chat.ListCasesRequest) (all string) {
			for {
				l, err := w.ListCases(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range l.Items {
					all += c.Reported.Username + " "
				}
				if q.Cursor = l.NextCursor; q.Cursor == "" {
					return all
				}
			}
		}
		for _, tt := range []struct {
			who  context.Context
			q    chat.ListCasesRequest
			want string
		}{
			{operator, chat.ListCasesRequest{Status: "open", Limit: 2}, "Ben Cem Mod "}, {operator, chat.ListCasesRequest{Limit: 1}, "Mod Cem Ben "},
			{mod, chat.ListCasesRequest{Status: "open"}, "Ben Cem "}, // nobody is told what they are reported for
			{ana, chat.ListCasesRequest{Own: true}, "Mod Cem Ben "}, {ben, chat.ListCasesRequest{Own: true}, ""}, {operator, chat.ListCasesRequest{Status: "upheld"}, ""},
		} {
			if got := names(tt.who, tt.q); got != tt.want {
				t.Errorf("%+v: %q, want %q", tt.q, got, tt.want)
			}
		}
		_, err := w.ListCases(ana, chat.ListCasesRequest{})
		w.refused(err, fault.NotFound, "everybody's cases")
		_, err = w.ListCases(mod, chat.ListCasesRequest{Status: "x"})
		if wrongField(err) != "status" {
			t.Error(err)
		}
	})
}
