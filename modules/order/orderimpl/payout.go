package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/once"
)

// The statuses of a withdrawal, as the contract names them.
const (
	payoutRequested = "requested"
	payoutApproved  = "approved"
	payoutSending   = "sending"
	payoutPaid      = "paid"
	payoutFailed    = "failed"
	payoutRejected  = "rejected"
)

type payoutRow struct {
	ID        string
	UserID    string
	Username  string
	Status    string
	Amount    int64
	Fee       int64
	Currency  string
	Provider  string
	Account   string
	Automatic bool
	Reason    string
	Reference string
	DecidedBy string
	Attempts  int
	TryAt     *time.Time
	LastError string
	CreatedAt time.Time
	DecidedAt *time.Time
	EndedAt   *time.Time
}

// TableName is payouts.
func (payoutRow) TableName() string { return "payouts" }

func (r payoutRow) amount(minor int64) money.Amount { return money.Of(minor, r.Currency) }

func (r payoutRow) withdrawal() ledger.Withdrawal {
	return ledger.Withdrawal{ID: r.ID, UserID: r.UserID, Amount: r.amount(r.Amount), Fee: r.amount(r.Fee)}
}

func (r payoutRow) payout() order.Payout {
	return order.Payout{ID: r.ID, UserID: r.UserID, Username: r.Username, Status: r.Status, Amount: r.amount(r.Amount), Fee: r.amount(r.Fee),
		Net: r.amount(r.Amount - r.Fee), Automatic: r.Automatic, Reason: r.Reason, Reference: r.Reference, CreatedAt: r.CreatedAt, EndedAt: r.EndedAt}
}

// RequestPayout is documented in the contract.
func (s *service) RequestPayout(ctx context.Context, q order.RequestPayoutRequest) (order.Payout, error) {
	who, err := identity.VerifiedUser(ctx)
	if err != nil {
		return order.Payout{}, err
	}
	key := q.RequestID
	q.RequestID = ""
	r, err := once.NewRequest(who.UserID, "payout", key, q)
	if err != nil {
		return order.Payout{}, err
	}
	p, _, err := once.Do(ctx, s.once, r, func() (order.Payout, error) {
		return s.requestPayout(ctx, payoutRow{UserID: who.UserID, Username: who.Username, Amount: q.Minor}, r)
	})
	return p, err
}

// requestPayout writes the withdrawal and journal 6. An amount of zero is all that is available.
func (s *service) requestPayout(ctx context.Context, p payoutRow, r once.Request) (result order.Payout, err error) {
	set, err := s.current(ctx)
	if err != nil {
		return result, err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		account, err := lockAccount(tx, p.UserID)
		if err != nil {
			return err
		}
		if err := r.IsNew(tx); err != nil {
			return err
		}
		if account.Status != string(payment.AccountReady) {
			return fault.Conflictf("Before you can withdraw, the payment provider has to know who you are. Finish the payout setup on your earnings page.")
		}
		available, err := keptBalance(tx.DB, ledger.Available(p.UserID), set.Currency)
		if err != nil {
			return err
		}
		w := p
		if w.Amount == 0 {
			w.Amount = available
		}
		if err := set.checkPayout(tx, w, available); err != nil {
			return err
		}
		w.ID, w.Status, w.Fee, w.Currency = newID(), payoutRequested, set.PayoutFee, set.Currency
		w.Provider, w.Account, w.CreatedAt = account.Provider, account.Account, tx.Now()
		if err := s.writePayout(tx, w); err != nil {
			return err
		}
		result = w.payout()
		return r.Keep(tx, result)
	})
	return result, err
}

