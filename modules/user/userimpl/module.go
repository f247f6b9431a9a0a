// Package userimpl keeps the profiles in the module's own database, and their pictures among its files.
package userimpl

import (
	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/modules/user"
	"marketplace/platform/app"
	"marketplace/platform/blob"
	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/picture"
)

// Deps are the modules that the profiles call: none.
type Deps struct{}

// Module plugs the profiles into the marketplace.
var Module = app.Module[user.Service, Deps]{
	Name:   "user",
	New:    newService,
	Remote: newRemote,
	Check:  app.NoSettings,
	Hears:  []db.Event{auth.SignedUp{}},

	Announces: []db.Event{user.BecameSeller{}, user.PresenceChanged{}},
	Files:     true,
}

type service struct {
	db    *db.DB
	files blob.Store
	log   *zap.Logger

	workshop *picture.Workshop
}

func newService(h *app.Host, _ Deps) (user.Service, error) {
	s := &service{db: h.DB, files: h.Files, log: h.Log, workshop: picture.NewWorkshop()}
	bus.Handle(h.Events, s.onSignedUp)
	h.Every(sweepEvery, "presence", s.sweep)
	return s, nil
}
