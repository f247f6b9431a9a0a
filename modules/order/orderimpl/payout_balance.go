package orderimpl

import (
	"context"
	"fmt"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// Balance is documented in the contract. All of it are sums of postings; escrow is the seller's part of what the escrow
// accounts hold for orders in work.
func (s *service) Balance(ctx context.Context, _ order.BalanceRequest) (order.Balance, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Balance{}, err
	}
	currency := s.settings.Currency
	codes := append(s.ownAccounts(who.UserID), ledger.Credit(who.UserID).Code(currency))
	var sums []struct {
		Account string
		Sum     int64
	}
	err = s.db.Read(ctx).Raw("SELECT account, CAST(SUM(amount) AS BIGINT) AS sum FROM postings WHERE account IN ? GROUP BY account", codes).Scan(&sums).Error
	if err != nil {
		return order.Balance{}, fmt.Errorf("sum the accounts: %w", err)
	}
	of := map[string]int64{}
	for _, sum := range sums {
		of[sum.Account] = sum.Sum
	}
	sending, withdrawn, err := s.withdrawn(ctx, codes[1])
	if err != nil {
		return order.Balance{}, err
	}
	var reserved int64
	err = s.db.Read(ctx).Raw("SELECT CAST(COALESCE(SUM(reserved), 0) AS BIGINT) FROM earnings WHERE seller_id = ? AND currency = ?", who.UserID, currency).Scan(&reserved).Error
	if err != nil {
		return order.Balance{}, fmt.Errorf("sum the reserve: %w", err)
	}
	escrow, err := s.escrow(ctx, who.UserID)
	amount := func(minor int64) money.Amount { return money.Of(minor, currency) }
	return order.Balance{Escrow: amount(escrow), Pending: amount(-of[codes[0]]), Available: amount(-of[codes[1]]), Held: amount(-of[codes[2]]),
		Owed: amount(of[codes[3]]), Credit: amount(-of[codes[4]]), Reserved: amount(reserved), Sending: amount(sending), Withdrawn: amount(withdrawn)}, err
}

// withdrawn sums what has left the account for withdrawals: of those that are under way, and of those that have arrived.
func (s *service) withdrawn(ctx context.Context, available string) (sending, arrived int64, err error) {
	var sums []struct {
		Paid bool
		Sum  int64
	}
	err = s.db.Read(ctx).Raw(`SELECT EXISTS (SELECT 1 FROM journals d WHERE d.book = j.book AND d.kind = 'payout_paid') AS paid, CAST(SUM(p.amount) AS BIGINT) AS sum
		FROM postings p JOIN journals j ON j.id = p.journal_id
		WHERE p.account = ? AND j.kind IN ('payout_requested', 'payout_failed', 'payout_returned') GROUP BY 1`, available).Scan(&sums).Error
	if err != nil {
		return 0, 0, fmt.Errorf("sum the withdrawals: %w", err)
	}
	for _, sum := range sums {
		if sum.Paid {
			arrived = sum.Sum
		} else {
			sending = sum.Sum
		}
	}
	return sending, arrived, nil
}

// escrow is the seller's part of the money that is held for their orders.
func (s *service) escrow(ctx context.Context, sellerID string) (int64, error) {
	var sum int64
	// Of the fee, a part goes back with the price, rounded half up (ledger.Held).
	err := s.db.Read(ctx).Raw(`SELECT CAST(COALESCE(SUM(price - refunded - seller_fee + (2 * seller_fee * refunded + price) / (2 * price)), 0) AS BIGINT) FROM (
		SELECT subtotal AS price, refunded, seller_fee FROM orders WHERE seller_id = ? AND currency = ? AND paid_at IS NOT NULL AND ended_at IS NULL
		UNION ALL SELECT l.price, l.refunded, l.seller_fee FROM lines l JOIN orders o ON o.id = l.order_id
			WHERE o.seller_id = ? AND o.currency = ? AND o.ended_at IS NULL AND l.kind = 'raise' AND l.paid_at IS NOT NULL
		) held`, sellerID, s.settings.Currency, sellerID, s.settings.Currency).Scan(&sum).Error
	if err != nil {
		return 0, fmt.Errorf("sum the escrow: %w", err)
	}
	return sum, nil
}
