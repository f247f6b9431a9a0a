// Package gigimpl keeps the catalogue in the module's own database, with a search index beside it.
package gigimpl

import (
	"fmt"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/app"
	"marketplace/platform/blob"
	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

// Deps are the modules that the catalogue calls.
type Deps struct {
	Users user.Service
}

// Module plugs the catalogue into the marketplace.
var Module = app.Module[gig.Service, Deps]{
	Name:   "gig",
	New:    newService,
	Remote: newRemote,
	Hears:  []db.Event{review.Published{}, order.Completed{}},
}

// settings are the section "gig" of the configuration.
type settings struct {
	Currency string `koanf:"currency"` // ISO 4217; every price is in it
}

type service struct {
	db    *db.DB
	files blob.Store
	users user.Service
	rules rules

	reading chan struct{} // a place for each picture that may be read at the same time
}

func newService(h *app.Host, deps Deps) (gig.Service, error) {
	set := settings{Currency: "USD"}
	if err := h.Settings(&set); err != nil {
		return nil, err
	}
	if _, known := money.Exponent(set.Currency); !known {
		return nil, fmt.Errorf("settings of gig: the currency %q is not supported", set.Currency)
	}
	s := &service{db: h.DB, files: h.Files, users: deps.Users, rules: rules{currency: set.Currency},
		reading: make(chan struct{}, readingAtOnce)}
	bus.Handle(h.Events, s.onReviewPublished)
	bus.Handle(h.Events, s.onOrderCompleted)
	return s, nil
}
