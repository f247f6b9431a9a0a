package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"marketplace/platform/apptest"
)

// Rows S1–S7, S9, C1, Cs1, U10, N1: what TestAStrangersFirstOrder does by the JSON API, by clicking through the pages.
func TestAStrangersFirstOrderInABrowser(t *testing.T) {
	inShapes(t, shapes()[:2], func(t *testing.T, m *market) { // a browser sees no difference in the others
		awaitTurn(t)
		seller, buyer := m.surfer(t, "sonja"), m.surfer(t, "bert")
		seller.joins()
		seller.comesBack()
		seller.startsSelling()
		seller.writesAGig(coverPicture(t))
		seller.pausesAndPublishes()
		buyer.finds()
		buyer.joins()
		buyer.browses()
		talk(seller, buyer)
		converse(seller, buyer)
		buyer.follow("I will draw a lasting logo")
		buyer.orders()
		seller.isToldLive("notifications")
		seller.reads("New order")
		work(seller, buyer)
		seller.menu("Earnings")
		seller.sees("$80.00", "I will draw a lasting logo")
		bargain(seller, buyer)
	})
}

// Rows S1–S6, W1: everything but the live channel works with scripts off, and fits on a phone.
func TestAFirstOrderOnAPhoneWithScriptsOff(t *testing.T) {
	m := start(t, shapes()[0])
	seller, buyer := m.surfer(t, "sonja"), m.surfer(t, "bert")
	for _, s := range []*surfer{seller, buyer} {
		s.scripts(false)
		s.onAPhone()
	}
	seller.joins()
	seller.startsSelling()
	seller.writesAGig(coverPicture(t))
	buyer.joins()
	buyer.comesBack()
	buyer.finds()
	buyer.orders()
	seller.reads("New order")
	work(seller, buyer)
	bargain(seller, buyer)
}

// joins signs up and follows the link in the mail.
func (s *surfer) joins() {
	s.t.Helper()
	s.open("/")
	s.follow("Join")
	s.fill("User name", s.name, "E-mail", s.email(), "Password", password)
	s.follow("Create account")
	s.sees("Look into your mailbox")
	s.follow("/dev/mail")
	s.sees("Confirm your e-mail address to buy and sell")
	s.awaits("/dev/mail", s.email())
	s.follow("Confirm your e-mail address", s.email())
	s.follow("http")
	s.follow("Confirm my address")
	s.sees("Your address is confirmed")
}

func (s *surfer) email() string { return s.name + "@example.com" }

// comesBack logs out, and in by the address.
func (s *surfer) comesBack() {
	s.t.Helper()
	s.menu("Log out")
	s.sees("You are logged out")
	s.follow("Log in")
	s.fill("User name or e-mail", s.email(), "Password", password)
	s.follow("Log in")
	s.holds("somebody is logged in", "document.body.dataset.user")
}

// menu follows a link or button of the account's menu.
func (s *surfer) menu(name string) {
	s.t.Helper()
	s.press("Your account")
	s.follow(name)
}

// awaits opens a page until it says what happens in the background.
func (s *surfer) awaits(path, text string) {
	s.t.Helper()
	apptest.Eventually(s.t, func() error {
		s.open(path)
		if page := s.ask(shown); !strings.Contains(page, text) {
			return fmt.Errorf("%s does not say %q: %s", path, text, page)
		}
		return nil
	})
}

func (s *surfer) startsSelling() {
	s.t.Helper()
	s.menu("Start selling")
	s.follow("Become a seller")
	s.fill("Headline", "Logos that last", "About you", "Ten years of drawing marks for small companies.")
	s.follow("Continue")
	s.fill("Skills", "logo, branding", "languages.0.name", "English")
	s.choose("languages.0.level", "Native")
	s.follow("Back")
	s.holds("nothing is lost on the way back", `document.querySelector("[name=headline]").value === "Logos that last"`)
	s.follow("Continue")
	s.holds("nor on the way forward", `document.querySelector("[name=skills]").value === "logo, branding"`)
	s.follow("Continue")
	s.choose("Country", "Germany")
	s.follow("Continue")
	s.sees("This is how buyers will see you", "Logos that last", "Germany")
	s.follow("Start selling")
	s.sees("You are a seller now", "New gig")
}

