// Package reviewimpl keeps the reviews and their averages in the module's own database.
package reviewimpl

import (
	"errors"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/app"
	"marketplace/platform/db"
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
}

// settings are the section "review" of the configuration.
type settings struct {
	WindowDays int `koanf:"window_days"` // from the completion of an order until nobody can review it; 14
}

type service struct {
	db     *db.DB
	log    *zap.Logger
	orders order.Service
	window time.Duration
}

func newService(h *app.Host, deps Deps) (review.Service, error) {
	set := settings{WindowDays: 14}
	if err := h.Settings(&set); err != nil {
		return nil, err
	}
	if set.WindowDays < 1 || set.WindowDays > 365 {
		return nil, errors.New("settings of review: window_days is from 1 to 365")
	}
	s := &service{db: h.DB, log: h.Log, orders: deps.Orders, window: time.Duration(set.WindowDays) * 24 * time.Hour}
	h.Every(time.Minute, "publish the reviews whose window has closed", s.publishDue)
	h.Every(24*time.Hour, "compare the summaries with the reviews", s.recount)
	return s, nil
}
