package gigimpl

import (
	"fmt"
	"sync"
	"testing"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// forget empties the memory, as a new process has it.
func (w world) forget() { w.Service.(*service).known.put(make([]gigRow, mostKnown+1)) }

// elsewhere changes the catalogue as another process does that shares the database.
func (w world) elsewhere(t *testing.T, sql string, args ...any) {
	t.Helper()
	if err := w.DB.Tx(t.Context(), func(tx *db.Tx) error { return tx.Exec(sql, args...).Error }); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsShownThatIsOlderThanTheDatabase(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		g := w.put(t, nil)
		see := func() (one, found gig.Gig) {
			t.Helper()
			one, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: g.ID})
			if err != nil {
				t.Fatal(err)
			}
			return one, w.search(t, gig.SearchRequest{}).Items[0]
		}
		see()
		w.elsewhere(t, "UPDATE gigs SET rating_hundredths = 450, rating_count = 2, sales = 7 WHERE id = ?", g.ID)
		if one, found := see(); one.Rating != (gig.Rating{Hundredths: 450, Count: 2}) || one.Sales != 7 || found.Rating != one.Rating || found.Sales != 7 {
			t.Errorf("%+v, %+v", one, found)
		}
		w.elsewhere(t, "UPDATE gigs SET title = 'I will draw a map', version = version + 1 WHERE id = ?", g.ID)
		if one, found := see(); one.Title != "I will draw a map" || found.Title != one.Title || one.Version != g.Version+1 {
			t.Errorf("%+v, %+v", one, found)
		}
		w.elsewhere(t, "UPDATE gigs SET status = 'paused', version = version + 1 WHERE id = ?", g.ID)
		if _, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: g.ID}); !fault.Is(err, fault.NotFound) {
			t.Errorf("a paused gig: %v", err)
		}
		if r := w.search(t, gig.SearchRequest{}); len(r.Items) != 0 {
			t.Errorf("a paused gig is found")
		}
	})
}

func TestWhoChangesAGigSeesTheChangeWhileOthersRead(t *testing.T) {
	w := begin(t)
	g := w.put(t, nil)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for last := 0; ; {
				select {
				case <-stop:
					return
				default:
				}
				now, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: g.ID})
				if err != nil || now.Version < last || now.Title != g.Title && now.Title != fmt.Sprint("Version ", now.Version) {
					t.Errorf("version %d after %d: %q, %v", now.Version, last, now.Title, err)
					return
				}
				last = now.Version
			}
		})
	}
	for i := range 40 {
		title := fmt.Sprint("Version ", g.Version+1+i)
		if _, err := w.Update(seller(), gig.UpdateRequest{ID: g.ID, Title: &title}); err != nil {
			t.Fatal(err)
		}
		if now, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: g.ID}); err != nil || now.Title != title {
			t.Errorf("%q after it was changed to %q, %v", now.Title, title, err)
		}
	}
	close(stop)
	readers.Wait()
}

func TestGigsAreForgottenBeforeTheyAreMany(t *testing.T) {
	var k known
	for i := range int64(3 * mostKnown) {
		k.put([]gigRow{{Num: i, Version: 1}, {Num: -i, Version: 2}})
		if len(k.gigs) > mostKnown {
			t.Fatalf("%d gigs", len(k.gigs))
		}
		if _, ok := k.get(pulse{Num: i, Version: 1}); i > 0 && !ok {
			t.Fatalf("%d was forgotten at once", i)
		}
	}
	if _, ok := k.get(pulse{Num: 3*mostKnown - 1, Version: 2}); ok {
		t.Error("another version is known")
	}
}
