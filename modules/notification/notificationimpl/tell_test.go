package notificationimpl

import (
	"slices"
	"strings"
	"testing"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

// Rows N1, N4, P8, P10, P13: who is told, and who is mailed, of what.
func TestEveryEventReachesTheRightPeople(t *testing.T) {
	reviewed := review.Facts{
		ReviewID: "review-1", OrderID: "order-1", GigID: "gig-1", GigTitle: "A logo", AuthorID: "bea-id", AuthorUsername: "Bea",
		AuthorRole: "buyer", SubjectID: "sam-id",
	}
	for _, c := range []struct {
		event    db.Event
		bea, sam string // the kind, the link, and "mail" if there is one
		says     string // somewhere in it
	}{
		{order.Paid{Facts: facts(order.StatusAwaitingRequirements)}, "order_receipt /orders/order-1 mail", "order_paid /orders/order-1 mail", "you earn $80.00"},
		{order.Paid{Facts: facts(order.StatusInProgress)}, "order_receipt /orders/order-1 mail", "order_paid /orders/order-1 mail", "You can begin now"},
		{order.Declined{Facts: facts(order.StatusPendingPayment), Message: "no funds"}, "order_payment_declined /orders/order-1 mail", "", "(no funds)"},
		{order.Expired{Facts: facts(order.StatusExpired)}, "order_expired /orders/order-1 mail", "", "Nothing was charged"},
		{order.RequirementsDue{Facts: facts(order.StatusAwaitingRequirements), CancelsAt: moment}, "order_requirements_due /orders/order-1 mail", "", "6 May 2026, 07:08 UTC"},
		{order.Started{Facts: facts(order.StatusInProgress), DueAt: moment}, "", "order_started /orders/order-1 mail", "Deliver by 6 May"},
		{order.Delivered{Facts: facts(order.StatusDelivered), CompletesAt: moment}, "order_delivered /orders/order-1 mail", "", "by itself on 6 May"},
		{order.CompletionNear{Facts: facts(order.StatusDelivered), CompletesAt: moment}, "order_completion_near /orders/order-1 mail", "", "6 May"},
		{order.RevisionRequested{Facts: facts(order.StatusInRevision), Message: "Bigger,\n please"}, "", "order_revision_requested /orders/order-1 mail", "“Bigger, please”"},
		{order.Completed{Facts: facts(order.StatusCompleted), ClearsAt: moment}, "order_completed /orders/order-1 mail", "order_completed /orders/order-1 mail", "You accepted"},
		{order.Completed{Facts: facts(order.StatusCompleted), Automatic: true}, "order_completed /orders/order-1 mail", "order_completed /orders/order-1 mail", "completed by itself"},
		{order.Cancelled{Facts: facts(order.StatusCancelled), Refunded: money.Of(10550, "USD")}, "order_cancelled /orders/order-1 mail", "order_cancelled /orders/order-1 mail", "We return $105.50"},
		{order.Cleared{Facts: facts(order.StatusCompleted), Amount: money.Of(8000, "USD")}, "", "order_cleared /earnings mail", "$80.00 can be withdrawn"},
		{order.Cleared{Facts: facts(order.StatusCompleted), Amount: money.Of(7000, "USD"), Debt: money.Of(200, "USD"), Reserved: money.Of(800, "USD"), ReservedUntil: moment},
			"", "order_cleared /earnings mail", "$2.00 of the earning paid what you owed. $8.00 stay in your reserve until 6 May"},
		{order.Cleared{Facts: facts(order.StatusCompleted)}, "", "", ""},
		{withdrawal("requested"), "", "payout_requested /earnings mail", "Your schedule has asked for it"},
		{withdrawal("approved"), "", "payout_approved /earnings", "It is sent now"},
		{withdrawal("paid"), "", "payout_paid /earnings mail", "$79.00 were paid to you"},
		{withdrawal("rejected"), "", "payout_rejected /earnings mail", "“The account is in another name.”"},
		{withdrawal("failed"), "", "payout_failed /earnings mail", "is in your balance again"},
		{chargeback("needs_response"), "", "chargeback_opened /earnings mail", "$80.00 of your money are held"},
		{chargeback("under_review"), "", "chargeback_under_review /earnings", "the bank has what you wrote"},
		{chargeback("won"), "", "chargeback_won /earnings mail", "$80.00 are no longer held"},
		{chargeback("lost"), "", "chargeback_lost /earnings mail", "went back to the buyer"},
		{order.Late{Facts: facts(order.StatusInProgress), DueAt: moment, Next: moment}, "order_late /orders/order-1 mail", "order_late /orders/order-1 mail", "you may cancel from 6 May"},
		{order.Late{Facts: facts(order.StatusInProgress), VeryLate: true, DueAt: moment, Next: moment}, "order_late /orders/order-1 mail", "order_late /orders/order-1 mail", "the order cancels itself on 6 May"},
		{order.ChangeRequested{Facts: facts(order.StatusInProgress), Kind: "extension", By: "seller", Days: 3, Reason: "I am ill.", AnswerBy: moment}, "order_change_requested /orders/order-1 mail", "", "Sam asks for 3 more days"},
		{order.ChangeRequested{Facts: facts(order.StatusInProgress), Kind: "price", By: "buyer", Amount: money.Of(1000, "USD"), AnswerBy: moment}, "", "order_change_requested /orders/order-1 mail", "Bea asks for $10.00 off the price"},
		{order.ChangeSettled{Facts: facts(order.StatusInProgress), Kind: "cancel", By: "seller", Outcome: "declined", Note: "No."}, "", "order_change_settled /orders/order-1 mail", "Sam had asked to cancel. “No.”"},
		{order.ChangeSettled{Facts: facts(order.StatusInProgress), Kind: "cancel", By: "buyer", Outcome: "withdrawn"}, "", "order_change_settled /orders/order-1 mail", "The request was withdrawn"},
		{order.ChangeSettled{Facts: facts(order.StatusInProgress), Kind: "cancel", By: "buyer", Outcome: "lapsed"}, "order_change_settled /orders/order-1 mail", "order_change_settled /orders/order-1 mail", "Nobody answered"},
		{order.ReviewExtended{Facts: facts(order.StatusDelivered), CompletesAt: moment}, "", "order_review_extended /orders/order-1", "by itself on 6 May"},
		{order.PartlyRefunded{Facts: facts(order.StatusInProgress), Amount: money.Of(3165, "USD"), Reason: "One is missing."}, "order_partly_refunded /orders/order-1 mail", "order_partly_refunded /orders/order-1 mail", "$31.65 of order"},
		{order.Disputed{Facts: facts(order.StatusDisputed), By: "buyer", Reason: "quality", AnswerBy: moment}, "", "order_disputed /orders/order-1 mail", "Bea opened a dispute"},
		{order.DisputeStated{Facts: facts(order.StatusDisputed), By: "seller"}, "order_dispute_stated /orders/order-1 mail", "", "Sam said something"},
		{order.DisputeSettled{Facts: facts(order.StatusCompleted), Outcome: "resolved", Refunded: money.Of(4220, "USD"), Earned: money.Of(4800, "USD"), Reason: "Half is there."}, "order_dispute_settled /orders/order-1 mail", "order_dispute_settled /orders/order-1 mail", "$42.20 go back to the buyer, the seller gets $48.00"},
		{order.ChangeAgreed{Facts: facts(order.StatusInProgress), Kind: order.ChangeRaise, By: "seller", Amount: money.Of(5000, "USD"), Days: 2, PayBy: moment}, "order_change_agreed /orders/order-1 mail", "", "Pay $50.00 more"},
		{order.ChangeAgreed{Facts: facts(order.StatusInProgress), Kind: order.ChangeRaise, By: "buyer", Amount: money.Of(5000, "USD"), PayBy: moment}, "", "order_change_agreed /orders/order-1", "as soon as $50.00 more are paid"},
		{order.Tipped{Facts: facts(order.StatusCompleted), Amount: money.Of(1000, "USD"), Message: "Great", ClearsAt: moment}, "order_tipped /orders/order-1 mail", "order_tipped /orders/order-1 mail", "$10.00"},
		{order.TakenBack{Facts: facts(order.StatusCompleted), Amount: money.Of(10550, "USD"), Reason: "Copied."}, "order_taken_back /orders/order-1 mail", "order_taken_back /orders/order-1 mail", "Copied."},
		{order.OfferMade{OfferFacts: offered("seller", order.OfferSent)}, "offer_made /offers/offer-1 mail", "", "$350.00 for “A logo” in 3 milestones, 10 days of work. Please answer by 6 May"},
		{order.OfferMade{OfferFacts: offered("buyer", order.OfferSent)}, "", "offer_made /offers/offer-1 mail", "Bea answered with another offer"},
		{order.OfferAnswered{OfferFacts: offered("buyer", order.OfferAccepted), Note: "Fine."}, "offer_accepted /offers/offer-1 mail", "", "“Fine.” Pay for the first milestone by 6 May"},
		{order.OfferAnswered{OfferFacts: offered("seller", order.OfferAccepted)}, "", "offer_accepted /offers/offer-1 mail", "Bea accepted your offer"},
		{order.OfferAnswered{OfferFacts: offered("seller", order.OfferAccepted), Ordered: true}, "", "", ""},
		{order.OfferAnswered{OfferFacts: offered("seller", order.OfferCountered)}, "", "", ""},
		{order.OfferAnswered{OfferFacts: offered("seller", order.OfferDeclined), Note: "Too late."}, "", "offer_declined /offers/offer-1 mail", "“Too late.”"},
		{order.OfferAnswered{OfferFacts: offered("buyer", order.OfferDeclined)}, "offer_declined /offers/offer-1 mail", "", "Sam declined your offer"},
		{order.OfferTakenBack{OfferFacts: offered("seller", order.OfferWithdrawn), By: "seller", Accepted: true}, "offer_withdrawn /offers/offer-1 mail", "", "What has been ordered goes on"},
		{order.OfferTakenBack{OfferFacts: offered("seller", order.OfferWithdrawn), By: "buyer"}, "", "offer_withdrawn /offers/offer-1 mail", "Bea withdrew an offer"},
		{order.OfferLapsed{OfferFacts: offered("seller", order.OfferExpired)}, "offer_expired /offers/offer-1 mail", "offer_expired /offers/offer-1 mail", "Nobody answered in time"},
		{order.OfferLapsed{OfferFacts: offered("buyer", order.OfferExpired), Unpaid: true}, "offer_expired /offers/offer-1 mail", "offer_expired /offers/offer-1 mail", "Nobody paid for the first milestone"},
		{review.Written{Facts: reviewed}, "", "review_written /orders/order-1 mail", "Bea reviewed you: write yours to see it"},
		{review.Published{Facts: reviewed, Rating: 4}, "", "review_published /gigs/gig-1", "4 of 5 stars"},
		{chat.MessageSent{ConversationID: "talk-1", Seq: 1, SenderUsername: "Bea", RecipientID: "sam-id"}, "", "chat_message /inbox/talk-1", "New message from Bea"},
		{chat.CaseRead{CaseID: "case-1", ConversationID: "talk-1", ReporterID: "bea-id", ReporterUsername: "Bea", ReportedID: "sam-id", ReportedUsername: "Sam"}, "case_read /inbox/talk-1", "case_read /inbox/talk-1", "your conversation with Bea"},
		{chat.CaseClosed{CaseID: "case-1", ReporterID: "bea-id", ReportedID: "sam-id", ReportedUsername: "Sam", Status: "upheld", Note: "Thank you."}, "case_closed /inbox/safety mail", "", "Your report about Sam: we have acted Thank you."},
		{auth.PasswordChanged{UserID: "bea-id", Reset: true, At: moment}, "mail", "", "that we had mailed to you"},
	} {
		t.Run(c.event.Topic(), func(t *testing.T) {
			w := newWorld(t)
			w.happened(c.event)
			got, said := map[string]string{}, ""
			for _, n := range w.told(w.bea) {
				got["bea"] += n.Kind + " " + n.Link
				said += n.Title + " " + n.Text + "\n"
			}
			for _, n := range w.told(w.sam) {
				got["sam"] += n.Kind + " " + n.Link
				said += n.Title + " " + n.Text + "\n"
			}
			for _, m := range w.mails("") {
				name := strings.TrimSuffix(m.To, "@example.com")
				got[name] = strings.TrimSpace(got[name] + " mail")
				said += m.Subject + " " + m.Text + "\n"
			}
			if got["bea"] != c.bea || got["sam"] != c.sam {
				t.Errorf("Bea: %q, want %q; Sam: %q, want %q", got["bea"], c.bea, got["sam"], c.sam)
			}
			if !strings.Contains(said, c.says) || strings.Contains(said, "<no value>") {
				t.Errorf("nobody is told %q:\n%s", c.says, said)
			}
		})
	}
}

// Rows O7 to O9.
func offered(by string, status order.OfferStatus) order.OfferFacts {
	return order.OfferFacts{OfferID: "offer-1", GigTitle: "A logo", BuyerID: "bea-id", BuyerUsername: "Bea", SellerID: "sam-id", SellerUsername: "Sam",
		SentBy: by, Price: money.Of(35000, "USD"), Milestones: 3, Days: 10, Status: status, ExpiresAt: moment, At: moment}
}

// Row P10.
func withdrawal(status string) order.PayoutChanged {
	return order.PayoutChanged{PayoutID: "payout-1", UserID: "sam-id", Username: "Sam", Status: status, Net: money.Of(7900, "USD"),
		Reason: "The account is in another name.", Automatic: true, Reference: "po_1", At: moment}
}

// Row P13.
func chargeback(stage string) order.ChargebackChanged {
	return order.ChargebackChanged{Facts: facts(order.StatusCompleted), ChargebackID: "case-1", Stage: stage, Amount: money.Of(10550, "USD"),
		Frozen: money.Of(8000, "USD"), Reason: "The card's owner does not know this payment."}
}

// What is heard is told, or noted: nothing falls between table and handlers.
func TestTheTableAndTheHandlersKnowTheSameEvents(t *testing.T) {
	noted := []string{auth.SignedUp{}.Topic(), auth.EmailVerified{}.Topic(), auth.LanguageChosen{}.Topic(), chat.Read{}.Topic(), chat.MessageDeleted{}.Topic()}
	heard := map[string]bool{}
	for _, e := range Module.Hears {
		heard[e.Topic()] = true
		if _, told := tellings()[e.Topic()]; !told && !slices.Contains(noted, e.Topic()) {
			t.Errorf("%s is heard and not told", e.Topic())
		}
	}
	for topic := range tellings() {
		if !heard[topic] {
			t.Errorf("%s is in the table and not heard", topic)
		}
	}
	h := newWorld(t).h
	if got := h.Events.Topics(); len(got) != len(Module.Hears) {
		t.Errorf("%d events are handled, %d heard", len(got), len(Module.Hears))
	}
}

// Rows N2, C2.
func TestANotificationIsAnnouncedToItsOwnerWithTheirCount(t *testing.T) {
	w := newWorld(t)
	w.happened(order.Started{Facts: facts(order.StatusInProgress), DueAt: moment}, order.Paid{Facts: facts(order.StatusInProgress)})
	counts := map[string][]int{}
	for _, e := range apptest.Emitted[notification.Created](t, w.h) {
		counts[e.UserID] = append(counts[e.UserID], e.Unread)
		if e.NotificationID == "" || e.Title == "" || e.Link != "/orders/order-1" || e.At.IsZero() {
			t.Errorf("announced %+v", e)
		}
	}
	slices.Sort(counts["sam-id"])
	if !slices.Equal(counts["sam-id"], []int{1, 2}) || !slices.Equal(counts["bea-id"], []int{1}) {
		t.Errorf("the counts are %v", counts)
	}
}

func message(seq int64) chat.MessageSent {
	return chat.MessageSent{ConversationID: "talk-1", Seq: seq, SenderID: "bea-id", SenderUsername: "Bea", RecipientID: "sam-id", At: moment}
}

func TestUnreadMessagesOfAConversationAreOneNotification(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		w.happened(message(1), message(2), message(3))
		w.happened(message(4))
		first, announced := w.told(w.sam), apptest.Emitted[notification.Created](t, w.h)
		if len(first) != 1 || w.unread(w.sam) != 1 || len(announced) < 2 {
			t.Fatalf("told %+v, announced %+v", first, announced)
		}
		for _, e := range announced {
			if e.NotificationID != first[0].ID || e.Unread != 1 {
				t.Errorf("announced %+v", e)
			}
		}
		if len(w.mails("sam@example.com")) != 0 {
			t.Error("a message was mailed at once")
		}
		_, err := w.MarkRead(w.sam, notification.MarkReadRequest{IDs: []string{first[0].ID}})
		w.must(err)
		w.happened(message(5))
		if again := w.told(w.sam); len(again) != 2 || again[0].ID == first[0].ID || w.unread(w.sam) != 1 {
			t.Errorf("after reading, told %+v", again)
		}
		w.happened(chat.MessageSent{ConversationID: "talk-2", Seq: 1, SenderUsername: "Cem", RecipientID: "sam-id"})
		if w.unread(w.sam) != 2 {
			t.Errorf("two conversations count %d", w.unread(w.sam))
		}
	})
}

