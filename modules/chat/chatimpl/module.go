// Package chatimpl keeps conversations, their messages and what people and staff do about them in the module's own
// database, and the files among its files.
package chatimpl

import (
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/app"
	"marketplace/platform/blob"
	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/picture"
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
	Hears:  []db.Event{order.Paid{}, order.OfferMade{}},

	Announces: []db.Event{chat.MessageSent{}, chat.Read{}, chat.Typed{}, chat.MessageEdited{}, chat.MessageDeleted{}, chat.CaseRead{}, chat.CaseClosed{}},
	Files:     true,
}

// settings are the section "chat" of the configuration.
type settings struct {
	MessagesPerMinute    int           `koanf:"messages_per_minute"`    // of one person, in all conversations; 60
	ConversationsPerHour int           `koanf:"conversations_per_hour"` // that one person begins; 60
	ReportsPerDay        int           `koanf:"reports_per_day"`        // of one person; 20
	EditWindow           time.Duration `koanf:"edit_window"`            // in which a message can be edited and deleted; 15m
	KeepVersions         time.Duration `koanf:"keep_versions"`          // of what messages said before; 90d
	ReadingTime          time.Duration `koanf:"reading_time"`           // how long staff may read a reported conversation at once; 30m
	Screening            string        `koanf:"screening"`              // until an operator says otherwise; warn
	ScreeningWords       []string      `koanf:"screening_words"`        // likewise
}

func defaults() settings {
	return settings{
		MessagesPerMinute: 60, ConversationsPerHour: 60, ReportsPerDay: 20, EditWindow: 15 * time.Minute,
		KeepVersions: 90 * 24 * time.Hour, ReadingTime: 30 * time.Minute, Screening: string(chat.StrictWarn), ScreeningWords: usualWords(),
	}
}

type service struct {
	db       *db.DB
	events   *bus.Events
	log      *zap.Logger
	users    user.Service
	gigs     gig.Service
	orders   order.Service
	files    blob.Store
	settings settings
	workshop *picture.Workshop
	linkKey  atomic.Pointer[[]byte]
	known    atomic.Pointer[sieve]
	drafts   *db.Batch[*draft]
}

func readSettings(h *app.Host) (settings, error) {
	set := defaults()
	if err := h.Settings(&set); err != nil {
		return set, err
	}
	var errs []error
	refuse := func(when bool, text string) {
		if when {
			errs = append(errs, errors.New("settings of chat: "+text))
		}
	}
	refuse(set.MessagesPerMinute < 1 || set.ConversationsPerHour < 1 || set.ReportsPerDay < 1,
		"messages_per_minute, conversations_per_hour and reports_per_day are at least 1")
	refuse(set.EditWindow < 0 || set.EditWindow > 30*24*time.Hour, "edit_window is at most 30d; 0s lets nobody edit")
	refuse(set.KeepVersions < time.Hour, "keep_versions is at least 1h")
	refuse(set.ReadingTime < time.Minute || set.ReadingTime > 24*time.Hour, "reading_time is 1m to 24h")
	if _, err := checkScreening(chat.Strictness(set.Screening), set.ScreeningWords); err != nil {
		refuse(true, "screening is off, warn or block, and screening_words are at most 300 of 2 to 40 characters")
	}
	return set, errors.Join(errs...)
}

func newService(h *app.Host, deps Deps) (chat.Service, error) {
	set, err := readSettings(h)
	if err != nil {
		return nil, err
	}
	s := &service{db: h.DB, events: h.Events, log: h.Log, users: deps.Users, gigs: deps.Gigs, orders: deps.Orders, files: h.Files, settings: set,
		workshop: picture.NewWorkshop()}
	s.drafts = db.NewBatch(h.DB, mostTogether, s.write)
	bus.Handle(h.Events, s.onOrderPaid)
	bus.Handle(h.Events, s.onOfferMade)
	h.Every(time.Hour, "forget what messages said before", s.forget)
	return s, nil
}
