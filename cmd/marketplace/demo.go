package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
	"gopkg.in/yaml.v3"

	"marketplace/modules/auth"
	"marketplace/modules/gig"
	"marketplace/modules/notification"
	"marketplace/modules/user"
	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/private"
	"marketplace/web/edge"
	"marketplace/web/site"
)

// demoPassword opens every account of the demonstration. It exists only where somebody asked for the demonstration, which
// production refuses.
const demoPassword = "open-sesame-2026"

// demoOperator has all roles.
const demoOperator = "olga"

// demoDays is how long ago the demonstration begins.
const demoDays = 45

//go:embed demo/catalogue.yaml
var demoCatalogue []byte

// demoLogins are the accounts that the log-in page offers in demo mode.
func demoLogins() []site.Login {
	return []site.Login{
		{Username: "bella", Password: demoPassword, About: "Buys: has orders in many states"},
		{Username: "mara", Password: demoPassword, About: "Sells: logos, brands and packaging"},
		{Username: "tomek", Password: demoPassword, About: "Does both"},
		{Username: demoOperator, Password: demoPassword, About: "Looks after the money: /operator/payouts, /operator/books"},
	}
}

// demoCommand fills an empty marketplace without serving it.
func demoCommand(s *settings) *cobra.Command {
	c := &cobra.Command{
		Use: "demo", Short: "Fill an empty data folder with a demonstration", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return s.run(c, func(ctx context.Context, p process) error {
				p.config.Demo = true
				filled, err := fillIfEmpty(ctx, p)
				if err == nil && !filled {
					p.out.Println("There is something already, so nothing was changed.")
				}
				if err != nil || !filled {
					return err
				}
				return p.illustrateNow(ctx)
			})
		},
	}
	return c
}

// fillIfEmpty fills a marketplace without gigs. It says whether it did.
func fillIfEmpty(ctx context.Context, p process) (filled bool, err error) {
	p.metrics = nil // those of the process that serves afterwards
	if p.knownToBeFilled() {
		return false, nil
	}
	a, services, err := p.open(ctx, app.Opening)
	if err != nil {
		return false, err
	}
	found, err := services.Gigs.Search(ctx, gig.SearchRequest{Limit: 1})
	if err = errors.Join(err, a.Close()); err != nil {
		return false, err
	}
	if filled = len(found.Items) == 0; filled {
		err = fill(ctx, p)
	}
	return filled, errors.Join(err, p.noteFilled(err))
}

// filledNote is a file of the data folder that spares the look for gigs at each start.
const filledNote = "filled"

func (p process) knownToBeFilled() bool {
	_, err := os.Stat(filepath.Join(p.config.Data, filledNote))
	return err == nil && p.config.DatabaseOf("gig") == ""
}

// noteFilled writes the note, unless filling failed or the gigs are not in the data folder.
func (p process) noteFilled(failed error) error {
	if failed != nil || p.config.DatabaseOf("gig") != "" {
		return nil
	}
	return os.WriteFile(filepath.Join(p.config.Data, filledNote), []byte("There are gigs here: --demo has nothing to do.\n"), 0o600)
}

// fill runs a marketplace of its own on a free port, with a clock that begins in the past, and lives the demonstration
// there: everything in it has happened through the front door.
func fill(ctx context.Context, p process) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.config.Listen = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	p.config.Internal = "127.0.0.1:0"
	p.clock = clock.New()
	p.clock.Advance(-(demoDays + 5) * 24 * time.Hour)
	p.hasty = true
	start := p.clock.Now()
	p.log.Info("filling the demonstration: the pages come in some seconds")

	a, services, err := p.open(ctx, app.Serving)
	if err != nil {
		return err
	}
	if _, err := p.publish(ctx, a, services, nil); err != nil {
		return errors.Join(err, a.Close())
	}
	running, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- a.Run(running) }()
	d := &demo{Services: services, ctx: ctx, app: a, clock: p.clock, log: p.log, currency: p.config.Currency, random: rand.New(rand.NewPCG(2026, 1)), people: map[string]identity.Actor{}, plain: true}
	err = d.live()
	stop()
	err = errors.Join(err, <-done)
	p.log.Info("the demonstration is ready", zap.Duration("event.duration", p.clock.Now().Sub(start).Round(time.Hour)))
	return err
}

