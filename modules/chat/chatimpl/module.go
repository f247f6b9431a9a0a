// Package chatimpl keeps conversations and their messages in the module's own database.
package chatimpl

import (
	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/app"
	"marketplace/platform/db"
)

// Deps are the modules that the chat calls: who people are, whose gig it is, who the other party of an order is.
type Deps struct {
	Users  user.Service
	Gigs   gig.Service
	Orders order.Service
}

// Module plugs the chat into the marketplace.
var Module = app.Module[chat.Service, Deps]{
	Name:   "chat",
	New:    newService,
	Remote: newRemote,
}

type service struct {
	db     *db.DB
	users  user.Service
	gigs   gig.Service
	orders order.Service
}

func newService(h *app.Host, deps Deps) (chat.Service, error) {
	return &service{db: h.DB, users: deps.Users, gigs: deps.Gigs, orders: deps.Orders}, nil
}
