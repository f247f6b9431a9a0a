package site_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// typed is what a hostile and careful person types everywhere; all of it must come back.
const typed = `5 < 6 & "so" </textarea> on`

func TestWhatWasTypedIsKeptBesideWhatIsWrongWithIt(t *testing.T) {
	tests := []struct {
		path, field, input string
		form               map[string]string
		state              order.Status
		role               string
	}{
		{path: "/signup", field: "username", input: "username", form: map[string]string{"username": typed, "email": "a@b.c", "password": "secret-password"}},
		{path: "/forgot-password", field: "login", input: "login", form: map[string]string{"login": typed}},
		{path: "/settings", field: "bio", input: "bio", form: map[string]string{"display_name": "Ana", "bio": typed, "country": "DE"}},
		{path: "/settings/seller", field: "description", input: "description", form: map[string]string{"headline": "Hello", "description": typed}},
		{path: "/settings/seller", field: "skills.3", input: "skills", form: map[string]string{"skills": typed}},
		{path: "/settings/seller", field: "languages.0.name", input: "languages.1.name", form: map[string]string{"languages.0.name": "", "languages.1.name": typed, "languages.1.level": "native"}},
		{path: "/gigs/new", field: "title", input: "title", form: map[string]string{"title": typed, "basic.price": "5"}},
		{path: "/gigs/new", field: "packages.1.title", input: "premium.title", form: map[string]string{"basic.title": "One", "premium.title": typed}},
		{path: "/gigs/new", field: "requirements.0.question", input: "requirements.2.question", form: map[string]string{"requirements.0.question": "", "requirements.1.question": " ", "requirements.2.question": typed, "requirements.2.type": "text"}},
		{path: "/gigs/draft/edit", field: "description", input: "description", form: map[string]string{"description": typed}},
		{path: "/orders/o1/deliveries", field: "message", input: "message", form: map[string]string{"message": typed}, state: order.StatusInProgress, role: "seller"},
		{path: "/orders/o1/revisions", field: "message", input: "message", form: map[string]string{"message": typed}},
		{path: "/orders/o1/cancel", field: "reason", input: "reason", form: map[string]string{"reason": typed}, state: order.StatusAwaitingRequirements},
		{path: "/orders/o1/requirements", field: "answers.0.answer", input: "answers.0", form: map[string]string{"answers.0": typed}, state: order.StatusAwaitingRequirements},
		{path: "/orders/o1/reviews", field: "text", input: "text", form: map[string]string{"rating": "4", "text": typed}, state: order.StatusCompleted},
		{path: "/orders/o1/changes", field: "reason", input: "change_reason", form: map[string]string{"change_kind": "cancel", "change_reason": typed}, state: order.StatusInProgress},
		{path: "/orders/o1/refunds", field: "reason", input: "refund_reason", form: map[string]string{"refund_amount": "1", "refund_reason": typed}, state: order.StatusInProgress, role: "seller"},
		{path: "/orders/o1/disputes", field: "text", input: "dispute_text", form: map[string]string{"dispute_text": typed}, state: order.StatusInProgress},
		{path: "/orders/o1/disputes/statements", field: "text", input: "state_text", form: map[string]string{"state_text": typed}, state: order.StatusDisputed},
		{path: "/inbox/c1", field: "text", input: "text", form: map[string]string{"text": typed}},
	}
	for _, tt := range tests {
		t.Run(tt.path+" "+tt.input, func(t *testing.T) {
			w := newWorld()
			w.fail = fault.Fields(fault.Field{Name: tt.field, Message: "Write it in another way."})
			if tt.state != "" {
				w.state = tt.state
			}
			if tt.role != "" {
				w.role = tt.role
			}
			who := ana()
			if tt.path == "/signup" {
				who = identity.Actor{}
			}
			page := send(open(t, w, who), tt.path, tt.form)
			if page.Code != http.StatusUnprocessableEntity {
				t.Fatalf("answered %d: %s", page.Code, page.Body)
			}
			document := parsed(t, page)
			input := named(document, tt.input)
			if input == nil {
				t.Fatalf("there is no input %s", tt.input)
			}
			if got := valueOf(input); got != typed {
				t.Errorf("the input has %q, want %q", got, typed)
			}
			if !described(document, input, "Write it in another way.") {
				t.Error("the message is not beside the input")
			}
			for _, problem := range append(problems(document), inline(document)...) {
				t.Error(problem)
			}
			if strings.Contains(page.Body.String(), "secret-password") {
				t.Error("the password was sent back")
			}
		})
	}
}

