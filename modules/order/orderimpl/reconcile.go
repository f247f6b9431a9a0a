package orderimpl

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/money"
	"marketplace/platform/page"
	"marketplace/platform/telemetry"
)

const (
	reconcileAt   = 2 * time.Hour    // after midnight UTC
	inTransit     = time.Hour        // what is younger may not have been heard of on the other side
	reportOverlap = 35 * day         // of the report that is read again each night: what was changed there is seen
	reportBatch   = 200              // lines that are written in one go
	reconcileTick = 10 * time.Minute // how often the task looks whether it is time
)

// Reconcile is documented in the contract.
func (s *service) Reconcile(ctx context.Context, _ order.ReconcileRequest) (order.Reconciliation, error) {
	if err := needOperator(ctx); err != nil {
		return order.Reconciliation{}, err
	}
	return s.reconcile(ctx)
}

// reconcileNightly does it once a night, in one process.
func (s *service) reconcileNightly(ctx context.Context) error {
	now := s.now().UTC()
	due := now.Truncate(day).Add(reconcileAt)
	if now.Before(due) {
		due = due.Add(-day)
	}
	var done int
	if err := s.db.Read(ctx).Raw("SELECT COUNT(*) FROM reconciliations WHERE created_at >= ?", due).Scan(&done).Error; err != nil || done > 0 {
		return err
	}
	_, err := s.reconcile(ctx)
	return err
}

// reconcile reads the provider's report, books its fees, compares, and keeps what it has found.
func (s *service) reconcile(ctx context.Context) (order.Reconciliation, error) {
	now := s.now().UTC()
	r := order.Reconciliation{ID: newID(), Provider: s.provider.Name(), Until: now, Differences: []order.Difference{}, CreatedAt: now}
	var last []time.Time
	if err := s.db.Read(ctx).Raw("SELECT until FROM reconciliations WHERE provider = ? ORDER BY until DESC LIMIT 1", r.Provider).Scan(&last).Error; err != nil {
		return r, fmt.Errorf("read the last reconciliation: %w", err)
	}
	since := time.Time{}
	if len(last) > 0 {
		since = last[0].Add(-reportOverlap)
	}
	changed, err := s.readReport(ctx, since, now, &r)
	if err != nil {
		return r, err
	}
	if err := s.bookFees(ctx); err != nil {
		return r, err
	}
	if err := s.bookStrays(ctx, now.Add(-inTransit)); err != nil {
		return r, err
	}
	found, err := s.compare(ctx, now.Add(-inTransit))
	if err != nil {
		return r, err
	}
	r.Differences = append(append(r.Differences, changed...), found...)
	if err := s.sign(&r); err != nil {
		return r, err
	}
	return r, s.keepReconciliation(ctx, r)
}

type transactionRow struct {
	Provider string
	ID       string
	Kind     string
	Subject  string
	Amount   int64
	Fee      int64
	Currency string
	At       time.Time
}

// TableName is provider_transactions.
func (transactionRow) TableName() string { return "provider_transactions" }

