package orderimpl

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/sealed"
)

// promise is what a quote promises until it expires: the price of one, its extras, and the fees. It travels with the buyer,
// signed, so that what is charged is what was shown, also if the catalogue or the fees change in between (rows Z4, P5).
type promise struct {
	GigID    string        `json:"g"`
	Package  string        `json:"p"`
	Quantity int           `json:"q"`
	Price    money.Amount  `json:"a"` // of one, without extras
	Extras   []order.Extra `json:"x,omitempty"`
	Buys     fee           `json:"b"`
	Sells    fee           `json:"s"`
	Credit   *int64        `json:"c,omitempty"` // that pays of it; nil: it was not asked for
	Expires  time.Time     `json:"e"`

	OfferID   string `json:"o,omitempty"` // of a milestone; then GigID is empty
	Milestone int    `json:"m,omitempty"`
	Title     string `json:"t,omitempty"` // of the milestone
}

// sign makes the token of a promise.
func (p promise) sign(key []byte) (string, error) { return sealed.Sign(key, "quote", p) }

// quoteKey is the key that signs quotes. The first process that needs it makes it.
func (s *service) quoteKey(ctx context.Context) ([]byte, error) {
	if key := s.quotes.Load(); key != nil {
		return *key, nil
	}
	read := func() (keys [][]byte, err error) {
		err = s.db.Read(ctx).Raw("SELECT secret FROM quote_keys WHERE id = 1").Scan(&keys).Error
		return keys, err
	}
	keys, err := read()
	if err == nil && len(keys) == 0 {
		fresh := make([]byte, sha256.Size)
		_, _ = rand.Read(fresh) // never fails
		err = s.db.Tx(ctx, func(tx *db.Tx) error {
			return tx.Exec("INSERT INTO quote_keys (id, secret, created_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING", fresh, tx.Now()).Error
		})
		if err == nil {
			keys, err = read()
		}
	}
	if err != nil || len(keys) == 0 {
		return nil, fmt.Errorf("read the key that signs quotes: %w", err)
	}
	s.quotes.Store(&keys[0])
	return keys[0], nil
}

// Quote is documented in the contract.
func (s *service) Quote(ctx context.Context, q order.QuoteRequest) (order.Quote, error) {
	if q.Quantity == 0 {
		q.Quantity = 1
	}
	if q.OfferID != "" {
		return s.quoteMilestone(ctx, q)
	}
	if err := checkPackage(q.GigID, q.Package, q.Quantity, q.Extras).Err(); err != nil {
		return order.Quote{}, err
	}
	g, p, err := s.offered(ctx, q.GigID, q.Package)
	if err != nil {
		return order.Quote{}, err
	}
	extras, err := s.chosen(g, q.Extras)
	if err != nil {
		return order.Quote{}, err
	}
	set, err := s.current(ctx)
	if err != nil {
		return order.Quote{}, err
	}
	return s.quoteFor(ctx, set, promised(set, g, p, q.Quantity, extras, s.now()), q.UseCredit)
}

// quoteFor is what is promised now to who asks, whose credit pays as much as it can if that is wanted.
func (s *service) quoteFor(ctx context.Context, set settings, now promise, useCredit bool) (order.Quote, error) {
	if who := identity.From(ctx); useCredit && who.SignedIn() {
		there, err := spendable(s.db.Read(ctx), who.UserID, set.Currency)
		if err != nil {
			return order.Quote{}, err
		}
		now.Credit = &there
	}
	return s.quote(ctx, set, now)
}

// quote is a promise as the buyer gets it.
func (s *service) quote(ctx context.Context, set settings, p promise) (order.Quote, error) {
	cost, err := p.cost(set.Clearing)
	if err != nil {
		return cost, err
	}
	cost.Credit, cost.Charge = money.Of(0, cost.Total.Currency), cost.Total
	if p.Credit != nil {
		*p.Credit = min(*p.Credit, cost.Total.Minor)
		cost.Credit.Minor = *p.Credit
		cost.Charge.Minor -= *p.Credit
	}
	key, err := s.quoteKey(ctx)
	if err != nil {
		return cost, err
	}
	cost.ExpiresAt, cost.FeeVersion = p.Expires, version(p.Buys, p.Sells)
	cost.Token, err = p.sign(key)
	return cost, err
}

