package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"marketplace/platform/app"
	"marketplace/platform/apptest"
)

// planted is a secret that somebody has used, or written where it does not belong.
type planted struct {
	what  string
	text  string
	where []string // modules in whose tables it may be
}

// spy plants secrets, and keeps every answer that is no success.
type spy struct {
	*market
	t       testing.TB
	secrets []planted
	answers bytes.Buffer
}

func (s *spy) plant(what, text string, where ...string) string {
	s.t.Helper()
	if len(text) < 12 {
		s.t.Fatalf("%s is %q: too short to be looked for", what, text)
	}
	s.secrets = append(s.secrets, planted{what, text, where})
	return text
}

// canary makes a secret of its own.
func (s *spy) canary(what string) string {
	return s.plant(what, fmt.Sprintf("Canary-%d-%s-%s", len(s.secrets), strings.ReplaceAll(what, " ", ""), unique()[24:]))
}

// send sends a request as it is, and keeps the answer unless it is one that hands out secrets.
func (s *spy) send(method, path, body string, headers ...string) *http.Response {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := (&http.Client{Timeout: s.client.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		s.t.Fatal(err)
	}
	if response.StatusCode >= 400 {
		s.answers.Write(answer)
	}
	return response
}

const jsonType, formType = "application/json", "application/x-www-form-urlencoded"

// thirtySecrets plants them over the life of an account and of an order, in the right places and in wrong ones, and then
// looks for them in everything that was told and kept (rows X4, Z23; ASVS 14.2.1).
func thirtySecrets(t testing.TB, m *market) {
	s := &spy{market: m, t: t}
	who := s.account()
	s.misplaced(who)
	s.misplacedAtAnOrder(who)
	m.drain(t)
	if len(s.secrets) < 30 {
		t.Errorf("only %d secrets are planted", len(s.secrets))
	}
	s.look()
}

// account uses every secret that an account has.
func (s *spy) account() *person {
	p := s.visitor(s.t)
	p.username = "spy" + s.cast
	s.plant("e-mail address", p.email(), "auth", "notification")
	first, second, third := s.canary("password"), s.canary("changed password"), s.canary("reset password")
	p.post("/auth/signup", map[string]any{"username": p.username, "email": p.email(), "password": first}).ok(201)
	verify := s.plant("verification token", s.mailedToken(s.t, p.email(), "verify"), "notification")
	p.post("/auth/verify-email", map[string]any{"token": verify}).ok(200)
	p.post("/auth/login", map[string]any{"login": p.username, "password": s.canary("wrong password")}).ok(401)
	p.logIn(p.username, first)
	s.plant("access token", p.access)
	s.plant("refresh token", p.refresh)
	refreshed := p.post("/auth/refresh", map[string]any{"refresh_token": p.refresh}).ok(200)
	p.access = s.plant("second access token", refreshed.text("access_token"))
	s.plant("second refresh token", refreshed.text("refresh_token"))
	p.post("/me/password", map[string]any{"current": s.canary("wrong current password"), "new": second}).ok(422)
	p.post("/me/password", map[string]any{"current": first, "new": second}).ok(204)
	p.post("/auth/request-reset", map[string]any{"login": p.email()})
	p.post("/auth/forgot-password", map[string]any{"login": p.email()})
	reset := s.plant("reset token", s.mailedToken(s.t, p.email(), "reset"), "notification")
	s.send("GET", "/reset-password?token="+url.QueryEscape(reset), "")
	p.post("/auth/reset-password", map[string]any{"token": s.canary("invented reset token"), "password": third}).ok(422)
	p.post("/auth/reset-password", map[string]any{"token": reset, "password": third}).ok(204)
	p.logIn(p.username, third)
	s.plant("third access token", p.access)
	page := s.send("POST", "/login", url.Values{"login": {p.username}, "password": {third}}.Encode(), "Content-Type", formType)
	for _, c := range page.Cookies() {
		if strings.HasSuffix(c.Name, "session") && c.Value != "" {
			s.plant("session cookie", c.Value)
			s.send("GET", "/orders", "", "Cookie", c.Name+"="+c.Value)
			s.send("GET", "/orders/none", "", "Cookie", c.Name+"="+c.Value)
		}
	}
	s.send("POST", "/login", url.Values{"login": {p.username}, "password": {s.canary("wrong password of a page")}}.Encode(), "Content-Type", formType)
	return p
}

// misplaced writes secrets where none belongs: in addresses, headers, names of fields, broken bodies.
func (s *spy) misplaced(p *person) {
	bearer := "Bearer " + p.access
	s.send("GET", "/api/v1/me?access_token="+s.canary("token in an address"), "")
	s.send("GET", "/reset-password/"+s.canary("token in a path"), "")
	s.send("GET", "/verify-email?token="+s.canary("invented verification token"), "")
	s.send("GET", "/gigs/x?api_key="+s.canary("key in an address"), "")
	s.send("GET", "/api/v1/me", "", "Authorization", "Bearer "+s.canary("invented access token"))
	s.send("GET", "/api/v1/me", "", "Authorization", "Basic "+s.canary("basic login"))
	s.send("GET", "/orders", "", "Cookie", "session="+s.canary("invented session"))
	s.send("GET", "/nothing", "", "X-Api-Key", s.canary("key in a header"))
	s.send("GET", "/nothing", "", "Referer", "https://elsewhere.example/?token="+s.canary("token in a referrer"))
	s.send("GET", "/nothing", "", "X-Request-Id", s.canary("secret as a request id"))
	s.send("GET", "/nothing", "", "Traceparent", "00-"+s.canary("secret as a trace"))
	s.send("POST", "/api/v1/auth/login", `{"login":"x","password":"`+s.canary("password in a broken body"), "Content-Type", jsonType)
	s.send("POST", "/api/v1/auth/login", `{"login":"x","password":{"text":"`+s.canary("password of another type")+`"}}`, "Content-Type", jsonType)
	s.send("POST", "/api/v1/auth/login", `{"login":"`+s.canary("password for a login")+`","password":"x"}`, "Content-Type", jsonType)
	s.send("POST", "/api/v1/auth/refresh", `{"refresh_token":"`+s.canary("invented refresh token")+`"}`, "Content-Type", jsonType)
	s.send("PATCH", "/api/v1/me?password="+s.canary("password with a wrong method"), "", "Authorization", bearer)
	s.send("POST", "/api/v1/payments/webhooks/simulator", `{"key":"`+s.canary("key in a webhook")+`"}`, "Content-Type", jsonType, "Signature", s.canary("signature of a webhook"))
	s.send("GET", "/socket.io/?EIO=4&transport=polling&token="+s.canary("token of a socket"), "")
}

// misplacedAtAnOrder writes cards where none belongs.
func (s *spy) misplacedAtAnOrder(p *person) {
	gig := s.join(s.t, "sonja").sell()
	card := s.plant("card number", "4242424242424242")
	p.post("/orders", map[string]any{"gig_id": gig, "package": "basic", "card_number": card}, "Idempotency-Key", unique()).ok(422)
	p.post("/orders?card="+s.plant("card in an address", "5555555555554444"), map[string]any{"gig_id": gig, "package": "basic"}, "Idempotency-Key", unique())
	order := p.post("/orders", map[string]any{"gig_id": gig, "package": "basic"}, "Idempotency-Key", unique()).ok(201)
	payment := order.text("payment", "id")
	s.send("POST", "/api/v1/simulator/payments/"+payment+"/succeed", `{"card":"`+s.plant("card at the simulator", "378282246310005")+`","cvc":"`+s.canary("security code")+`"}`,
		"Content-Type", jsonType, "Authorization", "Bearer "+p.access)
	s.send("POST", "/simulator/pay/"+payment, url.Values{"card": {s.plant("card on the pay page", "6011111111111117")}}.Encode(), "Content-Type", formType)
}

// look looks for all of them.
func (s *spy) look() {
	s.t.Helper()
	places := map[string][]byte{"the log": s.told.log(), "a trace": s.told.collector.Raw(), "an answer that refuses": s.answers.Bytes()}
	tables := map[string][]byte{}
	for _, a := range s.apps {
		for _, h := range a.Hosted() {
			if _, done := tables[h.Name]; !done {
				tables[h.Name] = dump(s.t, h)
			}
		}
	}
	spied := []byte("spy" + s.cast)
	if len(tables) < 7 || !bytes.Contains(tables["auth"], spied) || !bytes.Contains(tables["user"], spied) || !bytes.Contains(places["the log"], []byte("password-reset")) ||
		!bytes.Contains(places["a trace"], []byte("POST /api/v1/auth/login")) || s.answers.Len() == 0 {
		s.t.Fatalf("there is nothing to look at: %d databases", len(tables))
	}
	for _, secret := range s.secrets {
		for place, content := range places {
			if at := bytes.Index(content, []byte(secret.text)); at >= 0 {
				s.t.Errorf("the %s is in %s: …%s…", secret.what, place, content[max(0, at-300):min(len(content), at+100)])
			}
		}
		for module, content := range tables {
			if at := bytes.Index(content, []byte(secret.text)); at >= 0 && !slices.Contains(secret.where, module) {
				s.t.Errorf("the %s is in the tables of %s: …%s…", secret.what, module, content[max(0, at-300):min(len(content), at+100)])
			}
		}
	}
}

// dump writes every row of a module's tables, with its events and what is left of the deliveries.
func dump(t testing.TB, h *app.Host) []byte {
	t.Helper()
	r := h.DB.Read(context.Background())
	find := "SELECT name FROM sqlite_master WHERE type = 'table'"
	if h.DB.Postgres() {
		find = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
	}
	var tables []string
	if err := r.Raw(find).Scan(&tables).Error; err != nil || len(tables) < 3 {
		t.Fatalf("list the tables of %s: %v %v", h.Name, tables, err)
	}
	var all bytes.Buffer
	for _, table := range tables {
		var rows []map[string]any
		if err := r.Raw(`SELECT * FROM "` + table + `"`).Scan(&rows).Error; err != nil {
			t.Fatalf("read %s of %s: %v", table, h.Name, err)
		}
		for _, row := range rows {
			for column, v := range row {
				if text, ok := v.([]byte); ok {
					v = string(text)
				}
				fmt.Fprintf(&all, "%s.%s=%v\n", table, column, v)
			}
		}
	}
	return all.Bytes()
}

// Row X3: what strangers send makes no series, so that nobody can fill the memory of those who keep them.
func strangersMakeNoSeries(t testing.TB, m *market) {
	s := &spy{market: m, t: t}
	strange := func(n int) {
		for i := range n {
			word := fmt.Sprintf("stranger-%d-%s", i, unique())
			s.send("GET", "/"+word, "")
			s.send("GET", "/api/v1/"+word, "")
			s.send("GET", "/gigs/"+word, "")
			s.send("GET", "/api/v1/users/"+word, "")
			s.send("M"+strings.ToUpper(strings.ReplaceAll(word, "-", "")), "/", "")
			s.send("POST", "/api/v1/auth/login", `{"login":"`+word+`","password":"`+word+`"}`, "Content-Type", jsonType)
		}
	}
	strange(2)
	before := countSeries(t, m)
	strange(15)
	apptest.Eventually(t, func() error { // tasks of the marketplace itself may have their first run meanwhile
		if after := countSeries(t, m); after > before+60 {
			return fmt.Errorf("%d series have become %d", before, after)
		}
		return nil
	})
	for _, a := range m.apps {
		families, err := a.Registry().Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if strings.Contains(f.String(), "stranger-") || strings.Contains(f.String(), "STRANGER") {
				t.Errorf("%s has a series of a stranger", f.GetName())
			}
		}
	}
}

// countSeries counts the series of all processes as Prometheus does, a histogram's buckets one by one.
func countSeries(t testing.TB, m *market) (n int) {
	t.Helper()
	for _, a := range m.apps {
		families, err := a.Registry().Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			for _, one := range f.GetMetric() {
				n += 1 + len(one.GetHistogram().GetBucket())
			}
		}
	}
	return n
}
