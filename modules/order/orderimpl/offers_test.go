package orderimpl

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// three are the terms of an offer in three milestones: 100.00, 200.00 and 50.00.
func three() order.OfferTerms {
	return order.OfferTerms{Description: "A logo, a card and a poster.", Milestones: []order.NewMilestone{
		{Title: "Logo", Price: 10000, DeliveryDays: 3, Revisions: 1},
		{Title: "Card", Price: 20000, DeliveryDays: 5, Revisions: gig.Unlimited},
		{Title: "Poster", Price: 5000, DeliveryDays: 2},
	}}
}

func (b *bed) offer(t order.OfferTerms) order.Offer {
	b.t.Helper()
	return must(b.orders.SendOffer(b.seller, order.SendOfferRequest{RequestID: b.key(), BuyerID: "buyer", GigID: "plain", OfferTerms: t}))(b.t)
}

func (b *bed) seen(who context.Context, o order.Offer) order.Offer {
	b.t.Helper()
	return must(b.orders.GetOffer(who, order.GetOfferRequest{ID: o.ID}))(b.t)
}

func (b *bed) counter(who context.Context, o order.Offer, t order.OfferTerms) order.Offer {
	b.t.Helper()
	return must(b.orders.CounterOffer(who, order.CounterOfferRequest{RequestID: b.key(), OfferID: o.ID, OfferTerms: t}))(b.t)
}

// orders a milestone as it was quoted.
func (b *bed) milestone(o order.Offer, n int) order.Order {
	b.t.Helper()
	q := must(b.orders.Quote(b.buyer, order.QuoteRequest{OfferID: o.ID, Milestone: n}))(b.t)
	placed := must(b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), OfferID: o.ID, Milestone: n, Quote: q.Token}))(b.t).Order
	if placed.Total != q.Total || placed.Payment.Amount != q.Total || placed.Earnings != q.Earnings {
		b.t.Errorf("quoted %s, ordered %s, to be paid %s", q.Total, placed.Total, placed.Payment.Amount)
	}
	return placed
}

func (b *bed) answer(f func(context.Context, order.AnswerOfferRequest) (order.Offer, error), who context.Context, o order.Offer) (order.Offer, error) {
	return f(who, order.AnswerOfferRequest{OfferID: o.ID, Note: "For this reason."})
}

// Row O8.
func TestAnOfferSaysWhatWasSentWithWhatItCostsAndBrings(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		terms := three()
		terms.Description = "  A logo, a card and a poster.\r\n"
		o := b.offer(terms)
		sent := o.SentAt
		want := order.Offer{
			ID: o.ID, Status: order.OfferSent, SentBy: "seller", BuyerID: "buyer", BuyerUsername: "Bea", SellerID: "seller", SellerUsername: "Sam",
			GigID: "plain", GigTitle: "I will do it at once", Description: "A logo, a card and a poster.",
			Price: usd(35000), Pays: usd(36925), Earns: usd(28000), Days: 10, SentAt: sent, ExpiresAt: sent.Add(7 * day),
			Milestones: []order.Milestone{
				{Number: 1, Title: "Logo", Price: usd(10000), DeliveryDays: 3, Revisions: 1, Pays: usd(10550), Fee: usd(2000), Earns: usd(8000)},
				{Number: 2, Title: "Card", Price: usd(20000), DeliveryDays: 5, Revisions: -1, Pays: usd(21100), Fee: usd(4000), Earns: usd(16000)},
				{Number: 3, Title: "Poster", Price: usd(5000), DeliveryDays: 2, Pays: usd(5275), Fee: usd(1000), Earns: usd(4000)},
			},
			Allowed: []order.OfferAction{order.OfferWithdraw}, History: []order.Offer{},
		}
		if diff := cmp.Diff(want, o); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want, b.seen(b.seller, o)); diff != "" {
			t.Errorf("read again it is not the same: %s", diff)
		}
		want.Allowed = []order.OfferAction{order.OfferAccept, order.OfferCounter, order.OfferDecline, order.OfferOrder}
		want.Milestones[0].Payable = true
		if diff := cmp.Diff(want, b.seen(b.buyer, o)); diff != "" {
			t.Errorf("to the buyer: %s", diff)
		}
		for _, other := range []context.Context{b.another, b.staff} {
			_, err := b.orders.GetOffer(other, order.GetOfferRequest{ID: o.ID})
			refused(t, err, fault.NotFound)
		}
		made := apptest.Emitted[order.OfferMade](t, b.Harness)
		if len(made) != 1 || made[0].OfferID != o.ID || made[0].Price != usd(35000) || made[0].Milestones != 3 || made[0].SentBy != "seller" {
			t.Errorf("told: %+v", made)
		}
	})
}

