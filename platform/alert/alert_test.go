package alert

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/clock"
)

// process is the metrics of a process and what its watcher has reported.
type process struct {
	t       *testing.T
	r       *prometheus.Registry
	clock   *clock.Clock
	w       *Watcher
	reports int
	firing  []string
	fine    []string
	broken  error
}

func newProcess(t *testing.T, rules []Rule) *process {
	p := &process{t: t, r: prometheus.NewRegistry(), clock: clock.New()}
	p.w = NewWatcher(rules, p.r, p.clock, func(_ context.Context, firing []Condition, fine []string) error {
		p.reports++
		p.firing, p.fine = nil, fine
		for _, c := range firing {
			p.firing = append(p.firing, c.Rule.Name+" "+c.Rule.Say(c.Value))
		}
		return p.broken
	})
	return p
}

// look lets time pass, a look every 15 seconds.
func (p *process) look(d time.Duration) {
	p.t.Helper()
	for ; d > 0; d -= 15 * time.Second {
		p.clock.Advance(15 * time.Second)
		if err := p.w.Look(p.t.Context()); err != nil && p.broken == nil {
			p.t.Fatal(err)
		}
	}
}

func (p *process) gauge(name string, labels ...string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, ConstLabels: pairs(labels)})
	p.r.MustRegister(g)
	return g
}

func (p *process) counter(name string, labels ...string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, ConstLabels: pairs(labels)})
	p.r.MustRegister(c)
	return c
}

func pairs(labels []string) prometheus.Labels {
	found := prometheus.Labels{}
	for i := 0; i+1 < len(labels); i += 2 {
		found[labels[i]] = labels[i+1]
	}
	return found
}

// cause makes the condition of a rule true and false again in a process that had no trouble.
type cause func(p *process) (begin, end func())

func set(name string, bad, good float64, labels ...string) cause {
	return func(p *process) (begin, end func()) {
		g := p.gauge(name, labels...)
		g.Set(good)
		return func() { g.Set(bad) }, func() { g.Set(good) }
	}
}

func requests(status string, slow time.Duration) cause {
	return func(p *process) (begin, end func()) {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "marketplace_http_request_seconds", Buckets: []float64{.001, .005, .02, .1, .5, 2, 10}}, []string{"route", "status"})
		p.r.MustRegister(h)
		h.WithLabelValues("/socket.io/", "200").Observe(25)
		for range 1000 {
			h.WithLabelValues("/", "200").Observe(.01)
		}
		return func() {
			for range 30 {
				h.WithLabelValues("/orders", status).Observe(slow.Seconds())
			}
		}, func() { p.look(6 * time.Minute) }
	}
}

