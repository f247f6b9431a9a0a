package site_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/web/site"
)

func TestEveryFaultHasItsPage(t *testing.T) {
	tests := []struct {
		err    error
		status int
		says   string
	}{
		{fault.NotFoundf("No such gig."), 404, "No such gig."},
		{fault.Forbiddenf("Not for you."), 403, "Not for you."},
		{fault.Conflictf("Too late."), 409, "Too late."},
		{fault.Malformedf("What?"), 400, "What?"},
		{fault.TooLargef("Too much."), 413, "Too much."},
		{fault.TooManyf(7, "Slower."), 429, "Slower."},
		{fault.Unavailablef(9, "Away."), 503, "Away."},
		{fault.Invalidf("Wrong."), 422, "Wrong."},
		{errors.New("the disk of db-3 is full"), 500, "Something went wrong on our side"},
		{echo.ErrNotFound, 404, "nothing at this address"},
		{echo.ErrMethodNotAllowed, 405, "cannot be used that way"},
		{echo.ErrStatusRequestEntityTooLarge, 413, "more than can be sent"},
	}
	s, err := site.New(newWorld().edge())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.err.Error(), func(t *testing.T) {
			rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/x", http.NoBody)
			r = r.WithContext(identity.WithRequest(identity.With(r.Context(), ana()), "request-1"))
			if err := s.ShowError(echo.New().NewContext(r, rec), tt.err); err != nil {
				t.Fatal(err)
			}
			body := rec.Body.String()
			if rec.Code != tt.status || !strings.Contains(body, tt.says) {
				t.Errorf("answered %d, want %d with %q", rec.Code, tt.status, tt.says)
			}
			if strings.Contains(body, "db-3") {
				t.Error("the page tells what is not for people")
			}
			if strings.Contains(body, "request-1") != (tt.status >= 500) {
				t.Errorf("the number of the request is shown: %v", !(tt.status >= 500))
			}
			if retry := rec.Header().Get("Retry-After"); (retry != "") != (tt.status == 429 || tt.status == 503) {
				t.Errorf("Retry-After is %q", retry)
			}
		})
	}
}

// ASVS 14.3.2.
func TestPagesOfAPersonAreKeptNowhere(t *testing.T) {
	if got := visit(open(t, newWorld(), ana()), "/").Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("signed in: %q", got)
	}
	if got := visit(open(t, newWorld(), identity.Actor{}), "/").Header().Get("Cache-Control"); got != "no-cache, private" {
		t.Errorf("a visitor: %q", got)
	}
}

func TestStaticFilesAreKeptForEverUnderTheirHash(t *testing.T) {
	h := open(t, newWorld(), ana())
	found := map[string]bool{}
	for _, target := range targets(parsed(t, visit(h, "/inbox/c1"))) {
		if strings.HasPrefix(target.path, "/static/") {
			found[target.path] = true
		}
	}
	if len(found) < 5 {
		t.Fatalf("the page has only %v", found)
	}
	for path := range found {
		plain := visit(h, path)
		if plain.Code != http.StatusOK || plain.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s answered %d %q", path, plain.Code, plain.Header().Get("Cache-Control"))
		}
		if kind := plain.Header().Get("Content-Type"); !strings.HasPrefix(kind, "text/") && kind != "image/svg+xml" {
			t.Errorf("%s is %q", path, kind)
		}
		rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.Header.Set("Accept-Encoding", "gzip, br")
		h.ServeHTTP(rec, r)
		unpacked, err := gzip.NewReader(rec.Body)
		if err != nil || rec.Header().Get("Content-Encoding") != "gzip" || rec.Header().Get("Vary") != "Accept-Encoding" {
			t.Fatalf("%s is not compressed: %v", path, err)
		}
		if content, err := io.ReadAll(unpacked); err != nil || string(content) != plain.Body.String() {
			t.Errorf("%s unpacks to something else: %v", path, err)
		}
		again := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		again.Header.Set("If-None-Match", plain.Header().Get("ETag"))
		rec = httptest.NewRecorder()
		h.ServeHTTP(rec, again)
		if rec.Code != http.StatusNotModified || rec.Body.Len() > 0 {
			t.Errorf("%s asked again answered %d", path, rec.Code)
		}
	}
	if got := visit(h, "/static/app.css"); got.Code != http.StatusOK || got.Header().Get("Cache-Control") != "public, no-cache" {
		t.Errorf("the plain name answered %d %q", got.Code, got.Header().Get("Cache-Control"))
	}
	for _, path := range []string{"/static/static.go", "/static/css/1-tokens.css", "/static/../site.go", "/static/nothing.css", "/static/"} {
		if got := visit(h, path); got.Code != http.StatusNotFound {
			t.Errorf("%s answered %d", path, got.Code)
		}
	}
}

