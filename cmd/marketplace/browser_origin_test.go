package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// ASVS 4.4.2, row C2: browsers send the cookie along with a WebSocket that another page opens. Ports are no different sites,
// so not even SameSite keeps it back here; the origin does.
func TestAForeignPageCannotListenInABrowser(t *testing.T) {
	m := start(t, shapes()[0])
	m.join(t, "ana")
	awaitTurn(t)
	s := (&gallery{market: m, t: t}).enterWith(t, "ana", password)
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>Elsewhere</title><body>Elsewhere"))
	}))
	t.Cleanup(foreign.Close)
	dial := `(() => new Promise((done) => {
		const socket = new WebSocket("` + strings.Replace(m.url, "http", "ws", 1) + `/socket.io/?EIO=4&transport=websocket");
		socket.onopen = () => socket.send("40");
		socket.onmessage = ({ data }) => { if (data.startsWith("4")) done(data.slice(0, 2)); };
		socket.onerror = () => done("refused");
	}))`
	if got := s.ask(dial + "()"); got != "40" {
		t.Fatalf("a page of ours gets %q", got)
	}
	s.do("go elsewhere", chromedp.Navigate(foreign.URL))
	if got := s.ask(dial + "()"); got != "refused" {
		t.Errorf("a foreign page gets %q", got)
	}
	framed := `new Promise((done) => {
		addEventListener("message", ({ data, origin }) => done(origin + " " + data));
		const frame = document.createElement("iframe");
		frame.setAttribute("sandbox", "allow-scripts");
		frame.srcdoc = "<script>(" + ` + script(dial)[1:len(script(dial))-1] + ` + ")().then((got) => parent.postMessage(got, '*'))</" + "script>";
		document.body.append(frame);
	})`
	if got := s.ask(framed); got != "null refused" {
		t.Errorf("a page without an origin gets %q", got)
	}
	s.complaints() // it has complained of all of that
}
