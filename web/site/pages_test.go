package site_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"marketplace/modules/order"
	"marketplace/platform/identity"
	"marketplace/web/edge"
	"marketplace/web/site"
)

// addresses are every page that people look at, with its parameters filled in.
func addresses(t testing.TB) []string {
	t.Helper()
	s, err := site.New(newWorld().edge())
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, p := range s.Pages() {
		switch {
		case p.Method != http.MethodGet, strings.HasSuffix(p.Path, "/*"), strings.HasSuffix(p.Path, ".txt"), strings.HasPrefix(p.Path, "/.well-known/"):
		case strings.HasSuffix(p.Path, ".csv"), strings.HasSuffix(p.Path, ".pdf"), strings.HasPrefix(p.Path, "/files/"):
		case strings.HasSuffix(p.Path, "/card"), strings.HasSuffix(p.Path, "/feed"), strings.HasPrefix(p.Path, "/sitemap"):
		case strings.HasPrefix(p.Path, "/pictures/"), strings.HasPrefix(p.Path, "/avatars/"), strings.HasSuffix(p.Path, "/cover"):
		case strings.HasSuffix(p.Path, "/:file"), strings.HasSuffix(p.Path, "/:token"), strings.HasSuffix(p.Path, ".csv"), strings.HasSuffix(p.Path, "/html"), strings.HasSuffix(p.Path, "/messages"):
		default:
			paths = append(paths, filled(p.Path))
		}
	}
	return append(paths, "/gigs?q=nothing&min=5&max=50&days=3&sort=rating", "/gigs?cursor=x&q=logo", "/orders?role=seller&status=completed",
		"/verify-email?token=abc", "/reset-password?token=abc", "/seller/gigs?status=paused", "/inbox?cursor=x", "/nothing-here",
		"/inbox?folder=starred&label=urgent&q=hello", "/inbox?undo=archived&of=c1", "/inbox/c1?find=hello", "/inbox/c1?edit=m0", "/inbox/c1?reply=r1", "/inbox/c1?at=2")
}

// filled puts something that exists in the place of the parameters.
func filled(path string) string {
	switch {
	case strings.HasPrefix(path, "/gigs/:id/order"):
		return strings.Replace(path, ":id", gigA, 1) + "?package=standard"
	case path == "/gigs/:id":
		return "/gigs/i-will-draw-a-calm-logo-" + gigA
	case strings.HasPrefix(path, "/gigs/:id"):
		return strings.Replace(path, ":id", "draft", 1)
	case strings.HasPrefix(path, "/orders/:id"):
		return strings.NewReplacer(":id", "o1", ":file", "f1").Replace(path)
	case strings.HasPrefix(path, "/offers/:id"):
		return strings.Replace(path, ":id", "of1", 1)
	case strings.HasPrefix(path, "/pay/:id"):
		return "/pay/p1"
	case strings.HasPrefix(path, "/simulator/pay/:id"):
		return strings.Replace(path, ":id", "pay1", 1)
	case strings.HasPrefix(path, "/inbox/:id"):
		return strings.NewReplacer(":id", "c1", ":file", "f1").Replace(path)
	case strings.HasPrefix(path, "/operator/reports/:id"):
		return strings.Replace(path, ":id", "k1", 1)
	case strings.HasPrefix(path, "/dev/mail/:id"):
		return strings.Replace(path, ":id", "mail1", 1)
	}
	return strings.NewReplacer(":step", "1", ":username", "ben", ":slug", "logo-design").Replace(path)
}

// states are the orders that a page has to show, from both sides.
func states() []order.Status {
	return []order.Status{order.StatusPendingPayment, order.StatusAwaitingRequirements, order.StatusInProgress, order.StatusDelivered,
		order.StatusInRevision, order.StatusDisputed, order.StatusCompleted, order.StatusCancelled, order.StatusExpired}
}

// everything shows every page to a visitor and to somebody signed in, every state of an order to both sides, and every
// list when it is empty.
func everything(t *testing.T, w *world, look func(t *testing.T, name string, page *httptest.ResponseRecorder)) {
	t.Helper()
	see := func(name string, h http.Handler, path string) {
		t.Run(name+" "+path, func(t *testing.T) { look(t, name, visit(h, path)) })
	}
	member, visitor := open(t, w, ana()), open(t, w, identity.Actor{})
	for _, path := range addresses(t) {
		see("member", member, path)
		see("visitor", visitor, path)
	}
	for _, w.role = range []string{"buyer", "seller"} {
		for _, w.state = range states() {
			see(w.role+" "+string(w.state), member, "/orders/o1")
		}
	}
	seeOffers(w, member, see)
	see("paid", member, "/orders/o1?payment=succeeded")
	for _, w.payment = range []string{"pending", "succeeded", "declined", "expired"} {
		see(w.payment, member, "/simulator/pay/pay1")
	}
	w.empty, w.seller = true, false
	for _, path := range []string{"/", "/gigs", "/users/ben", "/users/ana", "/orders", "/orders?role=seller", "/offers", "/inbox/c1/offer", "/inbox", "/inbox?q=x", "/inbox?folder=spam", "/inbox/replies", "/inbox/safety", "/notifications", "/earnings",
		"/seller/gigs", "/settings/seller/steps/1", "/settings/seller/steps/2", "/settings/seller/steps/3", "/settings/seller/steps/4", "/sell", "/gigs/new", "/gigs/" + gigA} {
		see("empty", member, path)
	}
}

