package site_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"marketplace/platform/identity"
)

// payloads are texts that try to become something else where they are shown (ASVS 1.2.1, 1.2.2, 1.2.3, 1.3.1).
func payloads() []string {
	return []string{
		`<script>alert(1)</script>`, `</script><!--<script>alert(1)//`, `"><img src=x onerror=alert(1)>`, `'><svg onload=alert(1)>`,
		`<img src=x onerror=alert(1)//`, `<iframe srcdoc="<script>alert(1)</script>">`, `<a href="javascript:alert(1)">x</a>`,
		`[x](javascript:alert(1))`, `[x](JaVaScRiPt:alert(1))`, "[x](java\nscript:alert(1))", `[x](data:text/html,<script>alert(1)</script>)`,
		`[x](vbscript:msgbox(1))`, `![x](x "onerror=alert(1)")`, `![x](https://evil.example/pixel.png)`, `<javascript:alert(1)>`, `[x]: javascript:alert(1)`,
		"[x][y]\n\n[y]: javascript:alert(1)", `<details open ontoggle=alert(1)>`, `<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`,
		`</textarea><script>alert(1)</script>`, `</title><script>alert(1)</script>`, `" autofocus onfocus=alert(1) x="`, `' style='x:expression(alert(1))`,
		`<style>*{background:url(https://evil.example)}</style>`, `<link rel=stylesheet href=https://evil.example>`, `<meta http-equiv=refresh content="0;url=https://evil.example">`,
		`<base href="https://evil.example/">`, `<form action="https://evil.example"><input name=password>`, `<object data="data:text/html,x">`, `<embed src="//evil.example">`,
		`{{.}}{{printf "%s" "x"}}`, `${alert(1)}`, `&lt;script&gt;alert(1)&lt;/script&gt;`, `&#60;script&#62;alert(1)`, "<scr\x00ipt>alert(1)</script>",
		"`<script>alert(1)</script>`", "```html\n<script>alert(1)</script>\n```", `# <img src=x onerror=alert(1)>`, `| <script>alert(1)</script> |` + "\n|---|\n| x |",
		`<h1>Big</h1>`, "# Big heading", `<div id="main" name="next">`,
	}
}

func TestWhatPeopleWriteIsShownAndDoesNothing(t *testing.T) {
	w := newWorld()
	h := open(t, w, ana())
	for _, payload := range payloads() {
		w.text = payload
		for _, path := range []string{"/gigs/" + gigA, "/orders/o1", "/inbox/c1", "/users/ben", "/notifications", "/settings", "/settings/seller", "/gigs/draft/edit"} {
			harmless(t, payload, visit(h, path))
		}
	}
	w.text = strings.Join(payloads(), "\n\n")
	everything(t, w, func(t *testing.T, _ string, page *httptest.ResponseRecorder) { harmless(t, "all of it", page) })
}

// harmless fails if a text became anything but text.
func harmless(t *testing.T, payload string, page *httptest.ResponseRecorder) {
	t.Helper()
	document := parsed(t, page)
	for _, n := range inline(document) {
		t.Errorf("%q became %s", payload, n)
	}
	for n := range document.Descendants() {
		if n.Type != html.ElementNode || !inside(n, "body") {
			continue
		}
		framed := n.Data == "iframe" && !strings.HasPrefix(valueOfAttr(n, "src"), "/dev/mail/")
		if framed || n.Data == "link" || n.Data == "meta" || n.Data == "base" {
			t.Errorf("%q became a %s", payload, n.Data)
		}
	}
	if headings := count(document, "h1"); page.Code == 200 && headings != 1 {
		t.Errorf("%q made %d h1", payload, headings)
	}
}

func valueOfAttr(n *html.Node, name string) string {
	value, _ := attr(n, name)
	return value
}

func count(document *html.Node, element string) int {
	total := 0
	for n := range document.Descendants() {
		if n.Type == html.ElementNode && n.Data == element {
			total++
		}
	}
	return total
}

func TestPlainTextIsShownAsItWasWritten(t *testing.T) {
	w := newWorld()
	h := open(t, w, ana())
	for _, payload := range payloads() {
		if strings.Contains(payload, "\x00") {
			continue // stored nowhere
		}
		w.text = payload
		for _, path := range []string{"/inbox/c1", "/orders/o1", "/notifications", "/users/ben"} {
			if body := words(parsed(t, visit(h, path))); !strings.Contains(body, strings.TrimSpace(payload)) {
				t.Errorf("%s does not show %q", path, payload)
			}
		}
	}
}

func TestALinkOfANotificationStaysHere(t *testing.T) {
	if body := visit(open(t, newWorld(), ana()), "/notifications").Body.String(); strings.Contains(body, "evil.example") {
		t.Error("a notification leads away")
	}
}

// ASVS 3.7.2: the form hands on only where one may go.
func TestAForeignNextIsDropped(t *testing.T) {
	for _, path := range []string{"/login?next=https://evil.example", "/signup?next=//evil.example", "/verify-email?token=x&next=%2F%5Cevil.example"} {
		if body := visit(open(t, newWorld(), identity.Actor{}), path).Body.String(); strings.Contains(body, "evil.example") {
			t.Errorf("%s hands it on", path)
		}
	}
}
