package chatimpl

import (
	"slices"
	"testing"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func yes() *bool { return new(true) }

func (w world) folder(q chat.ListRequest) (names []string) {
	w.t.Helper()
	l, err := w.List(ana, q)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range l.Items {
		names = append(names, c.With.Username)
	}
	return names
}

// Row C6.
func TestConversationsAreFoundStarredLabelledArchivedAndCalledSpam(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := map[string]string{}
		for _, name := range []string{"Ben", "Cem", "Dora", "Emil"} {
			id[name] = w.open(ana, name).ID
			w.send(as(name), id[name], "Hello, 100 % from "+name, "ÄPFEL_und Birnen")
			if name != "Emil" {
				if _, err := w.MarkRead(ana, chat.MarkReadRequest{ConversationID: id[name]}); err != nil {
					t.Fatal(err)
				}
			}
		}
		tidy := func(name string, q chat.TidyRequest) chat.Conversation {
			t.Helper()
			q.ConversationID = id[name]
			c, err := w.Tidy(ana, q)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		tidy("Ben", chat.TidyRequest{Starred: yes(), Labels: &[]string{"urgent", " Logo ", "logo"}})
		tidy("Cem", chat.TidyRequest{Archived: yes()})
		if c := tidy("Dora", chat.TidyRequest{Spam: yes(), Labels: &[]string{"urgent"}}); !c.Spam || !slices.Equal(c.Labels, []string{"urgent"}) || c.LastMessage == nil {
			t.Errorf("%+v", c)
		}
		for what, want := range map[string][]string{
			"inbox": {"Emil", "Ben"}, "unread": {"Emil"}, "starred": {"Ben"}, "archived": {"Cem"}, "spam": {"Dora"}, "": {"Emil", "Ben"},
		} {
			if got := w.folder(chat.ListRequest{Folder: what}); !slices.Equal(got, want) {
				t.Errorf("%s has %v, want %v", what, got, want)
			}
		}
		for _, tt := range []struct {
			q    chat.ListRequest
			want []string
		}{
			{chat.ListRequest{Label: "urgent"}, []string{"Ben"}}, {chat.ListRequest{Label: "Logo"}, []string{"Ben"}}, {chat.ListRequest{Label: "none"}, nil},
			{chat.ListRequest{Query: "from cem"}, []string{"Cem"}}, {chat.ListRequest{Query: "THE EMIL"}, []string{"Emil"}}, {chat.ListRequest{Query: "äpfel_"}, []string{"Emil", "Cem", "Ben"}},
			{chat.ListRequest{Query: "0 % f", Folder: "spam"}, []string{"Dora"}}, {chat.ListRequest{Query: "h%o"}, nil}, {chat.ListRequest{Query: "starred", Folder: "starred"}, nil},
		} {
			if got := w.folder(tt.q); !slices.Equal(got, tt.want) {
				t.Errorf("%+v finds %v, want %v", tt.q, got, tt.want)
			}
		}
		l, err := w.List(ana, chat.ListRequest{Query: "from ben"})
		if err != nil || len(l.Items) != 1 || l.Items[0].Found == nil || l.Items[0].Found.Seq != 1 || l.Items[0].LastMessage.Seq != 2 {
			t.Errorf("%+v, %v", l, err)
		}
		labels, err := w.ListLabels(ana, chat.ListLabelsRequest{})
		if err != nil || !slices.Equal(labels.Items, []chat.Label{{Name: "Logo", Conversations: 1}, {Name: "urgent", Conversations: 2}}) {
			t.Errorf("%+v, %v", labels, err)
		}

		// A message brings a conversation back from the archive, and spam stays quiet where it is.
		w.send(as("Cem"), id["Cem"], "Are you there?")
		w.send(as("Dora"), id["Dora"], "Buy now!")
		if got := w.folder(chat.ListRequest{}); !slices.Equal(got, []string{"Cem", "Emil", "Ben"}) {
			t.Errorf("the inbox has %v", got)
		}
		if n, err := w.CountUnread(ana, chat.CountUnreadRequest{}); err != nil || n.Messages != 3 || n.Conversations != 2 {
			t.Errorf("%+v, %v", n, err)
		}
		events := apptest.Emitted[chat.MessageSent](t, w.Harness)
		if last := events[len(events)-1]; !last.Quiet || events[len(events)-2].Quiet {
			t.Errorf("%+v", events[len(events)-2:])
		}
		// For the other nothing has changed.
		if l := w.list(as("Dora")); len(l) != 1 || l[0].Spam || len(l[0].Labels) != 0 {
			t.Errorf("%+v", l)
		}
		none := []string{}
		if c := tidy("Ben", chat.TidyRequest{Starred: new(bool), Labels: &none}); c.Starred || len(c.Labels) != 0 {
			t.Errorf("%+v", c)
		}
		_, err = w.Tidy(eve, chat.TidyRequest{ConversationID: id["Ben"], Starred: yes()})
		w.refused(err, fault.NotFound, "somebody else's")
		six := []string{"1", "2", "3", "4", "5", "6"}
		if _, err := w.Tidy(ana, chat.TidyRequest{ConversationID: id["Ben"], Labels: &six}); wrongField(err) != "labels" {
			t.Error(err)
		}
		if _, err := w.List(ana, chat.ListRequest{Folder: "trash"}); wrongField(err) != "folder" {
			t.Error(err)
		}
	})
}