func TestEveryPageIsWholeAndAccessible(t *testing.T) {
	everything(t, newWorld(), func(t *testing.T, _ string, page *httptest.ResponseRecorder) {
		if page.Code == http.StatusSeeOther {
			return
		}
		if page.Code != http.StatusOK && page.Code != http.StatusNotFound {
			t.Fatalf("answered %d", page.Code)
		}
		if kind := page.Header().Get("Content-Type"); !strings.EqualFold(kind, "text/html; charset=UTF-8") {
			t.Errorf("the content type is %q", kind)
		}
		for _, problem := range problems(parsed(t, page)) {
			t.Error(problem)
		}
	})
}

// Row W9, ASVS 3.4.3: the policy allows nothing inline.
func TestNoPageHasAnythingInline(t *testing.T) {
	everything(t, newWorld(), func(t *testing.T, _ string, page *httptest.ResponseRecorder) {
		for _, n := range inline(parsed(t, page)) {
			t.Error(n)
		}
	})
}

// ASVS 3.5.3: looking changes nothing.
func TestNoPageChangesAnythingByBeingLookedAt(t *testing.T) {
	w := newWorld()
	everything(t, w, func(*testing.T, string, *httptest.ResponseRecorder) {})
	if len(w.calls) > 0 {
		t.Errorf("looking at the pages called %q", w.calls)
	}
}

func TestVisitorsAreSentToLogInAndBack(t *testing.T) {
	s, err := site.New(newWorld().edge())
	if err != nil {
		t.Fatal(err)
	}
	visitor := open(t, newWorld(), identity.Actor{})
	for _, p := range s.Pages() {
		if p.Access != edge.SignedIn && p.Access != edge.Verified {
			continue
		}
		path := filled(p.Path)
		if p.Method == http.MethodGet {
			got := visit(visitor, path)
			want := "/login?next=" + strings.NewReplacer("/", "%2F", "?", "%3F", "=", "%3D").Replace(path)
			if got.Code != http.StatusSeeOther || got.Header().Get("Location") != want {
				t.Errorf("GET %s answered %d %s, want %s", path, got.Code, got.Header().Get("Location"), want)
			}
			continue
		}
		if got := send(visitor, path, nil); got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/login" {
			t.Errorf("POST %s answered %d %s", path, got.Code, got.Header().Get("Location"))
		}
	}
}

// Row A1.
func TestUnverifiedPeopleAreToldHowToBuyAndSell(t *testing.T) {
	who := ana()
	who.Verified = false
	page := visit(open(t, newWorld(), who), "/gigs/"+gigA+"/order")
	if page.Code != http.StatusForbidden || !strings.Contains(page.Body.String(), `action="/verify-email/resend"`) {
		t.Errorf("answered %d without the way to confirm", page.Code)
	}
}

func TestEveryLinkOfEveryPageLeadsToAPage(t *testing.T) {
	s, err := site.New(newWorld().edge())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	everything(t, newWorld(), func(t *testing.T, _ string, page *httptest.ResponseRecorder) {
		for _, target := range targets(parsed(t, page)) {
			path, _, _ := strings.Cut(target.path, "?")
			path, _, _ = strings.Cut(path, "#")
			key := target.method + " " + path
			if path == "" || known[key] {
				continue
			}
			known[key] = true
			if !slices.ContainsFunc(s.Pages(), func(p site.Page) bool { return p.Method == target.method && matches(p.Path, path) }) {
				t.Errorf("nothing answers %s", key)
			}
		}
	})
	if len(known) < 60 {
		t.Errorf("only %d links were found", len(known))
	}
}

// matches says whether a path is one of a route's.
func matches(route, path string) bool {
	if prefix, ok := strings.CutSuffix(route, "*"); ok {
		return strings.HasPrefix(path, prefix)
	}
	want, got := strings.Split(route, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && (!strings.HasPrefix(want[i], ":") || got[i] == "") {
			return false
		}
	}
	return true
}

