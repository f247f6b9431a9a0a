// Package orderimpl is the module order: the process of an order, its timers, the payment of it, and the books.
package orderimpl

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/modules/user"
	"marketplace/platform/app"
	"marketplace/platform/blob"
	"marketplace/platform/db"
	"marketplace/platform/once"
	"marketplace/platform/picture"
)

// Module plugs orders into the marketplace.
var Module = app.Module[order.Service, Deps]{
	Name:   "order",
	New:    newService,
	Remote: newRemote,
	Check:  app.Checks(readSettings),

	Announces: []db.Event{
		order.Placed{}, order.Paid{}, order.Declined{}, order.Expired{}, order.RequirementsDue{}, order.Started{}, order.Delivered{},
		order.CompletionNear{}, order.RevisionRequested{}, order.Completed{}, order.Cancelled{}, order.Cleared{},
		order.Late{}, order.ChangeRequested{}, order.ChangeSettled{}, order.ReviewExtended{}, order.PartlyRefunded{},
		order.Disputed{}, order.DisputeStated{}, order.DisputeSettled{}, order.ChangeAgreed{}, order.Tipped{}, order.TakenBack{},
		order.PayoutChanged{}, order.ChargebackChanged{},
		order.OfferMade{}, order.OfferAnswered{}, order.OfferTakenBack{}, order.OfferLapsed{},
	},
	Files: true,
}

// Deps are the modules that orders call.
type Deps struct {
	Gigs  gig.Service  // prices, and what is copied into an order
	Users user.Service // whom something is offered to
}

type service struct {
	settings  settings                // of config.yaml; current has those in force
	policy    atomic.Pointer[inForce] // what was read of them
	process   table
	db        *db.DB
	files     blob.Store
	gigs      gig.Service
	users     user.Service
	provider  payment.Provider
	simulator *payment.Simulator // the same, if it is the simulator
	publicURL string
	log       *zap.Logger
	once      *once.Keeper
	quotes    atomic.Pointer[[]byte] // the key that signs them
	pictures  *picture.Workshop      // for previews
	name      string                 // of the marketplace
	seal      []byte                 // signs reconciliations; nil: nobody does

	refused prometheus.Counter // webhooks
	fired   *prometheus.CounterVec
	sound   prometheus.Gauge // the ledger

	differences prometheus.Gauge // from the provider's report
	lastOrder   prometheus.Gauge
	figures     *figures

	verified, compared latest // of sound and of differences
}

func readSettings(h *app.Host) (settings, error) {
	set := defaults()
	if err := h.Settings(&set); err != nil {
		return set, err
	}
	set.Currency = h.Config.Currency
	set = set.fitted().tipped()
	return set, set.check()
}

func newService(h *app.Host, deps Deps) (order.Service, error) {
	set, err := readSettings(h)
	if err != nil {
		return nil, err
	}
	s := &service{settings: set, process: process(), db: h.DB, files: h.Files, gigs: deps.Gigs, users: deps.Users, publicURL: h.Config.PublicURL, log: h.Log,
		once: once.New(h.DB), pictures: picture.NewWorkshop()}
	s.name = h.Config.Name
	if !h.Config.IsProduction() || h.Config.Secrets["reconciliation"] != "" { // otherwise reports are not signed
		if s.seal, err = h.Secret("reconciliation"); err != nil {
			return nil, err
		}
	}
	if err := s.connect(h); err != nil {
		return nil, err
	}
	if err := s.measure(h.Metrics); err != nil {
		return nil, err
	}
	s.schedule(h)
	return s, nil
}

