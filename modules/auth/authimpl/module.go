// Package authimpl is the module auth: accounts, sessions and tokens in its own database.
package authimpl

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/modules/notification"
	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/db"
)

// Module plugs auth into the marketplace.
var Module = app.Module[auth.Service, Deps]{
	Name:   "auth",
	New:    newService,
	Remote: newRemote,
	Check:  app.Checks(readSettings),

	Announces: []db.Event{auth.SignedUp{}, auth.EmailVerified{}, auth.LanguageChosen{}, auth.PasswordChanged{}, auth.SessionEnded{}},
}

// Deps are the modules that auth calls.
type Deps struct {
	Notifications notification.Service // takes the mails with links
}

// settings are the section auth of the configuration.
type settings struct {
	AccessLife      time.Duration `koanf:"access_token_life"`      // of the JWT of the API
	IdleLife        time.Duration `koanf:"session_idle"`           // a session unused for so long is over
	AbsoluteLife    time.Duration `koanf:"session_life"`           // a session as old as that is over, used or not
	StaffIdleLife   time.Duration `koanf:"staff_session_idle"`     // the same for accounts with a role
	StaffLife       time.Duration `koanf:"staff_session_life"`     // the same
	RefreshGrace    time.Duration `koanf:"refresh_grace"`          // a refresh token may be sent twice within this
	VerifyLife      time.Duration `koanf:"verification_life"`      // of the link that confirms an address
	ResetLife       time.Duration `koanf:"reset_life"`             // of the link to choose a new password
	KeyLife         time.Duration `koanf:"signing_key_life"`       // after it a new key signs access tokens
	ShortestPass    int           `koanf:"password_min"`           // characters; 8 at least
	HashMemory      int           `koanf:"password_hash_memory"`   // KiB of argon2id
	HashTime        int           `koanf:"password_hash_time"`     // passes of argon2id
	SignUpsAnHour   int           `koanf:"sign_ups_per_hour"`      // from one address
	MailsAnHour     int           `koanf:"link_mails_per_hour"`    // to one account, of each kind
	RequestsAnHour  int           `koanf:"link_requests_per_hour"` // from one address
	FailuresAccount int           `koanf:"failures_per_account"`   // in a row, from addresses that the account has been used from, and as many from others
	FailuresAddress int           `koanf:"failures_per_address"`   // until it has been quiet for 10 minutes
}

func defaults() settings {
	const day = 24 * time.Hour
	return settings{
		AccessLife:      15 * time.Minute,
		IdleLife:        14 * day,
		AbsoluteLife:    90 * day,
		StaffIdleLife:   30 * time.Minute,
		StaffLife:       12 * time.Hour,
		RefreshGrace:    10 * time.Second,
		VerifyLife:      day,
		ResetLife:       30 * time.Minute,
		KeyLife:         30 * day,
		ShortestPass:    8,
		HashMemory:      19 << 10,
		HashTime:        2,
		SignUpsAnHour:   1000,
		MailsAnHour:     5,
		RequestsAnHour:  30,
		FailuresAccount: 50,
		FailuresAddress: 100,
	}
}

// check refuses what would be unsafe or could not work.
func (s settings) check(production bool) error {
	var errs []error
	refuse := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf("settings.auth."+format, args...))
		}
	}
	refuse(s.AccessLife < time.Second || s.AccessLife > time.Hour, "access_token_life must be 1s to 1h")
	refuse(s.IdleLife < time.Minute || s.AbsoluteLife < s.IdleLife, "session_idle must be at least 1m, and at most session_life")
	refuse(s.StaffIdleLife < time.Minute || s.StaffLife < s.StaffIdleLife || s.StaffLife > s.AbsoluteLife,
		"staff_session_idle must be at least 1m, and at most staff_session_life, which must be at most session_life")
	refuse(s.RefreshGrace > time.Minute, "refresh_grace must be at most 1m")
	refuse(s.VerifyLife < time.Minute, "verification_life must be at least 1m")
	refuse(s.ResetLife < time.Minute || s.ResetLife > time.Hour/2, "reset_life must be 1m to 30m") // ASVS 6.4.1
	refuse(s.KeyLife < time.Hour, "signing_key_life must be at least 1h")
	refuse(s.ShortestPass < 8 || s.ShortestPass > 64, "password_min must be 8 to 64")
	memory, passes := leastMemory, leastTime
	if !production { // where nobody's password is worth anything, such as in tests
		memory, passes = 64, 1
	}
	refuse(s.HashMemory < memory || s.HashMemory > mostMemory, "password_hash_memory must be %d to %d (KiB)", memory, mostMemory)
	refuse(s.HashTime < passes || s.HashTime > mostTime, "password_hash_time must be %d to %d", passes, mostTime)
	refuse(min(s.SignUpsAnHour, s.MailsAnHour, s.RequestsAnHour, s.FailuresAccount, s.FailuresAddress) < 1, "a limit must be at least 1")
	return errors.Join(errs...)
}

type service struct {
	db            *db.DB
	clock         *clock.Clock
	log           *zap.Logger
	notifications notification.Service
	settings      settings
	url           string // how people reach the pages
	hasher        *hasher
	weak          weakness
	tokens        tokens
	keys          *keyring
	refused       prometheus.Counter     // guesses of passwords
	logIns        *prometheus.CounterVec // outcome
}

func readSettings(h *app.Host) (settings, error) {
	set := defaults()
	if err := h.Settings(&set); err != nil {
		return set, err
	}
	return set, set.check(h.Config.IsProduction())
}

func newService(h *app.Host, deps Deps) (auth.Service, error) {
	set, err := readSettings(h)
	if err != nil {
		return nil, err
	}
	secret, err := h.Secret("auth")
	if err != nil {
		return nil, err
	}
	s := &service{
		db:            h.DB,
		clock:         h.Clock,
		log:           h.Log,
		notifications: deps.Notifications,
		settings:      set,
		url:           h.Config.PublicURL,
		hasher:        newHasher(set.HashMemory, set.HashTime),
		weak:          newWeakness(h.Config.Name, h.Config.PublicURL),
	}
	if err := s.measure(h.Metrics); err != nil {
		return nil, err
	}
	if s.tokens, err = newTokens(secret); err != nil {
		return nil, err
	}
	if s.keys, err = newKeyring(h, secret, set); err != nil {
		return nil, err
	}
	s.refused = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "marketplace_logins_refused_total", Help: "Passwords that were wrong, or not looked at because too many had been."})
	if err := h.Metrics.Register(s.refused); err != nil {
		return nil, fmt.Errorf("register the metrics: %w", err)
	}
	h.Every(time.Second, "send the mails that are owed", s.sendOwed)
	h.Every(keyReading, "read the signing keys, and make the next in time", s.keys.Refresh)
	h.Every(time.Minute, "forget what is over", s.keepHouse)
	return s, nil
}
