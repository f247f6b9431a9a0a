package orderimpl

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/once"
)

// noAccount is the status of who has not begun.
const noAccount = "none"

// staleAccount is after how long the provider is asked again, when somebody looks and nobody has told.
const staleAccount = time.Minute

type payoutAccountRow struct {
	UserID    string
	Username  string
	Provider  string
	Account   string
	Status    string
	Message   string
	Every     string
	Minimum   int64
	NextAt    *time.Time
	CheckedAt time.Time
	CreatedAt time.Time
}

// TableName is payout_accounts.
func (payoutAccountRow) TableName() string { return "payout_accounts" }

func (s *service) account(r payoutAccountRow, set settings) order.PayoutAccount {
	currency := set.Currency
	a := order.PayoutAccount{Provider: s.provider.Name(), Status: r.Status, Message: r.Message, Every: r.Every, NextAt: r.NextAt,
		Minimum: money.Of(r.Minimum, currency), Fee: money.Of(set.PayoutFee, currency), Least: money.Of(set.PayoutLeast, currency),
		DayLimit: money.Of(set.PayoutDayLimit, currency), Policy: set.riskPolicy()}
	if a.Status == "" {
		a.Status = noAccount
	}
	return a
}

// nothingKept is a request without a key.
func nothingKept() once.Request { return once.Request{} }

// lockAccount reads a seller's account for a change; the zero row if there is none.
func lockAccount(tx *db.Tx, userID string) (payoutAccountRow, error) {
	return accountIn(tx.ForUpdate(), userID)
}

func (s *service) accountOf(ctx context.Context, userID string) (payoutAccountRow, error) {
	return accountIn(s.db.Read(ctx), userID)
}

func accountIn(g *gorm.DB, userID string) (payoutAccountRow, error) {
	var rows []payoutAccountRow
	if err := g.Where("user_id = ?", userID).Find(&rows).Error; err != nil {
		return payoutAccountRow{}, fmt.Errorf("read the payout account: %w", err)
	}
	if len(rows) == 0 {
		return payoutAccountRow{}, nil
	}
	return rows[0], nil
}

// PayoutAccount is documented in the contract. What is not ready is asked for again, since a webhook may be lost.
func (s *service) PayoutAccount(ctx context.Context, _ order.PayoutAccountRequest) (order.PayoutAccount, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.PayoutAccount{}, err
	}
	row, err := s.accountOf(ctx, who.UserID)
	if err != nil {
		return order.PayoutAccount{}, err
	}
	if row.Account != "" && row.Status != string(payment.AccountReady) && s.now().Sub(row.CheckedAt) > staleAccount {
		if s.refreshAccount(ctx, row.Account) == nil { // otherwise what is known is shown
			row, err = s.accountOf(ctx, who.UserID)
		}
	}
	if err != nil {
		return order.PayoutAccount{}, err
	}
	set, err := s.current(ctx)
	return s.account(row, set), err
}

// refreshAccount asks the provider how far it is.
func (s *service) refreshAccount(ctx context.Context, account string) error {
	a, err := s.provider.Account(ctx, account)
	if err != nil {
		return fmt.Errorf("ask the provider for an account: %w", err)
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("UPDATE payout_accounts SET status = ?, message = ?, checked_at = ? WHERE provider = ? AND account = ?",
			a.Status, a.Message, tx.Now(), s.provider.Name(), account).Error
	})
}

// Onboard is documented in the contract. The account at the provider is named after the user, so that a repetition finds it.
func (s *service) Onboard(ctx context.Context, _ order.OnboardRequest) (order.PayoutAccount, error) {
	who, err := identity.VerifiedUser(ctx)
	if err != nil {
		return order.PayoutAccount{}, err
	}
	row, err := s.accountOf(ctx, who.UserID)
	if err != nil {
		return order.PayoutAccount{}, err
	}
	a, err := s.provider.Onboard(ctx, payment.Onboarding{UserID: who.UserID, Account: row.Account, ReturnURL: s.publicURL + "/earnings"})
	if err != nil {
		return order.PayoutAccount{}, fmt.Errorf("make the payout account: %w", err)
	}
	row.Status, row.Message = string(a.Status), a.Message
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec(`INSERT INTO payout_accounts (user_id, username, provider, account, status, message, every, minimum, checked_at, created_at)
			VALUES (?, ?, ?, ?, ?, ?, '', 0, ?, ?) ON CONFLICT (user_id) DO UPDATE SET username = excluded.username, provider = excluded.provider,
			account = excluded.account, status = excluded.status, message = excluded.message, checked_at = excluded.checked_at`,
			who.UserID, who.Username, s.provider.Name(), a.ID, a.Status, a.Message, tx.Now(), tx.Now()).Error
	})
	if err != nil {
		return order.PayoutAccount{}, fmt.Errorf("keep the payout account: %w", err)
	}
	set, err := s.current(ctx)
	answer := s.account(row, set)
	answer.URL = a.URL
	return answer, err
}

// SchedulePayouts is documented in the contract.
func (s *service) SchedulePayouts(ctx context.Context, q order.SchedulePayoutsRequest) (order.PayoutAccount, error) {
	who, err := identity.VerifiedUser(ctx)
	if err != nil {
		return order.PayoutAccount{}, err
	}
	const most = 1_000_000_000
	var c fault.Check
	c.That(q.Every == "" || q.Every == "week" || q.Every == "month", "every", "Use week, month, or nothing for no schedule.")
	c.That(q.Minor >= 0 && q.Minor <= most, "minimum", "Use an amount up to %s.", money.Of(most, s.settings.Currency))
	if err := c.Err(); err != nil {
		return order.PayoutAccount{}, err
	}
	var row payoutAccountRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if row, err = lockAccount(tx, who.UserID); err != nil {
			return err
		}
		if row.UserID == "" {
			return fault.Conflictf("Set up your payouts first.")
		}
		row.Every, row.Minimum, row.NextAt = q.Every, q.Minor, nextPayout(q.Every, tx.Now())
		return tx.Model(&payoutAccountRow{}).Where("user_id = ?", who.UserID).Select("every", "minimum", "next_at").Updates(&row).Error
	})
	if err != nil {
		return order.PayoutAccount{}, err
	}
	set, err := s.current(ctx)
	return s.account(row, set), err
}