// A first view of the gig page is at most 100 KB over the wire without pictures.
func TestTheGigPageIsLight(t *testing.T) {
	h := open(t, newWorld(), ana())
	page := visit(h, "/gigs/"+gigA)
	total := packed(t, page.Body.Bytes())
	for _, target := range targets(parsed(t, page)) {
		if strings.HasPrefix(target.path, "/static/") {
			total += packed(t, visit(h, target.path).Body.Bytes())
		}
	}
	if total > 100<<10 {
		t.Errorf("it takes %d bytes", total)
	}
}

func packed(t *testing.T, content []byte) int {
	t.Helper()
	var size counter
	w := gzip.NewWriter(&size)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return int(size)
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// ASVS 3.2.1, 5.4.2: what was uploaded opens nowhere, and its name cannot become a header.
func TestFilesAreSavedAndNeverOpened(t *testing.T) {
	page := visit(open(t, newWorld(), ana()), "/orders/o1/files/f1")
	h := page.Header()
	kind, values, err := mime.ParseMediaType(h.Get("Content-Disposition"))
	if err != nil || kind != "attachment" || values["filename"] != "Entwürfe; \"final\"\r\nX: y.html" {
		t.Errorf("Content-Disposition is %q: %v %v", h.Get("Content-Disposition"), values, err)
	}
	if strings.ContainsAny(h.Get("Content-Disposition"), "\r\n") {
		t.Error("the name became a header")
	}
	if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("Cache-Control") != "private, no-store" {
		t.Errorf("the headers are %v", h)
	}
	if got := visit(open(t, newWorld(), ana()), "/orders/o2/files/f1"); got.Code != http.StatusNotFound {
		t.Errorf("a file of another order answered %d", got.Code)
	}
}

func TestPicturesAreKeptAndCanDoNothing(t *testing.T) {
	h := open(t, newWorld(), identity.Actor{})
	for path, caching := range map[string]string{
		"/pictures/p1?w=640": "public, max-age=31536000, immutable", "/pictures/p1": "public, max-age=31536000, immutable",
		"/avatars/x?v=3": "public, max-age=31536000, immutable", "/avatars/x": "public, max-age=3600", "/gigs/any/cover": "public, max-age=31536000, immutable",
	} {
		got := visit(h, path)
		if got.Code != http.StatusOK || got.Header().Get("Cache-Control") != caching || !strings.HasPrefix(got.Header().Get("Content-Type"), "image/") ||
			!strings.HasSuffix(got.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s answered %d %v", path, got.Code, got.Header())
		}
	}
	if got := visit(h, "/pictures/p1?w=wide"); got.Code != http.StatusNotFound {
		t.Errorf("a width that is none answered %d", got.Code)
	}
	if one, other := visit(h, "/gigs/a/cover").Body.String(), visit(h, "/gigs/b/cover").Body.String(); one == other || one != visit(h, "/gigs/a/cover").Body.String() {
		t.Error("a cover is not drawn from its gig alone")
	}
}

// Row Ns4.
func TestMailsOfThisMachineAreReadByPeopleAndPrograms(t *testing.T) {
	h := open(t, newWorld(), identity.Actor{})
	rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/dev/mail", http.NoBody)
	r.Header.Set("Accept", "application/json")
	h.ServeHTTP(rec, r)
	var got struct {
		Items []struct {
			To, Subject, Text, HTML string
			Links                   []string
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || len(got.Items) != 1 || got.Items[0].Links[0] != "http://marketplace.test/verify-email?token=abc" {
		t.Errorf("programs read %s: %v", rec.Body, err)
	}
	if page := visit(h, "/dev/mail/mail1"); !strings.Contains(page.Body.String(), `href="/verify-email?token=abc"`) {
		t.Error("the link of the mail does not lead to this machine")
	}
	body := visit(h, "/dev/mail/mail1/html")
	if policy := body.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "script") {
		t.Errorf("the mail may do %q", policy)
	}
	if got := visit(h, "/dev/mail/other"); got.Code != http.StatusNotFound {
		t.Errorf("another mail answered %d", got.Code)
	}
}

func TestAMessageOfTheSiteIsShownOnce(t *testing.T) {
	h := open(t, newWorld(), ana())
	said := send(h, "/settings", map[string]string{"display_name": "Ana"}).Result().Cookies()
	if len(said) != 1 {
		t.Fatalf("the cookies are %v", said)
	}
	rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/settings", http.NoBody)
	r.AddCookie(said[0])
	h.ServeHTTP(rec, r)
	gone := rec.Result().Cookies()
	if !strings.Contains(rec.Body.String(), "Your profile is saved.") || len(gone) != 1 || gone[0].MaxAge >= 0 {
		t.Errorf("it was not shown, or not forgotten: %v", gone)
	}
	for _, value := range []string{"!", "YWJj", "ZXZpbHxoaQ", strings.Repeat("QUFB", 300)} {
		rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/settings", http.NoBody)
		r.AddCookie(&http.Cookie{Name: "flash", Value: value})
		h.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK || strings.Contains(rec.Body.String(), `class="notice`) {
			t.Errorf("the cookie %.10q was shown", value)
		}
	}
}

// ASVS 3.3.1 to 3.3.4.
func TestCookiesAreBoundToTheSiteWhereItIsSecure(t *testing.T) {
	w := newWorld()
	e := w.edge()
	e.Config.PublicURL = "https://market.example"
	s, err := site.New(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, handle := range []echo.HandlerFunc{s.LogIn, s.LogOut} {
		rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader("login=ana"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if err := handle(echo.New().NewContext(r, rec)); err != nil {
			t.Fatal(err)
		}
		for _, k := range rec.Result().Cookies() {
			if !strings.HasPrefix(k.Name, "__Host-") || !k.Secure || !k.HttpOnly || k.Path != "/" || k.Domain != "" {
				t.Errorf("the cookie %v is not bound", k)
			}
		}
		if len(rec.Result().Cookies()) == 0 {
			t.Error("there is no cookie")
		}
	}
}

func TestDemoLoginsAreShownInTheDemonstrationOnly(t *testing.T) {
	for _, demo := range []bool{true, false} {
		e := newWorld().edge()
		e.Config.Demo = demo
		s, err := site.New(e, site.Login{Username: "ana", Password: "ana-demo-1", About: "Sells"})
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		if err := s.ShowLogIn(echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/login", http.NoBody), rec)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(rec.Body.String(), "ana-demo-1") != demo {
			t.Errorf("with demo=%v they are shown: %v", demo, !demo)
		}
	}
}

func TestABadgeThatCannotBeCountedCostsNoPage(t *testing.T) {
	e := newWorld().edge()
	e.Chats = failingChats{chats{w: newWorld()}}
	s, err := site.New(e)
	if err != nil {
		t.Fatal(err)
	}
	rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/help", http.NoBody)
	if err := s.ShowHelp(echo.New().NewContext(r.WithContext(identity.With(r.Context(), ana())), rec)); err != nil || rec.Code != http.StatusOK {
		t.Errorf("answered %d: %v", rec.Code, err)
	}
}

type failingChats struct{ chats }

func TestEachSideIsOfferedWhatItMayDo(t *testing.T) {
	tests := []struct {
		state order.Status
		role  string
		forms []string
	}{
		{order.StatusPendingPayment, "buyer", []string{"cancel"}},
		{order.StatusAwaitingRequirements, "buyer", []string{"requirements", "cancel"}},
		{order.StatusInProgress, "seller", []string{"changes/accept", "deliveries", "changes", "refunds", "disputes"}},
		{order.StatusDisputed, "buyer", []string{"disputes/statements", "disputes/withdraw", "disputes/resolve", "staff-cancel"}},
		{order.StatusDelivered, "buyer", []string{"accept", "revisions"}},
		{order.StatusCompleted, "buyer", []string{"reviews", "tips", "staff-refund"}},
		{order.StatusCancelled, "buyer", nil},
	}
	for _, tt := range tests {
		w := newWorld()
		w.state, w.role = tt.state, tt.role
		var forms []string
		for _, target := range targets(parsed(t, visit(open(t, w, ana()), "/orders/o1"))) {
			if name, ok := strings.CutPrefix(target.path, "/orders/o1/"); ok && target.method == http.MethodPost && !strings.HasPrefix(name, "skip") {
				forms = append(forms, name)
			}
		}
		if fmt.Sprint(forms) != fmt.Sprint(tt.forms) {
			t.Errorf("%s as %s offers %v, want %v", tt.state, tt.role, forms, tt.forms)
		}
	}
}

func (failingChats) CountUnread(context.Context, chat.CountUnreadRequest) (chat.Unread, error) {
	return chat.Unread{}, errors.New("chat is away")
}
