package orderimpl

import (
	"context"

	"marketplace/modules/order"
	"marketplace/platform/rpc"
)

func (r remote) SendOffer(ctx context.Context, q order.SendOfferRequest) (order.Offer, error) {
	return rpc.Call[order.Offer](ctx, r.c, "SendOffer", q)
}

func (r remote) CounterOffer(ctx context.Context, q order.CounterOfferRequest) (order.Offer, error) {
	return rpc.Call[order.Offer](ctx, r.c, "CounterOffer", q)
}

func (r remote) AcceptOffer(ctx context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	return rpc.Call[order.Offer](ctx, r.c, "AcceptOffer", q)
}

func (r remote) DeclineOffer(ctx context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	return rpc.Call[order.Offer](ctx, r.c, "DeclineOffer", q)
}

func (r remote) WithdrawOffer(ctx context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	return rpc.Call[order.Offer](ctx, r.c, "WithdrawOffer", q)
}

func (r remote) GetOffer(ctx context.Context, q order.GetOfferRequest) (order.Offer, error) {
	return rpc.Read[order.Offer](ctx, r.c, "GetOffer", q)
}

func (r remote) ListOffers(ctx context.Context, q order.ListOffersRequest) (order.OfferList, error) {
	return rpc.Read[order.OfferList](ctx, r.c, "ListOffers", q)
}
