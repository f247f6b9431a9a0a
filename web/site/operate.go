package site

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/app"
	"marketplace/platform/bus"
	"marketplace/platform/fault"
	"marketplace/platform/operate"
	"marketplace/platform/telemetry"
)

// The pages of who runs the marketplace: what is wrong now, and everything that tells why (rows S11, S12, Z18, Z23).

const operateShown = 50

// operationPage is what is wrong now, and how every process is.
type operationPage struct {
	Alerts    []notification.Alert
	Over      []notification.Alert
	Processes []operate.Process
	Away      []operate.Away
}

// ShowOperation shows the conditions that hold now, the last ones that are over, and every process with what it depends on.
func (s *Site) ShowOperation(c echo.Context) error {
	ctx := c.Request().Context()
	var page operationPage
	var without missing
	var err error
	if page.Processes, page.Away, err = s.Fleet.Processes(ctx); err != nil {
		return err
	}
	for over, into := range map[bool]*[]notification.Alert{false: &page.Alerts, true: &page.Over} {
		list, err := s.Notifications.ListAlerts(ctx, notification.ListAlertsRequest{Over: over, Limit: 10})
		switch {
		case err == nil:
			*into = list.Items
		case !fault.Is(err, fault.Unavailable):
			return err
		case !over: // the page is most needed when something is away
			without = append(without, "the alerts")
		}
	}
	return s.show(c, http.StatusOK, "operator/show", view{Title: "Operation", Missing: without, Data: page})
}

// logPage is lines of the log.
type logPage struct {
	Slow    bool
	Tabs    []tab
	Lines   []telemetry.Line
	Missing []string
	First   string
	Next    string
}

// ShowLog shows the last errors, or the last slow requests, of all processes.
func (s *Site) ShowLog(c echo.Context) error {
	kind := "errors"
	if c.QueryParam("kind") == "slow" {
		kind = "slow"
	}
	lines, next, err := s.Fleet.Lines(c.Request().Context(), operate.LinesRequest{Kind: kind, After: c.QueryParam("cursor"), Limit: operateShown})
	if err != nil {
		return err
	}
	page := logPage{Slow: kind == "slow", Lines: lines.Items, Missing: lines.Missing, Tabs: []tab{
		{"Errors", "/operator/log", kind == "errors"}, {"Slow requests", "/operator/log?kind=slow", kind == "slow"}}}
	page.First, page.Next = pageLinks("/operator/log", url.Values{"kind": {c.QueryParam("kind")}}, c.QueryParam("cursor"), next)
	return s.show(c, http.StatusOK, "operator/log", view{Title: "Log", Data: page})
}

// eventsPage is events, dead letters, or dead letters that were given up.
type eventsPage struct {
	View      string // dead, all or discarded
	Tabs      []tab
	Search    form
	Letters   []bus.DeadLetter
	Records   []bus.Record
	Discarded []bus.Discarded
	Missing   []string
	Form      form   // of a refused discarding
	About     string // the letter that it was about
	First     string
	Next      string
}

// Empty says whether there is nothing to show.
func (p eventsPage) Empty() bool { return len(p.Letters)+len(p.Records)+len(p.Discarded) == 0 }

// ListEvents shows the dead letters, all events, or what was discarded, newest first.
func (s *Site) ListEvents(c echo.Context) error {
	return s.listEvents(c, http.StatusOK, "", form{})
}

func (s *Site) listEvents(c echo.Context, status int, about string, f form) error {
	ctx, chosen := c.Request().Context(), c.QueryParam("view")
	q := bus.Wanted{Topic: strings.TrimSpace(c.QueryParam("topic")), Aggregate: strings.TrimSpace(c.QueryParam("aggregate")),
		After: c.QueryParam("cursor"), Limit: operateShown}
	page := eventsPage{View: chosen, Form: f, About: about, Search: filled("topic", q.Topic, "aggregate", q.Aggregate), Tabs: []tab{
		{"Dead letters", "/operator/events", chosen == ""}, {"All events", "/operator/events?view=all", chosen == "all"},
		{"Discarded", "/operator/events?view=discarded", chosen == "discarded"}}}
	var next string
	var err error
	switch chosen {
	case "all":
		var list operate.Events
		list, next, err = s.Fleet.Events(ctx, q)
		page.Records, page.Missing = list.Items, list.Missing
	case "discarded":
		var list operate.Discarded
		list, next, err = s.Fleet.Discarded(ctx, q)
		page.Discarded, page.Missing = list.Items, list.Missing
	default:
		var list operate.DeadLetters
		list, next, err = s.Fleet.DeadLetters(ctx, q)
		page.Letters, page.Missing = list.Items, list.Missing
	}
	if err != nil {
		return err
	}
	page.First, page.Next = pageLinks("/operator/events", url.Values{"view": {chosen}, "topic": {q.Topic}, "aggregate": {q.Aggregate}}, q.After, next)
	return s.show(c, status, "operator/events", view{Title: "Events", Data: page})
}