// Read and MessageSent may come in either order: topics commute.
func TestWhatWasReadInTheConversationIsNotTold(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		read := func(seq int64) chat.Read {
			return chat.Read{ConversationID: "talk-1", ReaderID: "sam-id", OtherID: "bea-id", Seq: seq, At: moment}
		}
		w.happened(message(1), message(2))
		w.happened(read(1))
		if w.unread(w.sam) != 1 {
			t.Error("one of two messages was read, and nothing is told any more")
		}
		w.happened(read(2))
		if w.unread(w.sam) != 0 {
			t.Error("what was read is still told")
		}
		w.happened(read(4))
		w.happened(message(3), message(4))
		if w.unread(w.sam) != 0 {
			t.Error("what was read before it was heard of is told")
		}
		w.happened(read(1)) // late: reading does not go back
		w.happened(message(4), message(5))
		if w.unread(w.sam) != 1 {
			t.Error("a new message is not told")
		}
	})
}

func TestTheEventsOfAnAccountMayComeInAnyOrder(t *testing.T) {
	w := newWorld(t)
	w.happened(auth.EmailVerified{UserID: "cem-id", Username: "Cem"})
	w.happened(auth.SignedUp{UserID: "cem-id", Username: "Cem", Email: "cem@example.com"})
	var got recipientRow
	w.must(w.h.DB.Read(t.Context()).Where("user_id = ?", "cem-id").Take(&got).Error)
	if got != (recipientRow{"cem-id", "Cem", "cem@example.com", true, ""}) {
		t.Errorf("known is %+v", got)
	}
}

