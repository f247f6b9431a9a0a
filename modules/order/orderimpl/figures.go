package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/modules/order"
	"marketplace/platform/db"
)

// counting is how often what is in the tables is counted for the metrics: not when they are asked for, and only what is not
// over, by indexes that hold nothing else.
const counting = 15 * time.Second

// figures are the module's series about the business. Money is in minor units.
type figures struct {
	steps    *prometheus.CounterVec // event
	charged  *prometheus.CounterVec // currency
	returned *prometheus.CounterVec // currency
	open     *prometheus.GaugeVec   // status
	escrow   *prometheus.GaugeVec   // currency
	payouts  *prometheus.GaugeVec   // status
	overdue  prometheus.Gauge
	oldest   prometheus.Gauge
	hooks    prometheus.Gauge
}

func newFigures(r prometheus.Registerer) (*figures, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "marketplace", Name: name, Help: help}, labels)
	}
	gauges := func(name, help, label string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "marketplace", Name: name, Help: help}, []string{label})
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "marketplace", Name: name, Help: help})
	}
	f := &figures{
		steps:    counter("order_steps_total", "Steps that orders took, by event of the process table: paid, completed, cancelled …", "event"),
		charged:  counter("gmv_minor_total", "Prices of orders that were paid, without the buyers' fees, in minor units.", "currency"),
		returned: counter("returned_minor_total", "Prices, or parts of them, that went back to buyers, in minor units.", "currency"),
		open:     gauges("orders_open", "Orders that are not over, by status. Every replica tells all of them.", "status"),
		escrow:   gauges("escrow_minor", "What is held of the prices of orders that are not over, in minor units.", "currency"),
		payouts:  gauges("payouts_open", "Withdrawals that are not over, by status: requested waits for an operator.", "status"),
		overdue:  gauge("order_timers_overdue", "Steps that orders should have taken by themselves by now."),
		oldest:   gauge("order_timers_oldest_seconds", "How long the first of them is overdue."),
		hooks:    gauge("webhooks_waiting", "Payment webhooks that could not be acted upon yet, and are due."),
	}
	var errs []error
	for _, c := range []prometheus.Collector{f.steps, f.charged, f.returned, f.open, f.escrow, f.payouts, f.overdue, f.oldest, f.hooks} {
		errs = append(errs, r.Register(c))
	}
	for _, s := range []order.Status{order.StatusPendingPayment, order.StatusAwaitingRequirements, order.StatusInProgress, order.StatusDelivered,
		order.StatusInRevision, order.StatusDisputed} {
		f.open.WithLabelValues(string(s))
	}
	for _, s := range []string{payoutRequested, payoutApproved, payoutSending} {
		f.payouts.WithLabelValues(s)
	}
	return f, errors.Join(errs...)
}

// moved counts a transition, once it is committed.
func (f *figures) moved(tx *db.Tx, row orderRow, st step) {
	back := st.back(row).Minor
	tx.AfterCommit(func() {
		f.steps.WithLabelValues(string(st.rule.Event)).Inc()
		for _, m := range st.rule.Money {
			if m == fund {
				f.charged.WithLabelValues(row.Currency).Add(asFigure(row.Subtotal))
			}
		}
		if back > 0 {
			f.returned.WithLabelValues(row.Currency).Add(asFigure(back))
		}
	})
}

// asFigure is how Prometheus wants it; 2^53 minor units are exact.
func asFigure(n int64) float64 { return float64(n) } //nolint:forbidigo // a figure to look at: no money is computed with it

// tally is what is counted by one word.
type tally struct {
	Status   string
	Currency string
	Count    int64
	Held     int64
}

// latest lets what was looked at last be what is shown, when several look at the same thing at once.
type latest struct {
	mu           sync.Mutex
	begun, shown int
}

// begin is called before somebody looks.
func (l *latest) begin() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.begun++
	return l.begun
}

