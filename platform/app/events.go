package app

import (
	"context"
	"errors"

	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/mail"
)

// events is what the process needs of the bus.
type events interface {
	Module(name string, d *db.DB) *bus.Events
	Committed(emitted []db.Emitted)
	Run(ctx context.Context) error
	Ready(ctx context.Context) error
	Drained(ctx context.Context) error
}

func (a *App) newBus() (events, error) { return silent{}, nil }

type silent struct{}

func (silent) Module(string, *db.DB) *bus.Events { return &bus.Events{} }
func (silent) Committed([]db.Emitted)            {}
func (silent) Run(ctx context.Context) error     { <-ctx.Done(); return nil }
func (silent) Ready(context.Context) error       { return nil }
func (silent) Drained(context.Context) error     { return nil }

type noMail struct{}

func (noMail) Send(context.Context, mail.Message) error { return errors.New("no mail yet") }
