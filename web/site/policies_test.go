package site_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

func (o orders) Settings(context.Context, order.SettingsRequest) (order.Settings, error) {
	return order.Settings{Version: 3, Special: []order.SpecialFee{{Seller: "ben", Sells: &order.Fee{BasisPoints: 1000, Flat: 50, FlatBelow: 700, Minimum: 20}}},
		Items: []order.Setting{{Name: "seller_fee_basis_points", Group: "fees", Unit: "basis_points", Value: 2000}, {Name: "payout_minimum", Group: "payouts", Unit: "minor", Value: 1000},
			{Name: "clearing", Group: "orders", Unit: "seconds", Value: 14 * 86400}, {Name: "review_extensions", Group: "orders", Unit: "count", Value: 2}}}, nil
}

func (o orders) ChangeSettings(ctx context.Context, q order.ChangeSettingsRequest) (order.Settings, error) {
	said := fmt.Sprintf("ChangeSettings %d dry=%v %s", q.Version, q.DryRun, q.Reason)
	for _, name := range slices.Sorted(maps.Keys(q.Values)) {
		said += fmt.Sprintf(" %s=%d", name, q.Values[name])
	}
	for _, x := range *q.Special {
		said += fmt.Sprintf(" %s%s %v %+v", x.Category, x.Seller, x.Buys, *x.Sells)
	}
	now, _ := o.Settings(ctx, order.SettingsRequest{})
	now.Changes = []order.SettingChange{{Name: "clearing", Unit: "seconds", From: 14 * 86400, To: 36 * 3600}}
	now.Example = []order.FeeExample{{Price: cents(10000), Pays: cents(10550), Earns: cents(8000), PaysAfter: cents(10550), EarnsAfter: cents(8250)}}
	return now, o.w.call(said)
}

func (o orders) RestoreSettings(_ context.Context, q order.RestoreSettingsRequest) (order.Settings, error) {
	return order.Settings{}, o.w.call(fmt.Sprintf("RestoreSettings %d %d %s", q.Version, q.Number, q.Reason))
}

func (o orders) ListSettings(context.Context, order.ListSettingsRequest) (order.SettingsVersions, error) {
	if o.w.empty {
		return order.SettingsVersions{}, nil
	}
	changes := []order.SettingChange{{Name: "seller_fee_basis_points", Unit: "basis_points", From: 2000, To: 1750}, {Name: "seller ben", Was: "", Is: "buyer: as usual"}}
	return order.SettingsVersions{More: true, Items: []order.SettingsVersion{
		{Number: 3, By: "olga", Reason: "Spring.", Restores: 1, Changes: changes, At: o.w.now}, {Number: 2, By: "olga", Reason: "A mistake.", Restores: -1, At: o.w.now}}}, nil
}

// typedPolicies is the form as it is shown, with a change.
func typedPolicies(pairs ...string) map[string]string {
	typed := map[string]string{"version": "3", "seller_fee_basis_points": "17.5", "payout_minimum": "12,50", "clearing": "36h", "review_extensions": "2", "reason": "Spring.",
		"special.0.category": "", "special.0.seller": "ben", "special.0.seller_share": "10.00", "special.0.seller_flat": "0.50", "special.0.seller_minimum": "0.20",
		"special.0.seller_below": "7.00", "special.1.category": "", "special.1.seller": ""}
	for i := 0; i < len(pairs); i += 2 {
		typed[pairs[i]] = pairs[i+1]
	}
	return typed
}

// Rows P7, Z29.
func TestOperatorsSeeTryAndChangeTheSettings(t *testing.T) {
	w := newWorld()
	if answer := visit(w.member(t), "/operator/settings"); answer.Code != http.StatusNotFound {
		t.Errorf("a member gets %d", answer.Code)
	}
	desk := open(t, w, clerk())
	page := visit(desk, "/operator/settings").Body.String()
	for _, text := range []string{`value="20.00"`, `value="14d"`, `value="10.00"`, `name="special.2.category"`, "Version 3", "17.50\u00a0%", "restores version 1", `action="/operator/settings/2/restore"`,
		"before=2", "Spring."} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	const values = " clearing=129600 payout_minimum=1250 review_extensions=2 seller_fee_basis_points=1750 ben <nil> {BasisPoints:1000 Flat:50 FlatBelow:700 Minimum:20}"
	tried := send(desk, "/operator/settings", typedPolicies("then", "try"))
	if body := tried.Body.String(); tried.Code != http.StatusOK || !strings.Contains(body, "14d → <b>36h</b>") || !strings.Contains(body, "$82.50") || !strings.Contains(body, `value="36h"`) {
		t.Errorf("the rehearsal is %d: %s", tried.Code, body)
	}
	if done := send(desk, "/operator/settings", typedPolicies()); done.Code != http.StatusSeeOther || !slices.Contains(w.calls, "ChangeSettings 3 dry=false Spring."+values) ||
		!slices.Contains(w.calls, "ChangeSettings 3 dry=true Spring."+values) {
		t.Errorf("%d, the calls are %q", done.Code, w.calls)
	}
	wrong := send(desk, "/operator/settings", typedPolicies("clearing", "soon", "seller_fee_basis_points", "ten", "payout_minimum", "1.234", "review_extensions", "1.5", "special.0.seller_share", "x"))
	for _, text := range []string{"such as 15m, 36h or 14d", "such as 5.5", "such as 25.00", "a whole number", `value="soon"`} {
		if wrong.Code != http.StatusUnprocessableEntity || !strings.Contains(wrong.Body.String(), text) {
			t.Errorf("%d, the page does not say %q", wrong.Code, text)
		}
	}
	w.fail = fault.Wrong("values.clearing", "Use less.")
	if answer := send(desk, "/operator/settings", typedPolicies()); answer.Code != http.StatusUnprocessableEntity || !strings.Contains(answer.Body.String(), "Use less.") {
		t.Errorf("refused: %d", answer.Code)
	}
	w.fail = fault.Conflictf("Somebody has changed the settings meanwhile.")
	for path, form := range map[string]map[string]string{"/operator/settings": typedPolicies(), "/operator/settings/2/restore": {"version": "3", "reason": "x"}} {
		if answer := send(desk, path, form); answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(), "changed the settings meanwhile") {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
	w.fail = nil
	if answer := send(desk, "/operator/settings/2/restore", map[string]string{"version": "3", "reason": "Back."}); answer.Code != http.StatusSeeOther || !slices.Contains(w.calls, "RestoreSettings 3 2 Back.") {
		t.Errorf("%d, the calls are %q", answer.Code, w.calls)
	}
	w.empty = true
	if page := visit(desk, "/operator/settings").Body.String(); !strings.Contains(page, "Nothing was changed yet") {
		t.Error("the empty history is not told")
	}
}
