package chatimpl

import (
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func TestAMessageIsEditedAndDeletedByItsSenderInTimeAndLeavesATrace(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		m := w.send(ana, id, "Helo")
		if m.ChangeUntil == nil || !m.ChangeUntil.Equal(m.CreatedAt.Add(15*time.Minute)) {
			t.Errorf("to be changed until %v", m.ChangeUntil)
		}
		edit := func(text string) (chat.Message, error) {
			return w.Edit(ana, chat.EditRequest{ConversationID: id, MessageID: m.ID, Text: text})
		}
		edited, err := edit(" Hello ")
		if err != nil || edited.Text != "Hello" || edited.EditedAt == nil || edited.Change != 1 || edited.Seq != 1 || !edited.CreatedAt.Equal(m.CreatedAt) {
			t.Fatalf("%+v, %v", edited, err)
		}
		if same, err := edit("Hello"); err != nil || same.Change != 1 {
			t.Errorf("nothing was changed: %+v, %v", same, err)
		}
		if _, err := edit(" "); wrongField(err) != "text" {
			t.Errorf("emptied: %v", err)
		}
		if c := w.get(ben, id); c.LastChange != 1 || c.LastMessage.Text != "Hello" || c.LastMessage.EditedAt == nil || c.LastMessage.ChangeUntil != nil || c.Unread != 1 {
			t.Errorf("the other sees %+v", c)
		}
		other := w.send(ben, id, "Hi")
		_, err = w.Edit(ana, chat.EditRequest{ConversationID: id, MessageID: other.ID, Text: "x"})
		w.refused(err, fault.Forbidden, "the other's message")
		_, err = w.Delete(eve, chat.DeleteRequest{ConversationID: id, MessageID: m.ID})
		w.refused(err, fault.NotFound, "a third person")
		_, err = w.Delete(ana, chat.DeleteRequest{ConversationID: w.open(ana, "Eve").ID, MessageID: m.ID})
		w.refused(err, fault.NotFound, "in another conversation")

		deleted, err := w.Delete(ana, chat.DeleteRequest{ConversationID: id, MessageID: m.ID})
		if err != nil || deleted.Text != "" || deleted.DeletedAt == nil || deleted.Change != 2 {
			t.Fatalf("%+v, %v", deleted, err)
		}
		_, err = edit("again")
		w.refused(err, fault.Conflict, "a deleted message")
		changes, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id, FromChange: 2})
		if err != nil || len(changes.Items) != 1 || changes.Items[0].Change != 2 || changes.Items[0].DeletedAt == nil {
			t.Errorf("who was away learns %+v, %v", changes, err)
		}
		if l := w.list(ana); l[0].LastSeq != 2 {
			t.Errorf("the place is gone: %+v", l[0])
		}
		late := w.send(ana, id, "late")
		w.Clock.Advance(15 * time.Minute)
		_, err = w.Edit(ana, chat.EditRequest{ConversationID: id, MessageID: late.ID, Text: "x"})
		w.refused(err, fault.Conflict, "too late to edit")
		_, err = w.Delete(ana, chat.DeleteRequest{ConversationID: id, MessageID: late.ID})
		w.refused(err, fault.Conflict, "too late to delete")

		edits, deletions := apptest.Emitted[chat.MessageEdited](t, w.Harness), apptest.Emitted[chat.MessageDeleted](t, w.Harness)
		if len(edits) != 1 || edits[0] != (chat.MessageEdited{ConversationID: id, MessageID: m.ID, Seq: 1, Change: 1, SenderID: "u-ana", RecipientID: "u-ben", At: *edited.EditedAt}) ||
			len(deletions) != 1 || deletions[0].Change != 2 || deletions[0].RecipientID != "u-ben" {
			t.Errorf("%+v, %+v", edits, deletions)
		}
	})
}

func TestWhatMessagesSaidIsForgottenAfterAWhileUnlessACaseIsOpen(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id, other := w.between(), w.open(ana, "Eve").ID
		for _, in := range []string{id, other} {
			m, err := w.sendFiles(ana, in, "See", chat.Upload{Name: "a.txt", Content: []byte("a")})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Delete(ana, chat.DeleteRequest{ConversationID: in, MessageID: m.ID}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Report(ben, chat.ReportRequest{ConversationID: id, Reason: "fraud", Text: "She took it back."}); err != nil {
			t.Fatal(err)
		}
		kept := func() (versions, files int64) {
			w.DB.Read(t.Context()).Table("versions").Count(&versions)
			w.DB.Read(t.Context()).Table("attachments").Count(&files)
			return versions, files
		}
		w.Clock.Advance(89 * 24 * time.Hour)
		if err := w.RunTasks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v, f := kept(); v != 2 || f != 2 {
			t.Errorf("too early: %d, %d", v, f)
		}
		w.Clock.Advance(2 * 24 * time.Hour)
		if err := w.RunTasks(t.Context()); err != nil {
			t.Fatal(err)
		}
		if v, f := kept(); v != 1 || f != 1 {
			t.Errorf("%d versions and %d files are kept", v, f)
		}
	})
}
