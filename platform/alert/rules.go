// Package alert decides when an operator must be told: a table of rules over the metrics of the marketplace (Rules), and a
// Watcher that evaluates them inside a process, without any other program. The same table makes the rules for Prometheus
// and for Kibana, so that all three say the same.
package alert

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Severities: somebody must look now, or during the day.
const (
	Critical = "critical"
	Warning  = "warning"
)

// Rule is one condition of which an operator is told. It fires when its number has been beyond the limit for long enough,
// and clears with the first number that is not.
// Where a process never had the metrics, nothing fires and nothing clears.
type Rule struct {
	Name     string // in the configuration (alerts.limits), in Prometheus, and the heading of the runbook
	Title    string // what is wrong, in a line
	Meaning  string // what that means for people
	Action   string // what to look at first
	Severity string
	Query    Query
	Below    bool          // it fires below the limit instead of above
	Limit    float64       // in the unit; alerts.limits changes it
	Unit     string        // of the number: share, s, days, or nothing for a count
	For      time.Duration // that the number must be beyond the limit
}

const fiveMinutes = 5 * time.Minute

// Rules is the table.
func Rules() []Rule { return slices.Concat(trafficRules(), eventRules(), moneyRules(), houseRules()) }

func trafficRules() []Rule {
	requests := of("marketplace_http_request_seconds", isNot("route", "/socket.io/.*"))
	return []Rule{{
		Name: "error_rate", Title: "Requests fail", Severity: Critical, Unit: "share", Limit: 0.05, For: time.Minute,
		Meaning: "More requests than usual are answered with a fault of ours (5xx): people see an error page.",
		Action:  "Look at the recent errors, then at the processes and their dependencies. Roll back what was deployed last.",
		Query: Query{kind: share, metric: countOf("marketplace_http_request_seconds", is("status", "5..")), whole: countOf("marketplace_http_request_seconds"),
			window: fiveMinutes, least: 20},
	}, {
		Name: "slow_requests", Title: "Pages are slow", Severity: Warning, Unit: "s", Limit: 2, For: 2 * time.Minute,
		Meaning: "One request in a hundred takes longer than the limit (99th percentile).",
		Action:  "Look at the slow requests: one route points to its module, all routes to the database, the disk or the machine.",
		Query:   Query{kind: quantile, quantile: 0.99, metric: requests, window: fiveMinutes, least: 20},
	}, {
		Name: "failed_logins", Title: "Many log-ins fail", Severity: Warning, Limit: 200, For: 0,
		Meaning: "Within five minutes more log-ins were refused than people mistype: somebody may be trying passwords.",
		Action:  "Look at the addresses in the log (log-in refused). The accounts are protected by themselves; block the networks at the proxy if it goes on.",
		Query:   Query{kind: growth, metric: of("marketplace_logins_refused_total"), window: fiveMinutes},
	}, {
		Name: "replicas_away", Title: "A process does not answer", Severity: Critical, Limit: 0, For: time.Minute,
		Meaning: "A process of the split is left alone by the others because calls to it fail. Other replicas do its work, if there are any.",
		Action:  "Look at the processes: which one is missing, what its last lines of the log say, and whether it starts again and again.",
		Query:   Query{kind: largest, metric: of("marketplace_rpc_replicas", is("state", "open"))},
	}}
}

func eventRules() []Rule {
	return []Rule{{
		Name: "outbox_lag", Title: "Events wait too long", Severity: Warning, Unit: "s", Limit: 60, For: time.Minute,
		Meaning: "What has happened in one module is not told to another: notifications, balances or search are behind.",
		Action:  "Look at the events: the first one that waits says which module cannot handle it, and why.",
		Query:   Query{kind: largest, metric: of("marketplace_outbox_oldest_seconds")},
	}, {
		Name: "dead_letters", Title: "An event could not be delivered", Severity: Critical, Limit: 0,
		Meaning: "A module has failed at an event in all its attempts. Nothing tries again by itself.",
		Action:  "Read the last error of the dead letter, mend its cause, deliver it again. Discard it only if its effect is not wanted any more.",
		Query:   Query{kind: largest, metric: of("marketplace_outbox_dead")},
	}, {
		Name: "queue_depth", Title: "Many events wait", Severity: Warning, Limit: 1000, For: 2 * time.Minute,
		Meaning: "More is announced than is handled. It catches up when the traffic falls, or never, if a module hangs.",
		Action:  "Look at which subscriber the events wait for, and at the database of that module.",
		Query:   Query{kind: largest, metric: of("marketplace_outbox_pending")},
	}, {
		Name: "mail_waits", Title: "Mail does not leave", Severity: Critical, Unit: "s", Limit: 900,
		Meaning: "The first mail in the queue waits longer than the limit: people get no links to confirm an address or choose a password.",
		Action:  "Look at the mail log: its last error is what the mail server said. `marketplace doctor` tries the log-in.",
		Query:   Query{kind: largest, metric: of("marketplace_mail_oldest_seconds")},
	}}
}

