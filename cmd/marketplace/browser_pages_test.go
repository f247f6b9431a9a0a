package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// browserTools is where npm puts axe and html-validate (.ci/services).
const browserTools = "testdata/browser/"

// Rows W1–W4, W9: every page in every state of the route table can be used by everybody: axe finds nothing in light and
// dark, nothing is wider than 320 pixels or than half a screen (200 % zoom), the focus is seen, nothing moves for those
// who do not want it, the policy is never broken, no other host is asked, and the HTML is valid.
func TestEveryPageIsForEverybody(t *testing.T) {
	browser(t)
	axe := tool(t, "node_modules/axe-core/axe.min.js")
	g := newGallery(t, sketch)
	by := map[string][]scene{}
	for _, s := range g.scenes() {
		by[s.who] = append(by[s.who], s)
	}
	pages := struct {
		sync.Mutex
		html map[string]string
	}{html: map[string]string{}}
	t.Run("look", func(t *testing.T) {
		for who, scenes := range by {
			t.Run("as "+who, func(t *testing.T) {
				t.Parallel()
				awaitTurn(t)
				s := g.enter(t, who)
				for _, page := range scenes {
					html := s.judge(page, string(axe))
					pages.Lock()
					pages.html[page.title()] = html
					pages.Unlock()
				}
			})
		}
	})
	for _, problem := range invalid(t, pages.html) {
		t.Error(problem)
	}
	t.Logf("%d pages in %d states", len(g.web.Routes()), len(pages.html))
}

// tool reads a file that npm has brought. Where there is none the test is skipped; with CI=true it fails.
func tool(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(browserTools + name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("%v: run .ci/services", err)
	}
	if err != nil {
		t.Skipf("skipped, this test needs what .ci/services brings: %v", err)
	}
	return content
}

// judge opens a scene, tells all that is wrong with it, and returns its HTML.
func (s *surfer) judge(page scene, axe string) (html string) {
	s.t.Helper()
	wrong := func(format string, arguments ...any) {
		s.t.Helper()
		s.t.Errorf(page.title()+": "+format, arguments...)
	}
	html = s.stage(page)
	s.do("bring axe", chromedp.Evaluate[chromedp.Void](axe))
	for scheme, rules := range map[string]string{"light": wcag, "dark": `"color-contrast"`} { // only colours differ
		s.prefers(scheme, true)
		if violations := s.ask(fmt.Sprintf(runAxe, rules)); violations != "" {
			wrong("axe, in the %s: %s", scheme, violations)
		}
	}
	if moving := s.ask(movements); moving != "" {
		wrong("moves for those who do not want it: %s", moving)
	}
	if hidden := s.ask(unseenFocus); hidden != "" {
		wrong("the focus is not seen on %s", hidden)
	}
	for _, width := range []int64{640, 320} {
		s.do("make it narrow", chromedp.EmulateViewport(width, 800))
		if broad := s.ask(fmt.Sprintf(tooWide, width)); broad != "" {
			wrong("at %d pixels: %s", width, broad)
		}
	}
	s.do("make it wide", chromedp.EmulateViewport(1280, 900))
	for _, complaint := range s.complaints() {
		if page.status() == 200 || !strings.Contains(complaint, "Failed to load resource") { // Chromium tells of every 404
			wrong("the browser complained: %s", complaint)
		}
	}
	return html
}

// status is what the scene is answered with.
func (s scene) status() int64 {
	switch {
	case s.form != "":
		return 422
	case strings.HasPrefix(s.name, "error-"):
		return map[string]int64{"error-404": 404, "error-403": 403}[s.name]
	case s.name == "search-wrong":
		return 422
	}
	return 200
}

// stage opens a scene, in the light and wide, and returns the HTML that was sent.
func (s *surfer) stage(page scene) (html string) {
	s.t.Helper()
	s.prefers("light", true)
	answer := s.goTo("open "+page.path, chromedp.Navigate(s.m.url+page.path))
	html = s.ask(`fetch(location.href, { headers: { Accept: "text/html" } }).then((r) => r.text())`)
	if page.form != "" {
		html = s.ask(emptied + script(page.form, "read"))
		answer = s.goTo("send "+page.form, chromedp.Evaluate[chromedp.Void](emptied+script(page.form, "send")))
	}
	if answer != page.status() {
		s.fail(page.title(), fmt.Errorf("the answer is %d, not %d", answer, page.status()))
	}
	return html
}