// writesAGig writes a draft with packages, a question and a cover, and publishes it.
func (s *surfer) writesAGig(cover string) {
	s.t.Helper()
	s.fill("Title", "I will draw a lasting logo", "Tags", "logo, vector", "Description", "A hand drawn **logo** with all its files.")
	s.choose("Category", "Logo Design")
	for _, p := range [][]string{{"basic", "Mark", "50", "3", "1"}, {"standard", "Logo", "100", "5", "2"}, {"premium", "Identity", "250.00", "9", "Unlimited"}} {
		s.fill(p[0]+".title", p[1], p[0]+".price", p[2], p[0]+".delivery_days", p[3], p[0]+".description", "All of it.", p[0]+".includes", "PNG")
		s.choose(p[0]+".revisions", p[4])
	}
	s.fill("Buyers ask 1", "Whose is the logo?", "You answer 1", "Yours, for ever.")
	s.fill("Question 1", "What is the name?")
	s.press("Must be answered")
	s.follow("Save as a draft")
	s.sees("Your draft is saved", "You get $40.00")
	s.fill("standard.price", "110")
	if !s.silent {
		s.sees("You get $88.00") // while typing
	}
	s.fill("standard.price", "100")
	s.upload("picture", cover)
	s.follow("Upload")
	s.sees("Added.", "Remove picture 1")
	s.follow("Save and publish")
	s.sees("Your gig is live", "This is your gig", "Identity", "Whose is the logo?")
	s.holds("the cover is shown", `document.querySelector("img[alt^='Picture 1 of 1']")?.naturalWidth > 0`)
}

func (s *surfer) pausesAndPublishes() {
	s.t.Helper()
	s.menu("Your gigs")
	s.follow("Pause I will draw a lasting logo")
	s.sees("is paused")
	s.follow("Publish I will draw a lasting logo")
	s.sees("is live", "Logo")
}

// finds searches from the home page, filters, and opens the gig.
func (s *surfer) finds() {
	s.t.Helper()
	s.open("/")
	s.fill("q", "lasting logo")
	s.follow("Search")
	s.sees("1 service")
	filters := func() {
		if s.narrow { // a wide screen has room for them
			s.press("Filters and sorting")
		}
	}
	filters()
	s.fill("Highest price", "40")
	s.follow("Show")
	s.sees("Nothing matches that")
	filters()
	s.fill("Highest price", "60")
	if s.silent {
		s.choose("Delivery", "Within 3 days")
		s.follow("Show")
	} else {
		s.land("choose a time", choosing("Delivery", "Within 3 days"))
	}
	s.sees("1 service")
	s.holds("the address has the filters", `["q=lasting+logo", "max=60", "days=3"].every((f) => location.search.includes(f))`)
	s.follow("I will draw a lasting logo")
	s.sees("Choose a package", "Ten years of drawing marks", "What is the name?")
}

// browses comes to the gig without searching.
func (s *surfer) browses() {
	s.t.Helper()
	s.menu("Browse services")
	s.follow("I will draw a lasting logo")
}

// orders orders the standard package, is declined, pays, and answers the question.
func (s *surfer) orders() {
	s.t.Helper()
	s.follow("Order Standard")
	s.sees("Checkout", "$105.50")
	s.follow("Continue to payment")
	s.follow("Let the card be declined")
	s.sees("The payment was declined", "Your turn")
	s.follow("Pay $105.50")
	s.follow("Pay $105.50")
	s.sees("Tell sonja what you need")
	s.fill("What is the name?", "Fenwick")
	s.follow("Send the answers")
	s.sees("Waiting for sonja", "Fenwick")
}

// work is delivered, sent back, delivered again, accepted, and reviewed by both.
func work(seller, buyer *surfer) {
	if buyer.silent {
		seller.delivers("Here it is.", "first mark")
		buyer.opensOrder("Buying")
	} else { // who has the page open sees it there
		buyer.do("mark the page", chromedp.Evaluate[chromedp.Void]("window.stayed = true"))
		seller.delivers("Here it is.", "first mark")
		buyer.holds("the order has changed on the page", `window.stayed && document.body.innerText.includes("Delivery 1")`)
	}
	buyer.sees("Delivery 1", "Here it is.", "logo.svg")
	buyer.press("Ask for a revision")
	buyer.fill("What should change?", "Bolder, please.")
	buyer.follow("Send it back")
	buyer.sees("In revision")
	seller.delivers("Bolder.", "second mark")
	buyer.opensOrder("Buying")
	if !buyer.silent {
		files := buyer.ask(`Promise.all(Array.from(document.querySelectorAll("a[download]"), (a) => fetch(a.href).then((r) => r.text()))).then(String)`)
		if files != "first mark,second mark" {
			buyer.t.Errorf("the delivered files have %q", files)
		}
	}
	buyer.follow("Accept and complete")
	buyer.sees("Completed")
	buyer.reviews("5 stars", "Lovely.")
	buyer.sees("Hidden until sonja has written too")
	seller.opensOrder("Selling")
	seller.reviews("4 stars", "Clear brief.")
	seller.sees("bert wrote", "Lovely.", "Clear brief.")
	buyer.browses()
	buyer.awaits(buyer.ask("location.pathname"), "1 review")
	buyer.sees("5.0", "Lovely.", "1 order done")
}

