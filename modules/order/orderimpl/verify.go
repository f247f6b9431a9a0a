package orderimpl

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"go.uber.org/zap"
	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
)

// operator is the role of who looks after the marketplace's money.
const operator = "operator"

// needOperator refuses everybody but operators and the marketplace itself.
func needOperator(ctx context.Context) error {
	if who := identity.From(ctx); !who.System && !who.Is(operator) {
		return fault.Forbiddenf("Only operators may do this.")
	}
	return nil
}

// VerifyLedger is documented in the contract.
func (s *service) VerifyLedger(ctx context.Context, _ order.VerifyLedgerRequest) (order.LedgerReport, error) {
	if err := needOperator(ctx); err != nil {
		return order.LedgerReport{}, err
	}
	return s.verify(ctx)
}

// verify reads everything in one transaction that sees one moment, so that orders go on meanwhile.
func (s *service) verify(ctx context.Context) (order.LedgerReport, error) {
	turn := s.verified.begin()
	var report order.LedgerReport
	var options []*sql.TxOptions
	if s.db.Postgres() {
		options = append(options, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	}
	err := s.db.Read(ctx).Transaction(func(tx *gorm.DB) (err error) {
		report, err = inspect(s.now(), func(into any, query string, args ...any) error { return tx.Raw(query, args...).Scan(into).Error })
		return err
	}, options...)
	if err != nil {
		return report, fmt.Errorf("verify the ledger: %w", err)
	}
	sound := 1.0
	if len(report.Problems) > 0 {
		sound = 0
		telemetry.For(ctx, s.log).Error("the books are not in order", zap.Strings("market.problems", report.Problems))
	}
	s.verified.show(turn, func() { s.sound.Set(sound) })
	return report, nil
}

func inspect(now time.Time, q ledger.Query) (order.LedgerReport, error) {
	books, err := ledger.Verify(q)
	report := order.LedgerReport{Journals: books.Journals, Postings: books.Postings, Problems: []string{}, Invariants: order.Invariants()}
	if err != nil {
		return report, err
	}
	note := func(number int, problem string) {
		report.Problems = append(report.Problems, problem)
		report.Invariants[number-1].Problems = append(report.Invariants[number-1].Problems, problem)
	}
	for _, p := range books.Problems {
		note(p.Invariant, p.Text)
	}
	if err := q(&report.Orders, "SELECT COUNT(*) FROM orders"); err != nil {
		return report, fmt.Errorf("count the orders: %w", err)
	}
	for _, inv := range invariants(now) {
		var found []string
		if err := q(&found, inv.sql, inv.args...); err != nil {
			return report, fmt.Errorf("check invariant %d: %w", inv.number, err)
		}
		for _, what := range found {
			note(inv.number, fmt.Sprintf(inv.problem, what))
		}
	}
	return report, nil
}