// named finds an input that people see.
func named(document *html.Node, name string) *html.Node {
	for n := range document.Descendants() {
		kind, _ := attr(n, "type")
		if value, _ := attr(n, "name"); value == name && n.Data != "meta" && kind != "hidden" && !inside(n, "header") {
			return n
		}
	}
	return nil
}

func inside(n *html.Node, element string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == element {
			return true
		}
	}
	return false
}

func valueOf(n *html.Node) string {
	if n.Data == "textarea" {
		var b strings.Builder
		for d := range n.Descendants() {
			b.WriteString(d.Data)
		}
		return b.String()
	}
	value, _ := attr(n, "value")
	return value
}

// described says whether an element that the input names as its description has the text.
func described(document *html.Node, input *html.Node, text string) bool {
	ids, _ := attr(input, "aria-describedby")
	for n := range document.Descendants() {
		if id, _ := attr(n, "id"); id != "" && slices.Contains(strings.Fields(ids), id) && strings.Contains(words(n), text) {
			return true
		}
	}
	return false
}

func TestAFaultThatHasNoInputIsShownAboveTheForm(t *testing.T) {
	w := newWorld()
	w.fail = fault.Fields(fault.Field{Name: "packages", Message: "Offer 1 to 3 packages."})
	page := send(open(t, w, ana()), "/gigs/new", map[string]string{"title": "x"})
	if page.Code != http.StatusUnprocessableEntity || !strings.Contains(page.Body.String(), "Offer 1 to 3 packages.") {
		t.Errorf("answered %d without the message", page.Code)
	}
}

// Row A3: which of the two was wrong is not told.
func TestAWrongLoginIsRefusedInTheForm(t *testing.T) {
	w := newWorld()
	w.fail = fault.Unauthenticatedf("That is not right.")
	page := send(open(t, w, identity.Actor{}), "/login", map[string]string{"login": "ana", "password": "guess-1234", "next": "/orders"})
	body := page.Body.String()
	if page.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "That is not right.") || !strings.Contains(body, `name="next" value="/orders"`) {
		t.Errorf("answered %d: %s", page.Code, body)
	}
	if strings.Contains(body, "guess-1234") || len(page.Result().Cookies()) > 0 {
		t.Error("the password or a cookie came back")
	}
}

// Row A9.
func TestTooManyLoginsSayWhenToComeBack(t *testing.T) {
	w := newWorld()
	w.fail = fault.TooManyf(60, "Too many tries. Wait a minute.")
	page := send(open(t, w, identity.Actor{}), "/login", map[string]string{"login": "ana", "password": "x"})
	if page.Code != http.StatusTooManyRequests || !strings.Contains(page.Body.String(), "Wait a minute.") {
		t.Errorf("answered %d", page.Code)
	}
}

func TestLoggingInGoesOnWhereThePersonWantedToBe(t *testing.T) {
	for next, want := range map[string]string{"": "/", "/orders?role=seller": "/orders?role=seller", "//evil.example": "/", `/\evil`: "/"} {
		page := send(open(t, newWorld(), identity.Actor{}), "/login", map[string]string{"login": "ana", "password": "x", "next": next})
		if page.Code != http.StatusSeeOther || page.Header().Get("Location") != want {
			t.Errorf("next=%q led to %d %s", next, page.Code, page.Header().Get("Location"))
		}
		cookies := page.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Name != "session" || cookies[0].Value != "token-of-ana" || !cookies[0].HttpOnly ||
			cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Path != "/" {
			t.Errorf("the cookies are %v", cookies)
		}
	}
}

func TestSigningUpLogsInAndAsksForTheAddress(t *testing.T) {
	w := newWorld()
	page := send(open(t, w, identity.Actor{}), "/signup", map[string]string{"username": "ana", "email": "ana@example.com", "password": "long enough", "next": "/gigs/" + gigA})
	if page.Code != http.StatusSeeOther || page.Header().Get("Location") != "/verify-email?next=%2Fgigs%2F"+gigA {
		t.Errorf("answered %d %s", page.Code, page.Header().Get("Location"))
	}
	if !slices.Equal(w.calls, []string{"SignUp", "LogIn"}) {
		t.Errorf("called %q", w.calls)
	}
}

