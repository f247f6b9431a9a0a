// Package notificationimpl is the module notification: what people are told in the product, and the mails they get, in its
// own database.
package notificationimpl

import (
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/mail"
	"marketplace/platform/trace"
)

// Module plugs notification into the marketplace.
var Module = app.Module[notification.Service, Deps]{
	Name:   "notification",
	New:    newService,
	Remote: newRemote,
	Check:  app.Checks(readSettings),
	Hears: []db.Event{
		auth.SignedUp{}, auth.EmailVerified{}, auth.LanguageChosen{}, auth.PasswordChanged{},
		order.Paid{}, order.Declined{}, order.Expired{}, order.RequirementsDue{}, order.Started{}, order.Delivered{},
		order.CompletionNear{}, order.RevisionRequested{}, order.Completed{}, order.Cancelled{}, order.Cleared{},
		order.Late{}, order.ChangeRequested{}, order.ChangeSettled{}, order.ReviewExtended{}, order.PartlyRefunded{},
		order.Disputed{}, order.DisputeStated{}, order.DisputeSettled{}, order.ChangeAgreed{}, order.Tipped{}, order.TakenBack{},
		order.PayoutChanged{}, order.ChargebackChanged{},
		order.OfferMade{}, order.OfferAnswered{}, order.OfferTakenBack{}, order.OfferLapsed{},
		chat.MessageSent{}, chat.Read{}, chat.MessageDeleted{}, chat.CaseRead{}, chat.CaseClosed{},
		review.Written{}, review.Published{},
	},

	Announces: []db.Event{notification.Created{}},
}

// Deps are the modules that notification calls: it is told everything by events.
type Deps struct{}

// settings are the section notification of the configuration.
type settings struct {
	Attempts  int           `koanf:"mail_attempts"`      // then a mail is dead, kept to be looked at
	Pause     time.Duration `koanf:"mail_retry"`         // after the first failure; doubled after each further one
	LongPause time.Duration `koanf:"mail_retry_longest"` // the longest pause
	Senders   int           `koanf:"mail_senders"`       // mails that are sent at once
	KeepMails time.Duration `koanf:"keep_mails"`         // how long sent and dead mails are kept
	KeepRead  time.Duration `koanf:"keep_notifications"` // how long notifications are kept, read or not

	MessageDelay time.Duration `koanf:"message_mail_delay"` // how long a message waits for its reader before a mail is sent
	MessageGap   time.Duration `koanf:"message_mail_gap"`   // between two such mails to one person
}

func defaults() settings {
	const day = 24 * time.Hour
	return settings{
		Attempts:  10,
		Pause:     10 * time.Second,
		LongPause: time.Hour,
		Senders:   4,
		KeepMails: 30 * day,
		KeepRead:  365 * day,

		MessageDelay: 15 * time.Minute,
		MessageGap:   time.Hour,
	}
}

func (s settings) check() error {
	var errs []error
	refuse := func(when bool, text string) {
		if when {
			errs = append(errs, errors.New("settings.notification."+text))
		}
	}
	refuse(s.Attempts < 1 || s.Attempts > 100, "mail_attempts must be 1 to 100")
	refuse(s.Pause < time.Second || s.LongPause < s.Pause, "mail_retry must be at least 1s, and at most mail_retry_longest")
	refuse(s.Senders < 1 || s.Senders > 32, "mail_senders must be 1 to 32")
	refuse(s.KeepMails < time.Hour || s.KeepRead < time.Hour, "keep_mails and keep_notifications must be at least 1h")
	refuse(s.MessageDelay < 0 || s.MessageGap < 0 || s.MessageDelay > 7*24*time.Hour || s.MessageGap > 7*24*time.Hour, "message_mail_delay and message_mail_gap must be 0s to 7d")
	return errors.Join(errs...)
}

type service struct {
	db         *db.DB
	clock      *clock.Clock
	log        *zap.Logger
	mail       mail.Sender
	settings   settings
	production bool
	tongues    map[string]tongue // by language tag
	tellings   map[string][]line
	layout     layout
	operators  []string // who is told of alerts

	alertLanguage string // of those of them who have no account
	gauges        *mailGauges
	figures       *figures
	tracer        *trace.Tracer
}

func readSettings(h *app.Host) (settings, error) {
	set := defaults()
	if err := h.Settings(&set); err != nil {
		return set, err
	}
	return set, errors.Join(set.check(), checkMail(h.Config))
}

// checkMail refuses in production to keep mails that nobody reads.
func checkMail(c config.Config) error {
	if c.IsProduction() && (c.Mail.SMTP == "" || c.Mail.From == config.Defaults().Mail.From) {
		return errors.New("mail.smtp and mail.from must be set in production where notification runs: without them no mail leaves")
	}
	return nil
}

func newService(h *app.Host, _ Deps) (notification.Service, error) {
	set, err := readSettings(h)
	if err != nil {
		return nil, err
	}
	s := &service{
		db: h.DB, clock: h.Clock, log: h.Log, mail: h.Mail, settings: set, production: h.Config.IsProduction(), tracer: h.Tracer,
		operators: h.Config.Alerts.Mail, alertLanguage: h.Config.Alerts.Language,
	}
	if s.tongues, err = readTongues(); err != nil {
		return nil, err
	}
	if s.tellings, err = parseTellings(tellings(), s.tongues); err != nil {
		return nil, fmt.Errorf("read what people are told: %w", err)
	}
	if s.layout, err = newLayout(h.Config.Name, h.Config.PublicURL); err != nil {
		return nil, fmt.Errorf("read the layout of mails: %w", err)
	}
	if s.gauges, err = newMailGauges(h.Metrics); err != nil {
		return nil, err
	}
	if s.figures, err = newFigures(h.Metrics); err != nil {
		return nil, fmt.Errorf("measure the mails: %w", err)
	}
	s.react(h.Events)
	h.Every(time.Second, "write to absent readers", s.remindReaders)
	h.Every(time.Second, "send mails", s.sendMails)
	h.Every(15*time.Second, "count mails", s.countMails)
	h.Every(15*time.Second, "forget who saw alerts", s.forgetSightings)
	h.Every(time.Hour, "forget what is old", s.forget)
	return s, nil
}
