package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"marketplace/modules/order"
	"marketplace/platform/app"
	"marketplace/platform/identity"
)

// ledgerCommand looks after the books.
func ledgerCommand(s *settings) *cobra.Command {
	ledger := group("ledger", "Look after the books")
	var since, until string
	statement := &cobra.Command{
		Use: "statement", Short: "Write all postings of a period as CSV, oldest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return s.run(c, func(ctx context.Context, p process) error { return writeStatement(ctx, p, since, until) })
		},
	}
	statement.Flags().StringVar(&since, "since", "", "first day, such as 2026-03-01")
	statement.Flags().StringVar(&until, "until", "", "day after the last, such as 2026-04-01")
	ledger.AddCommand(&cobra.Command{
		Use: "verify", Short: "Check every invariant of the books by its number; fails when one does not hold", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, verifyLedger) },
	}, &cobra.Command{
		Use: "reconcile", Short: "Compare the payment provider's report with the books; fails at one minor unit", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, reconcileLedger) },
	}, statement)
	return ledger
}

// withOrders opens the module order for one command.
func (p process) withOrders(ctx context.Context, do func(ctx context.Context, orders order.Service) error) error {
	a, services, err := p.open(ctx, app.Opening)
	if err != nil {
		return err
	}
	return errors.Join(do(identity.System(ctx), services.Orders), a.Close())
}

func verifyLedger(ctx context.Context, p process) error {
	return p.withOrders(ctx, func(ctx context.Context, orders order.Service) error {
		report, err := orders.VerifyLedger(ctx, order.VerifyLedgerRequest{})
		if err != nil {
			return err
		}
		p.out.Printf("%d journals, %d postings, %d orders.\n", report.Journals, report.Postings, report.Orders)
		for _, i := range report.Invariants {
			state := "holds "
			if len(i.Problems) > 0 {
				state = "BROKEN"
			}
			p.out.Printf("%2d %s %s\n", i.Number, state, i.Rule)
			for _, problem := range i.Problems {
				p.out.Printf("          %s\n", problem)
			}
		}
		if n := len(report.Problems); n > 0 {
			return fmt.Errorf("the books are not in order: %d problems", n)
		}
		p.out.Println("The books are in order.")
		return nil
	})
}

func reconcileLedger(ctx context.Context, p process) error {
	return p.withOrders(ctx, func(ctx context.Context, orders order.Service) error {
		r, err := orders.Reconcile(ctx, order.ReconcileRequest{})
		if err != nil {
			return err
		}
		p.out.Printf("%d lines of the report of %s compared, up to %s.\n", r.Transactions, r.Provider, r.Until.Format(time.RFC3339))
		for _, d := range r.Differences {
			p.out.Printf("%s %s of the order %q: the books say %s, the provider %s. %s\n", d.Kind, d.Subject, d.OrderID, d.Ours, d.Theirs, d.Cause)
		}
		if n := len(r.Differences); n > 0 {
			return fmt.Errorf("the provider's report is not what the books say: %d differences", n)
		}
		p.out.Println("The provider and the books agree.")
		return nil
	})
}

// writeStatement reads the days and writes page after page.
func writeStatement(ctx context.Context, p process, since, until string) error {
	q := order.StatementRequest{Side: "operator", Limit: 100}
	for text, into := range map[string]**time.Time{since: &q.Since, until: &q.Until} {
		if text == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return fmt.Errorf("write a day such as 2026-03-01: %w", err)
		}
		*into = &at
	}
	return p.withOrders(ctx, func(ctx context.Context, orders order.Service) error {
		w := csv.NewWriter(p.out.OutOrStdout())
		_ = w.Write([]string{"time", "journal", "kind", "order", "account", "currency", "amount"})
		for {
			page, err := orders.Statement(ctx, q)
			if err != nil {
				return err
			}
			for _, line := range page.Lines {
				_ = w.Write([]string{line.At.Format(time.RFC3339Nano), line.JournalID, line.Kind, line.OrderNumber, line.Account, line.Amount.Currency, line.Amount.Decimal()})
			}
			w.Flush()
			if q.Cursor = page.NextCursor; q.Cursor == "" || w.Error() != nil {
				return w.Error()
			}
		}
	})
}