// show shows what the look found, unless a later one was faster.
func (l *latest) show(turn int, set func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if turn > l.shown {
		l.shown = turn
		set()
	}
}

// count is the background task that brings the gauges up to date.
func (s *service) count(ctx context.Context) error {
	var orders, payouts []tally
	r := s.db.Read(ctx)
	err := r.Raw(`SELECT status, currency, COUNT(*) AS count, CAST(SUM(subtotal - refunded) AS BIGINT) AS held FROM orders
		WHERE status NOT IN ('completed', 'cancelled', 'expired') GROUP BY status, currency`).Scan(&orders).Error
	if err != nil {
		return fmt.Errorf("count the orders: %w", err)
	}
	err = r.Raw("SELECT status, COUNT(*) AS count FROM payouts WHERE status IN (?, ?, ?) GROUP BY status",
		payoutRequested, payoutApproved, payoutSending).Scan(&payouts).Error
	if err != nil {
		return fmt.Errorf("count the withdrawals: %w", err)
	}
	f := s.figures
	open, held, sending := map[string]int64{}, map[string]int64{s.settings.Currency: 0}, map[string]int64{}
	for _, t := range orders {
		open[t.Status] += t.Count
		if t.Status != string(order.StatusPendingPayment) {
			held[t.Currency] += t.Held
		}
	}
	for _, t := range payouts {
		sending[t.Status] = t.Count
	}
	for _, status := range []order.Status{order.StatusPendingPayment, order.StatusAwaitingRequirements, order.StatusInProgress,
		order.StatusDelivered, order.StatusInRevision, order.StatusDisputed} {
		f.open.WithLabelValues(string(status)).Set(asFigure(open[string(status)]))
	}
	for _, status := range []string{payoutRequested, payoutApproved, payoutSending} {
		f.payouts.WithLabelValues(status).Set(asFigure(sending[status]))
	}
	for currency, minor := range held {
		f.escrow.WithLabelValues(currency).Set(asFigure(minor))
	}
	return errors.Join(s.countOverdue(ctx), s.countDifferences(ctx))
}

// countDifferences shows how many differences the last comparison with the provider found, whichever process made it, and
// however long ago: NaN before the first.
func (s *service) countDifferences(ctx context.Context) error {
	turn := s.compared.begin()
	var last []int64
	err := s.db.Read(ctx).Raw("SELECT differences FROM reconciliations WHERE provider = ? ORDER BY created_at DESC, id DESC LIMIT 1", s.provider.Name()).Scan(&last).Error
	if err != nil {
		return fmt.Errorf("count the differences: %w", err)
	}
	if len(last) > 0 {
		s.compared.show(turn, func() { s.differences.Set(asFigure(last[0])) })
	}
	return nil
}

// countOverdue looks at what should have happened by now.
func (s *service) countOverdue(ctx context.Context) error {
	now, r := s.now(), s.db.Read(ctx)
	var timers, hooks int64
	if err := r.Raw("SELECT COUNT(*) FROM timers WHERE due_at <= ?", now).Scan(&timers).Error; err != nil {
		return fmt.Errorf("count the timers: %w", err)
	}
	var first []timerRow
	if err := r.Raw("SELECT due_at FROM timers WHERE due_at <= ? ORDER BY due_at LIMIT 1", now).Scan(&first).Error; err != nil {
		return fmt.Errorf("find the first timer: %w", err)
	}
	if err := r.Raw("SELECT COUNT(*) FROM webhooks WHERE try_at <= ?", now).Scan(&hooks).Error; err != nil {
		return fmt.Errorf("count the webhooks: %w", err)
	}
	s.figures.overdue.Set(asFigure(timers))
	s.figures.hooks.Set(asFigure(hooks))
	var waited int64
	if len(first) > 0 {
		waited = int64(now.Sub(first[0].DueAt) / time.Second)
	}
	s.figures.oldest.Set(asFigure(waited))
	return nil
}
