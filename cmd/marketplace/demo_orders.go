package main

import (
	"fmt"
	"time"

	"marketplace/modules/chat"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/clock"
)

// How far an order of the demonstration goes.
const (
	toPlaced = iota
	toPaid
	toStarted
	toDelivered
	toRevision
	toCompleted
	toReviewed
	toCancelled
	toExpired
	toDisputed
)

// step is something that happens on a day of the demonstration.
type step func() error

// trade lives through the days: old orders first, so that histories are long, and at the end one order in every state.
func (d *demo) trade() error {
	d.clock.Advance(d.present().Add(-demoDays * 24 * time.Hour).Sub(d.clock.Now()))
	days := make([][]step, demoDays+8)
	for n := range 70 {
		d.plan(days, d.random.IntN(demoDays-8), n, toReviewed)
	}
	for n := range 6 {
		d.plan(days, demoDays-12+n, 70+n, toCompleted)
	}
	for n, end := range []int{toCancelled, toExpired, toPaid, toStarted, toStarted, toDelivered, toDelivered, toRevision, toDisputed, toPaid} {
		d.plan(days, demoDays-2, 80+n, end)
	}
	for day := range demoDays {
		if day == demoDays-4 {
			days[day] = append(days[day], d.readAll)
		}
		for _, s := range days[day] {
			if err := s(); err != nil {
				return fmt.Errorf("day %d: %w", day, err)
			}
			d.clock.Advance(time.Minute)
		}
		if err := d.sleep(); err != nil {
			return err
		}
	}
	d.clock.Advance(-d.clock.Now().Sub(d.present()))
	return d.today()
}

// readAll lets everybody catch up, so that only what is new is marked as new.
func (d *demo) readAll() error {
	for username := range d.people {
		if _, err := d.Notifications.MarkRead(d.as(username), notification.MarkReadRequest{All: true}); err != nil {
			return err
		}
		conversations, err := d.Chats.List(d.as(username), chat.ListRequest{Limit: 100})
		if err != nil {
			return err
		}
		for _, c := range conversations.Items {
			if _, err := d.Chats.MarkRead(d.as(username), chat.MarkReadRequest{ConversationID: c.ID}); err != nil {
				return err
			}
		}
	}
	return nil
}

// present is what the time really is: the demonstration's clock was moved.
func (d *demo) present() time.Time { return clock.New().Now() }

// sleep lets a day pass: what is due happens, and everybody is told.
func (d *demo) sleep() error {
	if err := d.app.Drained(d.ctx); err != nil {
		return err
	}
	d.clock.Advance(24 * time.Hour)
	if gone := d.clock.Now().Sub(d.present()); gone > -time.Hour {
		d.clock.Advance(-gone - time.Hour) // never into the future
	}
	for _, h := range d.app.Hosted() {
		if err := h.RunTasks(d.ctx); err != nil {
			return err
		}
	}
	return d.app.Drained(d.ctx)
}

// today leaves what expires within minutes for the end: an order that waits for its payment, and fresh messages.
func (d *demo) today() error {
	if _, err := d.place("bella", 5, "standard"); err != nil {
		return err
	}
	if err := d.bargains(); err != nil {
		return fmt.Errorf("bargain: %w", err)
	}
	return d.app.Drained(d.ctx)
}

// plan puts the steps of one order into the days.
func (d *demo) plan(days [][]step, day, n, end int) {
	buyer := d.buyers[n%len(d.buyers)]
	g := d.gigs[(n*7)%len(d.gigs)]
	if end != toReviewed { // the shown logins have the orders in work
		buyer = []string{"bella", "tomek"}[n%2]
		g = d.gigs[n%3] // mara's
	}
	if g.SellerUsername == buyer {
		buyer = "bella"
	}
	var id string
	on := func(after int, do step) { days[day+after] = append(days[day+after], do) }
	on(0, func() (err error) {
		id, err = d.begin(buyer, g.SellerUsername, g.ID, []string{"basic", "standard", "premium"}[n%3], end)
		return err
	})
	if end < toStarted || end == toCancelled || end == toExpired {
		return
	}
	on(0, func() error { return d.brief(buyer, id) })
	if end == toStarted {
		return
	}
	on(1, func() error {
		return d.deliver(g.SellerUsername, id, "Here is everything we talked about. Tell me what you think!")
	})
	if end == toRevision || n%6 == 0 {
		on(1, func() error {
			_, err := d.Orders.RequestRevision(d.as(buyer), order.RequestRevisionRequest{OrderID: id, Message: "Very close. Could the main part be a little calmer?"})
			return err
		})
	}
	if end == toDisputed {
		on(1, func() error {
			_, err := d.Orders.OpenDispute(d.as(buyer), order.OpenDisputeRequest{
				OrderID: id, Reason: "not_as_described", Text: "The files do not open here, and two of the three drafts are missing.",
			})
			return err
		})
	}
	if end < toCompleted || end == toDisputed {
		return
	}
	if n%6 == 0 {
		on(2, func() error { return d.deliver(g.SellerUsername, id, "Calmer now. I like it better, too.") })
	}
	on(3, func() error {
		_, err := d.Orders.Accept(d.as(buyer), order.AcceptRequest{OrderID: id})
		return err
	})
	if end == toReviewed {
		on(4, func() error { return d.review(buyer, g.SellerUsername, id, n) })
	}
}

