package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A story in the browser takes storyTime at most, and each of its steps stepTime.
const (
	storyTime = 4 * time.Minute
	stepTime  = 60 * time.Second
)

// chromium is the one browser of this test binary: started by the first test that asks, stopped by TestMain.
var chromium struct {
	start sync.Once
	ctx   context.Context
	stop  func()
	err   error
	turns chan struct{} // as many stories at a time as have room on two cores
}

func TestMain(m *testing.M) {
	code := m.Run()
	if chromium.stop != nil {
		chromium.stop()
	}
	os.Exit(code)
}

// browser returns the shared Chromium. Where there is none the test is skipped; with CI=true it fails.
func browser(t testing.TB) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium-headless-shell") // without windows: half the work
	if err != nil {
		path, err = exec.LookPath("chromium")
	}
	if err == nil {
		chromium.start.Do(func() { startChromium(path) })
		err = chromium.err
	}
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatalf("Chromium: %v", err)
	case err != nil:
		t.Skipf("skipped, this test needs Chromium (install it as chromium): %v", err)
	}
	return chromium.ctx
}

func startChromium(path string) {
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 900))
	allocator, forget := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(allocator)
	chromium.ctx, chromium.stop = ctx, func() { stop(); forget() }
	chromium.turns = make(chan struct{}, 2)
	chromium.err = chromedp.Do(ctx) // without a time limit, which would be the browser's
}

// awaitTurn waits for room for a story until the test ends. The time of the story begins afterwards.
func awaitTurn(t testing.TB) {
	t.Helper()
	browser(t)
	chromium.turns <- struct{}{}
	t.Cleanup(func() { <-chromium.turns })
}

// surfer is somebody at a browser, with cookies of their own. Whatever the browser complains of fails the test: errors
// on the console, exceptions, refusals by the security policy, requests to another host.
type surfer struct {
	t    testing.TB
	m    *market
	name string
	ctx  context.Context

	narrow bool // nothing may be wider than the screen
	silent bool // scripts are off
	mu     sync.Mutex
	wrong  []string
}

// surfer opens a browser for somebody until the test ends.
func (m *market) surfer(t testing.TB, name string) *surfer {
	t.Helper()
	s := &surfer{t: t, m: m, name: name}
	tab, closeTab := chromedp.NewContext(browser(t), chromedp.WithNewBrowserContext(), chromedp.WithListener(s.hear))
	if err := chromedp.Do(tab); err != nil {
		closeTab()
		t.Fatalf("open a browser for %s: %v", name, err)
	}
	ctx, cancel := context.WithTimeout(tab, storyTime)
	s.ctx = ctx
	t.Cleanup(func() {
		cancel()
		closeTab()
		for _, complaint := range s.complaints() {
			t.Errorf("the browser of %s complained: %s", name, complaint)
		}
	})
	s.do("stand in front", call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}))
	return s
}

// call makes a command of the protocol a step.
func call[P any](command cdp.Command[P, cdp.Empty], p P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, p)
		return err
	})
}

// scripts turns scripts on or off.
func (s *surfer) scripts(on bool) {
	s.t.Helper()
	s.silent = !on
	s.do("turn scripts on or off", call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}))
}

// onAPhone is a screen of 390 pixels.
func (s *surfer) onAPhone() {
	s.t.Helper()
	s.narrow = true
	s.do("take the phone", chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile))
}

// hear keeps the complaints of the browser.
func (s *surfer) hear(event any) {
	var complaint string
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		for _, arg := range e.Args {
			complaint += string(arg.Value) + arg.Description + " "
		}
	case *runtime.EventExceptionThrown:
		complaint = e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			complaint += " " + x.Description
		}
	case *network.EventRequestWillBeSent:
		if strings.HasPrefix(e.Request.URL, s.m.url+"/") || !strings.HasPrefix(e.Request.URL, "http") {
			return
		}
		complaint = "another host is asked: " + e.Request.URL
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError {
			return
		}
		complaint = e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, complaint)
}

// complaints takes what was heard so far.
func (s *surfer) complaints() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	heard := s.wrong
	s.wrong = nil
	return heard
}

// do runs steps that lead to no other page.
func (s *surfer) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, stepTime)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		s.fail(what, err)
	}
}

// land runs steps that lead to another page, and demands that it is whole.
func (s *surfer) land(what string, steps ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	before := s.ask("location.href")
	page, err := s.respond(stepTime/3, steps...)
	if errors.Is(err, context.DeadlineExceeded) && s.ask("location.href") == before {
		page, err = s.respond(stepTime, steps...) // the page moved under the pointer: people press again
	}
	if err != nil {
		s.fail(what, err)
	}
	if page != nil && page.Status != 200 {
		s.fail(what, fmt.Errorf("the answer is %d", page.Status))
	}
	if s.silent {
		s.holds(what+": no script of ours runs", "!window.marketplace")
	}
	if s.narrow {
		s.holds(what+": nothing is wider than the screen", "document.documentElement.scrollWidth <= 390")
	}
}

// respond runs steps that lead to another page, and waits for it.
func (s *surfer) respond(patience time.Duration, steps ...chromedp.Action[chromedp.Void]) (*network.Response, error) {
	ctx, cancel := context.WithTimeout(s.ctx, patience)
	defer cancel()
	return chromedp.RunResponse(ctx, steps...)
}

