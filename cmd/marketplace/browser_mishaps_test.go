package main

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/modules/notification"
	"marketplace/modules/user"
	"marketplace/platform/bus"
	"marketplace/platform/fault"
	"marketplace/web"
	"marketplace/web/edge"
)

// mishap is a page that says why there is no other: shown by a gateway in which something goes wrong.
type mishap struct {
	m      *market // as that gateway shows it
	path   string
	name   string
	status int64
	says   string
	wait   string // what Retry-After says; empty: nothing
}

// troubledUsers fail for some user names, as a module fails: too busy, out of order, away.
type troubledUsers struct{ user.Service }

func (u troubledUsers) Get(ctx context.Context, q user.GetRequest) (user.Profile, error) {
	switch q.Username {
	case "busy":
		return user.Profile{}, fault.TooManyf(40, "That was a bit fast. Please wait a moment.")
	case "broken":
		return user.Profile{}, errors.New("read the profile: the disk of db-3 is full")
	case "away":
		return user.Profile{}, fault.Unavailablef(2, "A part of the marketplace is not answering. Please try again in a moment.")
	}
	return u.Service.Get(ctx, q)
}

// closedHouse is a marketplace that its operators have closed.
type closedHouse struct{ notification.Service }

func (h closedHouse) House(ctx context.Context, q notification.HouseRequest) (notification.House, error) {
	house, err := h.Service.House(ctx, q)
	now := time.Now().UTC() //nolint:forbidigo // that of the reader
	until := now.Add(3 * time.Hour)
	house.Closed = &notification.Closure{Note: "We move the shelves, and the " + longWord + " gets one of its own.", Since: now, Until: &until}
	return house, err
}

// mishaps are all pages that say why there is no other, in English and German, until the test ends.
func (m *market) mishaps(t testing.TB) (all []mishap) {
	t.Helper()
	troubled, closed := m.services, m.services
	troubled.Users = troubledUsers{m.services.Users}
	closed.Notifications = closedHouse{m.services.Notifications}
	broken, shut := m.shownBy(t, troubled), m.shownBy(t, closed)
	for tag, says := range map[string][5]string{
		"en": {"Slow down a little", "Something went wrong on our side", "Back in a moment", "We are back soon", "We could not find that page"},
		"de": {"Etwas langsamer, bitte", "Bei uns ist etwas schiefgegangen", "Gleich wieder da", "Wir sind bald zurück", "Diese Seite haben wir nicht gefunden"},
	} {
		all = append(all,
			mishap{broken, "/users/busy?lang=" + tag, "error-429-" + tag, 429, says[0], "40"},
			mishap{broken, "/users/broken?lang=" + tag, "error-500-" + tag, 500, says[1], ""},
			mishap{broken, "/users/away?lang=" + tag, "error-503-" + tag, 503, says[2], "2"},
			mishap{broken, "/nothing-here?lang=" + tag, "error-404-" + tag, 404, says[4], ""},
			mishap{shut, "/gigs?q=logo&lang=" + tag, "error-closed-" + tag, 503, says[3], "about three hours"})
	}
	return all
}

// shownBy is the marketplace as a further gateway with other services shows it.
func (m *market) shownBy(t testing.TB, s edge.Services) *market {
	t.Helper()
	events, err := bus.New(bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w, err := web.New(t.Context(), edge.Edge{Services: s, Config: m.config, Clock: m.clock, Log: zap.NewNop()}, events.Module("web", nil), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	other := *m
	other.url, other.others = server.URL, nil
	return &other
}

// visitors opens a browser for each gateway that has mishaps.
func visitors(t testing.TB, all []mishap) map[*market]*surfer {
	t.Helper()
	by := map[*market]*surfer{}
	for _, x := range all {
		if by[x.m] == nil {
			by[x.m] = x.m.surfer(t, "a visitor")
		}
	}
	return by
}

// meet opens the page of a mishap and returns its HTML.
func (s *surfer) meet(x mishap) (html string) {
	s.t.Helper()
	s.prefers("light", true)
	if status := s.goTo("open "+x.path, chromedp.Navigate(x.m.url+x.path)); status != x.status {
		s.fail(x.name, fmt.Errorf("the answer is %d, not %d", status, x.status))
	}
	return s.ask(`fetch(location.href, { headers: { Accept: "text/html" } }).then((r) => r.text())`)
}

// Rows W1–W4, Z14: whatever goes wrong, people see a page that says so in their language, says when to come back, leads on,
// tells nothing of the inside, and can be used by everybody, on a phone, in the dark and without scripts.
func TestTroubleIsExplainedToEverybody(t *testing.T) {
	browser(t)
	axe := tool(t, "node_modules/axe-core/axe.min.js")
	m := start(t, shapes()[0])
	html := map[string]string{}
	all := m.mishaps(t)
	for _, x := range all {
		status, header, page := x.m.page(t, x.path)
		if int64(status) != x.status || !strings.Contains(page, x.says) || !strings.Contains(page, `class="button"`) {
			t.Errorf("%s answers %d without %q, or leads nowhere: %s", x.name, status, x.says, page)
		}
		if wait := header.Get("Retry-After"); wait != x.wait && (x.wait != "about three hours" || len(wait) != len("10799")) {
			t.Errorf("%s is to be tried again after %q, not %q", x.name, wait, x.wait)
		}
		for _, inside := range []string{"db-3", "goroutine", ".go:", "panic"} {
			if strings.Contains(page, inside) {
				t.Errorf("%s tells %q", x.name, inside)
			}
		}
	}
	awaitTurn(t)
	by := visitors(t, all)
	for _, x := range all {
		s := by[x.m]
		html[x.name] = s.meet(x)
		problems := s.tooNarrow()
		if strings.HasSuffix(x.name, "-en") { // in other words nothing else can be wrong
			problems = append(problems, s.unusable(string(axe))...)
		}
		for _, problem := range problems {
			t.Errorf("%s: %s", x.name, problem)
		}
		for _, complaint := range s.complaints() {
			if !strings.Contains(complaint, "Failed to load resource") || !strings.Contains(complaint, x.m.url+strings.SplitN(x.path, "?", 2)[0]) {
				t.Errorf("%s: the browser complained: %s", x.name, complaint)
			}
		}
	}
	for _, problem := range invalid(t, html) {
		t.Error(problem)
	}
}

// unusable tells what of the open page not everybody can use: in light and dark, by keyboard, or where nothing is to move.
func (s *surfer) unusable(axe string) (wrong []string) {
	s.t.Helper()
	s.do("bring axe", chromedp.Evaluate[chromedp.Void](axe))
	found := map[string]string{}
	for scheme, rules := range map[string]string{"light": wcag, "dark": `"color-contrast"`} {
		s.prefers(scheme, true)
		found["axe, in the "+scheme] = s.ask(fmt.Sprintf(runAxe, rules))
	}
	found["it moves for those who do not want it"] = s.ask(movements)
	found["the focus is not seen"] = s.ask(unseenFocus)
	for what, where := range found {
		if where != "" {
			wrong = append(wrong, what+": "+where)
		}
	}
	return wrong
}

// tooNarrow tells on which screens the open page has no room.
func (s *surfer) tooNarrow() (wrong []string) {
	s.t.Helper()
	for _, width := range []int64{640, 320} {
		s.do("make it narrow", chromedp.EmulateViewport(width, 800))
		if broad := s.ask(fmt.Sprintf(tooWide, width)); broad != "" {
			wrong = append(wrong, fmt.Sprint("at ", width, " pixels: ", broad))
		}
	}
	s.do("make it wide", chromedp.EmulateViewport(1280, 900))
	return wrong
}
