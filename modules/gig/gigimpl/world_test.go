package gigimpl

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/user"
	"marketplace/platform/apptest"
	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/money"
	"marketplace/platform/rpc/rpctest"
)

// users is the user module as far as gigs ask: everybody sells whose id begins with "s".
type users struct{ user.Service }

func (users) Get(_ context.Context, q user.GetRequest) (user.Profile, error) {
	switch {
	case strings.HasPrefix(q.ID, "s"):
		return user.Profile{ID: q.ID, Username: "Name" + q.ID, Seller: &user.Seller{}}, nil
	case q.ID == "ghost":
		return user.Profile{}, fault.NotFoundf("There is nobody of that name here.")
	}
	return user.Profile{ID: q.ID, Username: q.ID}, nil
}

type world struct {
	*apptest.Harness
	gig.Service
}

type opener = func(module string, options ...apptest.Option) *apptest.Harness

func start(t testing.TB, open opener) world {
	t.Helper()
	h := open("gig")
	return world{h, apptest.Start(t, h, Module, Deps{Users: users{}})}
}

// begin starts the catalogue on SQLite.
func begin(t testing.TB) world {
	t.Helper()
	return start(t, func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(t, m, o...) })
}

// seller is somebody who sells.
func seller() context.Context { return apptest.As("s1", "Names1") }

func request() gig.CreateRequest {
	return gig.CreateRequest{
		Title: "I will draw a logo", Description: "A mark for your business.", Category: "logo-design", Tags: []string{"Brand"},
		Packages: []gig.Package{pack("basic", 5000)},
	}
}

func pack(name string, minor int64) gig.Package {
	return gig.Package{Name: name, Title: name, Price: money.Of(minor, "USD"), DeliveryDays: 3, Revisions: 2, Includes: []string{"One idea"}}
}

// put creates and publishes a gig.
func (w world) put(t testing.TB, change func(*gig.CreateRequest)) gig.Gig {
	t.Helper()
	q := request()
	if change != nil {
		change(&q)
	}
	return w.offer(t, seller(), q)
}

// offer creates and publishes a gig of somebody.
func (w world) offer(t testing.TB, by context.Context, q gig.CreateRequest) gig.Gig {
	t.Helper()
	g, err := w.Create(by, q)
	if err == nil {
		g, err = w.Publish(by, gig.PublishRequest{ID: g.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// fill writes n published gigs straight into the tables: a second apart, prices, times, sales and ratings mixed.
func (w world) fill(t testing.TB, n int) {
	t.Helper()
	sentences := 1
	if _, measured := t.(*testing.B); measured {
		sentences = 20 // as people write
	}
	shelves := map[string]shelf{}
	err := w.DB.Tx(t.Context(), func(tx *db.Tx) error {
		for i := range n {
			at := tx.Now().Add(time.Duration(i-n) * time.Second)
			row := gigRow{ID: fmt.Sprintf("fill-%06d", i), SellerID: fmt.Sprint("s", i%20), SellerUsername: fmt.Sprint("Names", i%20),
				Status: gig.StatusActive, Version: 1, CreatedAt: at, UpdatedAt: at, PublishedAt: &at,
				Sales: i % 13, RatingCount: i % 7, RatingHundredths: 300 + i%5*50}
			q := request()
			q.Category = []string{"logo-design", "seo", "translation", "voice-over"}[i%4]
			q.Title = fmt.Sprintf("I will %s your %s number %d", []string{"draw", "write", "translate"}[i%3], []string{"logo", "book", "song", "shop"}[i%4], i)
			q.Description = strings.Repeat("Long experience with many customers and fast work. ", sentences)
			q.Packages = []gig.Package{pack("basic", int64(500+i%50*100)), pack("standard", 9000), pack("premium", 20000)}
			q.Packages[0].DeliveryDays = 1 + i%9
			row.write(q)
			if err := tx.Create(&row).Error; err != nil {
				return err
			}
			on, ok := shelves[row.Category]
			if !ok {
				var err error
				if on, _, err = shelfOf(tx.DB, row.Category); err != nil {
					return err
				}
				shelves[row.Category] = on
			}
			if err := index(tx, row, on); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// indexed is how many gigs are in the search index.
func (w world) indexed(t testing.TB) (n int64) {
	t.Helper()
	if err := w.DB.Read(t.Context()).Table("gig_search").Count(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}

// fields are the names of the fields that a fault marks.
func fields(err error) string {
	if err == nil {
		return ""
	}
	var names []string
	for _, f := range fault.Of(err).Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func titles(gigs []gig.Gig) string {
	var list []string
	for _, g := range gigs {
		list = append(list, g.Title)
	}
	return strings.Join(list, " | ")
}

func TestTheContractCanBeCalledFromAnotherProcess(t *testing.T) {
	rpctest.Contract[gig.Service](t, newRemote)
}

func TestPricesAreInTheCurrencyOfTheMarketplace(t *testing.T) {
	w := start(t, func(m string, o ...apptest.Option) *apptest.Harness {
		return apptest.Host(t, m, append(o, apptest.Config(func(c *config.Config) { c.Currency = "JPY" }))...)
	})
	q := request()
	if _, err := w.Create(seller(), q); fields(err) != "packages.0.price" {
		t.Errorf("a price in dollars: %v", err)
	}
	q.Packages[0].Price = money.Of(5, "JPY") // no decimals
	if _, err := w.Create(seller(), q); err != nil {
		t.Error(err)
	}
}

func TestASettingThatTheCatalogueDoesNotHaveIsRefused(t *testing.T) {
	h := apptest.Host(t, "gig", apptest.Settings(map[string]any{"currency": "USD"}))
	if Module.Check(h.Host) == nil {
		t.Error("it started")
	}
}