// demo is a demonstration in the making.
type demo struct {
	edge.Services
	ctx      context.Context // of the one command that the demonstration is
	app      *app.App
	clock    *clock.Clock
	log      *zap.Logger
	currency string
	random   *rand.Rand // the same seed makes the same demonstration
	people   map[string]identity.Actor
	gigs     []gig.Gig
	buyers   []string
	plain    bool // the covers come later: illustrate
}

// seller is a seller of catalogue.yaml.
type seller struct {
	Username, Name, Country, Headline, About string
	Skills                                   []string
	Languages                                []string // name/level
	Gigs                                     []offer
}

// offer is a gig of catalogue.yaml.
type offer struct {
	In, Title, About string
	Price            int64
	Days             int
	Adds, Tags       []string
}

func (d *demo) live() error {
	sellers, err := readCatalogue()
	if err != nil {
		return err
	}
	d.buyers = []string{"bella", "henrik", "yuki", "carlos", "fatima", "oliver", "ruth", "mateo"}
	for _, username := range d.buyers {
		if err := d.join(username); err != nil {
			return fmt.Errorf("%s joins: %w", username, err)
		}
	}
	for i, s := range sellers {
		if err := d.settle(s, int64(i)); err != nil {
			return fmt.Errorf("%s settles: %w", s.Username, err)
		}
		if done := i + 1; done%5 == 0 || done == len(sellers) {
			d.log.Info("filling the demonstration", zap.Int("market.sellers", done), zap.Int("market.of", len(sellers)), zap.Int("market.gigs", len(d.gigs)))
		}
	}
	d.buyers = append(d.buyers, "tomek", "hana")
	if err := d.join(demoOperator); err != nil {
		return fmt.Errorf("the operator joins: %w", err)
	}
	roles := auth.SetRolesRequest{Login: demoOperator, Roles: []string{auth.RoleOperator, auth.RoleModerator}}
	if _, err := d.Auth.SetRoles(identity.System(d.ctx), roles); err != nil {
		return fmt.Errorf("the operator gets the role: %w", err)
	}
	return d.trade()
}

func readCatalogue() ([]seller, error) {
	var sellers []seller
	if err := yaml.Unmarshal(demoCatalogue, &sellers); err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", err)
	}
	return sellers, nil
}

// as is a context in which the person acts.
func (d *demo) as(username string) context.Context { return identity.With(d.ctx, d.people[username]) }

// join signs a person up, with the link of the mail.
func (d *demo) join(username string) error {
	d.clock.Advance(time.Hour)
	address := username + "@example.com"
	account, err := d.Auth.SignUp(d.ctx, auth.SignUpRequest{Username: username, Email: private.Personal(address), Password: demoPassword})
	if err != nil {
		return err
	}
	token, err := d.mailedToken(address)
	if err != nil {
		return err
	}
	if _, err := d.Auth.VerifyEmail(d.ctx, auth.VerifyEmailRequest{Token: private.Secret(token)}); err != nil {
		return err
	}
	d.people[username] = identity.Actor{UserID: account.ID, Username: username, Verified: true}
	return nil
}

func (d *demo) mailedToken(address string) (string, error) {
	mails, err := d.Notifications.ListMails(identity.System(d.ctx), notification.ListMailsRequest{To: address, Limit: 10})
	if err != nil {
		return "", err
	}
	for _, m := range mails.Items {
		for _, link := range m.Links {
			if u, err := url.Parse(link); err == nil && u.Query().Get("token") != "" {
				return u.Query().Get("token"), nil
			}
		}
	}
	return "", fmt.Errorf("no verification mail for %s", address)
}

