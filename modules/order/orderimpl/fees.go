package orderimpl

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"marketplace/platform/money"
)

// fee is how much the marketplace takes of a price: a share, rounded half up, and below a threshold a flat part; not less
// than a minimum. Everything but the share is in minor units; zero is none.
type fee struct {
	Bips      int   `koanf:"basis_points" json:"basis_points"`
	Flat      int64 `koanf:"flat" json:"flat,omitempty"`
	Threshold int64 `koanf:"flat_below" json:"flat_below,omitempty"` // 0: the flat part is always taken
	Minimum   int64 `koanf:"minimum" json:"minimum,omitempty"`
}

// of is the fee of a price that is not negative.
func (f fee) of(price money.Amount) (money.Amount, error) {
	taken, err := price.Share(int64(f.Bips))
	if err != nil {
		return taken, err
	}
	if f.Threshold == 0 || price.Minor < f.Threshold {
		if taken, err = taken.Add(money.Of(f.Flat, price.Currency)); err != nil {
			return taken, err
		}
	}
	taken.Minor = max(taken.Minor, f.Minimum)
	return taken, nil
}

func (f fee) check(name string) error {
	if f.Bips < 0 || f.Bips > mostBips {
		return fmt.Errorf("settings.order.%s: basis points must be from 0 to 10000: 550 is 5.5 %%", name)
	}
	if f.Flat < 0 || f.Threshold < 0 || f.Minimum < 0 {
		return fmt.Errorf("settings.order.%s: amounts must not be negative", name)
	}
	return nil
}

// special are other fees for a category, or for one seller.
type special struct {
	Category string `koanf:"category"`  // slug
	Seller   string `koanf:"seller"`    // user name
	Buyer    *fee   `koanf:"buyer_fee"` // nil: as usual
	Sells    *fee   `koanf:"seller_fee"`
}

// fees are what the buyer and the seller pay for an offer: those for the seller before those for the category.
func (s settings) fees(category, seller string) (buys, sells fee) {
	buys = fee{Bips: s.BuyerFee, Flat: s.BuyerFlat, Threshold: s.BuyerFlatBelow, Minimum: s.BuyerMinimum}
	sells = fee{Bips: s.SellerFee, Flat: s.SellerFlat, Minimum: s.SellerMinimum}
	for _, bySeller := range []bool{false, true} {
		for _, x := range s.Special {
			if bySeller != (x.Seller != "") || bySeller && x.Seller != seller || !bySeller && x.Category != category {
				continue
			}
			if x.Buyer != nil {
				buys = *x.Buyer
			}
			if x.Sells != nil {
				sells = *x.Sells
			}
		}
	}
	return buys, sells
}

func (s settings) checkFees() error {
	buys, sells := s.fees("", "")
	if err := buys.check("buyer_fee"); err != nil {
		return err
	}
	if err := sells.check("seller_fee"); err != nil {
		return err
	}
	for i, x := range s.Special {
		name := fmt.Sprintf("special_fees.%d", i)
		if (x.Category == "") == (x.Seller == "") {
			return fmt.Errorf("settings.order.%s: name either a category or a seller", name)
		}
		if slices.ContainsFunc(s.Special[:i], func(y special) bool { return y.Category == x.Category && y.Seller == x.Seller }) {
			return fmt.Errorf("settings.order.%s: %s%s has other fees already", name, x.Category, x.Seller)
		}
		for _, f := range []*fee{x.Buyer, x.Sells} {
			if f == nil {
				continue
			}
			if err := f.check(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// version names the two fees, so that an order tells under which it was placed.
func version(buys, sells fee) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%+v %+v", buys, sells))
	return hex.EncodeToString(sum[:4])
}