// Row S12: every rule of the table fires for its condition, once it lasts, and clears.
func TestEveryRuleFiresAndClears(t *testing.T) {
	day := float64(24 * 60 * 60)
	now := float64(clock.New().Now().Unix())
	causes := map[string]cause{
		"error_rate":    requests("500", time.Millisecond),
		"slow_requests": requests("200", 3*time.Second),
		"failed_logins": func(p *process) (begin, end func()) {
			c := p.counter("marketplace_logins_refused_total")
			c.Add(5000) // long ago
			return func() { c.Add(300) }, func() { p.look(6 * time.Minute) }
		},
		"replicas_away":             set("marketplace_rpc_replicas", 1, 0, "state", "open"),
		"outbox_lag":                set("marketplace_outbox_oldest_seconds", 90, 1),
		"dead_letters":              set("marketplace_outbox_dead", 1, 0),
		"queue_depth":               set("marketplace_outbox_pending", 2000, 3),
		"mail_waits":                set("marketplace_mail_oldest_seconds", 1000, 0),
		"ledger_difference":         set("marketplace_ledger_verify_ok", 0, 1),
		"reconciliation_difference": set("marketplace_reconciliation_differences", 2, 0),
		"no_orders":                 set("marketplace_last_order_timestamp_seconds", now-3*day, now),
		"certificate":               set(certificateMetric, now+13*day, now+80*day),
		"disk":                      set(diskMetric, .95, .5),
	}
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			if causes[rule.Name] == nil {
				t.Fatal("no condition is known")
			}
			p := newProcess(t, Rules())
			begin, end := causes[rule.Name](p)
			p.look(6 * time.Minute)
			if len(p.firing) > 0 || p.reports != 1 || !slices.Contains(p.fine, rule.Name) {
				t.Fatalf("without the condition: %v fires after %d reports; %v are fine", p.firing, p.reports, p.fine)
			}
			begin()
			if rule.For > 0 {
				p.look(15 * time.Second)
				if len(p.firing) > 0 || len(p.w.Conditions()) != 1 {
					t.Errorf("%v fires at once; %v", p.firing, p.w.Conditions())
				}
			}
			p.look(max(rule.For, 15*time.Second))
			if len(p.firing) != 1 || !strings.HasPrefix(p.firing[0], rule.Name+" ") {
				t.Fatalf("%v fires", p.firing)
			}
			t.Log(p.firing, rule.SayLimit())
			end()
			p.look(15 * time.Second)
			if len(p.firing) > 0 || !slices.Contains(p.fine, rule.Name) || len(p.w.Conditions()) > 0 {
				t.Errorf("%v fires after it is over", p.firing)
			}
			before := p.reports
			if p.look(time.Minute); p.reports != before {
				t.Errorf("%d reports of nothing", p.reports-before)
			}
		})
	}
}

func TestARuleSaysWhatItIsFor(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range Rules() {
		if seen[r.Name] || r.Title == "" || len(r.Meaning) < 40 || len(r.Action) < 40 || (r.Severity != Critical && r.Severity != Warning) {
			t.Errorf("%s: %+v", r.Name, r)
		}
		seen[r.Name] = true
	}
}

// What a process cannot know it neither reports nor takes back.
func TestARuleWithoutItsMetricSaysNothing(t *testing.T) {
	p := newProcess(t, Rules())
	p.gauge("marketplace_ledger_verify_ok").Set(math.NaN()) // registered, and not looked at yet
	p.look(time.Minute)
	if len(p.firing) > 0 || len(p.fine) > 0 {
		t.Errorf("%v fire and %v are fine", p.firing, p.fine)
	}
}

// Too little traffic says nothing, and the end of all traffic ends what it said.
func TestOneFailedRequestAtNightWakesNobody(t *testing.T) {
	p := newProcess(t, Rules())
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "marketplace_http_request_seconds"}, []string{"route", "status"})
	p.r.MustRegister(h)
	h.WithLabelValues("/", "500").Observe(60)
	p.look(10 * time.Minute)
	if len(p.firing) > 0 {
		t.Errorf("%v fires", p.firing)
	}
}

// A report that did not arrive is repeated with the next look, and what fires is repeated all the time.
func TestWhatCouldNotBeReportedIsReportedAgain(t *testing.T) {
	p := newProcess(t, Rules())
	dead := p.gauge("marketplace_outbox_dead")
	p.look(time.Minute)
	dead.Set(1)
	p.look(time.Minute)
	if p.reports != 5 {
		t.Errorf("%d reports of a condition that lasts", p.reports)
	}
	p.broken = errors.New("away")
	dead.Set(0)
	p.look(30 * time.Second)
	p.broken = nil
	p.look(time.Minute)
	if p.reports != 8 || len(p.firing) > 0 {
		t.Errorf("%d reports, %v fires", p.reports, p.firing)
	}
}

