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