// settle makes a seller with all their gigs.
func (d *demo) settle(s seller, seed int64) error {
	if err := d.join(s.Username); err != nil {
		return err
	}
	me := d.as(s.Username)
	q := user.SetSellerRequest{Headline: s.Headline, Description: s.About, Skills: s.Skills, Country: s.Country}
	for _, l := range s.Languages {
		name, level, _ := strings.Cut(l, "/")
		q.Languages = append(q.Languages, user.Language{Name: name, Level: level})
	}
	if _, err := d.Users.SetSeller(me, q); err != nil {
		return err
	}
	if _, err := d.Users.Update(me, user.UpdateRequest{DisplayName: &s.Name}); err != nil {
		return err
	}
	for i, o := range s.Gigs {
		g, err := d.offer(me, o, seedOf(seed, i))
		if err != nil {
			return fmt.Errorf("offer %q: %w", o.Title, err)
		}
		d.gigs = append(d.gigs, g)
	}
	return nil
}

// offer writes, illustrates and publishes one gig.
func (d *demo) offer(me context.Context, o offer, seed int64) (gig.Gig, error) {
	g, err := d.Gigs.Create(me, gig.CreateRequest{
		Title: o.Title, Description: describe(o), Category: o.In, Tags: o.Tags, Packages: d.packages(o),
		Extras: []gig.Extra{
			{Title: "Delivered faster", Price: money.Of(2500, d.currency), Days: -1},
			{Title: "One revision more", Price: money.Of(1500, d.currency), Revisions: 1},
			{Title: "All source files", Price: money.Of(3000, d.currency), Days: 1},
		},
		Requirements: []gig.Requirement{
			{Question: "What is it for, and who will see it?", Type: "text", Required: true},
			{Question: "How much freedom do you give me?", Type: "choice", Choices: []string{"Follow my brief", "Surprise me a little", "You decide"}},
		},
		FAQ: []gig.FAQ{
			{Question: "Who owns the work?", Answer: "You do, as soon as the order is completed. I may show it among my works unless you ask me not to."},
			{Question: "What do you need to begin?", Answer: "A few sentences about you and what it is for, and two or three examples of what you like. What you do not like helps as well."},
			{Question: "Can we talk first?", Answer: "Please do: write to me before you order if anything is unclear. I answer every day but Sunday."},
		},
	})
	if err != nil {
		return g, err
	}
	if !d.plain {
		if err := addCover(me, d.Gigs, g.ID, o, seed); err != nil {
			return g, err
		}
	}
	d.clock.Advance(20 * time.Minute)
	return d.Gigs.Publish(me, gig.PublishRequest{ID: g.ID})
}

func describe(o offer) string {
	text := o.About + "\n\n**How it goes**\n\n1. You tell me what you need: a few questions after the order.\n2. I work, and you see where I am.\n" +
		"3. You get everything in one delivery, and I change what is not right.\n\n**What you can get**\n\n"
	for _, add := range o.Adds {
		text += "- " + add + "\n"
	}
	return text + "\nWrite to me before you order if anything is unclear."
}

func (d *demo) packages(o offer) []gig.Package {
	factors := []int64{10, 22, 45} // tenths of the basic price
	packages := make([]gig.Package, len(factors))
	for i, name := range gig.PackageNames() {
		packages[i] = gig.Package{
			Name: name, Title: o.Adds[i], Description: "For those who need exactly this.", DeliveryDays: o.Days * (i + 2) / 2, Revisions: i + 1,
			Price: money.Of(o.Price*10*factors[i], d.currency), Includes: o.Adds[:i+1],
		}
	}
	packages[2].Revisions = gig.Unlimited
	return packages
}

// demoSettings says whether the configuration wants a demonstration.
func demoSettings(c config.Config) []site.Login {
	if !c.Demo {
		return nil
	}
	return demoLogins()
}