// Row A2: mail scanners open links, so opening one does nothing.
func TestOnlyTheButtonConfirmsAnAddress(t *testing.T) {
	w := newWorld()
	h := open(t, w, identity.Actor{})
	if page := visit(h, "/verify-email?token=abc"); page.Code != http.StatusOK || len(w.calls) != 0 {
		t.Fatalf("opening the link answered %d and called %q", page.Code, w.calls)
	}
	if page := send(h, "/verify-email", map[string]string{"token": "abc"}); page.Code != http.StatusSeeOther || !slices.Equal(w.calls, []string{"VerifyEmail"}) {
		t.Errorf("the button answered %d and called %q", page.Code, w.calls)
	}
	w.fail = fault.Wrong("token", "This link is over.")
	if page := send(h, "/verify-email", map[string]string{"token": "abc"}); page.Code != http.StatusUnprocessableEntity || !strings.Contains(page.Body.String(), "This link is over.") {
		t.Errorf("an old link answered %d", page.Code)
	}
}

// Rows O1, O3: what counts is package and number; the key of the form makes two clicks one order.
func TestAnOrderIsPlacedAtTheServersPriceWithTheKeyOfItsForm(t *testing.T) {
	w := newWorld()
	h := open(t, w, ana())
	document := parsed(t, visit(h, "/gigs/"+gigA+"/order?package=standard&quantity=2"))
	form := map[string]string{"price": "1"}
	for n := range document.Descendants() {
		if kind, _ := attr(n, "type"); kind == "hidden" && n.Data == "input" {
			name, _ := attr(n, "name")
			form[name], _ = attr(n, "value")
		}
	}
	page := send(h, "/gigs/"+gigA+"/order", form)
	if page.Code != http.StatusSeeOther || page.Header().Get("Location") != "/simulator/pay/pay1" {
		t.Fatalf("answered %d %s", page.Code, page.Header().Get("Location"))
	}
	if len(form["request_id"]) < 20 || !slices.Equal(w.calls, []string{"Place standard 2 " + form["request_id"]}) {
		t.Errorf("called %q with the form %v", w.calls, form)
	}
}

func TestThePayPageLeadsBackToTheOrder(t *testing.T) {
	for decision, want := range map[string]string{"succeed": "/orders/o1?payment=succeeded", "decline": "/orders/o1?payment=declined"} {
		page := send(open(t, newWorld(), ana()), "/simulator/pay/pay1/"+decision, nil)
		if page.Code != http.StatusSeeOther || page.Header().Get("Location") != want {
			t.Errorf("%s answered %d %s", decision, page.Code, page.Header().Get("Location"))
		}
	}
}

// Row O4: the order has moved on meanwhile.
func TestWhatIsNotPossibleAnyMoreShowsTheOrderAsItIs(t *testing.T) {
	w := newWorld()
	w.fail = fault.Conflictf("The order is completed already.")
	page := send(open(t, w, ana()), "/orders/o1/accept", nil)
	if page.Code != http.StatusConflict || !strings.Contains(page.Body.String(), "The order is completed already.") || !strings.Contains(page.Body.String(), "MX-4K7Q") {
		t.Errorf("answered %d", page.Code)
	}
}