func parsed(t *testing.T, page *httptest.ResponseRecorder) *html.Node {
	t.Helper()
	document, err := html.Parse(strings.NewReader(page.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// words are what a reader, or a screen reader, gets of a node.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
		if alt, ok := attr(d, "alt"); ok && d.Data == "img" {
			b.WriteString(alt)
		}
	}
	return strings.TrimSpace(b.String())
}

// problems are what is wrong with a page for people and their tools.
func problems(document *html.Node) []string {
	var wrong []string
	ids, labels, headings := map[string]int{}, map[string]bool{}, 0
	for n := range document.Descendants() {
		if id, ok := attr(n, "id"); ok {
			ids[id]++
		}
		if target, ok := attr(n, "for"); ok && n.Data == "label" && words(n) != "" {
			labels[target] = true
		}
		if n.Data == "h1" && n.Type == html.ElementNode {
			headings++
		}
	}
	if headings != 1 {
		wrong = append(wrong, fmt.Sprintf("there are %d h1", headings))
	}
	for id, count := range ids {
		if count > 1 {
			wrong = append(wrong, fmt.Sprintf("the id %q is there %d times", id, count))
		}
	}
	for n := range document.Descendants() {
		if n.Type == html.ElementNode {
			wrong = append(wrong, problemsOf(n, ids, labels)...)
		}
	}
	return wrong
}

func problemsOf(n *html.Node, ids map[string]int, labels map[string]bool) []string {
	var wrong []string
	describe := func() string {
		var b strings.Builder
		if err := html.Render(&b, n); err != nil {
			return n.Data
		}
		return b.String()[:min(b.Len(), 160)]
	}
	id, _ := attr(n, "id")
	label, _ := attr(n, "aria-label")
	kind, _ := attr(n, "type")
	switch n.Data {
	case "html":
		if lang, _ := attr(n, "lang"); lang != "en" {
			wrong = append(wrong, "the language is not told")
		}
	case "title":
		if words(n) == "" && n.Parent.Data == "head" {
			wrong = append(wrong, "the title is empty")
		}
	case "img":
		_, described := attr(n, "alt")
		_, wide := attr(n, "width")
		_, high := attr(n, "height")
		if !described || !wide || !high {
			wrong = append(wrong, "a picture without alt, width or height: "+describe())
		}
	case "a", "button":
		if words(n) == "" && label == "" {
			wrong = append(wrong, "nothing to read: "+describe())
		}
	case "input", "select", "textarea":
		inside := n.Parent.Data == "label"
		if kind != "hidden" && !labels[id] && !inside && label == "" {
			wrong = append(wrong, "a field without a label: "+describe())
		}
	}
	for _, name := range []string{"aria-describedby", "aria-labelledby", "popovertarget"} {
		value, _ := attr(n, name)
		for target := range strings.FieldsSeq(value) {
			if ids[target] == 0 {
				wrong = append(wrong, fmt.Sprintf("%s names %q, which is not there: %s", name, target, describe()))
			}
		}
	}
	return wrong
}

// inline are the parts of a page that the Content-Security-Policy would refuse, or that come from elsewhere.
func inline(document *html.Node) []string {
	var found []string
	for n := range document.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		source, _ := attr(n, "src")
		if n.Data == "style" || n.Data == "object" || n.Data == "embed" || n.Data == "base" || (n.Data == "script" && !strings.HasPrefix(source, "/static/") && valueOfAttr(n, "type") != "application/ld+json") {
			found = append(found, "an inline "+n.Data)
		}
		if source != "" && !strings.HasPrefix(source, "/") {
			found = append(found, "something from elsewhere: "+source)
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				found = append(found, fmt.Sprintf("%s has %s=%q", n.Data, a.Key, a.Val))
			}
			if (a.Key == "href" || a.Key == "action" || a.Key == "formaction") && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:") || strings.HasPrefix(value, "vbscript:")) {
				found = append(found, fmt.Sprintf("%s leads to %q", n.Data, a.Val))
			}
		}
	}
	return found
}

type target struct{ method, path string }

// targets are the local addresses that a page leads to.
func targets(document *html.Node) []target {
	var found []target
	for n := range document.Descendants() {
		for _, name := range []string{"href", "src", "action"} {
			value, ok := attr(n, name)
			if !ok || !strings.HasPrefix(value, "/") || n.Data == "use" {
				continue
			}
			method, _ := attr(n, "method")
			if n.Data != "form" || method == "" {
				method = http.MethodGet
			}
			found = append(found, target{strings.ToUpper(method), value})
		}
	}
	return found
}
