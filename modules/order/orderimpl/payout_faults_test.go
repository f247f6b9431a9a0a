package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
)

// moves are the steps that move money beside the process of an order, each ready to be done once.
func (b *bed) moves() map[string]func(ctx context.Context) error {
	b.t.Helper()
	s := b.orders.(*service)
	b.known(b.seller, "seller")
	b.rich()
	b.rich()
	sent := b.withdraw(2000)
	b.decided(sent.ID, "approve")
	back := b.completed()
	opened := b.completed()
	working := b.working()
	b.hooks.lost.Store(true)
	b.simulate("chargeback", back.Payment.ID, "")
	if err := s.hearChargeback(b.t.Context(), "dp_"+back.Payment.ID); err != nil {
		b.t.Fatal(err)
	}
	b.simulate("won", "dp_"+back.Payment.ID, "")
	b.simulate("chargeback", opened.Payment.ID, "")
	b.simulate("chargeback", working.Payment.ID, "")
	b.simulate("lost", "dp_"+working.Payment.ID, "")
	hear := func(id string) func(context.Context) error {
		return func(ctx context.Context) error {
			c, err := s.provider.Chargeback(b.t.Context(), "dp_"+id)
			if err != nil {
				return err
			}
			return s.db.Tx(ctx, func(tx *db.Tx) error { return s.settleChargeback(tx, c) })
		}
	}
	return map[string]func(ctx context.Context) error{
		"send a withdrawal": func(ctx context.Context) error {
			return s.db.Tx(ctx, func(tx *db.Tx) error {
				return s.settlePayout(tx, sent.ID, payment.PayoutResult{State: payment.PayoutPaid, Reference: "r"})
			})
		},
		"open a chargeback": hear(opened.Payment.ID),
		"win a chargeback":  hear(back.Payment.ID),
		"lose a chargeback": hear(working.Payment.ID),
	}
}

// everything is what the module keeps, with the tables of money.
func (b *bed) everything() string {
	b.t.Helper()
	text := b.snapshot()
	for _, table := range []string{"payouts", "chargebacks", "payout_accounts", "reconciliations", "provider_transactions"} {
		text += table + b.rows(table)
	}
	return text
}

// rows are the rows of a table as text, in no order of their own.
func (b *bed) rows(table string) string {
	b.t.Helper()
	var rows []map[string]any
	if err := b.DB.Read(b.t.Context()).Table(table).Find(&rows).Error; err != nil {
		b.t.Fatal(err)
	}
	lines := make([]string, len(rows))
	for i, r := range rows {
		lines[i] = fmt.Sprint(r)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// Issue 5: a fault after each statement of each step leaves the state of before, never one between.
func TestAFailureAfterAnyStatementOfAMovementLeavesTheStateOfBefore(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		for name, do := range b.moves() {
			b.failEverywhere(name, do)
		}
		requested := func(ctx context.Context) error {
			_, err := b.orders.RequestPayout(ctx, order.RequestPayoutRequest{RequestID: "the same key", Minor: 3000})
			return err
		}
		b.failEverywhere("request a withdrawal", requested)
		p := must(b.orders.ListPayouts(b.seller, order.ListPayoutsRequest{Limit: 1}))(t).Items[0]
		b.failEverywhere("reject a withdrawal", func(context.Context) error {
			_, err := b.orders.DecidePayout(clerk(), order.DecidePayoutRequest{ID: p.ID, Decision: "reject", Reason: "x"})
			return err
		})
	})
}

// failEverywhere lets the nth statement fail, for every n, until the step gets through.
func (b *bed) failEverywhere(name string, do func(ctx context.Context) error) {
	b.t.Helper()
	before := b.everything()
	for nth := 1; ; nth++ {
		ran := b.failing(nth)
		err := do(b.seller)
		b.failingOff()
		if err == nil {
			if ran() >= nth {
				b.t.Fatalf("%s: the failure of statement %d was swallowed", name, nth)
			}
			b.t.Logf("%s: %d statements", name, ran())
			break
		}
		if after := b.everything(); !errors.Is(err, errInjected) || after != before {
			b.t.Fatalf("%s, statement %d (%v): the state has changed\n%s\n%s", name, nth, err, before, after)
		}
	}
	if b.everything() == before {
		b.t.Errorf("%s changed nothing", name)
	}
	b.sound()
}