func moneyRules() []Rule {
	return []Rule{{
		Name: "ledger_difference", Title: "The books are not in order", Severity: Critical, Below: true, Limit: 1,
		Meaning: "An invariant of the ledger does not hold. Money may be owed to somebody who does not see it.",
		Action:  "`marketplace ledger verify` and the page Books name the invariant and the orders. Stop withdrawals until it is understood.",
		Query:   Query{kind: smallest, metric: of("marketplace_ledger_verify_ok")},
	}, {
		Name: "reconciliation_difference", Title: "The payment provider's report differs from the books", Severity: Critical, Limit: 0,
		Meaning: "The last comparison found lines that only one side knows, or amounts that differ.",
		Action:  "The page Books lists each difference with its cause. One that is only late is gone after the next comparison.",
		Query:   Query{kind: largest, metric: of("marketplace_reconciliation_differences")},
	}, {
		Name: "no_orders", Title: "Nobody has ordered for long", Severity: Warning, Unit: "hours", Limit: 48,
		Meaning: "The last order is older than the limit. Either it is quiet, or something keeps people from ordering that is no error.",
		Action:  "Place an order yourself. Look at refused payments and at the last change of the checkout. Raise the limit if it is simply quiet.",
		Query:   Query{kind: age, metric: of("marketplace_last_order_timestamp_seconds")},
	}}
}

func houseRules() []Rule {
	return []Rule{{
		Name: "certificate", Title: "The certificate of the public address ends soon", Severity: Warning, Below: true, Unit: "days", Limit: 14,
		Meaning: "After that day browsers refuse to open the marketplace.",
		Action:  "Look why the proxy has not renewed it: its log, port 80, the DNS entry.",
		Query:   Query{kind: remaining, metric: of(certificateMetric)},
	}, {
		Name: "disk", Title: "The disk of the data folder is almost full", Severity: Critical, Unit: "share", Limit: 0.9, For: time.Minute,
		Meaning: "When it is full, nothing can be written: no order, no message, no log-in.",
		Action:  "Make room or a larger volume; `du -x` on the data folder says what grows.",
		Query:   Query{kind: largest, metric: of(diskMetric)},
	}}
}

// With returns the table with other limits, by the names of the rules; one that is "off" is left out. It fails, with a
// sentence for the operator, for a name that is not there and a limit that is none.
func With(limits map[string]string) ([]Rule, error) {
	var rules []Rule
	known := map[string]bool{}
	for _, r := range Rules() {
		known[r.Name] = true
		text, changed := limits[r.Name]
		if text == "off" {
			continue
		}
		if changed {
			limit, err := strconv.ParseFloat(text, 64)
			if err != nil || !(limit >= 0 && limit <= 1e12) { // NaN is neither
				return nil, fmt.Errorf("alerts.limits.%s must be a number of at least 0, or off", r.Name)
			}
			r.Limit = limit
		}
		rules = append(rules, r)
	}
	for _, name := range slices.Sorted(maps.Keys(limits)) {
		if !known[name] {
			return nil, fmt.Errorf("alerts.limits.%s: there is no such rule; there are %s", name, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return rules, nil
}

// scale is how much of what the query returns one of the unit is.
func (r Rule) scale() float64 {
	switch r.Unit {
	case "days":
		return 24 * 60 * 60
	case "hours":
		return 60 * 60
	}
	return 1
}

// beyond says whether the number of the query is a reason to fire.
func (r Rule) beyond(value float64) bool {
	if r.Below {
		return value < r.Limit*r.scale()
	}
	return value > r.Limit*r.scale()
}