// checkPayout refuses a withdrawal that is too small, more than there is, or more than a seller can withdraw in 24 hours.
func (s settings) checkPayout(tx *db.Tx, w payoutRow, available int64) error {
	var c fault.Check
	least := money.Of(s.PayoutLeast, s.Currency)
	c.That(w.Amount >= least.Minor, "amount", "Withdraw at least %s.", least)
	c.That(w.Amount <= available, "amount", "You can withdraw at most %s.", money.Of(available, s.Currency))
	if s.PayoutDayLimit > 0 {
		var asked int64
		err := tx.Raw("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM payouts WHERE user_id = ? AND currency = ? AND created_at > ? AND status NOT IN (?, ?)",
			w.UserID, s.Currency, tx.Now().Add(-day), payoutFailed, payoutRejected).Scan(&asked).Error
		if err != nil {
			return fmt.Errorf("sum the withdrawals of the day: %w", err)
		}
		c.That(asked+w.Amount <= s.PayoutDayLimit, "amount", "You can withdraw at most %s in 24 hours, and have asked for %s.",
			money.Of(s.PayoutDayLimit, s.Currency), money.Of(asked, s.Currency))
	}
	return c.Err()
}

func (s *service) writePayout(tx *db.Tx, w payoutRow) error {
	err := tx.Create(&w).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return fault.Conflictf("A withdrawal of yours is under way. You can ask for the next one when it has arrived.")
	}
	if err != nil {
		return fmt.Errorf("write the withdrawal: %w", err)
	}
	j, err := ledger.PayoutRequested(w.withdrawal())
	if err != nil {
		return err
	}
	actor := w.UserID
	if w.Automatic {
		actor = "system"
	}
	err = w.post(tx, j, actor)
	if errors.Is(err, ledger.ErrShort) { // an order has taken it meanwhile
		return fault.Wrong("amount", "You can withdraw less by now. Look at what is available.")
	}
	if err != nil {
		return err
	}
	return w.announce(tx)
}

// post writes a journal of the withdrawal.
func (r payoutRow) post(tx *db.Tx, j ledger.Journal, actor string) error {
	j.Actor, j.Cause, j.At = actor, "payout "+r.ID, tx.Now()
	_, err := ledger.Post(tx, j)
	return err
}

func (r payoutRow) announce(tx *db.Tx) error {
	return tx.Emit(order.PayoutChanged{PayoutID: r.ID, UserID: r.UserID, Username: r.Username, Status: r.Status,
		Net: r.amount(r.Amount - r.Fee), Reason: r.Reason, Automatic: r.Automatic, Reference: r.Reference, At: tx.Now()})
}

// keptBalance reads an account's balance on its own side; one that nothing was posted to has none.
func keptBalance(q *gorm.DB, a ledger.Account, currency string) (int64, error) {
	var found []int64
	if err := q.Raw("SELECT balance FROM accounts WHERE code = ?", a.Code(currency)).Scan(&found).Error; err != nil {
		return 0, fmt.Errorf("read a balance: %w", err)
	}
	if len(found) == 0 {
		return 0, nil
	}
	return found[0], nil
}

// ListPayouts is documented in the contract.
func (s *service) ListPayouts(ctx context.Context, q order.ListPayoutsRequest) (order.PayoutList, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.PayoutList{}, err
	}
	if q.All {
		if err := needOperator(ctx); err != nil {
			return order.PayoutList{}, err
		}
	}
	var c fault.Check
	at := paged(&c, &q.Limit, 20, q.Cursor)
	c.That(len(q.Status) <= 6, "status", "Name at most six.")
	if err := c.Err(); err != nil {
		return order.PayoutList{}, err
	}
	find := s.db.Read(ctx).Limit(q.Limit + 1)
	if len(q.Status) > 0 {
		find = find.Where("status IN ?", q.Status)
	}
	direction, beyond := "DESC", "(created_at, id) < (?, ?)"
	if q.All {
		direction, beyond = "ASC", "(created_at, id) > (?, ?)"
	} else {
		find = find.Where("user_id = ?", who.UserID)
	}
	if at != nil {
		find = find.Where(beyond, at.at, at.id)
	}
	var rows []payoutRow
	if err := find.Order("created_at " + direction + ", id " + direction).Find(&rows).Error; err != nil {
		return order.PayoutList{}, fmt.Errorf("list the withdrawals: %w", err)
	}
	list := order.PayoutList{Items: []order.Payout{}}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		list.NextCursor = cursor{rows[q.Limit-1].CreatedAt, rows[q.Limit-1].ID}.String()
	}
	for _, r := range rows {
		list.Items = append(list.Items, r.payout())
	}
	return list, nil
}
