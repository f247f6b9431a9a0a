package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/order/orderimpl"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/rpc"
	"marketplace/platform/rpc/rpctest"
	"marketplace/web/edge"
)

const serviceSecret = "a secret that only processes know"

// openToPeers runs a marketplace whose modules can be called from other processes, and says where.
func openToPeers(t testing.TB) (m *market, private string) {
	t.Helper()
	private = freeAddress(t)
	return startWith(t, map[string]any{"data": t.TempDir(), "rpc.listen": private, "rpc.secrets": []string{serviceSecret}}), "http://" + private
}

// contract is a module's, with the thing itself.
type contract struct {
	module  string
	kind    reflect.Type
	service any
}

func contracts(s edge.Services) []contract {
	return []contract{
		{"auth", reflect.TypeFor[auth.Service](), s.Auth}, {"user", reflect.TypeFor[user.Service](), s.Users},
		{"gig", reflect.TypeFor[gig.Service](), s.Gigs}, {"order", reflect.TypeFor[order.Service](), s.Orders},
		{"review", reflect.TypeFor[review.Service](), s.Reviews}, {"chat", reflect.TypeFor[chat.Service](), s.Chats},
		{"notification", reflect.TypeFor[notification.Service](), s.Notifications},
	}
}

// knock sends what somebody could send to a private port.
func (m *market) knock(t *testing.T, method, url, token, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := m.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(data)
}

