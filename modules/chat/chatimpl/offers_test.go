package chatimpl

import (
	"context"
	"strings"
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// offered is what orders tell of an offer between Ana and Ben, whose gig it is.
func offered(id, by string) order.OfferMade {
	return order.OfferMade{OfferFacts: order.OfferFacts{OfferID: id, GigID: "g1", BuyerID: "u-ana", BuyerUsername: "Ana", SellerID: "u-ben", SellerUsername: "Ben",
		SentBy: by, Status: order.OfferSent}}
}

// Row O8: an offer is a card in the conversation of its two people, from who has sent it, and nobody is told of it twice.
func TestAnOfferIsACardInTheConversation(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		apptest.Emit(t, w.Harness, offered("offer-1", "seller")) // they have not written yet
		apptest.Settle(t, w.Harness)
		id := w.between()
		apptest.Emit(t, w.Harness, offered("offer-2", "buyer"))
		apptest.Settle(t, w.Harness)
		all, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id})
		if err != nil || len(all.Items) != 2 {
			t.Fatalf("%+v, %v", all.Items, err)
		}
		for i, from := range []string{"Ben", "Ana"} {
			m := all.Items[i]
			if m.Kind != chat.KindOffer || m.SubjectID != []string{"offer-1", "offer-2"}[i] || m.Text != "" || m.SenderUsername != from || m.ChangeUntil != nil {
				t.Errorf("card %d is %+v", i, m)
			}
		}
		if got := w.marks(ana, id); got != "0/1/2 1 1 in 1" {
			t.Errorf("Ana's marks: %s", got)
		}
		_, err = w.Edit(ana, chat.EditRequest{ConversationID: id, MessageID: all.Items[1].ID, Text: "More."})
		w.refused(err, fault.Conflict, "a card is edited")
		_, err = w.Delete(ana, chat.DeleteRequest{ConversationID: id, MessageID: all.Items[1].ID})
		w.refused(err, fault.Conflict, "a card is deleted")
		for _, e := range apptest.Emitted[chat.MessageSent](t, w.Harness) {
			if !e.Quiet {
				t.Errorf("it is told of: %+v", e)
			}
		}
	})
}

// Rows C2, C7, C8, W5: what reaches the other in another way is refused as a message is.
func TestWhoMayWriteMayOffer(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		ask := func(who context.Context, q chat.MayWriteRequest) (string, error) {
			c, err := w.MayWrite(who, q)
			return c.With.ID, err
		}
		long := chat.MayWriteRequest{ConversationID: id, Text: strings.Repeat("A logo. ", 2000)}
		for _, q := range []chat.MayWriteRequest{long, {UserID: "u-ana", Text: "A logo."}} {
			if with, err := ask(ben, q); err != nil || with != "u-ana" {
				t.Errorf("%s, %v", with, err)
			}
		}
		for _, q := range []chat.MayWriteRequest{{}, {UserID: "u-eve"}, {UserID: "\x00"}, {ConversationID: "nothing"}} {
			_, err := ask(ben, q)
			w.refused(err, fault.NotFound, "there is no conversation")
		}
		_, err := ask(eve, long)
		w.refused(err, fault.NotFound, "of others")
		_, err = ask(unverified("Ben"), long)
		w.refused(err, fault.Forbidden, "without an address")

		if _, err := ask(ben, chat.MayWriteRequest{ConversationID: id, Text: "ben@example.com"}); err != nil {
			t.Errorf("where the marketplace warns only: %v", err)
		}
		if _, err := w.SetScreening(operator, chat.SetScreeningRequest{Strictness: chat.StrictBlock}); err != nil {
			t.Fatal(err)
		}
		if _, err := ask(ben, chat.MayWriteRequest{ConversationID: id, Text: "ben@example.com"}); wrongField(err) != "text" {
			t.Errorf("contact details: %v", err)
		}
		for range 60 {
			w.send(ben, id, "More.")
		}
		_, err = ask(ben, chat.MayWriteRequest{ConversationID: id, Text: "A logo."})
		w.refused(err, fault.TooMany, "too fast")
		if _, err := ask(ben, chat.MayWriteRequest{ConversationID: id}); err != nil {
			t.Errorf("who writes nothing is not too fast: %v", err)
		}
		w.Clock.Advance(time.Minute)
		if _, err := w.SetBlock(ana, chat.SetBlockRequest{Username: "Ben", Blocked: true}); err != nil {
			t.Fatal(err)
		}
		for _, who := range []context.Context{ana, ben} {
			_, err = ask(who, chat.MayWriteRequest{ConversationID: id, Text: "A logo."})
			w.refused(err, fault.Forbidden, "where one has blocked the other")
			_, err = ask(who, chat.MayWriteRequest{ConversationID: id})
			w.refused(err, fault.Forbidden, "also without a text")
		}
	})
}