// Rows C6, Cs3.
func TestMessagesAreFoundAndShownWhereTheyStand(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		for i := range 30 {
			w.send(ana, id, "Number "+string(rune('a'+i%26)))
		}
		found, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id, Query: "NUMBER", Limit: 20})
		if err != nil || len(found.Items) != 20 || found.Items[0].Seq != 30 || found.NextCursor == "" {
			t.Fatalf("%d found, %v", len(found.Items), err)
		}
		rest, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id, Query: "NUMBER", Limit: 20, Cursor: found.NextCursor})
		if err != nil || len(rest.Items) != 10 || rest.Items[9].Seq != 1 || rest.NextCursor != "" {
			t.Errorf("%d are left, %v", len(rest.Items), err)
		}
		around, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id, AroundSeq: 10, Limit: 6})
		if err != nil || around.Items[0].Seq != 8 || around.Items[5].Seq != 13 || around.NextCursor == "" {
			t.Errorf("%+v, %v", around, err)
		}
		_, err = w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id, AfterSeq: 1, Query: "x"})
		if wrongField(err) != "query" {
			t.Error(err)
		}
	})
}

// Row Cs5.
func TestMessagesAreFoundByTheOrderThatTheyAreAbout(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		w.send(ana, id, "Before the order")
		if _, err := w.Open(ana, chat.OpenRequest{OrderID: "o1"}); err != nil {
			t.Fatal(err)
		}
		w.send(ben, id, "About it", "And more")
		if _, err := w.Open(ana, chat.OpenRequest{GigID: "g1"}); err != nil {
			t.Fatal(err)
		}
		w.send(ana, id, "Something else")
		l, err := w.ListMessages(ana, chat.ListMessagesRequest{OrderID: "o1"})
		if err != nil || len(l.Items) != 2 || l.Items[0].Seq != 2 || l.Items[0].OrderID != "o1" || l.NextCursor != "" {
			t.Errorf("%+v, %v", l, err)
		}
		for _, q := range []chat.ListMessagesRequest{{OrderID: "o2"}, {OrderID: "\x00"}} {
			if l, err := w.ListMessages(ana, q); err != nil || len(l.Items) != 0 {
				t.Errorf("%+v, %v", l, err)
			}
		}
		if l, err := w.ListMessages(eve, chat.ListMessagesRequest{OrderID: "o1"}); err != nil || len(l.Items) != 0 {
			t.Errorf("a third person sees %+v, %v", l, err)
		}
	})
}
