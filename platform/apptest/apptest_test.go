package apptest_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/identity"
	"marketplace/platform/mail"
	"marketplace/platform/rpc"
)

// diary is a small module: it writes down what happens elsewhere, and says that it did.
type diary interface {
	Count(ctx context.Context, q countRequest) (int, error)
}

type countRequest struct{}

type happened struct {
	What string `json:"what"`
}

func (happened) Topic() string       { return "elsewhere.happened.v1" }
func (e happened) Aggregate() string { return e.What }

type noted struct {
	What string `json:"what"`
}

func (noted) Topic() string       { return "diary.noted.v1" }
func (e noted) Aggregate() string { return e.What }

type service struct{ h *app.Host }

func (s *service) Count(ctx context.Context, _ countRequest) (n int, err error) {
	err = s.h.DB.Read(ctx).Raw("SELECT count(*) FROM entries").Scan(&n).Error
	return n, err
}

func (s *service) onHappened(_ context.Context, tx *db.Tx, e happened) error {
	if err := tx.Exec("INSERT INTO entries (what) VALUES (?)", e.What).Error; err != nil {
		return err
	}
	return tx.Emit(noted(e))
}

var module = app.Module[diary, struct{}]{
	Name:  "diary",
	Hears: []db.Event{happened{}},
	New: func(h *app.Host, _ struct{}) (diary, error) {
		err := h.DB.Tx(identity.System(context.Background()), func(tx *db.Tx) error {
			return tx.Exec("CREATE TABLE IF NOT EXISTS entries (what TEXT PRIMARY KEY)").Error
		})
		s := &service{h: h}
		bus.Handle(h.Events, s.onHappened)
		h.Every(time.Hour, "remind", func(ctx context.Context) error {
			return h.Mail.Send(ctx, mail.Message{To: "ana@example.com", Subject: identity.Request(ctx)})
		})
		return s, err
	},
}

func TestAModuleReactsToWhatAnotherOneAnnounces(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		h := open("diary")
		service := apptest.Start(t, h, module, struct{}{})
		apptest.Emit(t, h, happened{What: "rain"}, happened{What: "sun"})
		apptest.Eventually(t, func() bool {
			n, err := service.Count(apptest.Visitor(), countRequest{})
			return err == nil && n == 2
		})
		apptest.Settle(t, h)
		if got := apptest.Emitted[noted](t, h); len(got) != 2 || got[0].What == got[1].What {
			t.Errorf("the module has announced %v", got)
		}
	})
}

func TestTasksRunByHandAndMailsAreKept(t *testing.T) {
	h := apptest.Host(t, "diary")
	apptest.Start(t, h, module, struct{}{})
	if len(h.Mails.All()) != 0 {
		t.Fatal("a task ran by itself")
	}
	if err := h.RunTasks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sent := h.Mails.To("ana@example.com"); len(sent) != 1 || !strings.HasPrefix(sent[0].Subject, "task-") {
		t.Errorf("kept mails: %v", sent)
	}
	if sent := h.Mails.To("bob@example.com"); len(sent) != 0 {
		t.Errorf("kept for somebody else: %v", sent)
	}
	broken := errors.New("the mail server is away")
	h.Mails.Break(broken)
	if err := h.RunTasks(t.Context()); !errors.Is(err, broken) {
		t.Errorf("the task that failed says %v", err)
	}
}

func TestTheClockMovesForEverybodyInTheHarness(t *testing.T) {
	h := apptest.Host(t, "diary")
	before := h.DB.Now()
	h.Clock.Advance(72 * time.Hour)
	if moved := h.DB.Now().Sub(before); moved < 72*time.Hour {
		t.Errorf("the database's clock moved by %v", moved)
	}
}

func TestAModulesFilesAreItsOwn(t *testing.T) {
	keeping := func(name string) *apptest.Harness {
		h := apptest.Host(t, name)
		apptest.Start(t, h, app.Module[any, any]{
			Name: name, Files: true, New: func(h *app.Host, _ any) (any, error) { return h, nil }, Remote: func(*rpc.Client) any { return nil },
		}, nil)
		return h
	}
	one, other, none := keeping("diary"), keeping("gig"), apptest.Host(t, "review")
	if err := one.Files.Put(t.Context(), "a/b", strings.NewReader("text")); err != nil {
		t.Fatal(err)
	}
	r, err := one.Files.Get(t.Context(), "a/b")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if content, err := io.ReadAll(r); err != nil || string(content) != "text" {
		t.Errorf("%q, %v", content, err)
	}
	if _, err := other.Files.Get(t.Context(), "a/b"); err == nil {
		t.Error("another module sees the file")
	}
	if none.Files != nil {
		t.Error("a module that does not keep files has some")
	}
}

func TestSettingsReachTheModule(t *testing.T) {
	h := apptest.Host(t, "diary", apptest.Settings(map[string]any{"pages": 7}))
	settings := struct {
		Pages int    `koanf:"pages"`
		Ink   string `koanf:"ink"`
	}{Ink: "blue"}
	if err := h.Settings(&settings); err != nil || settings.Pages != 7 || settings.Ink != "blue" {
		t.Errorf("%+v, %v", settings, err)
	}
}

func TestAsIsAVerifiedUser(t *testing.T) {
	a, err := identity.VerifiedUser(apptest.As("u1", "ana", "operator"))
	if err != nil || a.UserID != "u1" || a.Username != "ana" || !a.Is("operator") || a.Is("moderator") {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := identity.User(apptest.Visitor()); err == nil {
		t.Error("a visitor counts as signed in")
	}
}
