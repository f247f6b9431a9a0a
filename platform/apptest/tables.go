package apptest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/zap"

	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/config"
)

// made are databases with the tables of modules. Their migrations run once in a test binary; copies take a tenth of the time.
var made struct {
	sync.Mutex
	files     map[string][]byte // SQLite's, by module
	templates map[string]string // names on this binary's PostgreSQL, by modules
}

// Tables puts SQLite's files of modules into a data folder, with their tables and nothing else. What is there stays.
func Tables(t testing.TB, data string, modules ...string) {
	t.Helper()
	for _, module := range modules {
		path := filepath.Join(data, module+".db")
		if _, err := os.Stat(path); err == nil {
			continue
		}
		content, err := tablesOf(module)
		if err == nil {
			err = os.MkdirAll(data, 0o700)
		}
		if err == nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil {
			t.Fatalf("make the tables of %s: %v", module, err)
		}
	}
}

func tablesOf(module string) ([]byte, error) {
	made.Lock()
	defer made.Unlock()
	if content, ok := made.files[module]; ok {
		return content, nil
	}
	data, err := os.MkdirTemp("", "tables-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(data) }()
	if err := migrate(func(c *config.Config) { c.Data = data }, module); err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(data, module+".db")) // all of it: closing has emptied the journal
	if err == nil {
		if made.files == nil {
			made.files = map[string][]byte{}
		}
		made.files[module] = content
	}
	return content, err
}

// migrate runs the migrations of modules where the configuration says.
func migrate(where func(*config.Config), modules ...string) error {
	c := config.Defaults()
	where(&c)
	a, err := app.New(context.Background(), app.Options{Mode: app.Migrating, Log: zap.NewNop(), Clock: clock.New(), Mail: &Mails{}, Config: c})
	if err != nil {
		return err
	}
	for _, module := range modules {
		if _, err = a.Open(module); err != nil {
			break
		}
	}
	if closed := a.Close(); err == nil {
		err = closed
	}
	return err
}

// PostgresWith is Postgres with the tables of modules and nothing else; with TEST_DATABASE it is empty.
func PostgresWith(t testing.TB, modules ...string) string {
	t.Helper()
	admin := postgres(t)
	if os.Getenv("TEST_DATABASE") != "" { // it would keep what is copied for ever
		return databaseOn(t, admin, "template0")
	}
	template, err := templateOf(admin, modules)
	if err != nil {
		t.Fatalf("make the tables of %v: %v", modules, err)
	}
	return databaseOn(t, admin, template+" STRATEGY FILE_COPY") // half the work where all is in memory
}

func templateOf(admin string, modules []string) (string, error) {
	made.Lock()
	defer made.Unlock()
	key := strings.Join(modules, "_")
	if name, ok := made.templates[key]; ok {
		return name, nil
	}
	name := "tables_of_" + key
	if err := create(context.Background(), admin, name, "template0"); err != nil {
		return "", err
	}
	url, err := urlOf(admin, name)
	if err == nil {
		err = migrate(func(c *config.Config) { c.Database = url }, modules...)
	}
	if err == nil {
		if made.templates == nil {
			made.templates = map[string]string{}
		}
		made.templates[key] = name
	}
	return name, err
}
