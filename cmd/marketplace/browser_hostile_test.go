package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/apptest"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// hostile are texts that try to become something else: 40 of them, all of which would set window.hit. The names of the
// browser's own objects are in it because a page may read them from where a person may write.
func hostile() []string {
	const do = "window.hit=1"
	return []string{
		`<script>` + do + `</script>`, `<ScRiPt >` + do + `</sCrIpT>`, `</script><script>` + do + `</script>`, `</title><script>` + do + `</script>`,
		`</textarea><script>` + do + `</script>`, `</style><script>` + do + `</script>`, `--><script>` + do + `</script>`, `]]><script>` + do + `</script>`,
		`<img src=x onerror=` + do + `>`, `<img src=x onerror="` + do + `"//`, `"><img src=x onerror=` + do + `>`, `'><img src=x onerror=` + do + `>`,
		`<svg onload=` + do + `>`, `<svg><script>` + do + `</script></svg>`, `<svg><animate onbegin=` + do + ` attributeName=x dur=1s>`, `<math><mtext><img src=x onerror=` + do + `>`,
		`<body onload=` + do + `>`, `<input autofocus onfocus=` + do + `>`, `<details open ontoggle=` + do + `>x</details>`, `<video src=x onerror=` + do + `></video>`,
		`<audio src=x onerror=` + do + `>`, `<marquee onstart=` + do + `>x</marquee>`, `<iframe srcdoc="<script>parent.` + do + `</script>"></iframe>`, `<iframe src="javascript:parent.` + do + `"></iframe>`,
		`<object data="javascript:` + do + `"></object>`, `<embed src="javascript:` + do + `">`, `<form action="javascript:` + do + `"><button>x</button></form>`, `<a href="javascript:` + do + `">x</a>`,
		`[x](javascript:` + do + `)`, `[x](JaVaScRiPt:` + do + `)`, `![x](x "onerror=` + do + `")`, `<javascript:` + do + `>`,
		`[x](data:text/html,<script>parent.` + do + `</script>)`, `" onmouseover=` + do + ` x="`, `' onfocus=` + do + ` autofocus x='`, `javascript:` + do,
		`${` + do + `}`, `{{` + do + `}}`, `&lt;script&gt;` + do + `&lt;/script&gt;`, "`<script>" + do + "</script>`",
		`<base href="https://evil.example/">`, `<meta http-equiv=refresh content="0;url=javascript:` + do + `">`, `<link rel=stylesheet href="https://evil.example/x.css">`,
	}
}