// Row O10: each milestone is an order of its own, ordered when the one before has been paid.
func TestMilestonesAreOrderedOneAfterTheOther(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.offer(three())
		second := order.PlaceRequest{OfferID: o.ID, Milestone: 2}
		place := func(q order.PlaceRequest) error {
			q.RequestID = b.key()
			_, err := b.orders.Place(b.buyer, q)
			return err
		}
		refused(t, place(second), fault.Conflict)
		first := b.milestone(o, 1)
		if first.OfferID != o.ID || first.Milestone != 1 || first.Milestones != 3 || first.Package != "offer" || first.PackageTitle != "Logo" || first.DeliveryDays != 3 || len(first.Requirements) != 0 {
			t.Errorf("%+v", first)
		}
		if got := b.seen(b.buyer, o); got.Status != order.OfferAccepted || got.Milestones[0].OrderID != first.ID || got.Milestones[0].Payable {
			t.Errorf("%+v", got)
		}
		if got := b.seen(b.seller, o); got.Milestones[0].OrderID != "" {
			t.Error("the seller sees an order that is not paid")
		}
		refused(t, place(second), fault.Conflict)
		first = b.pay(first)
		b.is(first, order.StatusInProgress)
		if got := b.seen(b.buyer, o); !got.Milestones[1].Payable || !slices.Contains(got.Allowed, order.OfferOrder) {
			t.Errorf("the second cannot be ordered: %+v", got)
		}
		refused(t, place(order.PlaceRequest{OfferID: o.ID, Milestone: 1}), fault.Conflict)
		card := b.pay(b.milestone(o, 2))
		must(b.orders.Ask(b.seller, order.AskRequest{OrderID: card.ID, Kind: order.ChangeCancel, Reason: "No time."}))(t)
		must(b.orders.Agree(b.buyer, order.AnswerRequest{OrderID: card.ID}))(t)
		b.pass(8 * day) // the offer lives, since its first milestone was paid
		poster := b.pay(b.milestone(o, 3))
		for _, done := range []order.Order{first, poster} {
			must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: done.ID, Message: "Here it is."}))(t)
			must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: done.ID}))(t)
		}
		b.tasks()
		got := b.seen(b.seller, o)
		var all []order.Status
		for _, m := range got.Milestones {
			all = append(all, m.OrderStatus)
		}
		if !slices.Equal(all, []order.Status{order.StatusCompleted, order.StatusCancelled, order.StatusCompleted}) || len(got.Allowed) != 0 {
			t.Errorf("%v %v", all, got.Allowed)
		}
		if earned := b.balance(b.seller).Pending; earned != usd(12000) {
			t.Errorf("the seller has earned %s", earned)
		}
		b.sound()
	})
}

// Row O9.
func TestBothSidesBargainAndTheHistoryIsKept(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		terms := three()
		first := b.offer(terms)
		terms.Milestones[0].Price = 9000
		second := b.counter(b.buyer, first, terms)
		terms.Milestones[0].Price = 9500
		third := b.counter(b.seller, second, terms)
		terms.Milestones[0].Price = 9400
		fourth := b.counter(b.buyer, third, terms)
		if got := b.seen(b.seller, fourth); len(got.History) != 3 || got.History[0].ID != first.ID || got.History[2].ID != third.ID || got.SentBy != "buyer" ||
			got.Answers != third.ID || got.History[0].Status != order.OfferCountered || got.History[0].AnsweredBy != second.ID {
			t.Errorf("%+v", got)
		}
		_, err := b.orders.CounterOffer(b.seller, order.CounterOfferRequest{RequestID: b.key(), OfferID: second.ID, OfferTerms: terms})
		refused(t, err, fault.Conflict)
		_, err = b.answer(b.orders.AcceptOffer, b.buyer, fourth)
		refused(t, err, fault.Conflict)
		_, err = b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), OfferID: fourth.ID, Milestone: 1})
		refused(t, err, fault.Conflict)
		agreed := must(b.answer(b.orders.AcceptOffer, b.seller, fourth))(t)
		if agreed.Status != order.OfferAccepted || agreed.SettledAt == nil || agreed.Note != "For this reason." {
			t.Errorf("%+v", agreed)
		}
		if placed := b.pay(b.milestone(fourth, 1)); placed.Subtotal != usd(9400) {
			t.Errorf("it costs %s", placed.Subtotal)
		}
		if made, answered := apptest.Emitted[order.OfferMade](t, b.Harness), apptest.Emitted[order.OfferAnswered](t, b.Harness); len(made) != 4 || len(answered) != 4 {
			t.Errorf("%d offers, %d answers told", len(made), len(answered))
		}
		b.sound()
	})
}

