package telemetry

import (
	"context"
	"maps"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// Act is something that somebody did, or tried, and that somebody may ask about later: who, what, to whom, when, from where
// (row W8; ASVS 16.3). docs/observability.md lists the actions.
type Act struct {
	Action string            // what was done: log-in, role-change, refund
	Kind   Kind              // what it is about; empty: money or work
	Failed bool              // it was tried, and refused
	Reason string            // why it was refused, in the program's words; never what a person wrote
	By     string            // the id of the account that did it; empty: who is acting in the context
	Whom   string            // the id of the account that it was done to; empty: nobody's, or their own
	Amount money.Amount      // what moved; zero: nothing
	What   map[string]string // ids of what it was done to: order_id becomes labels.order_id
}

// Kind is what an act is about: a category of ECS.
type Kind string

// The kinds of acts.
const (
	Authentication Kind = "authentication" // proving who somebody is
	Session        Kind = "session"        // the end of what a log-in opened
	Access         Kind = "iam"            // who may do what, also refusals
	Configuration  Kind = "configuration"  // how the marketplace works
)

// types are what ECS calls the change that an act of the kind makes.
var types = map[Kind]string{Authentication: "start", Session: "end", Access: "user", Configuration: "change", "": "change"}

// Audit writes the act into the record marketplace.audit, whatever the level of the module's log is. Call it after the
// commit: what is in the record has happened.
func Audit(ctx context.Context, log *zap.Logger, a Act) {
	outcome := "success"
	if a.Failed {
		outcome = "failure"
	}
	fields := append(fieldsOf(ctx), zap.String("event.kind", "event"), zap.String("event.action", a.Action), zap.String("event.outcome", outcome),
		zap.Strings("event.type", []string{types[a.Kind]}))
	if a.Kind != "" {
		fields = append(fields, zap.Strings("event.category", []string{string(a.Kind)}))
	}
	fields = append(fields, a.who(ctx)...)
	fields = present(fields, "event.reason", a.Reason)
	fields = present(fields, "user.target.id", a.Whom)
	fields = present(fields, "source.ip", identity.Address(ctx))
	if a.Amount.Currency != "" {
		fields = append(fields, zap.Int64("market.amount_minor", a.Amount.Minor), zap.String("market.currency", a.Amount.Currency))
	}
	for _, name := range slices.Sorted(maps.Keys(a.What)) {
		fields = present(fields, "labels."+name, a.What[name])
	}
	log.Named(auditRecord).WithOptions(zap.WithCaller(false)).Info(a.Action, fields...)
}

// who is acting: a person by the id of their account, the marketplace itself as system.
func (a Act) who(ctx context.Context) []zapcore.Field {
	actor := identity.From(ctx)
	switch {
	case a.By != "":
		return []zapcore.Field{zap.String("user.id", a.By)}
	case actor.System:
		return []zapcore.Field{zap.String("user.id", "system")}
	case actor.SignedIn():
		fields := []zapcore.Field{zap.String("user.id", actor.UserID)}
		if len(actor.Roles) > 0 {
			fields = append(fields, zap.Strings("user.roles", actor.Roles))
		}
		return present(fields, "labels.session_id", actor.SessionID)
	}
	return nil
}

// present adds a text that is not empty.
func present(fields []zapcore.Field, key, value string) []zapcore.Field {
	if value == "" {
		return fields
	}
	return append(fields, zap.String(key, value))
}
