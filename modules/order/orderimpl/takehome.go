package orderimpl

import (
	"context"
	"fmt"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// mostPrices is how many prices are computed at a time.
const mostPrices = 50

// TakeHome is documented in the contract.
func (s *service) TakeHome(ctx context.Context, q order.TakeHomeRequest) (order.TakeHomes, error) {
	list := order.TakeHomes{Items: []order.TakeHome{}}
	who, err := identity.User(ctx)
	if err != nil {
		return list, err
	}
	const most = 1_000_000_000_000
	var c fault.Check
	c.That(len(q.Minors) >= 1 && len(q.Minors) <= mostPrices, "price", "Use 1 to %d prices.", mostPrices)
	c.That(!q.Less || q.OrderID != "", "order_id", "Say of which order.")
	for _, minor := range q.Minors {
		c.That(minor >= 0 && minor <= most, "price", "Use an amount up to %s.", money.Of(most, s.settings.Currency))
	}
	if err := c.Err(); err != nil {
		return list, err
	}
	take, err := s.taking(ctx, q, who)
	if err != nil {
		return list, err
	}
	for _, minor := range q.Minors {
		x, err := take(minor)
		if err != nil {
			return list, err
		}
		list.Items = append(list.Items, x)
	}
	list.Sum, err = sumOf(list.Items)
	return list, err
}

// sumOf is what several orders bring together.
func sumOf(list []order.TakeHome) (sum order.TakeHome, err error) {
	sum = list[0]
	for _, x := range list[1:] {
		for _, part := range []struct {
			of   *money.Amount
			more money.Amount
		}{{&sum.Price, x.Price}, {&sum.Pays, x.Pays}, {&sum.Fee, x.Fee}, {&sum.Earns, x.Earns}} {
			if *part.of, err = part.of.Add(part.more); err != nil {
				return sum, fmt.Errorf("add what prices bring: %w", err)
			}
		}
	}
	return sum, nil
}

// taking is how a price is computed: by what is in force, or by the terms of an order.
func (s *service) taking(ctx context.Context, q order.TakeHomeRequest, who identity.Actor) (func(int64) (order.TakeHome, error), error) {
	if q.OrderID == "" {
		set, err := s.current(ctx)
		return func(minor int64) (order.TakeHome, error) {
			cost, err := set.take(money.Of(minor, set.Currency), q.Category, who.Username)
			return s.takeHome(cost, set.terms()), err
		}, err
	}
	row, _, err := s.find(ctx, q.OrderID, who)
	if err != nil {
		return nil, err
	}
	if q.Less {
		return func(minor int64) (order.TakeHome, error) { return s.takeLess(row, minor) }, nil
	}
	return func(minor int64) (order.TakeHome, error) {
		cost, err := promise{Quantity: 1, Price: row.amount(minor), Buys: row.Terms.Buys, Sells: row.Terms.Sells}.cost(row.Terms.Clearing)
		return s.takeHome(cost, row.Terms), err
	}, nil
}

func (s *service) takeHome(cost order.Quote, t terms) order.TakeHome {
	return order.TakeHome{Price: cost.Subtotal, Pays: cost.Total, Fee: cost.SellerFee, Earns: cost.Earnings, Available: s.now().Add(t.Clearing)}
}

// takeLess is what an order brings with so much off its price: the fees of it go back in proportion, as in the books.
func (s *service) takeLess(row orderRow, minor int64) (order.TakeHome, error) {
	if most := row.Subtotal - row.Refunded; minor > most {
		return order.TakeHome{}, fault.Wrong("price", "Use an amount up to %s.", row.amount(most))
	}
	left, err := row.held(row.Refunded + minor).Left()
	if err != nil {
		return order.TakeHome{}, err
	}
	pays, err := left.Total()
	if err != nil {
		return order.TakeHome{}, err
	}
	earns, err := left.Earned()
	return order.TakeHome{Price: left.Price, Pays: pays, Fee: left.SellerFee, Earns: earns, Available: s.now().Add(row.Terms.Clearing)}, err
}
