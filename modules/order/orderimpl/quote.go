package orderimpl

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// offer is what a quote promises until it expires: the price of one, and the fees. It travels with the buyer, signed, so
// that what is charged is what was shown, also if the catalogue or the fees change in between (rows Z4, P5).
type offer struct {
	GigID    string       `json:"g"`
	Package  string       `json:"p"`
	Quantity int          `json:"q"`
	Price    money.Amount `json:"a"`
	Buys     fee          `json:"b"`
	Sells    fee          `json:"s"`
	Expires  time.Time    `json:"e"`
}

// sign makes the token of an offer: its JSON and an HMAC over it, both in base64.
func (o offer) sign(key []byte) (string, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(text) + "." + base64.RawURLEncoding.EncodeToString(seal(key, text)), nil
}

func seal(key, text []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte("quote 1 "))
	m.Write(text)
	return m.Sum(nil)
}

// open reads a token that was signed with the key; false if it was not.
func open(token string, key []byte) (o offer, ok bool) {
	first, second, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return o, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(second)
	if err != nil || !hmac.Equal(signature, seal(key, text)) {
		return o, false
	}
	return o, json.Unmarshal(text, &o) == nil
}

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
	if err := checkPackage(q.GigID, q.Package, q.Quantity).Err(); err != nil {
		return order.Quote{}, err
	}
	g, p, err := s.offered(ctx, q.GigID, q.Package)
	if err != nil {
		return order.Quote{}, err
	}
	set, err := s.current(ctx)
	if err != nil {
		return order.Quote{}, err
	}
	o := s.offerOf(set, g, p, q.Quantity)
	cost, err := o.cost(set.Clearing)
	if err != nil {
		return cost, err
	}
	key, err := s.quoteKey(ctx)
	if err != nil {
		return cost, err
	}
	cost.ExpiresAt, cost.FeeVersion = o.Expires, version(o.Buys, o.Sells)
	cost.Token, err = o.sign(key)
	return cost, err
}

// offerOf is what the catalogue and the settings offer now.
func (s *service) offerOf(set settings, g gig.Gig, p gig.Package, quantity int) offer {
	buys, sells := set.fees(g.Category, g.SellerUsername)
	return offer{GigID: g.ID, Package: p.Name, Quantity: quantity, Price: p.Price, Buys: buys, Sells: sells,
		Expires: s.now().Add(set.QuoteLife).Truncate(time.Second)}
}

// cost is the one computation of what is shown, charged and posted (row P5): only the two fees are rounded, what the
// seller gets and what the buyer pays are a difference and a sum. The seller's fee is not more than the price.
func (o offer) cost(clearing time.Duration) (order.Quote, error) {
	q := order.Quote{BuyerFeeBips: o.Buys.Bips, SellerFeeBips: o.Sells.Bips, ClearingDays: int(clearing / day)}
	var err error
	if q.Subtotal, err = o.Price.Times(int64(o.Quantity)); err != nil {
		return q, tooMuch(err)
	}
	if q.Fee, err = o.Buys.of(q.Subtotal); err != nil {
		return q, tooMuch(err)
	}
	if q.Total, err = q.Subtotal.Add(q.Fee); err != nil {
		return q, tooMuch(err)
	}
	if q.SellerFee, err = o.Sells.of(q.Subtotal); err != nil {
		return q, tooMuch(err)
	}
	q.SellerFee.Minor = min(q.SellerFee.Minor, q.Subtotal.Minor)
	if q.Earnings, err = q.Subtotal.Sub(q.SellerFee); err != nil {
		return q, tooMuch(err)
	}
	text := o.Package
	if o.Quantity > 1 {
		text = fmt.Sprintf("%d × %s", o.Quantity, o.Package)
	}
	q.Lines = []order.Line{{Text: text, Amount: q.Subtotal}, {Text: "service fee", Amount: q.Fee}}
	return q, nil
}

// agreed is the offer that an order is placed under: the one that the buyer was shown, or what is offered now.
func (s *service) agreed(ctx context.Context, token string, g gig.Gig, p gig.Package, quantity int) (offer, error) {
	set, err := s.current(ctx)
	if err != nil {
		return offer{}, err
	}
	now := s.offerOf(set, g, p, quantity)
	if token == "" {
		return now, nil
	}
	key, err := s.quoteKey(ctx)
	if err != nil {
		return now, err
	}
	shown, ok := open(token, key)
	if !ok || shown.GigID != g.ID || shown.Package != p.Name || shown.Quantity != quantity || shown.Price.Currency != s.settings.Currency {
		return now, fault.Wrong("quote", "This quote is not for what you order. Ask for a new one.")
	}
	if s.now().After(shown.Expires) {
		return now, fault.Wrong("quote", "This quote has expired. Look at the price again.")
	}
	return shown, nil
}