// forged are tokens for a call that are wrong in one thing each; users' tokens are none.
func forged(t *testing.T, good rpctest.Token, access string) map[string]string {
	t.Helper()
	claim := func(name string, value any) func(header, claims map[string]any) {
		return func(_, c map[string]any) { c[name] = value }
	}
	other, elsewhere, older, later := good, good, time.Now().Add(-time.Minute), time.Now().Add(time.Hour)
	other.Secret, elsewhere.Body = strings.Repeat("x", 32), `{"id":"other"}`
	parts := strings.Split(good.Sign(t, nil), ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"rpc+jwt"}`))
	return map[string]string{
		"absent":         "",
		"no token":       "letmein",
		"of a user":      access,
		"unsigned":       none + "." + parts[1] + ".",
		"another secret": other.Sign(t, nil),
		"another body":   elsewhere.Sign(t, nil),
		"expired": good.Sign(t, func(_, c map[string]any) {
			c["iat"], c["exp"] = older.Unix(), older.Add(10*time.Second).Unix()
		}),
		"long-lived":     good.Sign(t, claim("exp", later.Unix())),
		"wrong audience": good.Sign(t, claim("aud", []string{"web"})),
		"another method": good.Sign(t, claim("pth", "/rpc/"+good.Module+"/Other")),
		"without an id":  good.Sign(t, claim("jti", "")),
		"another type":   good.Sign(t, func(h, _ map[string]any) { h["typ"] = "JWT" }),
	}
}

// ASVS 13.2.1, 9.1, 9.2: every method of every module asks for a token that was made for this one call.
func TestASVS_V13_2_1_EveryMethodOfEveryModuleRefusesWhoHasNoTokenForTheCall(t *testing.T) {
	t.Parallel()
	m, private := openToPeers(t)
	access := m.join(t, "eve").access
	methods := 0
	for _, c := range contracts(m.services) {
		for method := range c.kind.Methods() {
			methods++
			path := "/rpc/" + c.module + "/" + method.Name
			good := rpctest.Token{Secret: serviceSecret, Module: c.module, Path: path, Body: `{}`}
			for what, token := range forged(t, good, access) {
				if status, answer := m.knock(t, "POST", private+path, token, `{}`); status != http.StatusUnauthorized || strings.Contains(answer, c.module) {
					t.Errorf("%s with a token that is %s: %d %s", path, what, status, answer)
				}
			}
			token := good.Sign(t, nil)
			if status, answer := m.knock(t, "POST", private+path, token, `{}`); status == http.StatusUnauthorized && !isFault(answer, fault.Unauthenticated) {
				t.Errorf("%s with a good token: %d %s", path, status, answer)
			}
			if status, answer := m.knock(t, "POST", private+path, token, `{}`); status != http.StatusUnauthorized || isFault(answer, fault.Unauthenticated) {
				t.Errorf("%s with a token that was used before: %d %s", path, status, answer)
			}
			if status, _ := m.knock(t, "GET", private+path, good.Sign(t, nil), `{}`); status != http.StatusUnauthorized {
				t.Errorf("GET %s: %d", path, status)
			}
		}
	}
	if methods < 60 {
		t.Errorf("only %d methods were tried", methods)
	}
}

func isFault(answer string, code fault.Code) bool {
	var f fault.Error
	return json.Unmarshal([]byte(answer), &f) == nil && f.Code == code
}

// ASVS 13.4.2, 13.4.5: a module's port says how it is, the public one not even that; metrics and profiles are on neither.
func TestASVS_V13_4_5_NoPortTellsWhatIsNotItsBusiness(t *testing.T) {
	t.Parallel()
	m, private := openToPeers(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, answer := m.knock(t, "GET", private+path, "", ""); status != http.StatusOK || answer != "" {
			t.Errorf("%s: %d %q", path, status, answer)
		}
		if status, answer := m.knock(t, "POST", private+path, "", ""); status != http.StatusNotFound || answer != "" {
			t.Errorf("POST %s: %d %q", path, status, answer)
		}
	}
	for _, path := range []string{"/", "/metrics", "/debug/pprof/", "/debug/vars", "/rpc", "/rpc/", "/rpc/web/Get", "/rpc/elsewhere/Get", "//rpc/order/Get",
		"/rpc/../metrics", "/api/v1/openapi.json", "/healthz/", "/readyz/x", "/.env", "/login", "/rpc/ORDER/Get"} {
		for _, method := range []string{"GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"} {
			if status, answer := m.knock(t, method, private+path, "", "{}"); status != http.StatusNotFound || answer != "" {
				t.Errorf("%s %s: %d %q", method, path, status, answer)
			}
		}
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/debug/pprof/", "/debug/vars", "/rpc/order/VerifyLedger", "/rpc/auth/ListAccounts"} {
		for _, method := range []string{"GET", "POST"} {
			good := rpctest.Token{Secret: serviceSecret, Module: "order", Path: path, Body: `{}`, Actor: identity.Actor{System: true}}
			if status, answer := m.knock(t, method, m.url+path, good.Sign(t, nil), `{}`); status < 400 || strings.Contains(answer, "journals") {
				t.Errorf("%s %s on the public port: %d %s", method, path, status, answer)
			}
		}
	}
}

// ASVS 8.3.1: who comes by the port of a module may do what they may do by the pages: the module decides, not the way in.
func TestASVS_V8_3_1_AModulesPortRefusesWhatTheModuleRefuses(t *testing.T) {
	t.Parallel()
	m, private := openToPeers(t)
	seller, buyer, eve := m.join(t, "sonja"), m.join(t, "bert"), m.join(t, "eve")
	gigID := seller.sell()
	orderID := buyer.order(gigID, "basic")
	conversation := buyer.post("/conversations", map[string]any{"order_id": orderID, "text": "Hello"}).ok(201).text("id")
	things := map[string]string{"order": orderID, "gig": gigID, "chat": conversation}
	stranger := identity.Actor{UserID: eve.get("/me").ok(200).text("id"), Username: "eve", Verified: true, SessionID: "s"}
	for _, c := range contracts(m.services) {
		for method := range c.kind.Methods() {
			if method.Name == "SignUp" || method.Name == "SetSeller" || method.Name == "Update" && c.module == "user" {
				continue // for everybody, about themselves
			}
			for _, actor := range []identity.Actor{{}, stranger} {
				request := aimed(method.Type.In(1), things)
				out := reflect.ValueOf(c.service).MethodByName(method.Name).Call([]reflect.Value{
					reflect.ValueOf(identity.With(t.Context(), actor)), request})
				refusal, _ := out[1].Interface().(error)
				body, err := json.Marshal(request.Interface())
				if err != nil {
					t.Fatal(err)
				}
				path := "/rpc/" + c.module + "/" + method.Name
				token := rpctest.Token{Secret: serviceSecret, Module: c.module, Path: path, Body: string(body), Actor: actor}.Sign(t, nil)
				status, answer := m.knock(t, "POST", private+path, token, string(body))
				if refusal == nil && status == http.StatusOK || refusal != nil && isFault(answer, fault.Of(refusal).Code) {
					continue
				}
				t.Errorf("%s for %q: the module says %v, its port %d %s", path, actor.Username, refusal, status, answer)
			}
		}
	}
	if got := buyer.get("/orders/" + orderID).ok(200).text("status"); got != "in_progress" && got != "awaiting_requirements" {
		t.Errorf("a stranger made the order %s", got)
	}
}

// aimed is a request at somebody else's things: every field that names one does.
func aimed(kind reflect.Type, things map[string]string) reflect.Value {
	request := reflect.New(kind).Elem()
	for i := range request.NumField() {
		f := request.Field(i)
		if f.Kind() != reflect.String {
			continue
		}
		switch name := kind.Field(i).Name; {
		case name == "OrderID", name == "ID" && strings.Contains(kind.PkgPath(), "/order"):
			f.SetString(things["order"])
		case name == "ConversationID", name == "ID" && strings.Contains(kind.PkgPath(), "/chat"):
			f.SetString(things["chat"])
		case name == "GigID", name == "ID" && strings.Contains(kind.PkgPath(), "/gig"):
			f.SetString(things["gig"])
		}
	}
	return request
}

// ASVS 4.1.3: what only processes say to each other means nothing when a client says it.
func TestASVS_V4_1_3_HeadersOfTheInsideAreNothingFromOutside(t *testing.T) {
	t.Parallel()
	m, _ := openToPeers(t)
	service := rpctest.Token{Secret: serviceSecret, Module: "auth", Path: "/api/v1/me", Body: "", Actor: identity.Actor{System: true, UserID: "u1", Roles: []string{"operator"}}}.Sign(t, nil)
	p := m.visitor(t)
	for _, headers := range [][]string{
		{"X-User-ID", "u1"}, {"X-Forwarded-User", "u1"}, {"X-Real-IP", "127.0.0.1"}, {"Authorization", "Bearer " + service},
		{"X-Request-ID", "r1", "Remaining-Milliseconds", "1"},
	} {
		got := p.call("GET", "/me", nil, headers...).ok(401)
		if got.header.Get("X-Request-ID") == "r1" {
			t.Error("a client names requests")
		}
	}
	got := p.call("GET", "/gigs", nil, "Remaining-Milliseconds", "0").ok(200)
	if bytes.Contains(got.raw, []byte("took too long")) {
		t.Error("a client shortens deadlines")
	}
}

// Row O12: a file of the greatest size that is allowed comes to the module in another process, and back.
func TestTheLargestFileTravelsBetweenProcesses(t *testing.T) {
	t.Parallel()
	m, private := openToPeers(t)
	c, err := rpc.NewClient("order", []string{private}, rpc.Options{Secrets: [][]byte{[]byte(serviceSecret)}})
	if err != nil {
		t.Fatal(err)
	}
	orders := orderimpl.Module.Remote(c)
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	id := buyer.order(seller.sell(), "basic")
	ctx := identity.With(t.Context(), identity.Actor{UserID: seller.get("/me").ok(200).text("id"), Username: seller.username, Verified: true, SessionID: "s"})
	content := bytes.Repeat([]byte("0123456789abcdef"), 25<<20/16)
	made, err := orders.Deliver(ctx, order.DeliverRequest{OrderID: id, RequestID: unique(), Files: []order.Upload{{Name: "x.bin", Content: content}}})
	if err != nil {
		t.Fatal(err)
	}
	file, err := orders.File(ctx, order.FileRequest{OrderID: id, FileID: made.Deliveries[0].Files[0].ID})
	if err != nil || !bytes.Equal(file.Content, content) {
		t.Errorf("%d bytes came back: %v", len(file.Content), err)
	}
}
