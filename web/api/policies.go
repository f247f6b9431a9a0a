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
