package chatimpl

import (
	"context"
	"testing"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/fault"
)

// Row Cs1.
func TestTheOtherIsShownThatSomebodyIsWriting(t *testing.T) {
	shown := make(chan chat.Typed, 10)
	w := start(t, func(module string, options ...apptest.Option) *apptest.Harness {
		h := apptest.Host(t, module, options...)
		bus.Watch(h.Events, func(_ context.Context, e chat.Typed) { shown <- e })
		return h
	})
	id := w.between()
	for _, c := range []struct {
		name string
		ctx  context.Context
		id   string
		code fault.Code
	}{
		{"a visitor", apptest.Visitor(), id, fault.Unauthenticated}, {"who is not verified", unverified("Ana"), id, fault.Forbidden},
		{"a stranger", eve, id, fault.NotFound}, {"in no conversation", ana, "no-such", fault.NotFound}, {"nowhere", ana, "", fault.NotFound},
	} {
		_, err := w.ShowTyping(c.ctx, chat.ShowTypingRequest{ConversationID: c.id})
		w.refused(err, c.code, c.name)
	}
	if _, err := w.ShowTyping(ben, chat.ShowTypingRequest{ConversationID: id}); err != nil {
		t.Fatal(err)
	}
	if e := <-shown; e.ConversationID != id || e.TypistID != "u-ben" || e.RecipientID != "u-ana" || len(shown) > 0 {
		t.Errorf("shown was %+v, and %d more", e, len(shown))
	}
	if kept := apptest.Emitted[chat.Typed](t, w.Harness); len(kept) > 0 {
		t.Errorf("kept are %+v", kept)
	}
}
