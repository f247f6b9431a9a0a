package reviewimpl

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/rpc/rpctest"
)

const (
	day    = 24 * time.Hour
	window = 14 * day // that orders give for reviews
)

// orders is the order module as far as reviews ask: it shows an order to its two parties.
type orders struct {
	order.Service
	mu   sync.Mutex
	kept map[string]order.Order
}

func (o *orders) Get(ctx context.Context, q order.GetRequest) (order.Order, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	found, ok := o.kept[q.ID]
	if who := identity.From(ctx).UserID; !ok || who != found.BuyerID && who != found.SellerID {
		return order.Order{}, fault.NotFoundf("There is no such order.")
	}
	return found, nil
}

// put makes an order of ana's from ben's gig g1.
func (o *orders) put(id string, status order.Status, ended time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	until := ended.Add(window)
	o.kept[id] = order.Order{ID: id, Status: status, EndedAt: &ended, ReviewableUntil: &until, BuyerID: "ana", BuyerUsername: "Ana", SellerID: "ben",
		SellerUsername: "Ben", GigID: "g1", GigTitle: "A logo"}
}

type world struct {
	*apptest.Harness
	review.Service
	orders *orders
}

func start(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness, options ...apptest.Option) world {
	t.Helper()
	w := world{Harness: open("review", options...), orders: &orders{kept: map[string]order.Order{}}}
	w.Service = apptest.Start(t, w.Harness, Module, Deps{Orders: w.orders})
	return w
}

// begin starts the reviews on SQLite.
func begin(t *testing.T, options ...apptest.Option) world {
	t.Helper()
	return start(t, func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(t, m, o...) }, options...)
}

func ana() context.Context { return apptest.As("ana", "Ana") }
func ben() context.Context { return apptest.As("ben", "Ben") }

func (w world) must(t *testing.T, ctx context.Context, orderID string, rating int) review.Review {
	t.Helper()
	r, err := w.Write(ctx, review.WriteRequest{OrderID: orderID, Rating: rating, Text: "Good."})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheContractCanBeCalledFromAnotherProcess(t *testing.T) {
	rpctest.Contract[review.Service](t, newRemote)
}

// Rows R1, R3, R7.
func TestBothReviewsBecomePublicWhenTheSecondIsWritten(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.orders.put("o1", order.StatusCompleted, w.Clock.Now())
		first := w.must(t, ana(), "o1", 4)
		if first.PublishedAt != nil || first.AuthorRole != "buyer" || first.SubjectUsername != "Ben" {
			t.Errorf("%+v", first)
		}
		if l, err := w.List(ana(), review.ListRequest{GigID: "g1"}); err != nil || len(l.Items) != 0 {
			t.Errorf("a hidden review is listed: %+v, %v", l, err)
		}
		seen, err := w.OfOrder(ben(), review.OfOrderRequest{OrderID: "o1"})
		if err != nil || seen.Theirs != nil || seen.Mine != nil || !seen.MayWrite || seen.ClosesAt.IsZero() {
			t.Errorf("the other side sees %+v, %v", seen, err)
		}
		if n := len(apptest.Emitted[review.Published](t, w.Harness)); n != 0 {
			t.Errorf("%d published events too early", n)
		}

		second := w.must(t, ben(), "o1", 5)
		if second.PublishedAt == nil {
			t.Error("the second is not public")
		}
		seen, err = w.OfOrder(ana(), review.OfOrderRequest{OrderID: "o1"})
		if err != nil || seen.Mine == nil || seen.Theirs == nil || seen.MayWrite || !seen.Theirs.PublishedAt.Equal(*second.PublishedAt) {
			t.Errorf("%+v, %v", seen, err)
		}
		events := apptest.Emitted[review.Published](t, w.Harness)
		if len(events) != 2 || events[0].Rating != 4 || events[0].GigHundredths != 400 || events[0].GigCount != 1 ||
			events[1].AuthorRole != "seller" || events[1].GigCount != 1 {
			t.Errorf("%+v", events)
		}
		if n := len(apptest.Emitted[review.Written](t, w.Harness)); n != 2 {
			t.Errorf("%d written events", n)
		}
		sums, err := w.ListSummaries(apptest.Visitor(), review.ListSummariesRequest{GigIDs: []string{"none", "g1"}, UserIDs: []string{"ben", "ana"}})
		if err != nil || len(sums.Items) != 4 {
			t.Fatalf("%+v, %v", sums, err)
		}
		want := review.Summary{GigID: "g1", Hundredths: 400, Count: 1, Stars: [5]int{0, 0, 0, 1, 0}}
		if sums.Items[0] != (review.Summary{GigID: "none"}) || sums.Items[1] != want || sums.Items[2].Hundredths != 400 || sums.Items[3].Count != 0 {
			t.Errorf("%+v", sums)
		}
	})
}