func TestWhoIsNotKnownYetIsToldLater(t *testing.T) {
	w := newWorld(t)
	f := facts(order.StatusExpired)
	f.BuyerID = "cem-id"
	apptest.Emit(t, w.h, order.Expired{Facts: f})
	apptest.Emit(t, w.h, auth.SignedUp{UserID: "cem-id", Username: "Cem", Email: "cem@example.com"})
	apptest.Eventually(t, func() bool { return len(w.mails("cem@example.com")) == 1 })
	if n := len(w.told(apptest.As("cem-id", "Cem"))); n != 1 {
		t.Errorf("told %d times", n)
	}
}

func TestWhatPeopleWroteIsTextInMails(t *testing.T) {
	w := newWorld(t)
	f := facts(order.StatusInRevision)
	f.GigTitle = "A\r\nBcc: all@example.com"
	w.happened(order.RevisionRequested{Facts: facts(order.StatusInRevision), Message: `<script>alert("x")</script>` + strings.Repeat("ä", 500)})
	w.happened(order.Paid{Facts: f})
	for _, m := range w.mails("sam@example.com") {
		if strings.Contains(m.HTML, "<script>") || strings.Contains(m.HTML, "<b>your") || len(m.Text) > 2000 {
			t.Errorf("the mail says %s", m.HTML)
		}
		if strings.ContainsAny(m.Subject, "\r\n") {
			t.Errorf("the subject is %q", m.Subject)
		}
	}
}
