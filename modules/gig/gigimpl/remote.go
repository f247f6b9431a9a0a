package gigimpl

import (
	"context"

	"marketplace/modules/gig"
	"marketplace/platform/rpc"
)

// remote is the catalogue in another process.
type remote struct{ c *rpc.Client }

func newRemote(c *rpc.Client) gig.Service { return remote{c} }

func (r remote) Categories(ctx context.Context, q gig.CategoriesRequest) (gig.CategoryList, error) {
	return rpc.Read[gig.CategoryList](ctx, r.c, "Categories", q)
}

func (r remote) Search(ctx context.Context, q gig.SearchRequest) (gig.Results, error) {
	return rpc.Read[gig.Results](ctx, r.c, "Search", q)
}

func (r remote) Get(ctx context.Context, q gig.GetRequest) (gig.Gig, error) {
	return rpc.Read[gig.Gig](ctx, r.c, "Get", q)
}

func (r remote) List(ctx context.Context, q gig.ListRequest) (gig.List, error) {
	return rpc.Read[gig.List](ctx, r.c, "List", q)
}

func (r remote) Similar(ctx context.Context, q gig.SimilarRequest) (gig.List, error) {
	return rpc.Read[gig.List](ctx, r.c, "Similar", q)
}

func (r remote) Mine(ctx context.Context, q gig.MineRequest) (gig.List, error) {
	return rpc.Read[gig.List](ctx, r.c, "Mine", q)
}

func (r remote) Create(ctx context.Context, q gig.CreateRequest) (gig.Gig, error) {
	return rpc.Call[gig.Gig](ctx, r.c, "Create", q)
}

func (r remote) Update(ctx context.Context, q gig.UpdateRequest) (gig.Gig, error) {
	return rpc.Call[gig.Gig](ctx, r.c, "Update", q)
}

func (r remote) Publish(ctx context.Context, q gig.PublishRequest) (gig.Gig, error) {
	return rpc.Call[gig.Gig](ctx, r.c, "Publish", q)
}

func (r remote) Pause(ctx context.Context, q gig.PauseRequest) (gig.Gig, error) {
	return rpc.Call[gig.Gig](ctx, r.c, "Pause", q)
}

func (r remote) Delete(ctx context.Context, q gig.DeleteRequest) (gig.Gig, error) {
	return rpc.Call[gig.Gig](ctx, r.c, "Delete", q)
}

func (r remote) AddPicture(ctx context.Context, q gig.AddPictureRequest) (gig.Gig, error) {
	return rpc.Call[gig.Gig](ctx, r.c, "AddPicture", q)
}

func (r remote) RemovePicture(ctx context.Context, q gig.RemovePictureRequest) (gig.Gig, error) {
	return rpc.Call[gig.Gig](ctx, r.c, "RemovePicture", q)
}

func (r remote) Picture(ctx context.Context, q gig.PictureRequest) (gig.Picture, error) {
	return rpc.Read[gig.Picture](ctx, r.c, "Picture", q)
}