func (s *surfer) opensOrder(side string) {
	s.t.Helper()
	s.menu("Orders")
	s.follow(side)
	s.follow("I will draw a lasting logo")
}

func (s *surfer) delivers(message, content string) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "logo.svg")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.opensOrder("Selling")
	s.fill("Message", message)
	s.upload("files", file)
	s.follow("Deliver")
	s.sees("Waiting for bert", message, "logo.svg")
}

func (s *surfer) reviews(stars, text string) {
	s.t.Helper()
	s.press(stars)
	s.fill("In your words", text)
	s.follow("Send the review")
}

// isToldLive waits for a badge on the page as it is.
func (s *surfer) isToldLive(badge string) {
	s.t.Helper()
	s.holds("the badge of "+badge+" appears", `!document.querySelector('[data-badge="`+badge+`"]').hidden`)
}

// reads follows the bell and marks everything as read.
func (s *surfer) reads(title string) {
	s.t.Helper()
	s.follow("Notifications")
	s.sees(title)
	s.follow("Mark all as read")
	s.holds("nothing is unread", `document.querySelector('[data-badge="notifications"]').hidden && !document.body.innerText.includes("Mark all as read")`)
}

// talk is what the two say before the order: live while both have the page open, and by plain form with scripts off.
func talk(seller, buyer *surfer) {
	buyer.follow("Ask the seller first")
	buyer.sees("Say hello")
	buyer.says("Can you do it by Friday?")
	seller.isToldLive("messages")
	seller.follow("Messages")
	seller.follow("bert")
	seller.sees("Can you do it by Friday?")
	for _, s := range []*surfer{seller, buyer} {
		s.isConnected()
		s.do("mark the page", chromedp.Evaluate[chromedp.Void]("window.stayed = true"))
	}
	buyer.fill("Your message", "It is")
	seller.sees("Online", "bert is writing…")
	buyer.says("It is a bakery.")
	seller.sees("It is a bakery.")
	seller.holds("nobody is writing any more", `document.querySelector("[data-typing]").hidden`)
	seller.says("Friday it is.")
	buyer.sees("Friday it is.", "Seen")
	for _, s := range []*surfer{seller, buyer} {
		s.holds("the page has not been loaded again", "window.stayed")
	}

	buyer.scripts(false)
	buyer.open(buyer.ask("location.pathname"))
	buyer.fill("Your message", "Without scripts too?")
	buyer.follow("Send")
	buyer.sees("Without scripts too?")
	seller.sees("Without scripts too?")
	seller.says("Yes, as a form.")
	buyer.awaits(buyer.ask("location.pathname"), "Yes, as a form.")
	buyer.follow("Mark as read")
	buyer.holds("nothing is unread", `!document.body.innerText.includes("Mark as read")`)
	buyer.scripts(true)
}

// isConnected waits for the live channel.
func (s *surfer) isConnected() {
	s.t.Helper()
	s.holds("the live channel is open", `document.documentElement.dataset.live === "on"`)
}

// says sends a message by the live channel.
func (s *surfer) says(text string) {
	s.t.Helper()
	s.isConnected()
	s.fill("Your message", text)
	s.press("Send")
	s.holds("the message is sent", `Array.from(document.querySelectorAll(".mine[data-seq]")).some((m) => m.textContent.includes`+script(text)+")")
}

// coverPicture makes a PNG and returns its file.
func coverPicture(t *testing.T) string {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 1280, 800))
	for y := range 800 {
		for x := range 1280 {
			picture.Set(x, y, color.RGBA{uint8(x / 5), uint8(y / 4), 120, 255})
		}
	}
	path := filepath.Join(t.TempDir(), "cover.png")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
	return path
}

// The stories fail on what the browser complains of, so it must be heard.
func TestTheBrowsersComplaintsAreHeard(t *testing.T) {
	s := start(t, shapes()[0]).surfer(t, "a visitor")
	s.open("/")
	for complaint, script := range map[string]string{
		"on purpose":              `console.error("on purpose")`,
		"thrown":                  `setTimeout(() => { throw new Error("thrown") })`,
		"Content Security Policy": `document.body.append(Object.assign(document.createElement("script"), { textContent: "1" }))`,
		"404":                     `fetch("/nowhere")`,
	} {
		s.do("do wrong", chromedp.Evaluate[chromedp.Void]("void "+script))
		apptest.Eventually(t, func() error {
			if heard := strings.Join(s.complaints(), "\n"); !strings.Contains(heard, complaint) {
				return fmt.Errorf("%q was not heard, but %q", complaint, heard)
			}
			return nil
		})
	}
}