// Row O7: an answer in time, or it expires by itself, once, and both are told.
func TestAnOfferExpiresByItself(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		open, declined, agreed, paying, begun := b.offer(three()), b.offer(three()), b.counter(b.buyer, b.offer(three()), three()), b.offer(three()), b.offer(three())
		must(b.answer(b.orders.DeclineOffer, b.buyer, declined))(t)
		b.pass(6 * day)
		must(b.answer(b.orders.AcceptOffer, b.seller, agreed))(t)
		b.pay(b.milestone(begun, 1))
		b.pass(day - 10*time.Minute)
		unpaid := b.milestone(paying, 1)
		b.pass(10 * time.Minute)
		for o, want := range map[*order.Offer]order.OfferStatus{&open: order.OfferExpired, &declined: order.OfferDeclined, &agreed: order.OfferAccepted,
			&paying: order.OfferAccepted, &begun: order.OfferAccepted} {
			if got := b.seen(b.buyer, *o).Status; got != want {
				t.Errorf("it is %s, want %s", got, want)
			}
		}
		_, err := b.answer(b.orders.AcceptOffer, b.buyer, open)
		refused(t, err, fault.Conflict)
		b.pass(6 * time.Minute)
		b.is(b.get(unpaid), order.StatusExpired)
		b.pay(b.milestone(paying, 1)) // the first payment has expired, the offer has not
		b.pass(2 * day)
		if got := b.seen(b.seller, agreed); got.Status != order.OfferExpired {
			t.Errorf("nobody paid it in three days, and it is %s", got.Status)
		}
		b.pass(30 * day)
		lapsed := apptest.Emitted[order.OfferLapsed](t, b.Harness)
		if len(lapsed) != 2 || lapsed[0].OfferID != open.ID || lapsed[0].Unpaid || lapsed[1].OfferID != agreed.ID || !lapsed[1].Unpaid {
			t.Errorf("told: %+v", lapsed)
		}
		b.sound()
	})
}

// A process that dies with an offer in its hands, or whose clock is ahead, does not keep it from expiring.
func TestAnOfferIsClaimedForAMinute(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.offer(three())
		b.Clock.Advance(7 * day)
		claimed := func(until time.Time) {
			t.Helper()
			if err := b.DB.Tx(t.Context(), txExec("UPDATE offers SET claimed_until = ?", until)); err != nil {
				t.Fatal(err)
			}
		}
		for i, lapsed := range []struct {
			until time.Duration
			count int
		}{{leaseTime, 0}, {30 * day, 1}, {-time.Second, 1}} {
			claimed(b.Clock.Now().Add(lapsed.until))
			if err := b.orders.(*service).lapseOffers(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := len(apptest.Emitted[order.OfferLapsed](t, b.Harness)); n != lapsed.count {
				t.Errorf("case %d: %d have expired", i, n)
			}
		}
	})
}

func TestAnOfferIsWithdrawnBeforeItsAnswerAndForWhatIsNotOrdered(t *testing.T) {
	b := onSQLite(t)
	o := b.offer(three())
	_, err := b.answer(b.orders.WithdrawOffer, b.buyer, o)
	refused(t, err, fault.Conflict)
	must(b.answer(b.orders.WithdrawOffer, b.seller, o))(t)
	_, err = b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), OfferID: o.ID, Milestone: 1})
	refused(t, err, fault.Conflict)

	begun := b.offer(three())
	first := b.pay(b.milestone(begun, 1))
	for _, who := range []context.Context{b.another, b.staff} {
		_, err = b.answer(b.orders.WithdrawOffer, who, begun)
		refused(t, err, fault.NotFound)
	}
	if got := b.seen(b.staff, begun); len(got.Allowed) != 0 || got.Milestones[0].OrderID != first.ID {
		t.Errorf("staff see %+v", got)
	}
	must(b.answer(b.orders.WithdrawOffer, b.seller, begun))(t)
	_, err = b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), OfferID: begun.ID, Milestone: 2})
	refused(t, err, fault.Conflict)
	b.is(b.get(first), order.StatusInProgress)
	taken := apptest.Emitted[order.OfferTakenBack](t, b.Harness)
	if len(taken) != 2 || taken[1].By != "seller" || taken[1].Note != "For this reason." || taken[0].Accepted || !taken[1].Accepted {
		t.Errorf("told: %+v", taken)
	}
	single := three()
	single.Milestones = single.Milestones[:1]
	whole := b.offer(single)
	b.pay(b.milestone(whole, 1))
	_, err = b.answer(b.orders.WithdrawOffer, b.seller, whole)
	refused(t, err, fault.Conflict)
}

