package site_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// offer is between ana and ben, as w.role and w.offer have it: ben is the seller unless ana is; who sells has sent it.
func (o orders) offer() order.Offer {
	at := func(hours int) time.Time { return o.w.now.Add(time.Duration(hours) * time.Hour) }
	x := order.Offer{
		ID: "of1", Status: o.w.offer, SentBy: "seller", BuyerID: anaID, BuyerUsername: "ana", SellerID: benID, SellerUsername: "ben", GigID: gigA,
		GigTitle: "I will draw a calm and confident logo for your brand", Description: o.w.text, Price: cents(30000), Pays: cents(31650), Earns: cents(24000), Days: 12,
		Milestones: []order.Milestone{
			{Number: 1, Title: "First drafts", Price: cents(10000), DeliveryDays: 5, Revisions: 2, Pays: cents(10550), Earns: cents(8000)},
			{Number: 2, Title: "The final mark & its files", Price: cents(20000), DeliveryDays: 7, Revisions: -1, Pays: cents(21100), Earns: cents(16000)},
		},
		SentAt: at(-30), ExpiresAt: at(100),
	}
	if o.w.role == "seller" {
		x.BuyerID, x.BuyerUsername, x.SellerID, x.SellerUsername = benID, "ben", anaID, "ana"
	}
	settled := at(-2)
	switch {
	case x.Status == order.OfferSent && o.w.role == "buyer":
		x.Allowed = []order.OfferAction{order.OfferAccept, order.OfferDecline, order.OfferCounter, order.OfferOrder}
		x.Milestones[0].Payable = true
	case x.Status == order.OfferSent:
		x.Allowed = []order.OfferAction{order.OfferWithdraw}
	case x.Status == order.OfferAccepted:
		x.Allowed, x.SettledAt = []order.OfferAction{order.OfferWithdraw}, &settled
		x.Milestones[0].OrderID, x.Milestones[0].OrderNumber, x.Milestones[0].OrderStatus = "o1", "MX-4K7Q", order.StatusDelivered
		x.Milestones[1].Payable = o.w.role == "buyer"
	default:
		x.Note, x.SettledAt = o.w.text, &settled
	}
	if x.Status == order.OfferCountered {
		x.AnsweredBy = "of2"
	}
	before := x
	before.ID, before.Status, before.SentBy, before.Allowed = "of0", order.OfferCountered, "buyer", nil
	x.History = []order.Offer{before}
	return x
}

func (o orders) GetOffer(_ context.Context, q order.GetOfferRequest) (order.Offer, error) {
	o.w.read("orders.GetOffer")
	if q.ID != "of1" {
		return order.Offer{}, fault.NotFoundf("There is no such offer.")
	}
	return o.offer(), nil
}

func (o orders) ListOffers(_ context.Context, q order.ListOffersRequest) (order.OfferList, error) {
	o.w.read("orders.ListOffers")
	o.w.asked = q
	if o.w.away != nil {
		return order.OfferList{}, o.w.away
	}
	if o.w.empty {
		return order.OfferList{}, nil
	}
	return order.OfferList{Items: []order.Offer{o.offer()}, NextCursor: "more"}, nil
}

func (o orders) SendOffer(_ context.Context, q order.SendOfferRequest) (order.Offer, error) {
	return order.Offer{ID: "of9"}, o.w.call(fmt.Sprintf("SendOffer %s %s %s %v %d", q.BuyerID, q.GigID, q.Description, q.Milestones, q.Days))
}

func (o orders) CounterOffer(_ context.Context, q order.CounterOfferRequest) (order.Offer, error) {
	return order.Offer{ID: "of9"}, o.w.call(fmt.Sprintf("CounterOffer %s %v", q.OfferID, q.Milestones))
}

func (o orders) AcceptOffer(_ context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	return o.offer(), o.w.call("AcceptOffer " + q.OfferID + q.Note)
}

func (o orders) DeclineOffer(_ context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	return o.offer(), o.w.call("DeclineOffer " + q.OfferID + q.Note)
}

func (o orders) WithdrawOffer(_ context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	return o.offer(), o.w.call("WithdrawOffer " + q.OfferID + q.Note)
}

func (c chats) MayWrite(_ context.Context, q chat.MayWriteRequest) (chat.Conversation, error) {
	if q.ConversationID != "" && q.ConversationID != "c1" {
		return chat.Conversation{}, fault.NotFoundf("There is no such conversation.")
	}
	return c.conversation(), c.w.barred
}

