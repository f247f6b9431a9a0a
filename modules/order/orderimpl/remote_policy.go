package orderimpl

import (
	"context"

	"marketplace/modules/order"
	"marketplace/platform/rpc"
)

func (r remote) Settings(ctx context.Context, q order.SettingsRequest) (order.Settings, error) {
	return rpc.Read[order.Settings](ctx, r.c, "Settings", q)
}

func (r remote) ChangeSettings(ctx context.Context, q order.ChangeSettingsRequest) (order.Settings, error) {
	return rpc.Call[order.Settings](ctx, r.c, "ChangeSettings", q)
}

func (r remote) RestoreSettings(ctx context.Context, q order.RestoreSettingsRequest) (order.Settings, error) {
	return rpc.Call[order.Settings](ctx, r.c, "RestoreSettings", q)
}

func (r remote) ListSettings(ctx context.Context, q order.ListSettingsRequest) (order.SettingsVersions, error) {
	return rpc.Read[order.SettingsVersions](ctx, r.c, "ListSettings", q)
}

func (r remote) Adjust(ctx context.Context, q order.AdjustRequest) (order.Adjustment, error) {
	return rpc.Call[order.Adjustment](ctx, r.c, "Adjust", q)
}

func (r remote) DecideAdjustment(ctx context.Context, q order.DecideAdjustmentRequest) (order.Adjustment, error) {
	return rpc.Call[order.Adjustment](ctx, r.c, "DecideAdjustment", q)
}

func (r remote) ListAdjustments(ctx context.Context, q order.ListAdjustmentsRequest) (order.AdjustmentList, error) {
	return rpc.Read[order.AdjustmentList](ctx, r.c, "ListAdjustments", q)
}

func (r remote) ListStrays(ctx context.Context, q order.ListStraysRequest) (order.StrayList, error) {
	return rpc.Read[order.StrayList](ctx, r.c, "ListStrays", q)
}

func (r remote) SettleStray(ctx context.Context, q order.SettleStrayRequest) (order.Stray, error) {
	return rpc.Call[order.Stray](ctx, r.c, "SettleStray", q)
}

func (r remote) TakeHome(ctx context.Context, q order.TakeHomeRequest) (order.TakeHomes, error) {
	return rpc.Read[order.TakeHomes](ctx, r.c, "TakeHome", q)
}
