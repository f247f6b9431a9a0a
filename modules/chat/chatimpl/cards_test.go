package chatimpl

import (
	"testing"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// Row O8: an offer stands where its two people talk, in the order in which things were said, and is nobody else's to change.
func TestOffersStandAmongTheMessagesOfTheirTwoPeople(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		w.send(ana, id, "Could you do the whole shop?")
		offer := func(offerID, sentBy string) {
			apptest.Emit(t, w.Harness, order.OfferMade{OfferFacts: order.OfferFacts{OfferID: offerID, GigID: "g1", GigTitle: "I will draw a Lasting logo",
				BuyerID: "u-ana", BuyerUsername: "Ana", SellerID: "u-ben", SellerUsername: "Ben", SentBy: sentBy, Status: order.OfferSent}})
			apptest.Settle(t, w.Harness)
		}
		offer("offer-1", "seller")
		offer("offer-2", "buyer")
		list, err := w.ListMessages(ana, chat.ListMessagesRequest{ConversationID: id})
		if err != nil || len(list.Items) != 3 {
			t.Fatalf("%+v, %v", list, err)
		}
		for i, want := range []struct{ subject, sender string }{{"offer-1", "Ben"}, {"offer-2", "Ana"}} {
			if m := list.Items[i+1]; m.Kind != chat.KindOffer || m.SubjectID != want.subject || m.SenderUsername != want.sender || m.Seq != int64(i+2) ||
				m.Text != "I will draw a Lasting logo" || m.ChangeUntil != nil {
				t.Errorf("%+v, want %v", m, want)
			}
		}
		if got := w.marks(ana, id); got != "1/0/3 1 1 in 1" {
			t.Errorf("Ana has %s", got)
		}
		_, err = w.Delete(ben, chat.DeleteRequest{ConversationID: id, MessageID: list.Items[1].ID})
		w.refused(err, fault.Conflict, "a card is deleted as a message")
		found, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id, Query: "lasting LOGO"})
		if err != nil || len(found.Items) != 2 {
			t.Errorf("a search finds %+v, %v", found, err)
		}
		for _, e := range apptest.Emitted[chat.MessageSent](t, w.Harness) {
			if e.Quiet != (e.Seq > 1) { // of offers the orders tell
				t.Errorf("%+v", e)
			}
		}
	})
}

// Row O8: who has not talked yet does then.
func TestAnOfferBeginsAConversation(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		made := order.OfferMade{OfferFacts: order.OfferFacts{OfferID: "offer-1", GigID: "g1", GigTitle: "Logos", BuyerID: "u-ana", BuyerUsername: "Ana",
			SellerID: "u-ben", SellerUsername: "Ben", SentBy: "seller"}}
		apptest.Emit(t, w.Harness, made)
		apptest.Settle(t, w.Harness)
		list := w.list(ana)
		if len(list) != 1 || list[0].GigID != "g1" || list[0].With.Username != "Ben" || list[0].LastMessage == nil || list[0].LastMessage.Kind != chat.KindOffer {
			t.Fatalf("%+v", list)
		}
	})
}