// Rows W8, W9: what people write in any field is shown on every page that shows it, and does nothing there.
func TestWhatPeopleWriteDoesNothingInABrowser(t *testing.T) {
	g := &gallery{market: start(t, shapes()[0]), t: t}
	g.join(t, selling).sell()
	g.join(t, buying)
	all := strings.Join(hostile(), "\n\n")
	paths := g.poison(all)
	awaitTurn(t)
	for _, who := range []string{buying, selling} {
		s := g.enterWith(t, who, password)
		for _, path := range paths {
			if who == buying && strings.HasSuffix(path, "/edit") {
				continue
			}
			s.open(path)
			s.ask(`new Promise((done) => setTimeout(() => done(""), 30))`) // what has an error has it by then
			s.holds(path+" has executed nothing", "window.hit === undefined")
			if strange := s.ask(strangers); strange != "" {
				t.Errorf("%s: a text became %s", path, strange)
			}
			s.do("follow nothing", chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('main a[href^="javascript:"], main form[action^="javascript:"]').forEach((e) => { window.hit = e.outerHTML; })`))
			s.holds(path+" leads to no script", "window.hit === undefined")
		}
	}
}

// strangers are elements that no page of ours has.
const strangers = `Array.from(document.querySelectorAll("main script:not([src]), iframe, object, embed, base, marquee, math, audio, video, main style, main link, main meta, [onerror], [onload], [onfocus], [onclick], [onmouseover]"), (e) => e.outerHTML.slice(0, 100)).join(" | ")`

// poison writes the texts wherever the two can write, and returns the pages that show it.
func (g *gallery) poison(all string) []string {
	g.t.Helper()
	texts := hostile()
	some := func(i, limit int) string { // each short field takes another one of those that fit
		for n := range texts {
			if text := texts[(i+n)%len(texts)]; len(text) <= limit {
				return text
			}
		}
		return texts[0]
	}
	seller, buyer := g.as(selling), g.as(buying)
	name, bio := some(0, 50), some(8, 1000)
	for _, who := range []string{selling, buying} {
		must[user.Profile](g.t)(g.services.Users.Update(g.as(who), user.UpdateRequest{DisplayName: &name, Bio: &bio}))
	}
	must[user.Profile](g.t)(g.services.Users.SetSeller(seller, user.SetSellerRequest{Headline: some(12, 100), Description: cut(all, 2000), Skills: []string{some(16, 40), some(35, 40)},
		Languages: []user.Language{{Name: some(36, 40), Level: "native"}}}))
	q := gig.CreateRequest{Title: some(10, 100), Description: cut(all, 5000), Category: "logo-design", Tags: []string{some(17, 30), some(39, 30)},
		Packages:     []gig.Package{{Name: "basic", Title: some(11, 100), Description: some(20, 500), Price: money.Of(5000, "USD"), DeliveryDays: 3, Revisions: 2, Includes: []string{some(21, 100), some(27, 100)}}},
		Requirements: []gig.Requirement{{Question: some(9, 300), Type: "text", Required: true}, {Question: some(13, 300), Type: "choice", Choices: []string{some(28, 100), some(37, 100)}}},
		FAQ:          []gig.FAQ{{Question: some(9, 200), Answer: some(13, 1000)}, {Question: some(12, 200), Answer: cut(all, 1000)}}}
	offer := must[gig.Gig](g.t)(g.services.Gigs.Create(seller, q))
	must[gig.Gig](g.t)(g.services.Gigs.Publish(seller, gig.PublishRequest{ID: offer.ID}))
	talk := must[chat.Conversation](g.t)(g.services.Chats.Open(buyer, chat.OpenRequest{GigID: offer.ID}))
	for i, text := range texts {
		must[chat.Message](g.t)(g.services.Chats.Send(map[bool]context.Context{true: buyer, false: seller}[i%2 == 0], chat.SendRequest{ConversationID: talk.ID, Text: text}))
	}
	id := g.trade(q, offer.ID, all)
	offers := g.haggle(offer.ID, some(9, 80), all)
	g.drain(g.t)
	return append(offers, "/", "/gigs", "/gigs?q="+"%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E", "/categories/logo-design", "/gigs/"+offer.ID, "/gigs/"+offer.ID+"/edit", "/gigs/"+offer.ID+"/order",
		"/users/"+selling, "/users/"+buying, "/inbox", "/inbox/"+talk.ID, "/orders", "/orders?role=seller", "/orders/"+id, "/notifications", "/seller/gigs", "/settings", "/settings/seller",
		"/earnings", "/dev/mail", "/login?next=javascript:window.hit=1", "/signup?next=%22%3E%3Cscript%3Ewindow.hit%3D1%3C%2Fscript%3E")
}

// haggle makes offers with the texts, one that is declined, one that is countered, and one that waits; it returns the pages
// that show them.
func (g *gallery) haggle(gigID, title, all string) []string {
	g.t.Helper()
	seller, buyer := g.as(selling), g.as(buying)
	terms := order.OfferTerms{Description: cut(all, 5000), Milestones: []order.NewMilestone{{Title: title, Price: 5000, DeliveryDays: 3}, {Title: title, Price: 6000, DeliveryDays: 3}}}
	send := func() order.Offer {
		q := order.SendOfferRequest{RequestID: unique(), BuyerID: identity.From(buyer).UserID, GigID: gigID, OfferTerms: terms}
		return must[order.Offer](g.t)(g.services.Orders.SendOffer(seller, q))
	}
	declined, waiting := send(), send()
	must[order.Offer](g.t)(g.services.Orders.DeclineOffer(buyer, order.AnswerOfferRequest{OfferID: declined.ID, Note: cut(all, 1000)}))
	answer := must[order.Offer](g.t)(g.services.Orders.CounterOffer(buyer, order.CounterOfferRequest{RequestID: unique(), OfferID: send().ID, OfferTerms: terms}))
	return []string{"/offers", "/offers/" + declined.ID, "/offers/" + answer.ID, "/offers/" + answer.ID + "/counter", "/offers/" + waiting.ID + "/order"}
}

// trade makes an order with the texts in everything that is written about it.
func (g *gallery) trade(q gig.CreateRequest, offer, all string) string {
	g.t.Helper()
	seller, buyer := g.as(selling), g.as(buying)
	placed := must[order.Placement](g.t)(g.services.Orders.Place(buyer, order.PlaceRequest{RequestID: unique(), GigID: offer, Package: "basic", Quantity: 1})).Order
	must[order.SimulatedPayment](g.t)(g.services.Orders.DecideSimulatedPayment(buyer, order.DecideSimulatedPaymentRequest{ID: placed.Payment.ID, Succeed: true}))
	apptest.Eventually(g.t, func() error {
		o, err := g.services.Orders.Get(buyer, order.GetRequest{ID: placed.ID})
		if err == nil && o.Status != order.StatusAwaitingRequirements {
			err = fmt.Errorf("the order is %s", o.Status)
		}
		return err
	})
	must[order.Order](g.t)(g.services.Orders.SubmitRequirements(buyer, order.SubmitRequirementsRequest{OrderID: placed.ID, Answers: []order.Answer{
		{Question: q.Requirements[0].Question, Answer: cut(all, 5000)}, {Question: q.Requirements[1].Question, Answer: q.Requirements[1].Choices[0]}}}))
	for _, message := range []string{cut(all, 2000), cut(all[len(all)/2:], 2000)} {
		must[order.Order](g.t)(g.services.Orders.Deliver(seller, order.DeliverRequest{OrderID: placed.ID, Message: message,
			Files: []order.Upload{{Name: `"><img src=x onerror=window.hit=1>.html`, Content: []byte("<script>window.hit=1</script>")}}}))
		if message == cut(all, 2000) {
			must[order.Order](g.t)(g.services.Orders.RequestRevision(buyer, order.RequestRevisionRequest{OrderID: placed.ID, Message: cut(all, 2000)}))
		}
	}
	must[order.Order](g.t)(g.services.Orders.Accept(buyer, order.AcceptRequest{OrderID: placed.ID}))
	for _, writer := range []context.Context{buyer, seller} {
		apptest.Eventually(g.t, func() error { // the reviews hear that the order is complete
			_, err := g.services.Reviews.Write(writer, review.WriteRequest{OrderID: placed.ID, Rating: 5, Text: cut(all, 2000)})
			return err
		})
	}
	return placed.ID
}

// cut is the beginning of a text; all of them are in ASCII.
func cut(text string, most int) string { return text[:min(len(text), most)] }