// Row R2.
func TestASideReviewsAnOrderOnceEvenAtTheSameMoment(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		for round := range 5 {
			id := fmt.Sprint("o", round)
			w.orders.put(id, order.StatusCompleted, w.Clock.Now())
			var wait sync.WaitGroup
			var mu sync.Mutex
			codes := map[fault.Code]int{}
			for range 4 {
				for _, who := range []context.Context{ana(), ben()} {
					wait.Go(func() {
						_, err := w.Write(who, review.WriteRequest{OrderID: id, Rating: 5})
						mu.Lock()
						defer mu.Unlock()
						if err == nil {
							codes[""]++
						} else {
							codes[fault.Of(err).Code]++
						}
					})
				}
			}
			wait.Wait()
			if codes[""] != 2 || codes[fault.Conflict] != 6 {
				t.Fatalf("%v", codes)
			}
			seen, err := w.OfOrder(ana(), review.OfOrderRequest{OrderID: id})
			if err != nil || seen.Theirs == nil || seen.Mine.PublishedAt == nil {
				t.Fatalf("both were written and are not public: %+v, %v", seen, err)
			}
		}
		if n := len(apptest.Emitted[review.Published](t, w.Harness)); n != 10 {
			t.Errorf("%d published events", n)
		}
	})
}

// Row R2: also without the program in between.
func TestTheDatabaseRefusesASecondReviewOfASide(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.orders.put("o1", order.StatusCompleted, w.Clock.Now())
		w.must(t, ana(), "o1", 4)

		err := w.Harness.DB.Tx(t.Context(), func(tx *db.Tx) error {
			var row reviewRow
			if err := tx.Take(&row).Error; err != nil {
				t.Fatal(err)
			}
			row.Num, row.ID = 0, "other"
			return tx.Create(&row).Error
		})
		if err == nil {
			t.Error("it was taken")
		}
	})
}

func TestOnlyAPartyOfACompletedOrderReviewsItInTime(t *testing.T) {
	w := begin(t)
	w.orders.put("done", order.StatusCompleted, w.Clock.Now())
	w.orders.put("working", order.StatusInProgress, w.Clock.Now())
	w.orders.put("cancelled", order.StatusCancelled, w.Clock.Now())
	w.orders.put("old", order.StatusCompleted, w.Clock.Now().Add(-14*day))
	w.orders.put("just in time", order.StatusCompleted, w.Clock.Now().Add(-14*day+time.Hour))
	for _, c := range []struct {
		who  context.Context
		id   string
		want fault.Code
	}{
		{apptest.Visitor(), "done", fault.Unauthenticated},
		{apptest.As("eve", "Eve"), "done", fault.NotFound},
		{ana(), "none", fault.NotFound},
		{ana(), "working", fault.Conflict},
		{ana(), "cancelled", fault.Conflict},
		{ana(), "old", fault.Conflict},
		{ana(), "just in time", ""},
		{ben(), "done", ""},
	} {
		_, err := w.Write(c.who, review.WriteRequest{OrderID: c.id, Rating: 3})
		if c.want == "" && err != nil || c.want != "" && !fault.Is(err, c.want) {
			t.Errorf("%s: %v", c.id, err)
		}
		if c.want == fault.Conflict {
			if seen, err := w.OfOrder(c.who, review.OfOrderRequest{OrderID: c.id}); err != nil || seen.MayWrite {
				t.Errorf("%s: %+v, %v", c.id, seen, err)
			}
		}
	}
}

