package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Rows W1–W4: who has no mouse finds, orders, pays, explains, accepts and reviews. The focus is seen all the way.
func TestTheKeyboardAloneIsEnoughToBuy(t *testing.T) {
	m := start(t, shapes()[0])
	seller := m.join(t, "sonja")
	seller.sell(map[string]any{"question": "What is the name?", "type": "text", "required": true})
	buyer := m.join(t, "bert")
	awaitTurn(t)
	s := m.surfer(t, "bert")
	s.prefers("light", true) // otherwise the page is still on its way to the focus when it is looked at
	s.open("/login")
	s.types("User name or e-mail", "bert")
	s.types("Password", password)
	s.enters("Log in")
	s.types("Search services", "lasting logo")
	s.enters("Search")
	s.enters("I will draw a lasting logo")
	s.enters("Order Standard")
	s.enters("Continue to payment")
	s.enters("Pay $105.50")
	s.sees("Tell sonja what you need")
	s.types("What is the name?", "Fenwick")
	s.enters("Send the answers")
	s.sees("Waiting for sonja")
	order := s.ask(`location.pathname.split("/").pop()`)
	seller.post("/orders/"+order+"/deliveries", map[string]any{"message": "Here it is."}).ok(200)
	buyer.awaitStatus(order, "delivered")
	s.open("/orders/" + order)
	s.enters("Accept and complete")
	s.tabTo("1 star", reaches+`("1 star")`)
	s.presses(strings.Repeat(kb.ArrowRight, 4))
	s.types("In your words", "Lovely.")
	s.enters("Send the review")
	s.sees("You wrote", "Lovely.")
}

// reaches says whether the focus is on what has a name or begins with it.
const reaches = `((name) => {
  const e = document.activeElement;
  const said = [e.getAttribute("aria-label"), e.labels?.[0]?.textContent, e.textContent].map((t) => (t || "").replace(/\s+/g, " ").trim());
  return e !== document.body && e.tabIndex >= 0 && said.some((t) => t.startsWith(name));
})`

// mostTabs is how often the key is pressed before something counts as out of reach.
const mostTabs = 150

// tabTo presses Tab until a condition is true, and looks at the focus on the way.
func (s *surfer) tabTo(what, reached string) {
	s.t.Helper()
	for range mostTabs {
		s.presses(kb.Tab)
		switch state := s.ask(`String(` + reached + `) + " " + (` + focusState + `)`); {
		case strings.HasPrefix(state, "true"):
			return
		case !strings.HasSuffix(state, "seen"):
			s.t.Errorf("%s: on the way to %q the focus is not seen: %s", s.name, what, state)
		}
	}
	s.t.Fatalf("%s: %d times Tab do not reach %q on %s", s.name, mostTabs, what, s.ask(shown))
}

// focusState says whether the element with the focus stands out, and is on the screen and not behind something else
// (WCAG 2.4.7, 2.4.11).
const focusState = `(() => {
  const e = document.activeElement;
  if (e === document.body) return "seen"; // between the end and the beginning
  const outlined = (x) => { const style = getComputedStyle(x); return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2; };
  let found = false;
  for (let at = e, i = 0; at && i < 4 && !found; at = at.parentElement, i++) found = outlined(at);
  if (!found) return "no outline: " + e.outerHTML.slice(0, 120);
  const box = e.getClientRects()[0];
  if (!box) return "no box: " + e.outerHTML.slice(0, 120);
  const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]].map(([x, y]) => [box.x + box.width * x, box.y + box.height * y]);
  const clear = points.some(([x, y]) => { const top = document.elementFromPoint(x, y); return top && (e.contains(top) || top.contains(e) || e.labels?.[0]?.contains(top) || top.closest("article")?.contains(e)); });
  return clear ? "seen" : "covered: " + e.outerHTML.slice(0, 120);
})()`

func (s *surfer) presses(keys string) {
	s.t.Helper()
	s.do("press keys", chromedp.KeyEvent(keys))
}

// types goes to an input and writes.
func (s *surfer) types(name, text string) {
	s.t.Helper()
	s.tabTo(name, reaches+script(name))
	s.presses(text)
}

// enters goes to a link or button and presses Enter, which leads to another page.
func (s *surfer) enters(name string) {
	s.t.Helper()
	s.tabTo(name, reaches+script(name))
	s.land("press Enter on "+name, chromedp.KeyEvent(kb.Enter))
}