// promised is what the catalogue and the settings promise now.
func promised(set settings, g gig.Gig, p gig.Package, quantity int, extras []order.Extra, now time.Time) promise {
	buys, sells := set.fees(g.Category, g.SellerUsername)
	return promise{GigID: g.ID, Package: p.Name, Quantity: quantity, Price: p.Price, Extras: extras, Buys: buys, Sells: sells,
		Expires: now.Add(set.QuoteLife).Truncate(time.Second)}
}

// each is the price of one, with its extras.
func (p promise) each() (money.Amount, error) {
	price := p.Price
	for _, x := range p.Extras {
		var err error
		if price, err = price.Add(x.Price); err != nil {
			return price, tooMuch(err)
		}
	}
	return price, nil
}

// cost is the one computation of what is shown, charged and posted (row P5): only the two fees are rounded, what the
// seller gets and what the buyer pays are a difference and a sum. The seller's fee is not more than the price.
func (p promise) cost(clearing time.Duration) (order.Quote, error) {
	q := order.Quote{BuyerFeeBips: p.Buys.Bips, SellerFeeBips: p.Sells.Bips, ClearingDays: int(clearing / day)}
	price, err := p.each()
	if err != nil {
		return q, err
	}
	if q.Subtotal, err = price.Times(int64(p.Quantity)); err != nil {
		return q, tooMuch(err)
	}
	if q.Fee, err = p.Buys.of(q.Subtotal); err != nil {
		return q, tooMuch(err)
	}
	if q.Total, err = q.Subtotal.Add(q.Fee); err != nil {
		return q, tooMuch(err)
	}
	if q.SellerFee, err = p.Sells.of(q.Subtotal); err != nil {
		return q, tooMuch(err)
	}
	q.SellerFee.Minor = min(q.SellerFee.Minor, q.Subtotal.Minor)
	if q.Earnings, err = q.Subtotal.Sub(q.SellerFee); err != nil {
		return q, tooMuch(err)
	}
	q.Lines = append(linesOf(cmp.Or(p.Title, p.Package), p.Quantity, price, p.Extras), order.Line{Text: "service fee", Quantity: 1, Price: q.Fee, Amount: q.Fee})
	return q, nil
}

// linesOf are what a subtotal consists of: the package, then its extras. price is that of one with its extras, and has
// been multiplied before without running over.
func linesOf(title string, quantity int, price money.Amount, extras []order.Extra) []order.Line {
	line := func(text string, each int64) order.Line {
		return order.Line{Text: text, Quantity: quantity, Price: money.Of(each, price.Currency), Amount: money.Of(each*int64(quantity), price.Currency)}
	}
	lines := []order.Line{line(title, price.Minor)}
	for _, x := range extras {
		lines = append(lines, line(x.Title, x.Price.Minor))
		lines[0] = line(title, lines[0].Price.Minor-x.Price.Minor)
	}
	return lines
}

// agreed is the promise that a package is ordered under: the one that the buyer was shown, or what is promised now.
func (s *service) agreed(ctx context.Context, set settings, q order.PlaceRequest, g gig.Gig, p gig.Package) (promise, error) {
	if q.Quote == "" {
		extras, err := s.chosen(g, q.Extras)
		return promised(set, g, p, q.Quantity, extras, s.now()), err
	}
	return s.opened(ctx, q, func(shown promise) bool {
		return shown.GigID == g.ID && shown.Package == p.Name && shown.Quantity == q.Quantity && shown.OfferID == "" && shown.has(q.Extras)
	})
}

// opened is the promise of a quote that was made here, is for just what is ordered, and still holds.
func (s *service) opened(ctx context.Context, q order.PlaceRequest, fits func(promise) bool) (promise, error) {
	key, err := s.quoteKey(ctx)
	if err != nil {
		return promise{}, err
	}
	var shown promise
	ok := sealed.Open(key, "quote", q.Quote, &shown)
	if !ok || !fits(shown) || shown.Price.Currency != s.settings.Currency || q.UseCredit != (shown.Credit != nil) {
		return promise{}, fault.Wrong("quote", "This quote is not for what you order. Ask for a new one.")
	}
	if s.now().After(shown.Expires) {
		return promise{}, fault.Wrong("quote", "This quote has expired. Look at the price again.")
	}
	return shown, nil
}

// has says whether these are the titles of the promised extras.
func (p promise) has(titles []string) bool {
	for _, x := range p.Extras {
		if !slices.Contains(titles, x.Title) {
			return false
		}
	}
	return len(p.Extras) == len(titles)
}
