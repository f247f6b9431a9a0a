package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"marketplace/platform/blob"
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

func disk(dir string) (blob.Store, error) { return folder{dir}, os.MkdirAll(dir, 0o700) }

type folder struct{ dir string }

func (f folder) Put(_ context.Context, key string, content io.Reader) error {
	b, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	path := filepath.Join(f.dir, key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

func (f folder) Get(_ context.Context, key string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(f.dir, key))
}

func (f folder) Delete(_ context.Context, key string) error {
	return os.Remove(filepath.Join(f.dir, key))
}
