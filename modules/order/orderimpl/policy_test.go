package orderimpl

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// change makes a new version of the settings, as an operator.
func (b *bed) change(values map[string]int64) order.Settings {
	b.t.Helper()
	now := must(b.orders.Settings(clerk(), order.SettingsRequest{}))(b.t)
	return must(b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Version: now.Version, Values: values, Reason: "A test."}))(b.t)
}

// Rows P7, Z29: an order settles at the rate of its day, whatever is changed and brought back later.
func TestAnOrderKeepsTheSettingsOfItsDay(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		old := b.working()
		before := must(b.orders.Settings(clerk(), order.SettingsRequest{}))(t)
		tried := must(b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Values: map[string]int64{"seller_fee_basis_points": 1000, "clearing": 7 * 86400}, DryRun: true}))(t)
		if len(tried.Changes) != 2 || tried.Version != 0 || tried.Example[2].Earns.Minor != 8000 || tried.Example[2].EarnsAfter.Minor != 9000 {
			t.Errorf("the rehearsal says %+v", tried)
		}
		if again := must(b.orders.Settings(clerk(), order.SettingsRequest{}))(t); !reflect.DeepEqual(again, before) {
			t.Error("a rehearsal has changed something")
		}
		if made := b.change(map[string]int64{"seller_fee_basis_points": 1000, "clearing": 7 * 86400}); made.Version != 1 || len(made.Changes) != 2 {
			t.Errorf("the change is %+v", made)
		}
		if q := b.quote(); q.SellerFeeBips != 1000 || q.ClearingDays != 7 {
			t.Errorf("a quote is %+v", q)
		}
		fresh := b.working()
		for _, o := range []order.Order{old, fresh} {
			must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
			must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		}
		b.pass(8 * day)
		if got := b.balance(b.seller); got.Available.Minor != 9000 || got.Pending.Minor != 8000 {
			t.Errorf("after eight days: %+v", got)
		}
		back := must(b.orders.RestoreSettings(clerk(), order.RestoreSettingsRequest{Version: 1, Number: 0, Reason: "Too cheap."}))(t)
		if back.Version != 2 || !slices.Equal(back.Items, before.Items) {
			t.Errorf("what came back is %+v", back)
		}
		b.pass(7 * day)
		b.has(17000, 0)
		history := must(b.orders.ListSettings(clerk(), order.ListSettingsRequest{}))(t).Items
		if len(history) != 2 || history[0].By != "Op" || history[0].Reason != "Too cheap." || history[0].Restores != 0 || history[1].Restores != -1 ||
			!slices.Contains(history[1].Changes, order.SettingChange{Name: "clearing", Unit: "seconds", From: 14 * 86400, To: 7 * 86400}) {
			t.Errorf("the history is %+v", history)
		}
	})
}

func TestSettingsAreChangedByOperatorsOnTheNewestVersionOnly(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		for _, who := range []context.Context{b.seller, b.staff, apptest.Visitor()} {
			_, err := b.orders.Settings(who, order.SettingsRequest{})
			refused(t, err, fault.Forbidden)
			_, err = b.orders.ChangeSettings(who, order.ChangeSettingsRequest{Values: map[string]int64{"clearing": 1}, Reason: "x"})
			refused(t, err, fault.Forbidden)
			_, err = b.orders.RestoreSettings(who, order.RestoreSettingsRequest{Reason: "x"})
			refused(t, err, fault.Forbidden)
			_, err = b.orders.ListSettings(who, order.ListSettingsRequest{})
			refused(t, err, fault.Forbidden)
		}
		_, err := b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Values: map[string]int64{"weather": 1, "buyer_fee_basis_points": 10001, "payment_window": 0}})
		if f := refused(t, err, fault.Invalid); len(f.Fields) != 4 { // the reason too
			t.Errorf("told is %+v", f.Fields)
		}
		// What contradicts itself is refused as in config.yaml, beside the setting.
		_, err = b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Values: map[string]int64{"late_cancel_after": 60, "payout_minimum": 50}, Reason: "x"})
		f := refused(t, err, fault.Invalid)
		if names := []string{f.Fields[0].Name, f.Fields[1].Name}; !slices.Contains(names, "values.very_late_after") || !slices.Contains(names, "values.payout_minimum") {
			t.Errorf("told is %+v", f.Fields)
		}
		_, err = b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Reason: "Nothing."})
		refused(t, err, fault.Conflict)
		b.change(map[string]int64{"payout_fee": 50})
		_, err = b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Values: map[string]int64{"payout_fee": 60}, Reason: "I have not seen it."})
		refused(t, err, fault.Conflict)
		_, err = b.orders.RestoreSettings(clerk(), order.RestoreSettingsRequest{Version: 1, Number: 7, Reason: "x"})
		refused(t, err, fault.NotFound)
		if err := b.DB.Tx(t.Context(), txExec("UPDATE settings SET reason = 'another'")); err == nil {
			t.Error("the history can be rewritten")
		}
		for i := range 3 {
			b.change(map[string]int64{"payout_fee": int64(60 + i)})
		}
		page := must(b.orders.ListSettings(clerk(), order.ListSettingsRequest{Limit: 2}))(t)
		rest := must(b.orders.ListSettings(clerk(), order.ListSettingsRequest{Limit: 2, Before: page.Items[1].Number}))(t)
		if !page.More || rest.More || page.Items[0].Number != 4 || rest.Items[1].Number != 1 {
			t.Errorf("the pages are %+v and %+v", page, rest)
		}
	})
}

