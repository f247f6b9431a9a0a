package order_test

import (
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/bus/bustest"
	"marketplace/platform/money"
)

func TestEventsKeepTheirWireForm(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	later := at.Add(72 * time.Hour)
	facts := func(status order.Status, version int) order.Facts {
		return order.Facts{
			OrderID: "o1", Number: "K7QX2-M9PDT", GigID: "g1", GigTitle: "I will draw a logo",
			BuyerID: "u1", BuyerUsername: "Bea", SellerID: "u2", SellerUsername: "Sam",
			Total: money.Of(10550, "USD"), Earnings: money.Of(8000, "USD"), Status: status, Version: version, At: at,
		}
	}
	bustest.KeepsWireForm(t, "o1",
		order.Placed{Facts: facts(order.StatusPendingPayment, 1)},
		order.Paid{Facts: facts(order.StatusAwaitingRequirements, 2)},
		order.Declined{Facts: facts(order.StatusPendingPayment, 2), Message: "The card was declined."},
		order.Expired{Facts: facts(order.StatusExpired, 2)},
		order.RequirementsDue{Facts: facts(order.StatusAwaitingRequirements, 3), CancelsAt: later},
		order.Started{Facts: facts(order.StatusInProgress, 3), DueAt: later},
		order.Delivered{Facts: facts(order.StatusDelivered, 4), Delivery: 1, Message: "Here it is.", CompletesAt: later},
		order.CompletionNear{Facts: facts(order.StatusDelivered, 5), CompletesAt: later},
		order.RevisionRequested{Facts: facts(order.StatusInRevision, 5), Message: "More red.", DueAt: later},
		order.Completed{Facts: facts(order.StatusCompleted, 5), Automatic: true, ClearsAt: later},
		order.Cancelled{Facts: facts(order.StatusCancelled, 3), By: "buyer", Reason: "Not needed any more.", Refunded: money.Of(10550, "USD")},
		order.Cleared{Facts: facts(order.StatusCompleted, 6), Amount: money.Of(7000, "USD"), Debt: money.Of(200, "USD"), Reserved: money.Of(800, "USD"), ReservedUntil: later},
		order.Late{Facts: facts(order.StatusInProgress, 4), VeryLate: true, DueAt: at, Next: later},
		order.ChangeRequested{Facts: facts(order.StatusInProgress, 4), Kind: order.ChangeExtension, By: "seller", Reason: "I am ill.", Days: 3,
			Amount: money.Of(0, "USD"), AnswerBy: later},
		order.ChangeSettled{Facts: facts(order.StatusInProgress, 5), Kind: order.ChangeExtension, By: "seller", Outcome: "accepted", Note: "Get well."},
		order.ReviewExtended{Facts: facts(order.StatusDelivered, 5), CompletesAt: later},
		order.PartlyRefunded{Facts: facts(order.StatusInProgress, 5), Amount: money.Of(3165, "USD"), Reason: "One part is missing."},
		order.Disputed{Facts: facts(order.StatusDisputed, 5), By: "buyer", Reason: "quality", AnswerBy: later},
		order.DisputeStated{Facts: facts(order.StatusDisputed, 6), By: "seller"},
		order.DisputeSettled{Facts: facts(order.StatusCompleted, 7), Outcome: "resolved", Refunded: money.Of(4220, "USD"), Earned: money.Of(4800, "USD"),
			Reason: "Half of it is there."},
		order.ChangeAgreed{Facts: facts(order.StatusInProgress, 6), Kind: order.ChangeRaise, By: "seller", Amount: money.Of(5000, "USD"), Days: 2, Revisions: 1, PayBy: later},
		order.Tipped{Facts: facts(order.StatusCompleted, 8), Amount: money.Of(1000, "USD"), Message: "Thank you.", ClearsAt: later},
		order.TakenBack{Facts: facts(order.StatusCompleted, 8), Amount: money.Of(10550, "USD"), Reason: "It was copied."},
		order.ChargebackChanged{Facts: facts(order.StatusCompleted, 6), ChargebackID: "c1", Stage: "needs_response", Amount: money.Of(10550, "USD"), Frozen: money.Of(8000, "USD"), Reason: "fraudulent"},
	)
	bustest.KeepsWireForm(t, "w1", order.PayoutChanged{PayoutID: "w1", UserID: "u2", Username: "Sam", Status: "rejected", Net: money.Of(7900, "USD"), Reason: "The account is in another name.", Automatic: true, Reference: "po_1", At: at})
}

func TestEventsOfOffersKeepTheirWireForm(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	facts := func(status order.OfferStatus) order.OfferFacts {
		return order.OfferFacts{
			OfferID: "f2", Answers: "f1", GigID: "g1", GigTitle: "I will draw a logo", BuyerID: "u1", BuyerUsername: "Bea", SellerID: "u2", SellerUsername: "Sam",
			SentBy: "seller", Price: money.Of(45000, "USD"), Milestones: 3, Days: 12, Status: status, ExpiresAt: at.Add(168 * time.Hour), At: at,
		}
	}
	bustest.KeepsWireForm(t, "f2",
		order.OfferMade{OfferFacts: facts(order.OfferSent)},
		order.OfferAnswered{OfferFacts: facts(order.OfferAccepted), Note: "Let us begin.", Ordered: true},
		order.OfferTakenBack{OfferFacts: facts(order.OfferWithdrawn), By: "seller", Note: "I am ill.", Accepted: true},
		order.OfferLapsed{OfferFacts: facts(order.OfferExpired), Unpaid: true},
	)
}
