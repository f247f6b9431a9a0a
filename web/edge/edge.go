// Package edge is what the pages, the JSON API and the live channel have in common: the modules they call, and
// what they need to know about the process.
package edge

import (
	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/operate"
	"marketplace/platform/trace"
)

// Services are the contracts of the seven modules, wherever they run.
type Services struct {
	Auth          auth.Service
	Users         user.Service
	Gigs          gig.Service
	Orders        order.Service
	Reviews       review.Service
	Chats         chat.Service
	Notifications notification.Service
}

// Edge is what every handler holds. Who is asking is in the request's context (identity.From).
type Edge struct {
	Services
	Fleet  *operate.Fleet // the processes, for operators
	Config config.Config
	Clock  *clock.Clock
	Log    *zap.Logger
	Tracer *trace.Tracer // nil: no traces
}

// Development says whether the /dev pages and the simulator's help are shown.
func (e Edge) Development() bool { return !e.Config.IsProduction() }