// Row V2.1.3.
func TestRatingAndTextHaveLimits(t *testing.T) {
	w := begin(t)
	for i, c := range []struct {
		rating int
		text   string
		field  string
	}{
		{0, "", "rating"}, {6, "", "rating"}, {-1, "", "rating"}, {1, "", ""}, {5, "", ""},
		{5, strings.Repeat("ä", 2000), ""}, {5, strings.Repeat("x", 2001), "text"}, {5, "a\x00b", "text"},
	} {
		id := fmt.Sprint("o", i)
		w.orders.put(id, order.StatusCompleted, w.Clock.Now())
		_, err := w.Write(ana(), review.WriteRequest{OrderID: id, Rating: c.rating, Text: c.text})
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%d stars and %d bytes: %v", c.rating, len(c.text), err)
		case c.field != "" && (!fault.Is(err, fault.Invalid) || fault.Of(err).Fields[0].Name != c.field):
			t.Errorf("%d stars and %d bytes: %v", c.rating, len(c.text), err)
		}
	}
	_, err := w.Write(ana(), review.WriteRequest{OrderID: "o0", Rating: 9, Text: "\x00"})
	if len(fault.Of(err).Fields) != 2 {
		t.Errorf("not everything is told: %v", err)
	}
}

// Rows R3, R4: also when nothing ran at that moment.
func TestALonelyReviewBecomesPublicWhenTheWindowCloses(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		for i := range atOnce + 5 { // more than one round of the task
			w.orders.put(fmt.Sprint("o", i), order.StatusCompleted, w.Clock.Now())
			w.must(t, ana(), fmt.Sprint("o", i), 2)
		}
		tasks := func() {
			if err := w.RunTasks(apptest.System()); err != nil {
				t.Error(err)
			}
		}
		w.Clock.Advance(window - time.Minute)
		tasks()
		if n := len(apptest.Emitted[review.Published](t, w.Harness)); n != 0 {
			t.Fatalf("%d were published too early", n)
		}
		w.Clock.Advance(20 * day)
		var wait sync.WaitGroup
		for range 3 { // as many replicas
			wait.Go(tasks)
		}
		wait.Wait()
		events := apptest.Emitted[review.Published](t, w.Harness)
		if len(events) != atOnce+5 || events[atOnce+4].GigCount != atOnce+5 || events[0].GigHundredths != 200 {
			t.Errorf("%d events", len(events))
		}
		if _, err := w.Write(ben(), review.WriteRequest{OrderID: "o1", Rating: 1}); !fault.Is(err, fault.Conflict) {
			t.Errorf("an answer after the window: %v", err)
		}
	})
}

// Row Z20.
func TestCountingAgainChangesNothingAndRepairsWhatIsWrong(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		for i := range 60 {
			id := fmt.Sprint("o", i)
			w.orders.put(id, order.StatusCompleted, w.Clock.Now())
			o := w.orders.kept[id]
			o.GigID = fmt.Sprint("g", random.IntN(4))
			w.orders.kept[id] = o
			if random.IntN(3) > 0 {
				w.must(t, ana(), id, 1+random.IntN(5))
			}
			if random.IntN(3) > 0 {
				w.must(t, ben(), id, 1+random.IntN(5))
			}
		}
		read := func() (rows []summaryRow) {
			if err := w.Harness.DB.Read(t.Context()).Order("kind, id").Find(&rows).Error; err != nil {
				t.Fatal(err)
			}
			return rows
		}
		var wrong []summaryRow
		if err := w.Harness.DB.Read(t.Context()).Raw(counted).Scan(&wrong).Error; err != nil || len(wrong) != 0 {
			t.Fatalf("a healthy database is found wrong: %v, %v", wrong, err)
		}
		before := read()
		err := w.Harness.DB.Tx(t.Context(), func(tx *db.Tx) error {
			tx.Exec("UPDATE summaries SET stars_1 = stars_1 + 7 WHERE kind = 'gig'")
			tx.Exec("DELETE FROM summaries WHERE kind = 'seller'")
			return tx.Create(&summaryRow{Kind: "buyer", ID: "nobody", Stars5: 1}).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.RunTasks(apptest.System()); err != nil {
			t.Fatal(err)
		}
		if after := read(); fmt.Sprint(before) != fmt.Sprint(after) || len(before) < 3 {
			t.Errorf("was %v\nis %v", before, after)
		}
	})
}

