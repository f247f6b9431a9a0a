package api

import (
	"context"

	"marketplace/modules/order"
	"marketplace/web/edge"
)

// policies are the fees, times and limits that operators change.
func (a *API) policies() {
	on(a, op{method: "GET", path: "/operator/settings", id: "getSettings", access: edge.Operator, summary: "Fees, times and limits in force"}, a.getSettings)
	on(a, op{method: "PATCH", path: "/operator/settings", id: "changeSettings", access: edge.Operator, summary: "Change some of them with a reason, or with dry_run only see what would change; orders that were placed keep their terms"}, a.changeSettings)
	on(a, op{method: "GET", path: "/operator/settings/versions", id: "listSettingsVersions", access: edge.Operator, summary: "Who has changed what, when and why, newest first"}, a.listSettings)
	on(a, op{method: "POST", path: "/operator/settings/versions/{number}/restore", id: "restoreSettings", access: edge.Operator, summary: "Make a new version with the values of an old one; 0 is config.yaml"}, a.restoreSettings)
	on(a, op{method: "GET", path: "/operator/adjustments", id: "listAdjustments", access: edge.Operator, summary: "Credit that was given and debts that were given up by hand, newest first"}, a.listAdjustments)
	on(a, op{method: "POST", path: "/operator/adjustments", id: "adjust", access: edge.Operator, status: 201, summary: "Give the buyer of an order credit, or give up what its seller owes; above a limit another operator confirms it"}, a.adjust)
	on(a, op{method: "POST", path: "/operator/adjustments/{id}/decision", id: "decideAdjustment", access: edge.Operator, summary: "Confirm or reject what another operator has asked for"}, a.decideAdjustment)
	on(a, op{method: "GET", path: "/operator/strays", id: "listStrays", access: edge.Operator, summary: "Money at the provider that fits nothing, the open ones first"}, a.listStrays)
	on(a, op{method: "POST", path: "/operator/strays/{id}/settlement", id: "settleStray", access: edge.Operator, summary: "Say whose it is: the buyer of an order gets it as credit, or has got it by hand, or the provider has sent it back"}, a.settleStray)
	on(a, op{method: "GET", path: "/me/take-home", id: "getTakeHome", access: edge.SignedIn, summary: "What prices bring the caller as a seller, by the fees in force or by the terms of an order"}, a.getTakeHome)
}

func (a *API) getSettings(ctx context.Context, _ *struct{}) (*body[order.Settings], error) {
	return answer(a.Orders.Settings(ctx, order.SettingsRequest{}))
}

type changeSettingsInput struct {
	Body struct {
		Version int                 `json:"version" minimum:"0" doc:"That was read: 409 if somebody has changed the settings since."`
		Values  map[string]int64    `json:"values,omitempty" doc:"By name: basis points, minor units, seconds or numbers, as the unit says."`
		Special *[]order.SpecialFee `json:"special_fees,omitempty" doc:"All exceptions for categories and sellers; absent: as they are."`
		Reason  string              `json:"reason,omitempty" doc:"1 to 500 characters; not needed for a dry run."`
		DryRun  bool                `json:"dry_run,omitempty"`
	}
}

func (a *API) changeSettings(ctx context.Context, in *changeSettingsInput) (*body[order.Settings], error) {
	return answer(a.Orders.ChangeSettings(ctx, order.ChangeSettingsRequest{Version: in.Body.Version, Values: in.Body.Values, Special: in.Body.Special,
		Reason: in.Body.Reason, DryRun: in.Body.DryRun}))
}

type settingsVersionsInput struct {
	Limit  int `query:"limit" minimum:"1" maximum:"100" default:"20"`
	Before int `query:"before" minimum:"0" doc:"Versions with smaller numbers."`
}

func (a *API) listSettings(ctx context.Context, in *settingsVersionsInput) (*body[order.SettingsVersions], error) {
	return answer(a.Orders.ListSettings(ctx, order.ListSettingsRequest{Limit: in.Limit, Before: in.Before}))
}

type restoreInput struct {
	Number int `path:"number" minimum:"0"`
	Body   struct {
		Version int    `json:"version" minimum:"0" doc:"That was read."`
		Reason  string `json:"reason" doc:"1 to 500 characters."`
	}
}

func (a *API) restoreSettings(ctx context.Context, in *restoreInput) (*body[order.Settings], error) {
	return answer(a.Orders.RestoreSettings(ctx, order.RestoreSettingsRequest{Version: in.Body.Version, Number: in.Number, Reason: in.Body.Reason}))
}

func (a *API) listAdjustments(ctx context.Context, in *Paged) (*body[List[order.Adjustment]], error) {
	list, err := a.Orders.ListAdjustments(ctx, order.ListAdjustmentsRequest{Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(list.Items, list.NextCursor), err)
}

type adjustInput struct {
	Keyed
	Body struct {
		Kind   string `json:"kind" doc:"goodwill (credit for the buyer) or write_off (of what the seller owes)."`
		Order  string `json:"order" doc:"Its number or id."`
		Minor  int64  `json:"minor" doc:"In minor units of the marketplace's currency."`
		Reason string `json:"reason" doc:"1 to 500 characters."`
	}
}

func (a *API) adjust(ctx context.Context, in *adjustInput) (*body[order.Adjustment], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	return answer(a.Orders.Adjust(ctx, order.AdjustRequest{RequestID: in.Key, Kind: in.Body.Kind, Order: in.Body.Order, Minor: in.Body.Minor, Reason: in.Body.Reason}))
}

type confirmInput struct {
	ByID
	Body struct {
		Confirm bool `json:"confirm" doc:"false rejects it."`
	}
}

func (a *API) decideAdjustment(ctx context.Context, in *confirmInput) (*body[order.Adjustment], error) {
	return answer(a.Orders.DecideAdjustment(ctx, order.DecideAdjustmentRequest{ID: in.ID, Confirm: in.Body.Confirm}))
}

func (a *API) listStrays(ctx context.Context, _ *struct{}) (*body[List[order.Stray]], error) {
	list, err := a.Orders.ListStrays(ctx, order.ListStraysRequest{})
	return answer(listOf(list.Items, ""), err)
}

type settleStrayInput struct {
	ByID
	Body struct {
		Order string `json:"order,omitempty" doc:"Number or id: its buyer gets the money as credit, or, of a refund by hand, has got it from the marketplace; absent: the provider has sent it back, or brought it back."`
		Note  string `json:"note" doc:"How that was found out, 1 to 500 characters."`
	}
}

func (a *API) settleStray(ctx context.Context, in *settleStrayInput) (*body[order.Stray], error) {
	return answer(a.Orders.SettleStray(ctx, order.SettleStrayRequest{ID: in.ID, Order: in.Body.Order, Note: in.Body.Note}))
}

type takeHomeInput struct {
	Minors   []int64 `query:"minor,explode" minItems:"1" maxItems:"50" doc:"Prices in minor units; repeat it for each."`
	Category string  `query:"category" maxLength:"100"`
	OrderID  string  `query:"order_id" maxLength:"64" doc:"By the terms of this order."`
	Less     bool    `query:"less" doc:"minor is what is taken off the order's price."`
}

func (a *API) getTakeHome(ctx context.Context, in *takeHomeInput) (*body[order.TakeHomes], error) {
	return answer(a.Orders.TakeHome(ctx, order.TakeHomeRequest{Minors: in.Minors, Category: in.Category, OrderID: in.OrderID, Less: in.Less}))
}