// Two requests with different keys, as of a double click on two devices, are one order; so are a hundred.
func TestWhoeverOrdersAMilestoneTwiceHasOneOrder(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.offer(three())
		placed, errs := make([]order.Placement, 20), make([]error, 20)
		var wait sync.WaitGroup
		for i := range placed {
			wait.Go(func() {
				placed[i], errs[i] = b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), OfferID: o.ID, Milestone: 1})
			})
		}
		wait.Wait()
		for i := range placed {
			if errs[i] != nil || placed[i].Order.ID != placed[0].Order.ID {
				t.Fatalf("request %d: %v, %s", i, errs[i], placed[i].Order.ID)
			}
		}
		if b.count("orders") != 1 || b.count("payments") != 1 || len(apptest.Emitted[order.OfferAnswered](t, b.Harness)) != 1 {
			t.Errorf("%d orders, %d payments", b.count("orders"), b.count("payments"))
		}
	})
}

// Of an acceptance, a refusal, a counter-offer, a withdrawal and the expiry at the same moment, one wins.
func TestOneAnswerWins(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		for round := range 5 {
			o := b.offer(three())
			b.Clock.Advance(7*day - time.Second)
			errs := make([]error, 6)
			var wait sync.WaitGroup
			wait.Go(func() { _, errs[0] = b.answer(b.orders.AcceptOffer, b.buyer, o) })
			wait.Go(func() { _, errs[1] = b.answer(b.orders.DeclineOffer, b.buyer, o) })
			wait.Go(func() { _, errs[2] = b.answer(b.orders.WithdrawOffer, b.seller, o) })
			wait.Go(func() {
				_, errs[3] = b.orders.CounterOffer(b.buyer, order.CounterOfferRequest{RequestID: b.key(), OfferID: o.ID, OfferTerms: three()})
			})
			wait.Go(func() { b.Clock.Advance(time.Second); errs[4] = b.orders.(*service).lapseOffers(t.Context()) })
			wait.Go(func() { errs[5] = b.orders.(*service).lapseOffers(t.Context()) })
			wait.Wait()
			won := 0
			for _, err := range errs[:4] {
				if err == nil {
					won++
				} else {
					refused(t, err, fault.Conflict)
				}
			}
			got := b.seen(b.seller, o)
			switch {
			case errs[4] != nil || errs[5] != nil:
				t.Errorf("round %d: the timers: %v, %v", round, errs[4], errs[5])
			case got.Status == order.OfferExpired && won != 0, got.Status == order.OfferWithdrawn && won > 2,
				got.Status != order.OfferExpired && got.Status != order.OfferWithdrawn && won != 1, got.Status == order.OfferSent:
				t.Errorf("round %d: %d won, and it is %s", round, won, got.Status)
			}
		}
	})
}

