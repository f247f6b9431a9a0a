package telemetry

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"go.uber.org/zap/zapcore"

	"marketplace/platform/config"
)

// Levels say from which level on lines are written: one for all modules, and others for single ones. They can be changed
// while the process runs. A module is the first part of a logger's name: order, web, events, rpc, mail, http. What is written
// for the record, under the names access and audit, has no level.
type Levels struct {
	mu  sync.Mutex // for those who change
	now atomic.Pointer[levels]
}

type levels struct {
	all    zapcore.Level
	of     map[string]zapcore.Level // never changed
	lowest zapcore.Level
}

// NewLevels begins with those of the configuration.
func NewLevels(c config.Log) (*Levels, error) {
	l := &Levels{}
	l.now.Store(&levels{all: zapcore.InfoLevel, lowest: zapcore.InfoLevel})
	if err := l.Set("", c.Level); err != nil {
		return nil, fmt.Errorf("log.level: %w", err)
	}
	for module, level := range c.Modules {
		if err := l.Set(module, level); err != nil {
			return nil, fmt.Errorf("log.modules.%s: %w", module, err)
		}
	}
	return l, nil
}

// Set changes the level of a module (debug, info, warn, error), or with an empty module that of all which have none of
// their own. With an empty level the module has none of its own any more.
func (l *Levels) Set(module, level string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := *l.now.Load()
	next.of = maps.Clone(next.of)
	if next.of == nil {
		next.of = map[string]zapcore.Level{}
	}
	switch parsed, err := parseLevel(level); {
	case level == "" && module != "":
		delete(next.of, module)
	case err != nil:
		return err
	case module == "":
		next.all = parsed
	case !isLogger(module):
		return fmt.Errorf("%q is not the name of a module", module)
	default:
		next.of[module] = parsed
	}
	next.lowest = min(next.all, zapcore.InfoLevel)
	for _, own := range next.of {
		next.lowest = min(next.lowest, own)
	}
	l.now.Store(&next)
	return nil
}

func parseLevel(level string) (zapcore.Level, error) {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, level) {
		return 0, fmt.Errorf("%q is not a level: use debug, info, warn or error", level)
	}
	return zapcore.ParseLevel(level)
}

func isLogger(module string) bool {
	return len(module) <= 40 && strings.Trim(module, "abcdefghijklmnopqrstuvwxyz") == ""
}

// Enabled implements zapcore.LevelEnabler: whether some module writes such lines.
func (l *Levels) Enabled(level zapcore.Level) bool { return level >= l.now.Load().lowest }

// writes says whether the logger of this name writes such lines.
func (l *Levels) writes(logger string, level zapcore.Level) bool {
	if isRecord(logger) {
		return true
	}
	now := l.now.Load()
	module, _, _ := strings.Cut(logger, ".")
	own, has := now.of[module]
	if !has {
		own = now.all
	}
	return level >= own
}

// LevelState is what Levels answer to those who ask.
type LevelState struct {
	Level   string            `json:"level"`   // of all modules
	Modules map[string]string `json:"modules"` // that have their own
}

// State is how the levels are now.
func (l *Levels) State() LevelState {
	now := l.now.Load()
	s := LevelState{Level: now.all.String(), Modules: map[string]string{}}
	for module, own := range now.of {
		s.Modules[module] = own.String()
	}
	return s
}

// ServeHTTP shows the levels (GET), and changes one (PUT ?module=order&level=debug; an empty level takes the module's own
// away). Only this machine may change them: whoever can silence a log can hide.
func (l *Levels) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.Method == http.MethodGet:
	case r.Method != http.MethodPut:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case !isFromHere(r) || http.NewCrossOriginProtection().Check(r) != nil:
		http.Error(w, "levels are changed on the machine itself: `marketplace log level`", http.StatusForbidden)
		return
	default:
		if err := l.Set(r.URL.Query().Get("module"), r.URL.Query().Get("level")); err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
	}
	writeJSON(w, l.State())
}

// isFromHere says whether a program on this machine asks, by an address of this machine and not by a name that a page of
// another site could have given it.
func isFromHere(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	host, _, errHost := net.SplitHostPort(r.Host)
	if errHost != nil {
		host = r.Host
	}
	return err == nil && from.Addr().Unmap().IsLoopback() && config.IsLoopback(strings.Trim(host, "[]"))
}
