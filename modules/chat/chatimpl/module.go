// Package chatimpl keeps conversations and their messages in the module's own database.
package chatimpl

import (
	"errors"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/app"
	"marketplace/platform/bus"
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
	Check:  app.Checks(readSettings),

	Announces: []db.Event{chat.MessageSent{}, chat.Read{}, chat.Typed{}},
}

// settings are the section "chat" of the configuration.
type settings struct {
	MessagesPerMinute    int `koanf:"messages_per_minute"`    // of one person, in all conversations; 60
	ConversationsPerHour int `koanf:"conversations_per_hour"` // that one person begins; 60
}

type service struct {
	db       *db.DB
	events   *bus.Events
	users    user.Service
	gigs     gig.Service
	orders   order.Service
	settings settings
}

func readSettings(h *app.Host) (settings, error) {
	set := settings{MessagesPerMinute: 60, ConversationsPerHour: 60}
	if err := h.Settings(&set); err != nil {
		return set, err
	}
	if set.MessagesPerMinute < 1 || set.ConversationsPerHour < 1 {
		return set, errors.New("settings of chat: messages_per_minute and conversations_per_hour are at least 1")
	}
	return set, nil
}

func newService(h *app.Host, deps Deps) (chat.Service, error) {
	set, err := readSettings(h)
	if err != nil {
		return nil, err
	}
	return &service{db: h.DB, events: h.Events, users: deps.Users, gigs: deps.Gigs, orders: deps.Orders, settings: set}, nil
}