// offerStates are the offers that a page has to show.
func offerStates() []order.OfferStatus {
	return []order.OfferStatus{order.OfferSent, order.OfferAccepted, order.OfferDeclined, order.OfferCountered, order.OfferWithdrawn, order.OfferExpired}
}

// seeOffers shows an offer in each state to both sides: on its page, in the list and in the conversation.
func seeOffers(w *world, member http.Handler, see func(name string, h http.Handler, path string)) {
	for _, w.role = range []string{"buyer", "seller"} {
		for _, w.offer = range offerStates() {
			for _, path := range []string{"/offers/of1", "/offers", "/inbox/c1", "/offers/of1/counter", "/offers/of1/order"} {
				w.cards = true
				see(w.role+" "+string(w.offer), member, path)
				w.cards = false
			}
		}
	}
	w.role, w.offer = "buyer", order.OfferSent
}

func milestoneFields(rows ...[4]string) map[string]string {
	form := map[string]string{"gig_id": gigA, "description": "5 < 6", "expires_in": "3", "request_id": "key-of-the-form"}
	for i, row := range rows {
		for j, part := range []string{"title", "price", "delivery_days", "revisions"} {
			form[fmt.Sprintf("milestones.%d.%s", i, part)] = row[j]
		}
	}
	return form
}

// Rows O8, O10: rows are added and taken away by the server, so that scripts are not needed; nothing that was typed is lost.
func TestAnOfferIsWrittenRowByRowWithoutScripts(t *testing.T) {
	w := newWorld()
	page := visit(w.member(t), "/inbox/c1/offer").Body.String()
	if strings.Count(page, `name="milestones.`) != 4 || strings.Contains(page, "remove.0") || !strings.Contains(page, `data-of="f-milestones-0-price"`) {
		t.Errorf("a new offer has %s", page)
	}
	form := milestoneFields([4]string{"Drafts", "10.00", "5", "2"}, [4]string{"Files & more", "not much", "9", "-1"})
	form["then"] = "add"
	answer := send(w.member(t), "/inbox/c1/offer", form)
	for _, want := range []string{"5 &lt; 6</textarea>", `value="Drafts"`, `value="Files &amp; more"`, `value="not much"`, `name="milestones.2.title"`, `name="milestones.2.delivery_days" type="text" value="9"`,
		"You get $8.00", `data-of="f-milestones-0-price f-milestones-1-price f-milestones-2-price"`, `value="remove.1"`, `formaction="/inbox/c1/offer#milestone-4"`} {
		if !strings.Contains(answer.Body.String(), want) {
			t.Errorf("another row: %d without %q", answer.Code, want)
		}
	}
	form["then"] = "remove.0"
	if page := send(w.member(t), "/inbox/c1/offer", form).Body.String(); strings.Contains(page, "Drafts\"") || !strings.Contains(page, `name="milestones.0.title" type="text" value="Files &amp; more"`) {
		t.Error("the first row was not taken away")
	}
	for _, odd := range []string{"remove.7", "remove.x", "remove.-1"} {
		form["then"] = odd
		if page := send(w.member(t), "/inbox/c1/offer", form).Body.String(); !strings.Contains(page, `value="Drafts"`) || !strings.Contains(page, `value="Files &amp; more"`) {
			t.Errorf("%s took a row away", odd)
		}
	}
	if len(w.calls) > 0 {
		t.Errorf("an offer that is being written called %q", w.calls)
	}
	delete(form, "then")
	answer = send(w.member(t), "/inbox/c1/offer", form)
	want := "SendOffer " + benID + " " + gigA + " 5 < 6 [{Drafts 1000 5 2} {Files & more 0 9 -1}] 3"
	if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != "/offers/of9" || !slices.Equal(w.calls, []string{want}) {
		t.Errorf("sent: %d to %s, %q", answer.Code, answer.Header().Get("Location"), w.calls)
	}
	w.empty = true
	if page := visit(w.member(t), "/inbox/c1/offer").Body.String(); !strings.Contains(page, "Publish a gig first") {
		t.Error("who has no gig is not told what to do")
	}
}