// Row Ps1.
func TestFeesOfCategoriesAndSellersAreChangedWithTheSettings(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		list := []order.SpecialFee{{Seller: "Sam", Sells: &order.Fee{BasisPoints: 500, Flat: 100}}, {Category: "logos", Buys: &order.Fee{Minimum: 200}}}
		made := must(b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Special: &list, Reason: "Sam is our friend."}))(t)
		if !reflect.DeepEqual(made.Special, list) || len(made.Changes) != 2 || made.Changes[1].Name != "seller Sam" || !strings.Contains(made.Changes[1].Is, "500 bp, flat 100") {
			t.Errorf("the change is %+v", made)
		}
		if q := b.quote(); q.Earnings.Minor != 18900 || q.FeeVersion == "" {
			t.Errorf("a quote is %+v", q)
		}
		for _, wrong := range [][]order.SpecialFee{{{}}, {{Seller: "a", Category: "b"}}, {{Seller: "a"}, {Seller: "a"}}, {{Seller: "a", Buys: &order.Fee{BasisPoints: -1}}}} {
			_, err := b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Version: 1, Special: &wrong, Reason: "x"})
			refused(t, err, fault.Invalid)
		}
	})
}

// Two processes on one database: what one has changed the other goes by, at the latest after a second.
func TestAnotherProcessGoesByTheNewSettingsWithinASecond(t *testing.T) {
	b := onSQLite(t)
	s := b.orders.(*service)
	if set := must(s.current(t.Context()))(t); set.PayoutFee != 100 || set.Version != 0 {
		t.Fatalf("at first: %+v", set)
	}
	known := s.policy.Load()
	b.change(map[string]int64{"payout_fee": 70})
	if set := must(s.current(t.Context()))(t); set.PayoutFee != 70 || set.Version != 1 {
		t.Errorf("the process itself: %+v", set)
	}
	s.policy.Store(known) // what another process remembers
	b.Clock.Advance(freshPolicy)
	if set := must(s.current(t.Context()))(t); set.PayoutFee != 70 {
		t.Errorf("after a second: %+v", set)
	}
	s.policy.Store(known)
	b.Clock.Advance(-time.Hour) // a clock that goes backwards
	if set := must(s.current(t.Context()))(t); set.PayoutFee != 70 {
		t.Errorf("an hour before: %+v", set)
	}
}

// Every setting is for operators to change, but those that say where money and webhooks go.
func TestEverySettingHasItsKnob(t *testing.T) {
	fixed := []string{"-", "provider", "webhook_url", "stripe_url", "special_fees"}
	var names []string
	for _, k := range knobs() {
		if slices.Contains(names, k.name) {
			t.Errorf("%s is there twice", k.name)
		}
		names = append(names, k.name)
		set := defaults()
		k.set(&set, 5)
		if k.get(set) != 5 || k.least > 5 || k.most < 5 {
			t.Errorf("%s cannot be set to 5", k.name)
		}
		if got := k.get(defaults()); got < k.least || got > k.most {
			t.Errorf("%s is %d by itself, which is not allowed", k.name, got)
		}
	}
	of := reflect.TypeFor[settings]()
	for i := range of.NumField() {
		name := of.Field(i).Tag.Get("koanf")
		if slices.Contains(names, name) == slices.Contains(fixed, name) {
			t.Errorf("%s has no knob, or should have none", name)
		}
	}
}

func TestAFeeIsNotMoreThanTheWholeAndNotLessThanNothing(t *testing.T) {
	for f, ok := range map[fee]bool{{Bips: mostBips}: true, {}: true, {Bips: mostBips + 1}: false, {Bips: -1}: false, {Flat: -1}: false, {Threshold: -1}: false, {Minimum: -1}: false,
		{Flat: 1, Threshold: 1, Minimum: 1}: true} {
		if err := f.check("buyer_fee"); (err == nil) != ok {
			t.Errorf("%+v: %v", f, err)
		}
	}
}