// fail ends the test with what the browser shows.
func (s *surfer) fail(what string, err error) {
	s.t.Helper()
	page, _ := chromedp.Run(s.ctx, chromedp.Evaluate[string](shown))
	s.t.Fatalf("%s: %s: %v\n%s\n%s", s.name, what, err, page, strings.Join(s.complaints(), "\n"))
}

// open goes to an address of the marketplace, as if it had been typed.
func (s *surfer) open(path string) {
	s.t.Helper()
	s.land("open "+path, chromedp.Navigate(s.m.url+path))
}

// unhasty looks for something on the page again after a pause: each look is work for the browser.
var unhasty = chromedp.RetryInterval(30 * time.Millisecond)

// control finds the link, button or fold with a name, or with a name that begins so; first those of the content. It is
// nothing while something else covers it.
const control = `((name, near) => {
  const said = (e) => (e.getAttribute("aria-label") || e.textContent).replace(/\s+/g, " ").trim();
  const all = Array.from(document.querySelectorAll("a[href], button, summary, label")).filter((e) => e.checkVisibility() &&
    (!near || e.closest("tr, li, article")?.textContent.includes(near)));
  const inside = (e) => e.closest("main, [popover]");
  const found = all.find((e) => inside(e) && said(e) === name) || all.find((e) => said(e) === name) ||
    all.find((e) => inside(e) && said(e).startsWith(name)) || all.find((e) => said(e).startsWith(name));
  if (!found) return null;
  found.scrollIntoView({ block: "center", behavior: "instant" });
  const box = found.getClientRects()[0];
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return found.contains(top) || top?.contains(found) ? found : null;
})`

func click(name, near string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.JSPath(control+script(name, near)), unhasty)
}

// script writes the arguments of a function.
func script(arguments ...string) string {
	quoted := make([]string, len(arguments))
	for i, a := range arguments {
		text, _ := json.Marshal(a)
		quoted[i] = string(text)
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}

// follow presses what leads to another page; near is a word of the row that it is in.
func (s *surfer) follow(name string, near ...string) {
	s.t.Helper()
	s.land("follow "+name, click(name, strings.Join(near, "")))
}

// press presses what changes this page only.
func (s *surfer) press(name string) {
	s.t.Helper()
	s.do("press "+name, click(name, ""))
}

// named finds a visible input by its name, or by its label or the beginning of it; first in the content.
const named = `((name) => {
  const labels = Array.from(document.querySelectorAll("label")).filter((l) => l.textContent.trim().startsWith(name));
  const all = [...document.getElementsByName(name), ...labels.map((l) => l.control)].filter((e) => e && e.type !== "hidden" && e.checkVisibility());
  const found = all.find((e) => e.closest("main")) || all[0] || null;
  found?.scrollIntoView({ block: "center", behavior: "instant" });
  return found;
})`

// fill types into inputs: names and texts in turns.
func (s *surfer) fill(pairs ...string) {
	s.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		find := named + script(pairs[i])
		s.do("fill in "+pairs[i], chromedp.WaitReady(chromedp.JSPath("((e) => { e?.focus(); e?.select(); return e; })("+find+")"), unhasty),
			call(input.InsertText, input.InsertTextParams{Text: pairs[i+1]}))
		if got := s.ask(find + ".value"); got != pairs[i+1] {
			s.fail("fill in "+pairs[i], fmt.Errorf("the input has %q", got))
		}
	}
}

// choose takes an option of a select by what it says.
const choose = `((name, label) => {
  const select = ` + named + `(name);
  const option = Array.from(select.options).find((o) => o.label === label);
  if (!option) throw new Error("the choices are " + Array.from(select.options, (o) => o.label));
  select.value = option.value;
  select.dispatchEvent(new Event("input", { bubbles: true }));
  select.dispatchEvent(new Event("change", { bubbles: true }));
})`

func choosing(name, label string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](choose + script(name, label))
}

func (s *surfer) choose(name, label string) {
	s.t.Helper()
	s.do("choose "+label, choosing(name, label))
}

// upload chooses a file.
func (s *surfer) upload(name, file string) {
	s.t.Helper()
	s.do("choose the file "+file, chromedp.SetUploadFiles(chromedp.JSPath(named+script(name)), []string{file}, unhasty))
}

// ask returns what an expression says of the page.
func (s *surfer) ask(expression string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, stepTime)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		s.fail("ask "+expression, err)
	}
	return text
}

// shown is where the browser is and what it says there.
const shown = `(location.href + "\n" + document.body.innerText.replace(/\s+/g, " "))`

// holds waits until an expression is true on the page.
func (s *surfer) holds(what, expression string) {
	s.t.Helper()
	s.do("see that "+what, chromedp.WaitReady(chromedp.JSPath("("+expression+") ? document.body : null"), unhasty))
}

// sees waits until the page says all of it; capitals are a matter of design.
func (s *surfer) sees(texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		s.holds("the page says "+text, `document.body.innerText.replace(/\s+/g, " ").toLowerCase().includes`+script(strings.ToLower(text)))
	}
}