// RetryEvent delivers a dead letter again.
func (s *Site) RetryEvent(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err == nil {
		err = s.Fleet.Retry(c.Request().Context(), operate.RetryRequest{ID: values.Get("id")})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/operator/events", "It is delivered again. If it fails again, it comes back here.")
}

// DiscardEvent gives a dead letter up.
func (s *Site) DiscardEvent(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	err = s.Fleet.Discard(c.Request().Context(), operate.DiscardRequest{ID: values.Get("id"), Reason: values.Get("reason")})
	if f, ok := rejected(values, err, func(string) string { return "" }); ok { // the input is one of many of its name
		return s.listEvents(c, http.StatusUnprocessableEntity, values.Get("id"), f)
	}
	if err != nil {
		return err
	}
	return s.done(c, "/operator/events", "It is discarded. Its module will not hear of the event.")
}

// mailsPage is the log of mails.
type mailsPage struct {
	Tabs   []tab
	Search form
	Mails  []notification.MailRecord
	First  string
	Next   string
}

// ShowMailLog shows which mails were sent, or not, and why; not what they say.
func (s *Site) ShowMailLog(c echo.Context) error {
	q := notification.MailLogRequest{Status: c.QueryParam("status"), To: strings.TrimSpace(c.QueryParam("to")),
		OrderID: strings.TrimSpace(c.QueryParam("order")), Limit: operateShown, Cursor: c.QueryParam("cursor")}
	list, err := s.Notifications.MailLog(c.Request().Context(), q)
	if err != nil {
		return err
	}
	page := mailsPage{Mails: list.Items, Search: filled("to", q.To, "order", q.OrderID)}
	for _, t := range []struct{ label, status string }{{"All", ""}, {"Waiting", "queued"}, {"Sent", "sent"}, {"Not sent", "dead"}} {
		page.Tabs = append(page.Tabs, tab{t.label, listPath("/operator/mails", "status", t.status), q.Status == t.status})
	}
	page.First, page.Next = pageLinks("/operator/mails", url.Values{"status": {q.Status}, "to": {q.To}, "order": {q.OrderID}}, q.Cursor, list.NextCursor)
	return s.show(c, http.StatusOK, "operator/mails", view{Title: "Mail", Data: page})
}

// RetryMail sends a mail again that could not be sent.
func (s *Site) RetryMail(c echo.Context) error {
	if _, err := s.Notifications.RetryMail(c.Request().Context(), notification.RetryMailRequest{ID: c.Param("id")}); err != nil {
		return err
	}
	return s.done(c, "/operator/mails", "It is sent again.")
}

// timersPage is what will happen by itself.
type timersPage struct {
	Timers  []timerRow
	Tasks   []processTask
	Missing []string
	First   string
	Next    string
}

// timerRow is a timer in the list; its order or offer is in the state that all pages call so.
type timerRow struct {
	order.Timer
	Status status
}

// processTask is a background task of a process.
type processTask struct {
	app.Task

	Process string
}

// Every says how often it runs.
func (t processTask) Every() string { return shortSpan(t.Interval) }

// Lasted says how long it took.
func (t processTask) Lasted() string { return shortSpan(t.Took) }

// shortSpan writes how long something takes or waits: 20 ms, 1.5s, 10m, 1h30m, 24h.
func shortSpan(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	short := d.Round(100 * time.Millisecond).String()
	for _, zero := range []string{"m0s", "h0m"} { // 1m0s is 1m, 10m stays
		if strings.HasSuffix(short, zero) {
			short = strings.TrimSuffix(short, zero[1:])
		}
	}
	return short
}

// coded shows what stands between backticks as code.
func coded(text string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(text, "`") {
		if part = template.HTMLEscapeString(part); i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		out.WriteString(part)
	}
	return template.HTML(out.String()) //nolint:gosec // every part was escaped
}

// ListTimers shows the steps that orders will take by themselves, the next first, and the tasks of every process.
func (s *Site) ListTimers(c echo.Context) error {
	ctx := c.Request().Context()
	list, err := s.Orders.ListTimers(ctx, order.ListTimersRequest{Limit: operateShown, Cursor: c.QueryParam("cursor")})
	if err != nil {
		return err
	}
	var page timersPage
	for _, t := range list.Items {
		page.Timers = append(page.Timers, timerRow{t, statusFor(t.Status)})
	}
	page.First, page.Next = pageLinks("/operator/timers", url.Values{}, c.QueryParam("cursor"), list.NextCursor)
	processes, away, err := s.Fleet.Processes(ctx)
	if err != nil {
		return err
	}
	for _, p := range processes {
		for _, t := range p.Tasks {
			page.Tasks = append(page.Tasks, processTask{t, p.Name})
		}
	}
	for _, a := range away {
		page.Missing = append(page.Missing, a.Address)
	}
	return s.show(c, http.StatusOK, "operator/timers", view{Title: "Timers and tasks", Data: page})
}

// pretty writes JSON over several lines; what is none stays as it is.
func pretty(text any) string {
	raw := fmt.Appendf(nil, "%s", text)
	var wide bytes.Buffer
	if json.Indent(&wide, raw, "", "  ") != nil {
		return string(raw)
	}
	return wide.String()
}