func upload(t *testing.T, h http.Handler, path string, fields map[string]string, files map[string]int) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	for name, size := range files {
		part, err := form.CreateFormFile(strings.TrimRight(name, "#"), "work.zip")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(bytes.Repeat([]byte("x"), size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	rec, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	h.ServeHTTP(rec, r)
	return rec
}

func TestFilesAreDelivered(t *testing.T) {
	w := newWorld()
	w.state, w.role = order.StatusInProgress, "seller"
	page := upload(t, open(t, w, ana()), "/orders/o1/deliveries", map[string]string{"message": "Here"}, map[string]int{"files": 10, "files#": 20})
	if page.Code != http.StatusSeeOther || !slices.Equal(w.calls, []string{"Deliver 2"}) {
		t.Errorf("answered %d and called %q", page.Code, w.calls)
	}
}

func TestAFileThatIsTooLargeIsRefusedBesideTheForm(t *testing.T) {
	w := newWorld()
	w.state, w.role = order.StatusInProgress, "seller"
	page := upload(t, open(t, w, ana()), "/orders/o1/deliveries", map[string]string{"message": typed}, map[string]int{"files": 25<<20 + 1})
	if page.Code != http.StatusUnprocessableEntity || len(w.calls) != 0 || !strings.Contains(page.Body.String(), "larger than 25 MB") {
		t.Errorf("answered %d and called %q", page.Code, w.calls)
	}
	if got := valueOf(named(parsed(t, page), "message")); got != typed {
		t.Errorf("the message became %q", got)
	}
}

func TestAFormThatIsTooLargeIsRefused(t *testing.T) {
	w := newWorld()
	for _, path := range []string{"/settings", "/gigs/new", "/inbox/c1", "/login"} {
		page := send(open(t, w, identity.Actor{UserID: anaID, Username: "ana", Verified: true}), path, map[string]string{"text": strings.Repeat("x", 600<<10)})
		if page.Code != http.StatusRequestEntityTooLarge || len(w.calls) != 0 {
			t.Errorf("%s answered %d and called %q", path, page.Code, w.calls)
		}
	}
}

func TestAPictureThatIsNoneIsRefusedBesideItsForm(t *testing.T) {
	w := newWorld()
	for _, w.fail = range []error{fault.Wrong("content", "This is no picture."), fault.Invalidf("This is no picture."), fault.TooLargef("This is no picture.")} {
		for _, path := range []string{"/settings/avatar", "/gigs/draft/pictures"} {
			page := upload(t, open(t, w, ana()), path, nil, map[string]int{"picture": 10})
			document := parsed(t, page)
			if page.Code != http.StatusUnprocessableEntity || !described(document, named(document, "picture"), "This is no picture.") {
				t.Errorf("%s answered %d without the message", path, page.Code)
			}
		}
	}
	w.calls = nil
	page := upload(t, open(t, w, ana()), "/settings/avatar", nil, nil)
	if page.Code != http.StatusUnprocessableEntity || len(w.calls) != 0 {
		t.Errorf("no file at all answered %d and called %q", page.Code, w.calls)
	}
}

func TestMessagesAreSentByPlainForms(t *testing.T) {
	w := newWorld()
	page := send(open(t, w, ana()), "/inbox/c1", map[string]string{"text": "Hello", "client_id": "x1"})
	if page.Code != http.StatusSeeOther || page.Header().Get("Location") != "/inbox/c1#end" || !slices.Equal(w.calls, []string{"Send Hello", "MarkRead 5"}) {
		t.Errorf("answered %d %s and called %q", page.Code, page.Header().Get("Location"), w.calls)
	}
}

// Row C3: after a reconnect, exactly what is newer.
func TestMissedMessagesComeAsAPieceOfAPage(t *testing.T) {
	w := newWorld()
	page := visit(open(t, w, ana()), "/inbox/c1/messages?after=2")
	body := page.Body.String()
	if page.Code != http.StatusOK || strings.Contains(body, "<html") || strings.Count(body, "data-seq=") != 2 || strings.Contains(body, `data-seq="2"`) {
		t.Errorf("answered %d: %s", page.Code, body)
	}
	if page := visit(open(t, w, ana()), "/inbox/c1/messages?after=4"); strings.Contains(page.Body.String(), "data-seq=") {
		t.Errorf("with nothing missed it answered %s", page.Body)
	}
	if page := visit(open(t, w, ana()), "/inbox/c1/messages?after=x"); page.Code != http.StatusBadRequest {
		t.Errorf("a word for a number answered %d", page.Code)
	}
}

func TestNotificationsAreMarkedAsRead(t *testing.T) {
	w := newWorld()
	h := open(t, w, ana())
	send(h, "/notifications/read", map[string]string{"id": "n1"})
	send(h, "/notifications/read", map[string]string{"all": "yes"})
	if !slices.Equal(w.calls, []string{"MarkRead [n1] false", "MarkRead [] true"}) {
		t.Errorf("called %q", w.calls)
	}
}

func TestAFilterThatIsNoNumberIsRefusedBesideIt(t *testing.T) {
	page := visit(open(t, newWorld(), identity.Actor{}), "/gigs?min=cheap&max=%3Cb%3E")
	document := parsed(t, page)
	if page.Code != http.StatusUnprocessableEntity || !described(document, named(document, "min"), "Write a price") || valueOf(named(document, "max")) != "<b>" {
		t.Errorf("answered %d", page.Code)
	}
}
