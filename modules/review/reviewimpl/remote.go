package reviewimpl

import (
	"context"

	"marketplace/modules/review"
	"marketplace/platform/rpc"
)

// remote is the reviews in another process.
type remote struct{ c *rpc.Client }

func newRemote(c *rpc.Client) review.Service { return remote{c} }

func (r remote) Write(ctx context.Context, q review.WriteRequest) (review.Review, error) {
	return rpc.Call[review.Review](ctx, r.c, "Write", q)
}

func (r remote) OfOrder(ctx context.Context, q review.OfOrderRequest) (review.OrderReviews, error) {
	return rpc.Read[review.OrderReviews](ctx, r.c, "OfOrder", q)
}

func (r remote) List(ctx context.Context, q review.ListRequest) (review.List, error) {
	return rpc.Read[review.List](ctx, r.c, "List", q)
}

func (r remote) ListSummaries(ctx context.Context, q review.ListSummariesRequest) (review.SummaryList, error) {
	return rpc.Read[review.SummaryList](ctx, r.c, "ListSummaries", q)
}