func TestWhatCannotBeOfferedIsRefused(t *testing.T) {
	b := onSQLite(t)
	send := func(who context.Context, change func(*order.SendOfferRequest)) error {
		q := order.SendOfferRequest{RequestID: b.key(), BuyerID: "buyer", GigID: "plain", OfferTerms: three()}
		change(&q)
		_, err := b.orders.SendOffer(who, q)
		return err
	}
	fields := func(err error) string {
		var names []string
		for _, f := range refused(t, err, fault.Invalid).Fields {
			names = append(names, f.Name)
		}
		return strings.Join(names, " ")
	}
	for want, change := range map[string]func(*order.SendOfferRequest){
		"buyer_id gig_id Idempotency-Key description milestones expires_in": func(q *order.SendOfferRequest) { *q = order.SendOfferRequest{OfferTerms: order.OfferTerms{Days: 31}} },
		"milestones":             func(q *order.SendOfferRequest) { q.Milestones = slices.Repeat(q.Milestones[:1], 11) },
		"description expires_in": func(q *order.SendOfferRequest) { q.Description, q.Days = strings.Repeat("x", 5001), -1 },
		"buyer_id":               func(q *order.SendOfferRequest) { q.BuyerID = "seller" },
		"gig_id":                 func(q *order.SendOfferRequest) { q.GigID = "theirs" },
		"milestones.1.title milestones.1.price milestones.1.delivery_days milestones.1.revisions milestones.2.price": func(q *order.SendOfferRequest) {
			q.Milestones[1] = order.NewMilestone{Price: 499, DeliveryDays: 91, Revisions: -2}
			q.Milestones[2].Price = 2_000_001
		},
	} {
		theirs := b.gigs.gigs["plain"]
		theirs.SellerID = "another"
		b.gigs.gigs["theirs"] = theirs
		if got := fields(send(b.seller, change)); got != want {
			t.Errorf("the wrong fields are %q, want %q", got, want)
		}
	}
	refused(t, send(b.seller, func(q *order.SendOfferRequest) { q.GigID = "paused" }), fault.Conflict)
	refused(t, send(b.seller, func(q *order.SendOfferRequest) { q.GigID = "nothing" }), fault.NotFound)
	refused(t, send(b.seller, func(q *order.SendOfferRequest) { q.BuyerID = "nobody" }), fault.NotFound)
	refused(t, send(apptest.Visitor(), func(*order.SendOfferRequest) {}), fault.Unauthenticated)
	refused(t, send(identity.With(t.Context(), identity.Actor{UserID: "seller"}), func(*order.SendOfferRequest) {}), fault.Forbidden)
	for range 20 {
		b.offer(three())
	}
	refused(t, send(b.seller, func(*order.SendOfferRequest) {}), fault.Conflict)
	if err := send(b.seller, func(q *order.SendOfferRequest) { q.BuyerID = "another" }); err != nil {
		t.Errorf("to another person: %v", err)
	}
	if n := b.count("offers"); n != 21 {
		t.Errorf("%d offers", n)
	}
}

func TestARepeatedOfferIsSentOnce(t *testing.T) {
	b := onSQLite(t)
	q := order.SendOfferRequest{RequestID: "one and the same", BuyerID: "buyer", GigID: "plain", OfferTerms: three()}
	first, again := must(b.orders.SendOffer(b.seller, q))(t), must(b.orders.SendOffer(b.seller, q))(t)
	if first.ID != again.ID || first.Replayed || !again.Replayed || b.count("offers") != 1 {
		t.Errorf("%v %v, %d offers", first.Replayed, again.Replayed, b.count("offers"))
	}
	q.Description = "Something else."
	_, err := b.orders.SendOffer(b.seller, q)
	refused(t, err, fault.Invalid)
}

func TestAQuoteForAMilestoneIsForItsBuyerAndForNothingElse(t *testing.T) {
	b := onSQLite(t)
	o, other := b.offer(three()), b.offer(three())
	quote := func(who context.Context, q order.QuoteRequest) error {
		_, err := b.orders.Quote(who, q)
		return err
	}
	refused(t, quote(apptest.Visitor(), order.QuoteRequest{OfferID: o.ID, Milestone: 1}), fault.Unauthenticated)
	refused(t, quote(b.another, order.QuoteRequest{OfferID: o.ID, Milestone: 1}), fault.NotFound)
	refused(t, quote(b.seller, order.QuoteRequest{OfferID: o.ID, Milestone: 1}), fault.Forbidden)
	refused(t, quote(b.buyer, order.QuoteRequest{OfferID: o.ID, Milestone: 4}), fault.Invalid)
	refused(t, quote(b.buyer, order.QuoteRequest{OfferID: o.ID, Milestone: 2}), fault.Conflict)
	refused(t, quote(b.buyer, order.QuoteRequest{OfferID: o.ID, Milestone: 1, GigID: "plain", Quantity: 2, Extras: []string{"x"}}), fault.Invalid)

	shown := must(b.orders.Quote(b.buyer, order.QuoteRequest{OfferID: o.ID, Milestone: 1}))(t)
	if len(shown.Lines) != 2 || shown.Lines[0].Text != "Logo" || shown.Total != usd(10550) {
		t.Errorf("%+v", shown)
	}
	place := func(q order.PlaceRequest) error {
		q.RequestID, q.Quote = b.key(), shown.Token
		_, err := b.orders.Place(b.buyer, q)
		return err
	}
	refused(t, place(order.PlaceRequest{OfferID: other.ID, Milestone: 1}), fault.Invalid)
	refused(t, place(order.PlaceRequest{GigID: "plain", Package: "basic"}), fault.Invalid)
	b.orders.(*service).settings.BuyerFee = 1000 // what was shown is charged
	b.Clock.Advance(freshPolicy)
	if err := place(order.PlaceRequest{OfferID: o.ID, Milestone: 1}); err != nil {
		t.Fatal(err)
	}
	if got := b.seen(b.buyer, o).Milestones; got[0].Pays != usd(10550) || got[1].Pays != usd(22000) {
		t.Errorf("%+v", got)
	}
	refused(t, place(order.PlaceRequest{OfferID: o.ID, Milestone: 2}), fault.Invalid)
	package1 := must(b.orders.Quote(b.buyer, order.QuoteRequest{GigID: "plain", Package: "basic"}))(t)
	_, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), OfferID: other.ID, Milestone: 1, Quote: package1.Token})
	refused(t, err, fault.Invalid)
}

