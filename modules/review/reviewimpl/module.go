// Package reviewimpl keeps the reviews and their averages in the module's own database.
package reviewimpl

import (
	"time"

	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/app"
	"marketplace/platform/db"
	"marketplace/platform/once"
)

// Deps are the modules that the reviews call.
type Deps struct {
	Orders order.Service
}

// Module plugs the reviews into the marketplace.
var Module = app.Module[review.Service, Deps]{
	Name:   "review",
	New:    newService,
	Remote: newRemote,
	Check:  app.NoSettings,

	Announces: []db.Event{review.Written{}, review.Published{}},
}

type service struct {
	db     *db.DB
	log    *zap.Logger
	orders order.Service
	once   *once.Keeper
}

func newService(h *app.Host, deps Deps) (review.Service, error) {
	s := &service{db: h.DB, log: h.Log, orders: deps.Orders, once: once.New(h.DB)}
	h.Every(time.Minute, "publish the reviews whose window has closed", s.publishDue)
	h.Every(time.Hour, "requests", s.once.Forget)
	h.Every(24*time.Hour, "compare the summaries with the reviews", s.recount)
	return s, nil
}
