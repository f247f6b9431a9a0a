// Package gigimpl keeps the catalogue in the module's own database, with a search index beside it.
package gigimpl

import (
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/app"
	"marketplace/platform/blob"
	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/picture"
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
	Check:  app.NoSettings,
	Hears:  []db.Event{review.Published{}, order.Completed{}},

	Announces: []db.Event{gig.Published{}, gig.Paused{}},
	Files:     true,
}

type service struct {
	db    *db.DB
	files blob.Store
	users user.Service
	rules rules
	known known

	workshop *picture.Workshop
}

func newService(h *app.Host, deps Deps) (gig.Service, error) {
	s := &service{db: h.DB, files: h.Files, users: deps.Users, rules: rules{currency: h.Config.Currency},
		workshop: picture.NewWorkshop()}
	bus.Handle(h.Events, s.onReviewPublished)
	bus.Handle(h.Events, s.onOrderCompleted)
	return s, nil
}