// Rows O8, O9: what is wrong stands beside where it was typed, with all that was typed.
func TestARefusedOfferIsCorrectedWhereItWasTyped(t *testing.T) {
	w := newWorld()
	w.offer = order.OfferSent
	form := milestoneFields([4]string{"Drafts", "1.00", "5", "2"})
	for _, tt := range []struct {
		path         string
		fail, barred error
		status       int
		says         []string
	}{
		{"/inbox/c1/offer", fault.Wrong("milestones.0.price", "Use 5 or more."), nil, 422, []string{`id="f-milestones-0-price-error"`, "Use 5 or more."}},
		{"/inbox/c1/offer", nil, fault.Wrong("text", "Leave out contact details."), 422, []string{`id="f-description-error"`, "Leave out contact details."}},
		{"/inbox/c1/offer", nil, fault.Forbiddenf("You cannot write to this person."), 403, []string{"You cannot write to this person."}},
		{"/inbox/c1/offer", fault.Conflictf("That gig is paused."), nil, 409, []string{"That gig is paused."}},
		{"/offers/of1/counter", fault.Wrong("milestones.0.title", "Write a title."), nil, 422, []string{`id="f-milestones-0-title-error"`}},
		{"/offers/of1/counter", nil, fault.TooManyf(9, "Slower, please."), 429, []string{"Slower, please."}},
	} {
		w.fail, w.barred = tt.fail, tt.barred
		answer := send(w.member(t), tt.path, form)
		for _, want := range append(tt.says, "5 &lt; 6</textarea>", `value="Drafts"`, `value="1.00"`) {
			if answer.Code != tt.status || !strings.Contains(answer.Body.String(), want) {
				t.Errorf("%s: %d without %q", tt.path, answer.Code, want)
			}
		}
	}
	w.fail, w.barred = fault.Conflictf("Ben was faster."), nil
	if answer := send(w.member(t), "/offers/of1/counter", form); answer.Code != 409 || !strings.Contains(answer.Body.String(), "Ben was faster. This is how the offer stands now.") {
		t.Errorf("answered meanwhile: %d", answer.Code)
	}
	if page := visit(w.member(t), "/offers/of1/counter").Body.String(); !strings.Contains(page, `value="The final mark &amp; its files"`) || !strings.Contains(page, `value="200.00"`) ||
		!strings.Contains(page, "as=buyer") || !strings.Contains(page, "The buyer pays $105.00") {
		t.Error("the answer does not begin with what was offered")
	}
}

// Rows O8, O9: from the conversation one comes back to it; what has changed meanwhile is said with the offer as it is.
func TestOffersAreAnsweredWhereTheyStand(t *testing.T) {
	w := newWorld()
	w.offer, w.cards = order.OfferSent, true
	for _, tt := range []struct{ path, note, back, to, called string }{
		{"/offers/of1/accept", "", "/inbox/c1", "/inbox/c1", "AcceptOffer of1"},
		{"/offers/of1/decline", "Too much", "", "/offers/of1", "DeclineOffer of1Too much"},
		{"/offers/of1/withdraw", "", "//evil.example", "/offers/of1", "WithdrawOffer of1"},
	} {
		w.calls, w.fail = nil, nil
		answer := send(w.member(t), tt.path, map[string]string{"note": tt.note, "back": tt.back})
		if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != tt.to || !slices.Equal(w.calls, []string{tt.called}) {
			t.Errorf("%s: %d to %s, %q", tt.path, answer.Code, answer.Header().Get("Location"), w.calls)
		}
		w.fail = fault.Conflictf("It was withdrawn.")
		if answer := send(w.member(t), tt.path, nil); answer.Code != 409 || !strings.Contains(answer.Body.String(), "It was withdrawn. This is how") {
			t.Errorf("%s too late: %d", tt.path, answer.Code)
		}
	}
	w.fail = fault.Wrong("note", "Use at most 1,000 characters.")
	if answer := send(w.member(t), "/offers/of1/decline", map[string]string{"note": "5 < 6"}); answer.Code != 422 || !strings.Contains(answer.Body.String(), `id="note-of1-error"`) || !strings.Contains(answer.Body.String(), "5 &lt; 6</textarea>") {
		t.Errorf("a long note: %d", answer.Code)
	}
	card := visit(w.member(t), "/inbox/c1").Body.String()
	for _, want := range []string{`data-offer="of1" data-mark="sent ! " data-open`, `href="/offers/of1/order?milestone=1"`, "Accept and pay $105.50", `name="back" value="/inbox/c1"`, "You pay $316.50 with the service fee.", "Make an offer"} {
		if !strings.Contains(card, want) {
			t.Errorf("the card does not have %q", want)
		}
	}
	if got := w.reads["orders.ListOffers"]; got != 1 {
		t.Errorf("the offers of a page are asked for %d times", got)
	}
	if part := visit(w.member(t), "/offers/of1/card?back=/inbox/c1").Body.String(); strings.Contains(part, "<html") || !strings.Contains(part, `data-offer="of1"`) || !strings.Contains(part, `value="/inbox/c1"`) {
		t.Error("the card alone is not a piece of a page")
	}
	w.role = "seller"
	if card := visit(w.member(t), "/inbox/c1").Body.String(); strings.Contains(card, "Accept and pay") || !strings.Contains(card, "You get $240.00 after our fee.") || !strings.Contains(card, "/offers/of1/withdraw") {
		t.Error("who has sent it sees something else than what it brings and how to take it back")
	}
}