// goTo runs what leads to another page, and returns its status.
func (s *surfer) goTo(what string, step chromedp.Action[chromedp.Void]) int64 {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, stepTime)
	defer cancel()
	page, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		s.fail(what, err)
	}
	return page.Status
}

// prefers sets the colours that the person likes, and whether things may move.
func (s *surfer) prefers(scheme string, still bool) {
	s.t.Helper()
	motion := map[bool]string{true: "reduce", false: "no-preference"}[still]
	s.do("prefer "+scheme, call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion},
	}}))
}

// emptied sends a form with nothing in it, or reads what it would be answered.
const emptied = `((selector, how) => {
  const form = document.querySelector(selector);
  form.noValidate = true;
  form.querySelectorAll("input:not([type=hidden]):not([type=checkbox]):not([type=radio]):not([type=file]), textarea").forEach((e) => { e.value = ""; });
  form.querySelectorAll("select").forEach((e) => { e.selectedIndex = 0; });
  if (how === "send") return HTMLFormElement.prototype.submit.call(form);
  const body = new FormData(form);
  return fetch(form.action, { method: "POST", body: form.enctype === "multipart/form-data" ? body : new URLSearchParams(body), headers: { Accept: "text/html" } }).then((r) => r.text());
})`

// wcag are axe's tags for WCAG 2.2 AA.
const wcag = `"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"`

// runAxe tells each of such rules that is broken, and where.
const runAxe = `axe.run(document, { runOnly: [%s], resultTypes: ["violations"] })
  .then((r) => r.violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.target.join(" ") + " " + (n.any[0]?.message || n.all[0]?.message || n.none[0]?.message || "")).join(" | ")).join("\n"))`

// movements names what still moves.
const movements = `(() => {
  const slow = Array.from(document.querySelectorAll("*")).filter((e) => {
    const style = getComputedStyle(e);
    return [style.transitionDuration, style.animationDuration].some((d) => d.split(",").some((x) => parseFloat(x) > 0.02));
  }).map((e) => e.outerHTML.slice(0, 80));
  if (getComputedStyle(document.documentElement).scrollBehavior !== "auto") slow.push("scrolling");
  return slow.slice(0, 3).join(" | ");
})()`

// unseenFocus names what can be reached by keyboard and does not look different then.
const unseenFocus = `(() => {
  const outlined = (e) => { const style = getComputedStyle(e); return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2; };
  const bad = [];
  for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0'], iframe")) {
    if (!e.checkVisibility({ visibilityProperty: true }) || e.disabled || e.tabIndex < 0 || e.type === "hidden") continue;
    e.focus({ focusVisible: true, preventScroll: true });
    if (document.activeElement !== e) continue;
    let seen = e.tagName === "IFRAME";
    for (let at = e, i = 0; at && i < 4 && !seen; at = at.parentElement, i++) seen = outlined(at);
    if (!seen) bad.push(e.outerHTML.slice(0, 120));
  }
  document.activeElement?.blur();
  return bad.slice(0, 3).join(" | ");
})()`

// tooWide names what makes the page wider than the screen.
const tooWide = `(() => {
  const width = %d;
  if (document.documentElement.scrollWidth <= width) return "";
  const out = Array.from(document.querySelectorAll("body *")).filter((e) => e.getBoundingClientRect().right > width + 1 && e.checkVisibility());
  return document.documentElement.scrollWidth + " wide because of " + out.slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ");
})()`

// invalid tells what is wrong with the HTML of pages.
func invalid(t testing.TB, pages map[string]string) []string {
	t.Helper()
	tool(t, "node_modules/html-validate/package.json")
	input, err := json.Marshal(pages)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", "validate.mjs")
	node.Dir, node.Stdin = browserTools, bytes.NewReader(input)
	node.WaitDelay = time.Minute
	out, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("html-validate: %v\n%s", err, out)
	}
	return slices.DeleteFunc(strings.Split(string(out), "\n"), func(line string) bool { return strings.TrimSpace(line) == "" })
}
