package live

import (
	"context"

	"marketplace/modules/order"
	"marketplace/platform/bus"
)

// change is what the two sides of an order are told when something happens in it.
type change struct {
	OrderID string       `json:"order_id"`
	Status  order.Status `json:"status"`
	Version int          `json:"version"` // pages that show this one or a later one are up to date
}

// watchOrders listens to everything that happens in orders.
func (l *Live) watchOrders(events *bus.Events) {
	watchOrder[order.Placed](l, events)
	watchOrder[order.Paid](l, events)
	watchOrder[order.Declined](l, events)
	watchOrder[order.Expired](l, events)
	watchOrder[order.RequirementsDue](l, events)
	watchOrder[order.Started](l, events)
	watchOrder[order.Delivered](l, events)
	watchOrder[order.CompletionNear](l, events)
	watchOrder[order.RevisionRequested](l, events)
	watchOrder[order.Completed](l, events)
	watchOrder[order.Cancelled](l, events)
	watchOrder[order.Cleared](l, events)
	watchOrder[order.Late](l, events)
	watchOrder[order.ChangeRequested](l, events)
	watchOrder[order.ChangeSettled](l, events)
	watchOrder[order.ReviewExtended](l, events)
	watchOrder[order.PartlyRefunded](l, events)
	watchOrder[order.Disputed](l, events)
	watchOrder[order.DisputeStated](l, events)
	watchOrder[order.DisputeSettled](l, events)
	watchOrder[order.ChargebackChanged](l, events)
	watchOrder[order.ChangeAgreed](l, events)
	watchOrder[order.TakenBack](l, events)
	watchOrder[order.Tipped](l, events)
	watchOffer[order.OfferMade](l, events)
	watchOffer[order.OfferAnswered](l, events)
	watchOffer[order.OfferTakenBack](l, events)
	watchOffer[order.OfferLapsed](l, events)
}

// orderEvent is any event of an order.
type orderEvent interface {
	Topic() string
	Aggregate() string
	Told() order.Facts
}

func watchOrder[E orderEvent](l *Live, events *bus.Events) {
	bus.Watch(events, func(_ context.Context, e E) {
		f := e.Told()
		for _, userID := range []string{f.BuyerID, f.SellerID} {
			l.tell(userID, "order", change{f.OrderID, f.Status, f.Version})
		}
	})
}

// offered is what the two sides of an offer are told when something happens with it.
type offered struct {
	OfferID string            `json:"offer_id"`
	Status  order.OfferStatus `json:"status"`
}

// offerEvent is any event of an offer.
type offerEvent interface {
	Topic() string
	Aggregate() string
	ToldOffer() order.OfferFacts
}

func watchOffer[E offerEvent](l *Live, events *bus.Events) {
	bus.Watch(events, func(_ context.Context, e E) {
		f := e.ToldOffer()
		for _, userID := range []string{f.BuyerID, f.SellerID} {
			l.tell(userID, "offer", offered{f.OfferID, f.Status})
		}
	})
}