// Row O10: one milestone after the other is paid like any order.
func TestAMilestoneIsOrderedAndPaid(t *testing.T) {
	w := newWorld()
	w.offer = order.OfferAccepted
	page := visit(w.member(t), "/offers/of1/order").Body.String()
	for _, want := range []string{"Milestone 2 of 2", "The final mark &amp; its files", `name="milestone" value="2"`, "Continue to payment"} {
		if !strings.Contains(page, want) {
			t.Errorf("the checkout does not have %q", want)
		}
	}
	form := map[string]string{"request_id": "key-of-the-form", "milestone": "2", "quote": "token"}
	if answer := send(w.member(t), "/offers/of1/order", form); answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != "/simulator/pay/pay1" || !slices.Equal(w.calls, []string{"Place of1 2 key-of-the-form"}) {
		t.Errorf("ordered: %d to %s, %q", answer.Code, answer.Header().Get("Location"), w.calls)
	}
	for status, fail := range map[int]error{409: fault.Conflictf("The fees have changed."), 422: fault.Wrong("quote", "The fees have changed."), 429: fault.TooManyf(9, "The fees have changed.")} {
		w.fail = fail
		if answer := send(w.member(t), "/offers/of1/order", form); answer.Code != status || !strings.Contains(answer.Body.String(), "The fees have changed.") || !strings.Contains(answer.Body.String(), "Continue to payment") {
			t.Errorf("refused: %d", answer.Code)
		}
	}
	for _, elsewhere := range []string{"/offers/of1/order?milestone=1", "/offers/of1/order?milestone=x"} { // ordered already, and none
		if answer := ask(w.member(t), elsewhere); answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != "/offers/of1" {
			t.Errorf("%s: %d to %s", elsewhere, answer.Code, answer.Header().Get("Location"))
		}
	}
	w.offer = order.OfferWithdrawn
	w.fail = fault.Conflictf("It was withdrawn.")
	if answer := send(w.member(t), "/offers/of1/order", form); answer.Code != 409 || !strings.Contains(answer.Body.String(), "It was withdrawn. This is how") {
		t.Errorf("withdrawn meanwhile: %d", answer.Code)
	}
}

// Row O10: the page of an order says which part of what it is, and what comes next.
func TestAnOrderSaysWhichMilestoneItIs(t *testing.T) {
	w := newWorld()
	w.offer, w.milestone = order.OfferAccepted, 1
	see := func(path string, wanted ...string) *httptest.ResponseRecorder {
		t.Helper()
		page := visit(w.member(t), path)
		for _, want := range wanted {
			if page.Code != 200 || !strings.Contains(page.Body.String(), want) {
				t.Errorf("%s: %d without %q", path, page.Code, want)
			}
		}
		return page
	}
	page := see("/orders/o1", "Milestone 1 of 2: Mark and colours", `href="/offers/of1"`, "Pay milestone 2: $211.00", `aria-current="true"`)
	for _, problem := range problems(parsed(t, page)) {
		t.Error(problem)
	}
	see("/orders", "Milestone 1 of 2", `href="/offers"`)
	w.role = "seller"
	if page := see("/orders/o1", "Milestone 1 of 2"); strings.Contains(page.Body.String(), "Pay milestone") {
		t.Error("the seller is to pay")
	}
}
