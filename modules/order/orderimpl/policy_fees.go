package orderimpl

import (
	"strings"

	"marketplace/modules/order"
	"marketplace/platform/money"
)

func (f *fee) contract() *order.Fee {
	if f == nil {
		return nil
	}
	return &order.Fee{BasisPoints: f.Bips, Flat: f.Flat, FlatBelow: f.Threshold, Minimum: f.Minimum}
}

func feeOf(f *order.Fee) *fee {
	if f == nil {
		return nil
	}
	return &fee{Bips: f.BasisPoints, Flat: f.Flat, Threshold: f.FlatBelow, Minimum: f.Minimum}
}

func (x special) specialFee() order.SpecialFee {
	return order.SpecialFee{Category: x.Category, Seller: x.Seller, Buys: x.Buyer.contract(), Sells: x.Sells.contract()}
}

func specials(list []order.SpecialFee) []special {
	var all []special
	for _, x := range list {
		all = append(all, special{Category: strings.TrimSpace(x.Category), Seller: strings.TrimSpace(x.Seller), Buyer: feeOf(x.Buys), Sells: feeOf(x.Sells)})
	}
	return all
}

// examples are prices under the usual fees, as they were and as they will be.
func examples(was, is settings) ([]order.FeeExample, error) {
	list := []order.FeeExample{}
	for _, minor := range []int64{500, 2_500, 10_000, 50_000, 250_000} {
		price := money.Of(minor, is.Currency)
		before, err := was.take(price, "", "")
		if err != nil {
			return nil, err
		}
		after, err := is.take(price, "", "")
		if err != nil {
			return nil, err
		}
		list = append(list, order.FeeExample{Price: price, Pays: before.Total, Earns: before.Earnings, PaysAfter: after.Total, EarnsAfter: after.Earnings})
	}
	return list, nil
}

// take is what a price would bring now: the same computation as that of an order.
func (s settings) take(price money.Amount, category, seller string) (order.Quote, error) {
	buys, sells := s.fees(category, seller)
	q, err := promise{Quantity: 1, Price: price, Buys: buys, Sells: sells}.cost(s.Clearing)
	q.FeeVersion = version(buys, sells)
	return q, err
}
