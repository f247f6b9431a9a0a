package userimpl

import (
	"context"

	"marketplace/modules/user"
	"marketplace/platform/rpc"
)

// remote is the profiles in another process.
type remote struct{ c *rpc.Client }

func newRemote(c *rpc.Client) user.Service { return remote{c} }

func (r remote) Get(ctx context.Context, q user.GetRequest) (user.Profile, error) {
	return rpc.Read[user.Profile](ctx, r.c, "Get", q)
}

func (r remote) List(ctx context.Context, q user.ListRequest) (user.ProfileList, error) {
	return rpc.Read[user.ProfileList](ctx, r.c, "List", q)
}

func (r remote) Update(ctx context.Context, q user.UpdateRequest) (user.Profile, error) {
	return rpc.Call[user.Profile](ctx, r.c, "Update", q)
}

func (r remote) SetSeller(ctx context.Context, q user.SetSellerRequest) (user.Profile, error) {
	return rpc.Call[user.Profile](ctx, r.c, "SetSeller", q)
}

func (r remote) SellerDraft(ctx context.Context, q user.SellerDraftRequest) (user.SellerDraft, error) {
	return rpc.Read[user.SellerDraft](ctx, r.c, "SellerDraft", q)
}

func (r remote) DraftSeller(ctx context.Context, q user.DraftSellerRequest) (user.SellerDraft, error) {
	return rpc.Call[user.SellerDraft](ctx, r.c, "DraftSeller", q)
}

func (r remote) SetAvatar(ctx context.Context, q user.SetAvatarRequest) (user.Profile, error) {
	return rpc.Call[user.Profile](ctx, r.c, "SetAvatar", q)
}

func (r remote) Avatar(ctx context.Context, q user.AvatarRequest) (user.Picture, error) {
	return rpc.Read[user.Picture](ctx, r.c, "Avatar", q)
}

func (r remote) Attend(ctx context.Context, q user.AttendRequest) (user.Attendance, error) {
	return rpc.Call[user.Attendance](ctx, r.c, "Attend", q)
}