// readReport copies the lines that are new, and tells of those that are not what they were when they were copied.
func (s *service) readReport(ctx context.Context, since, until time.Time, r *order.Reconciliation) ([]order.Difference, error) {
	known := map[string]transactionRow{}
	var rows []transactionRow
	if err := s.db.Read(ctx).Where("provider = ? AND at >= ?", r.Provider, since).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the copy of the report: %w", err)
	}
	for _, row := range rows {
		known[row.ID] = row
	}
	var fresh []transactionRow
	var changed []order.Difference
	err := s.provider.Report(ctx, since, until, func(t payment.Transaction) error {
		r.Transactions++
		row := transactionRow{r.Provider, t.ID, t.Kind, t.Subject, t.Amount.Minor, t.Fee.Minor, t.Amount.Currency, t.At.UTC()}
		was, ok := known[t.ID]
		delete(known, t.ID)
		switch {
		case !ok:
			fresh = append(fresh, row)
		case was.Amount != row.Amount || was.Fee != row.Fee || was.Currency != row.Currency:
			changed = append(changed, order.Difference{Kind: t.Kind, Subject: t.Subject, Ours: money.Of(was.Amount-was.Fee, was.Currency),
				Theirs: money.Of(row.Amount-row.Fee, row.Currency), Cause: "The provider has changed a line of its report."})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the provider's report: %w", err)
	}
	for _, gone := range known {
		changed = append(changed, order.Difference{Kind: gone.Kind, Subject: gone.Subject, Ours: money.Of(gone.Amount-gone.Fee, gone.Currency),
			Theirs: money.Of(0, gone.Currency), Cause: "The provider has removed a line of its report."})
	}
	for len(fresh) > 0 {
		n := min(len(fresh), reportBatch)
		if err := s.db.Tx(ctx, func(tx *db.Tx) error { return tx.Create(fresh[:n]).Error }); err != nil {
			return nil, fmt.Errorf("copy the report: %w", err)
		}
		fresh = fresh[n:]
	}
	return changed, s.nameOrders(ctx, changed)
}

// nameOrders finds the orders of the differences.
func (s *service) nameOrders(ctx context.Context, all []order.Difference) error {
	for i := range all {
		err := s.db.Read(ctx).Raw(`SELECT order_id FROM payments WHERE id = ? UNION SELECT order_id FROM refunds WHERE id = ?
			UNION SELECT order_id FROM chargebacks WHERE reference = ? LIMIT 1`, all[i].Subject, all[i].Subject, all[i].Subject).Scan(&all[i].OrderID).Error
		if err != nil {
			return fmt.Errorf("find the order of a difference: %w", err)
		}
	}
	return nil
}

// bookFees is journal 2 for every line with a fee, and journal 3 for every settlement, each once. The fee of a chargeback
// was booked when it was opened.
func (s *service) bookFees(ctx context.Context) error {
	for {
		var rows []transactionRow
		err := s.db.Read(ctx).Raw(`SELECT t.* FROM provider_transactions t WHERE t.provider = ? AND (t.fee <> 0 AND t.kind <> 'chargeback' OR t.kind = 'settlement')
			AND NOT EXISTS (SELECT 1 FROM journals j WHERE j.idem = 'psp:' || t.provider || ':' || t.id) ORDER BY t.id LIMIT 100`, s.provider.Name()).Scan(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, t := range rows {
			j := ledger.ProviderFee(t.Provider, t.ID, money.Of(t.Fee, t.Currency))
			if t.Kind == "settlement" {
				j = ledger.Settled(t.Provider, t.ID, money.Of(-t.Amount, t.Currency))
			}
			err := s.db.Tx(ctx, func(tx *db.Tx) error {
				j.Actor, j.Cause, j.At = t.Provider, "report "+t.ID, tx.Now()
				_, err := ledger.Post(tx, j)
				return err
			})
			if err != nil {
				return fmt.Errorf("book the line %s of the report: %w", t.ID, err)
			}
		}
	}
}

// sign keeps the report from being changed unseen.
func (s *service) sign(r *order.Reconciliation) error {
	r.Signature = ""
	if s.seal == nil {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, s.seal)
	mac.Write(text)
	r.Signature = hex.EncodeToString(mac.Sum(nil))
	return nil
}

// keepReconciliation writes the report, and alerts.
func (s *service) keepReconciliation(ctx context.Context, r order.Reconciliation) error {
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		err := tx.Exec("INSERT INTO reconciliations (id, provider, until, transactions, differences, signature, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
			r.ID, r.Provider, r.Until, r.Transactions, len(r.Differences), r.Signature, r.CreatedAt).Error
		for i, d := range r.Differences {
			if err == nil {
				err = tx.Exec(`INSERT INTO differences (reconciliation_id, position, kind, subject, order_id, ours, theirs, currency, cause) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
					r.ID, i, d.Kind, d.Subject, d.OrderID, d.Ours.Minor, d.Theirs.Minor, d.Ours.Currency, d.Cause).Error
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the reconciliation: %w", err)
	}
	for _, d := range r.Differences {
		telemetry.For(ctx, s.log).Error("the provider's report is not what the books say", zap.String("labels.kind", d.Kind), zap.String("labels.subject", d.Subject),
			zap.String("labels.order_id", d.OrderID), zap.Int64("market.ours_minor", d.Ours.Minor), zap.Int64("market.theirs_minor", d.Theirs.Minor), zap.String("market.currency", d.Ours.Currency), zap.String("labels.cause", d.Cause))
	}
	return s.countDifferences(ctx)
}

// ListReconciliations is documented in the contract.
func (s *service) ListReconciliations(ctx context.Context, q order.ListReconciliationsRequest) (order.ReconciliationList, error) {
	if err := needOperator(ctx); err != nil {
		return order.ReconciliationList{}, err
	}
	var c fault.Check
	q.Limit = page.Limit(&c, q.Limit, 20)
	if err := c.Err(); err != nil {
		return order.ReconciliationList{}, err
	}
	list := order.ReconciliationList{Items: []order.Reconciliation{}}
	var rows []struct {
		ID, Provider, Signature string
		Until, CreatedAt        time.Time
		Transactions            int
	}
	err := s.db.Read(ctx).Raw("SELECT id, provider, until, transactions, signature, created_at FROM reconciliations ORDER BY created_at DESC, id DESC LIMIT ?", q.Limit).Scan(&rows).Error
	if err != nil {
		return list, fmt.Errorf("list the reconciliations: %w", err)
	}
	ids := []string{}
	for _, r := range rows {
		ids = append(ids, r.ID)
		list.Items = append(list.Items, order.Reconciliation{ID: r.ID, Provider: r.Provider, Until: r.Until, Transactions: r.Transactions,
			Differences: []order.Difference{}, Signature: r.Signature, CreatedAt: r.CreatedAt})
	}
	return list, s.addDifferences(ctx, ids, list.Items)
}

func (s *service) addDifferences(ctx context.Context, ids []string, into []order.Reconciliation) error {
	if len(ids) == 0 {
		return nil
	}
	var found []differenceRow
	err := s.db.Read(ctx).Raw("SELECT * FROM differences WHERE reconciliation_id IN ? ORDER BY reconciliation_id, position LIMIT 1000", ids).Scan(&found).Error
	if err != nil {
		return fmt.Errorf("read the differences: %w", err)
	}
	for _, d := range found {
		for i := range into {
			if into[i].ID == d.ReconciliationID {
				into[i].Differences = append(into[i].Differences, d.difference())
			}
		}
	}
	return nil
}