func TestPublicReviewsAreListedPageByPage(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		for i := range 7 {
			id := fmt.Sprint("o", i)
			w.orders.put(id, order.StatusCompleted, w.Clock.Now())
			w.must(t, ana(), id, 1+i%5)
			w.must(t, ben(), id, 5)
		}
		var got []string
		q := review.ListRequest{GigID: "g1", Limit: 3}
		for {
			l, err := w.List(apptest.Visitor(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range l.Items {
				if r.AuthorRole != "buyer" {
					t.Errorf("%+v", r)
				}
				got = append(got, r.OrderID)
			}
			if q.Cursor = l.NextCursor; q.Cursor == "" {
				break
			}
		}
		if strings.Join(got, " ") != "o6 o5 o4 o3 o2 o1 o0" {
			t.Error(got)
		}
		for _, c := range []struct {
			q review.ListRequest
			n int
		}{
			{review.ListRequest{UserID: "ben"}, 7}, {review.ListRequest{UserID: "ben", Role: "seller"}, 0},
			{review.ListRequest{UserID: "ana", Role: "seller"}, 7}, {review.ListRequest{UserID: "x\x00"}, 0},
		} {
			if l, err := w.List(apptest.Visitor(), c.q); err != nil || len(l.Items) != c.n || l.Items == nil {
				t.Errorf("%+v: %d, %v", c.q, len(l.Items), err)
			}
		}
		for _, q := range []review.ListRequest{{}, {GigID: "g1", Limit: 101}, {GigID: "g1", Cursor: "x"}, {GigID: "g1", Role: "judge"}} {
			if _, err := w.List(apptest.Visitor(), q); !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %v", q, err)
			}
		}
		if _, err := w.ListSummaries(apptest.Visitor(), review.ListSummariesRequest{GigIDs: make([]string, 101)}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
}

func TestAveragesAreRoundedHalfUp(t *testing.T) {
	for _, c := range []struct {
		stars          [5]int
		average, count int
	}{
		{[5]int{}, 0, 0}, {[5]int{0, 0, 0, 0, 1}, 500, 1}, {[5]int{0, 0, 0, 1, 2}, 467, 3}, {[5]int{0, 0, 1, 0, 2}, 433, 3},
		{[5]int{7, 0, 0, 0, 1}, 150, 8}, {[5]int{199, 1, 0, 0, 0}, 101, 200}, {[5]int{1, 1, 1, 1, 1}, 300, 5},
	} {
		if a, n := hundredths(c.stars); a != c.average || n != c.count {
			t.Errorf("%v: %d of %d", c.stars, a, n)
		}
	}
}

func TestASettingThatTheReviewsDoNotHaveIsRefused(t *testing.T) {
	h := apptest.Host(t, "review", apptest.Settings(map[string]any{"window_days": 14}))
	if Module.Check(h.Host) == nil {
		t.Error("it started")
	}
}

// Row P15.
func TestAReviewThatIsSentTwiceWithOneKeyIsOneReview(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.orders.put("o1", order.StatusCompleted, w.Clock.Now())
		q := review.WriteRequest{RequestID: "review-o1", OrderID: "o1", Rating: 4, Text: "Good."}
		first, err := w.Write(ana(), q)
		if err != nil || first.Replayed {
			t.Fatalf("%+v, %v", first, err)
		}
		again, err := w.Write(ana(), q)
		if err != nil || !again.Replayed || again.ID != first.ID {
			t.Errorf("sent again: %+v, %v", again, err)
		}
		q.Rating = 1
		if _, err := w.Write(ana(), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("the key with another review: %v", err)
		}
		q.RequestID = "another-key"
		if _, err := w.Write(ana(), q); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second review: %v", err)
		}
	})
}