// connect makes the payment provider.
func (s *service) connect(h *app.Host) error {
	switch s.settings.Provider {
	case "none":
		s.provider = payment.None{}
		return nil
	case "stripe":
		return s.connectStripe(h)
	case "simulator":
	default:
		return fmt.Errorf("settings.order.provider: there is no %q; use stripe, simulator or none", s.settings.Provider)
	}
	if h.Config.IsProduction() {
		return fmt.Errorf("settings.order.provider is simulator, which takes no real money: set it to stripe, or to none until a provider is set up")
	}
	secret, err := h.Secret("simulator")
	if err != nil {
		return err
	}
	url, err := s.settings.webhookURL(h.Config)
	if err != nil {
		return err
	}
	s.simulator = payment.NewSimulator(h.DB, h.Clock, secret, url, h.Config.PublicURL)
	s.provider = s.simulator
	return nil
}

// connectStripe needs both keys: a generated one would be no key of anybody's.
func (s *service) connectStripe(h *app.Host) error {
	for _, name := range []string{"stripe_key", "stripe_webhook"} {
		if h.Config.Secrets[name] == "" {
			return fmt.Errorf("secrets.%s is not set: copy it from the Stripe dashboard", name)
		}
	}
	s.provider = payment.NewStripe(h.DB, h.Clock, payment.StripeKeys{Secret: h.Config.Secrets["stripe_key"].Reveal(),
		Webhook: h.Config.Secrets["stripe_webhook"].Reveal(), URL: s.settings.StripeURL}, h.Config.PublicURL)
	return nil
}

func (s *service) measure(r prometheus.Registerer) error {
	s.refused = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "marketplace_webhooks_refused_total", Help: "Payment webhooks with a wrong signature or age."})
	s.fired = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "marketplace_order_timers_fired_total", Help: "Steps that orders took by themselves."}, []string{"event", "late"})
	s.sound = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "marketplace_ledger_verify_ok", Help: "1 if the last check of the books found nothing."})
	s.differences = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "marketplace_reconciliation_differences", Help: "Differences between the payment provider's report and the books, found by the last comparison."})
	s.lastOrder = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "marketplace_last_order_timestamp_seconds", Help: "When the last order was placed; NaN: there is none."})
	s.sound.Set(math.NaN()) // nobody has looked yet
	s.differences.Set(math.NaN())
	s.lastOrder.Set(math.NaN())
	for _, c := range []prometheus.Collector{s.refused, s.fired, s.sound, s.differences, s.lastOrder} {
		if err := r.Register(c); err != nil {
			return fmt.Errorf("register the metrics: %w", err)
		}
	}
	var err error
	s.figures, err = newFigures(r)
	return err
}

// schedule says what the module does by itself.
func (s *service) schedule(h *app.Host) {
	h.Every(time.Second, "timers", s.fireTimers)
	h.Every(time.Second, "offers", s.lapseOffers)
	h.Every(time.Second, "payments", s.checkPayments)
	h.Every(5*time.Second, "webhooks", s.handleWebhooks)
	h.Every(time.Second, "refunds", s.sendRefunds)
	h.Every(time.Second, "payouts", s.sendPayouts)
	h.Every(time.Minute, "payout schedules", s.schedulePayouts)
	h.Every(time.Minute, "reserves", s.endReserves)
	h.Every(reconcileTick, "reconciliation", s.reconcileNightly)
	h.Every(10*time.Second, "seals", s.sealLedger)
	h.Every(time.Hour, "requests", s.once.Forget)
	h.Every(15*time.Second, "last order", s.noteLastOrder)
	h.Every(counting, "figures", s.count)
	h.Every(time.Hour, "verify", func(ctx context.Context) error { _, err := s.verify(ctx); return err })
	if s.simulator != nil {
		h.Every(time.Second, "simulator", s.simulator.Deliver)
	}
}

// noteLastOrder measures when somebody last ordered: ids grow with time.
func (s *service) noteLastOrder(ctx context.Context) error {
	var placed []time.Time
	if err := s.db.Read(ctx).Raw("SELECT placed_at FROM orders ORDER BY id DESC LIMIT 1").Scan(&placed).Error; err != nil {
		return fmt.Errorf("look for the last order: %w", err)
	}
	if len(placed) > 0 {
		s.lastOrder.Set(asFigure(placed[0].Unix()))
	}
	return nil
}