func TestAnOfferOfAGigThatIsNotOnSaleIsNotBegunButGoesOn(t *testing.T) {
	b := onSQLite(t)
	begun, waiting := b.offer(three()), b.offer(three())
	b.pay(b.milestone(begun, 1))
	g := b.gigs.gigs["plain"]
	g.Status = gig.StatusPaused
	b.gigs.gigs["plain"] = g
	b.pay(b.milestone(begun, 2))
	place := func() error {
		_, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), OfferID: waiting.ID, Milestone: 1})
		return err
	}
	refused(t, place(), fault.Conflict)
	delete(b.gigs.gigs, "plain")
	refused(t, place(), fault.Conflict)
	b.sound()
}

func TestOffersAreListedByPersonRoleStatusAndPage(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		var all []order.Offer
		for range 5 {
			all = append(all, b.offer(three()))
			b.Clock.Advance(time.Second)
		}
		mine := must(b.orders.SendOffer(b.seller, order.SendOfferRequest{RequestID: b.key(), BuyerID: "another", GigID: "plain", OfferTerms: three()}))(t)
		must(b.answer(b.orders.DeclineOffer, b.buyer, all[2]))(t)
		list := func(who context.Context, q order.ListOffersRequest) []order.Offer {
			t.Helper()
			return must(b.orders.ListOffers(who, q))(t).Items
		}
		if got := list(b.seller, order.ListOffersRequest{}); len(got) != 6 || got[0].ID != mine.ID || got[1].ID != all[4].ID {
			t.Errorf("%d offers", len(got))
		}
		for n, q := range map[int]order.ListOffersRequest{
			5: {WithID: "seller", Role: "buyer"}, 0: {Role: "seller"}, 4: {WithID: "seller", Status: []order.OfferStatus{order.OfferSent}},
			1: {Status: []order.OfferStatus{order.OfferDeclined}}, 2: {IDs: []string{all[0].ID, all[2].ID, mine.ID, "nothing"}}} {
			if got := list(b.buyer, q); len(got) != n {
				t.Errorf("%+v: %d offers, want %d", q, len(got), n)
			}
		}
		if got := list(b.another, order.ListOffersRequest{WithID: "seller", Role: "seller"}); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		q, seen := order.ListOffersRequest{Limit: 2}, 0
		for {
			page := must(b.orders.ListOffers(b.buyer, q))(t)
			for _, o := range page.Items {
				if seen++; o.ID != all[5-seen].ID {
					t.Errorf("place %d is wrong", seen)
				}
			}
			if q.Cursor = page.NextCursor; q.Cursor == "" {
				break
			}
		}
		if seen != 5 {
			t.Errorf("%d were seen", seen)
		}
		_, err := b.orders.ListOffers(b.buyer, order.ListOffersRequest{IDs: make([]string, 101), Role: "staff", Status: []order.OfferStatus{"new"}, Limit: 101, Cursor: "x"})
		if f := refused(t, err, fault.Invalid); len(f.Fields) != 5 {
			t.Errorf("%+v", f.Fields)
		}
	})
}