func TestLimitsAreTheOperators(t *testing.T) {
	rules, err := With(map[string]string{"dead_letters": "3", "no_orders": "off"})
	if err != nil || len(rules) != len(Rules())-1 || slices.ContainsFunc(rules, func(r Rule) bool { return r.Name == "no_orders" }) {
		t.Fatalf("%d rules, %v", len(rules), err)
	}
	p := newProcess(t, rules)
	dead := p.gauge("marketplace_outbox_dead")
	dead.Set(3)
	if p.look(15 * time.Second); len(p.firing) > 0 {
		t.Errorf("%v fires at its limit", p.firing)
	}
	dead.Set(4)
	if p.look(15 * time.Second); len(p.firing) != 1 {
		t.Errorf("%v fires above its limit", p.firing)
	}
	for _, wrong := range []map[string]string{{"dead_leters": "1"}, {"disk": "much"}, {"disk": "-1"}, {"disk": "NaN"}} {
		if _, err := With(wrong); err == nil || !strings.Contains(err.Error(), "alerts.limits.") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}

func TestTheCertificateThatPeopleSeeIsMeasured(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	ends := server.Certificate().NotAfter
	p := newProcess(t, Rules())
	s, err := NewSurroundings(p.r, t.TempDir(), server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p.look(15 * time.Second)
	if slices.Contains(p.fine, "certificate") || !slices.Contains(p.fine, "disk") {
		t.Errorf("before the first look %v are fine", p.fine)
	}
	if err := s.LookAtCertificate(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.clock.Advance(ends.Sub(p.clock.Now()) - 12*24*time.Hour)
	p.look(15 * time.Second)
	if fmt.Sprint(p.firing) != "[certificate 12 days]" {
		t.Errorf("%v fires twelve days before the end", p.firing)
	}
	server.Close()
	if err := s.LookAtCertificate(t.Context()); err == nil {
		t.Error("a server that is away has a certificate")
	}
}

func TestAQueryIsTheSameForPrometheus(t *testing.T) {
	for name, want := range map[string]string{
		"error_rate": `(sum(increase(marketplace_http_request_seconds_count{status=~"5.."}[5m])) / sum(increase(marketplace_http_request_seconds_count[5m])) and sum(increase(marketplace_http_request_seconds_count[5m])) >= 20)`,
		"slow_requests": `(histogram_quantile(0.99, sum by (le) (rate(marketplace_http_request_seconds_bucket{route!~"/socket.io/.*"}[5m])))` +
			` and sum(increase(marketplace_http_request_seconds_count{route!~"/socket.io/.*"}[5m])) >= 20)`,
		"dead_letters":      `max(marketplace_outbox_dead)`,
		"ledger_difference": `min(marketplace_ledger_verify_ok)`,
		"no_orders":         `time() - max(marketplace_last_order_timestamp_seconds)`,
		"certificate":       `min(marketplace_certificate_expires_timestamp_seconds) - time()`,
		"replicas_away":     `max(marketplace_rpc_replicas{state=~"open"})`,
	} {
		rule := Rules()[slices.IndexFunc(Rules(), func(r Rule) bool { return r.Name == name })]
		if got := rule.Query.PromQL(); got != want {
			t.Errorf("%s is\n%s instead of\n%s", name, got, want)
		}
	}
}

func TestANumberIsSaidInOtherLanguages(t *testing.T) {
	words := map[string]string{"days": "Tage", "hours": "Stunden", "above %s": "über %s", "below %s": "unter %s", "%s for %s": "%s für %s"}
	say := func(text string) string { return words[text] }
	for text, want := range map[string]string{
		"7.5 %": "7,5 %", "above 5 % for 1m": "über 5 % für 1m", "below 14 days": "unter 14 Tage", "above 48 hours": "über 48 Stunden", "3 s": "3 s", "1000": "1000",
		"above 0": "über 0", "12 days": "12 Tage", "soon": "soon", "above all": "above all", "": "",
	} {
		if got := SayIn(text, ",", say); got != want {
			t.Errorf("%q is %q instead of %q", text, got, want)
		}
	}
	english := func(text string) string { return text }
	for _, r := range Rules() {
		for _, text := range []string{r.SayLimit(), r.Say(r.Limit * r.scale() * 1.37)} {
			if got := SayIn(text, ".", english); got != text || !saidForm.MatchString(text) {
				t.Errorf("%q is said as %q", text, got)
			}
		}
	}
}