// begin talks, places, pays, and cancels what is to be cancelled.
func (d *demo) begin(buyer, seller, gigID, pack string, end int) (string, error) {
	c, err := d.Chats.Open(d.as(buyer), chat.OpenRequest{GigID: gigID})
	if err != nil {
		return "", err
	}
	if _, err := d.Chats.Send(d.as(buyer), chat.SendRequest{ConversationID: c.ID, Text: "Hello! Your work looks like what I need. When could you begin?"}); err != nil {
		return "", err
	}
	if _, err := d.Chats.Send(d.as(seller), chat.SendRequest{ConversationID: c.ID, Text: "Thank you! I could begin today: order the package, and answer my questions."}); err != nil {
		return "", err
	}
	placed, err := d.placeOrder(buyer, gigID, pack)
	if err != nil || end == toExpired {
		return placed.ID, err
	}
	if _, err := d.Orders.DecideSimulatedPayment(d.as(buyer), order.DecideSimulatedPaymentRequest{ID: placed.Payment.ID, Succeed: true}); err != nil {
		return "", err
	}
	paid, err := d.Orders.Get(d.as(buyer), order.GetRequest{ID: placed.ID})
	if err != nil {
		return "", err
	}
	if paid.Status == order.StatusPendingPayment {
		return "", fmt.Errorf("the payment of order %s did not arrive", paid.Number)
	}
	if end == toCancelled {
		_, err = d.Orders.Cancel(d.as(buyer), order.CancelRequest{OrderID: placed.ID, Reason: "We found somebody in the house."})
	}
	return placed.ID, err
}

func (d *demo) place(buyer string, n int, pack string) (string, error) {
	placed, err := d.placeOrder(buyer, d.gigs[n].ID, pack)
	return placed.ID, err
}

func (d *demo) placeOrder(buyer, gigID, pack string) (order.Order, error) {
	key := fmt.Sprintf("demonstration-%d", d.random.Uint64())
	placed, err := d.Orders.Place(d.as(buyer), order.PlaceRequest{RequestID: key, GigID: gigID, Package: pack, Quantity: 1})
	return placed.Order, err
}

func (d *demo) brief(buyer, id string) error {
	_, err := d.Orders.SubmitRequirements(d.as(buyer), order.SubmitRequirementsRequest{OrderID: id, Answers: []order.Answer{
		{Question: "What is it for, and who will see it?", Answer: "For our new shop. Mostly neighbours, and people who find us on the phone."},
		{Question: "How much freedom do you give me?", Answer: "Surprise me a little"},
	}})
	return err
}

func (d *demo) deliver(seller, id, message string) error {
	_, err := d.Orders.Deliver(d.as(seller), order.DeliverRequest{OrderID: id, Message: message, Files: []order.Upload{
		{Name: "delivery-notes.txt", Content: []byte(message + "\n\nThe source files follow at the end of the order.\n")},
	}})
	return err
}

// review lets both sides speak; most are happy.
func (d *demo) review(buyer, seller, id string, n int) error {
	words := []struct {
		rating int
		text   string
	}{
		{5, "Exactly what I had in mind, and a day early. The questions at the beginning were worth the order alone."},
		{5, "Second time, and again better than I could have described it."},
		{4, "Very good work. We needed one more round than planned, but the result is right."},
		{5, "Friendly, quick and honest about what would not work. My customers noticed the difference at once."},
		{5, "I have worked with five people on this platform; this was the easiest."},
		{4, "Solid and well documented. Communication could have been a little quicker over the weekend."},
		{3, "The result is fine, though not as polished as the portfolio made me hope."},
		{5, "Thoughtful, precise, calm. I will be back in spring."},
	}
	said := words[n%len(words)]
	if _, err := d.Reviews.Write(d.as(buyer), review.WriteRequest{OrderID: id, Rating: said.rating, Text: said.text}); err != nil {
		return err
	}
	_, err := d.Reviews.Write(d.as(seller), review.WriteRequest{OrderID: id, Rating: 5, Text: "A clear brief and quick answers. A pleasure to work for."})
	return err
}
