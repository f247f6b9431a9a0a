package socketio_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"marketplace/platform/socketio"
)

func TestOnlyPagesOfTheOwnOriginConnectByDefault(t *testing.T) {
	h := echoing(t, socketio.Options{})
	host := strings.TrimPrefix(h.url, "http://")
	cookie := []string{"Cookie", "session=1"}
	for _, c := range []struct {
		name               string
		header             []string
		polling, websocket bool
	}{
		{"no browser", nil, true, true},
		{"same origin", []string{"Origin", h.url}, true, true},
		{"same origin with cookie", append(cookie, "Origin", h.url), true, true},
		{"same host over TLS", []string{"Origin", "https://" + host}, true, true},
		{"foreign", append(cookie, "Origin", "https://evil.example"), false, false},
		{"foreign without cookie", []string{"Origin", "https://evil.example"}, false, false},
		{"host as a prefix", []string{"Origin", h.url + ".evil.example"}, false, false},
		{"host as a user", []string{"Origin", "http://" + host + "@evil.example"}, false, false},
		{"another port", []string{"Origin", "http://127.0.0.1:1"}, false, false},
		{"sandboxed", append(cookie, "Origin", "null"), false, false},
		{"no origin with cookie", cookie, false, false},
		{"own page's poll", append(cookie, "Sec-Fetch-Site", "same-origin"), true, false},
		{"sibling's poll", append(cookie, "Sec-Fetch-Site", "same-site"), false, false},
		{"foreign poll", append(cookie, "Sec-Fetch-Site", "cross-site", "Referer", h.url+"/x"), false, false},
		{"own page's poll, old browser", append(cookie, "Referer", h.url+"/x"), true, false},
		{"foreign poll, old browser", append(cookie, "Referer", "https://evil.example/"+host), false, false},
	} {
		polling := h.do("GET", "EIO=4&transport=polling", "", c.header...)
		if allowed := polling.status == 200; allowed != c.polling || !allowed && polling.status != 403 {
			t.Errorf("%s: polling got %v", c.name, polling)
		}
		_, res, err := h.dial("EIO=4&transport=websocket", c.header...)
		if allowed := err == nil; allowed != c.websocket || !allowed && res.StatusCode != 403 {
			t.Errorf("%s: the WebSocket got %v", c.name, err)
		}
	}
	p := h.poller()
	if got := h.do("POST", p.query(), "40", "Cookie", "session=1", "Origin", "https://evil.example"); got.status != 403 {
		t.Errorf("a foreign push got %v", got)
	}
}

func TestListedOriginsConnectAndNoOther(t *testing.T) {
	const page = "https://shop.example"
	h := echoing(t, socketio.Options{AllowedOrigins: []string{page}})
	for origin, allowed := range map[string]bool{
		page: true, page + "/": false, "http://shop.example": false, "https://SHOP.example": false,
		page + ".evil.example": false, h.url: false, "null": false, "*": false,
	} {
		_, res, err := h.dial("EIO=4&transport=websocket", "Origin", origin, "Cookie", "session=1")
		if (err == nil) != allowed || !allowed && res.StatusCode != 403 {
			t.Errorf("%s: %v", origin, err)
		}
	}
	r, _ := http.NewRequest("OPTIONS", h.url+"/socket.io/?EIO=4&transport=polling", nil)
	r.Header.Set("Origin", page)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Origin") != page ||
		res.Header.Get("Access-Control-Allow-Credentials") != "true" || res.Header.Get("Vary") != "Origin" {
		t.Errorf("%d %v", res.StatusCode, res.Header)
	}
}

func TestCompressionIsOff(t *testing.T) {
	h := echoing(t, socketio.Options{})
	dialer := websocket.Dialer{EnableCompression: true}
	conn, res, err := dialer.Dial(strings.Replace(h.url, "http", "ws", 1)+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if got := res.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("the server offers %s: a client could make it keep a window for each connection", got)
	}
}
