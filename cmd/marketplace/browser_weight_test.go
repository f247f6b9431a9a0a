package main

import (
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// What the first view of a gig's page may cost (issue 4).
const (
	mostBytes    = 100 << 10 // over the wire, without pictures
	mostRequests = 15
)

// Rows W3, W10: the first view of a gig is light, asks for little, and does not jump.
func TestAGigIsLightAtFirstSight(t *testing.T) {
	m := start(t, shapes()[0])
	gig := m.join(t, "sonja").sell()
	awaitTurn(t)
	s := m.surfer(t, "a visitor")
	s.open("/gigs/" + gig)
	s.ask(`new Promise((done) => setTimeout(() => done(""), 300))`)
	count := func(what, expression string) int {
		n, err := strconv.Atoi(s.ask(`String(` + expression + `)`))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return n
	}
	all := `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]`
	bytes := count("bytes", all+`.filter((e) => e.initiatorType !== "img").reduce((sum, e) => sum + e.transferSize, 0)`)
	if bytes == 0 || bytes > mostBytes {
		t.Errorf("it has %d bytes", bytes)
	}
	if n := count("requests", all+".length"); n > mostRequests {
		t.Errorf("it asks %d times", n)
	}
	moved := s.ask(`new Promise((done) => {
		let sum = 0;
		new PerformanceObserver((list) => list.getEntries().forEach((e) => { sum += e.value; })).observe({ type: "layout-shift", buffered: true });
		setTimeout(() => done(String(sum)), 100);
	})`)
	if shift, err := strconv.ParseFloat(moved, 64); err != nil || shift > 0.001 {
		t.Errorf("it jumps by %s", moved)
	}
	t.Logf("%d bytes", bytes)
}

// What was typed long is there again after the page was left without sending it, and gone once it was sent.
func TestDraftsAreKept(t *testing.T) {
	m := start(t, shapes()[0])
	m.join(t, "sonja").sell()
	awaitTurn(t)
	s := m.surfer(t, "sonja")
	s.open("/login?next=/gigs/new")
	s.fill("User name or e-mail", "sonja", "Password", password)
	s.follow("Log in")
	s.fill("Title", "I will paint the harbour", "Description", "In oil, on wood.")
	s.holds("the draft is kept", `Object.keys(localStorage).some((k) => k.startsWith("draft:") && localStorage.getItem(k).includes("on wood"))`)
	s.land("leave while typing", chromedp.Evaluate[chromedp.Void](`(() => {
		const text = document.querySelector("[name=description]");
		text.value = "In oil, on canvas.";
		text.dispatchEvent(new Event("input", { bubbles: true }));
		location.href = "/help";
	})()`))
	s.open("/gigs/new")
	s.sees("Your draft from before is back.")
	s.holds("the last word is there", `document.querySelector("[name=description]").value === "In oil, on canvas."`)
	s.holds("the text is there", `document.querySelector("[name=title]").value === "I will paint the harbour"`)
	s.press("Discard it")
	s.holds("it is discarded", `document.querySelector("[name=title]").value === "" && !Object.keys(localStorage).some((k) => k.startsWith("draft:"))`)
	s.fill("Title", "I will paint the harbour")
	s.holds("the draft is kept again", `Object.keys(localStorage).some((k) => k.startsWith("draft:"))`)
	s.menu("Log out")
	s.holds("logging out leaves nothing", `!Object.keys(localStorage).some((k) => k.startsWith("draft:"))`)
}

// A double click sends a form once.
func TestADoubleClickIsOne(t *testing.T) {
	m := start(t, shapes()[0])
	gig := m.join(t, "sonja").sell()
	m.join(t, "bert")
	awaitTurn(t)
	s := m.surfer(t, "bert")
	s.open("/login?next=/gigs/" + gig + "/order?package=basic")
	s.fill("User name or e-mail", "bert", "Password", password)
	s.follow("Log in")
	s.land("click twice", chromedp.Evaluate[chromedp.Void](`(() => { const b = Array.from(document.querySelectorAll("button")).find((b) => b.textContent.includes("Continue to payment")); b.click(); b.click(); })()`))
	s.do("wait", chromedp.Sleep(200*time.Millisecond))
	s.open("/orders")
	s.holds("there is one order", `document.querySelectorAll(".order-rows > li").length === 1`)
}
