package notificationimpl

import (
	"cmp"
	"context"
	"fmt"

	"go.uber.org/zap"

	"marketplace/platform/alert"
	"marketplace/platform/db"
	"marketplace/platform/telemetry"
)

// What operators are written about an alert, besides what its rule says of itself (platform/alert).
const (
	alertOver   = "[over] %s"
	alertValue  = "It is %s; the rule %s fires %s."
	alertLasted = "The condition %s is over. It began on %s and lasted %s."
	alertButton = "Open the operator's page"
	alertWhy    = "You get this mail because your address is in the list of those who run this marketplace (alerts.mail). It cannot be answered."
	alertNobody = "operator" // is greeted, where the address has no account
)

// alertBegins is the subject for a severity.
func alertBegins(severity string) string { return "[" + severity + "] %s" }

// figure is a number or a limit of a rule in the language.
func (g tongue) figure(english string) string { return alert.SayIn(english, g.Decimal(), g.say) }

// alertReader is who reads about alerts at an address of the configuration.
type alertReader struct {
	address, name string
	tongue        tongue
}

// alertReaders are all of them: in the language of the account that has the address, otherwise in that of the configuration. An
// alert is told to them even if the accounts cannot be read: that may be what it is about.
func (s *service) alertReaders(ctx context.Context) []alertReader {
	readers := make([]alertReader, len(s.operators))
	for i, to := range s.operators {
		r, err := one[recipientRow](s.db.Read(ctx).Where("LOWER(email) = LOWER(?) AND verified = ?", to, true).Limit(1))
		if err != nil {
			telemetry.For(ctx, s.log).Warn("the language of an operator is not known", zap.Error(err))
		}
		language := r.Language
		if r.UserID == "" {
			language = s.alertLanguage
		}
		g := s.tongueFor(language)
		readers[i] = alertReader{to, cmp.Or(r.Username, g.say(alertNobody)), g}
	}
	return readers
}

// tellOperators queues the mail to every address of the configuration, once for each beginning and each end.
func (s *service) tellOperators(tx *db.Tx, readers []alertReader, row alertRow, what string, write func(tongue) letter) error {
	for _, r := range readers {
		x := write(r.tongue)
		x.tongue, x.Username, x.Why = r.tongue, r.name, alertWhy
		x.Button, x.Link = r.tongue.say(alertButton), s.layout.url+"/operator"
		if err := s.queue(tx, fmt.Sprintf("alert %s %s %s", row.ID, what, r.address), r.address, x); err != nil {
			return err
		}
	}
	return nil
}
