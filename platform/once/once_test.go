package once

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

type counted struct {
	N int `json:"n"`
}

// both runs the test on each database. Reviews have the table.
func both(t *testing.T, run func(t *testing.T, h *apptest.Harness, k *Keeper)) {
	t.Parallel()
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		h := open("review")
		run(t, h, New(h.DB))
	})
}

func request(t *testing.T, key string, body any) Request {
	t.Helper()
	r, err := NewRequest("u1", "count", key, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// work counts how often it is done, and keeps what it answers.
func work(t *testing.T, h *apptest.Harness, r Request, n *int) func() (counted, error) {
	return func() (answer counted, err error) {
		err = h.DB.Tx(t.Context(), func(tx *db.Tx) error {
			if err := r.IsNew(tx); err != nil {
				return err
			}
			*n++
			answer = counted{*n}
			return r.Keep(tx, answer)
		})
		return answer, err
	}
}

// Row Z7.
func TestFiftyThatComeAtOnceAreOneEffectAndOneAnswer(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness, k *Keeper) {
		r, replays := request(t, "the-key-1", "body"), 0
		elsewhere := New(h.DB) // another process
		var mu sync.Mutex
		answers := map[counted]int{}
		var wait sync.WaitGroup
		for i := range 50 {
			keeper := []*Keeper{k, elsewhere}[i%2]
			wait.Go(func() {
				n := i // each would answer something else
				answer, replayed, err := Do(t.Context(), keeper, r, work(t, h, r, &n))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				if answers[answer]++; replayed {
					replays++
				}
			})
		}
		wait.Wait()
		var kept int
		if err := h.DB.Read(t.Context()).Raw("SELECT COUNT(*) FROM requests").Scan(&kept).Error; err != nil {
			t.Fatal(err)
		}
		if kept != 1 || replays != 49 || len(answers) != 1 {
			t.Errorf("kept %d times, replayed %d times, answered %v", kept, replays, answers)
		}
	})
}

func TestTheSameKeyWithAnotherRequestIsRefusedAndKeysBelongToUserAndCommand(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness, k *Keeper) {
		n := 0
		first := request(t, "the-key-1", "body")
		if _, _, err := Do(t.Context(), k, first, work(t, h, first, &n)); err != nil {
			t.Fatal(err)
		}
		other := request(t, "the-key-1", "another body")
		if _, _, err := Do(t.Context(), k, other, work(t, h, other, &n)); !fault.Is(err, fault.Invalid) || n != 1 {
			t.Errorf("another body: %v", err)
		}
		for _, r := range []Request{{user: "u2", command: "count", key: "the-key-1"}, {user: "u1", command: "other", key: "the-key-1"}} {
			if _, replayed, err := Do(t.Context(), k, r, work(t, h, r, &n)); err != nil || replayed {
				t.Errorf("%+v: replayed %v, %v", r, replayed, err)
			}
		}
		if n != 3 {
			t.Errorf("done %d times", n)
		}
	})
}

func TestARepetitionOfWhatIsUnderWayIsAskedToComeBack(t *testing.T) {
	h := apptest.Host(t, "review")
	k := New(h.DB)
	k.patience = 20 * time.Millisecond
	r, n := request(t, "the-key-1", "body"), 0
	begun, end := make(chan struct{}), make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		_, _, err := Do(t.Context(), k, r, func() (counted, error) {
			close(begun)
			<-end
			return work(t, h, r, &n)()
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	_, _, err := Do(t.Context(), k, r, work(t, h, r, &n))
	if f := fault.Of(err); !fault.Is(err, fault.Conflict) || f.RetryAfter != 1 {
		t.Errorf("the repetition gets %v", err)
	}
	close(end)
	wait.Wait()
	if answer, replayed, err := Do(t.Context(), k, r, work(t, h, r, &n)); err != nil || !replayed || answer.N != 1 || n != 1 {
		t.Errorf("afterwards: %+v, %v, %v", answer, replayed, err)
	}
}

func TestARefusedCommandDoesNotUseUpItsKey(t *testing.T) {
	h := apptest.Host(t, "review")
	k, r, n := New(h.DB), request(t, "the-key-1", "body"), 0
	refusal := errors.New("no")
	if _, _, err := Do(t.Context(), k, r, func() (counted, error) { return counted{}, refusal }); !errors.Is(err, refusal) {
		t.Fatal(err)
	}
	if _, replayed, err := Do(t.Context(), k, r, work(t, h, r, &n)); err != nil || replayed || n != 1 {
		t.Errorf("replayed %v, %v", replayed, err)
	}
}

func TestWithoutAKeyEveryCommandIsNew(t *testing.T) {
	h := apptest.Host(t, "review")
	k, r, n := New(h.DB), request(t, "", "body"), 0
	for range 2 {
		if _, replayed, err := Do(t.Context(), k, r, work(t, h, r, &n)); err != nil || replayed {
			t.Errorf("replayed %v, %v", replayed, err)
		}
	}
	if n != 2 {
		t.Errorf("done %d times", n)
	}
}

func TestKeysAreForgottenAfterThirtyDays(t *testing.T) {
	h := apptest.Host(t, "review")
	k, r, n := New(h.DB), request(t, "the-key-1", "body"), 0
	for _, step := range []struct {
		pass time.Duration
		want int
	}{{0, 1}, {keep - time.Second, 1}, {2 * time.Second, 2}} {
		h.Clock.Advance(step.pass)
		if err := k.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Do(t.Context(), k, r, work(t, h, r, &n)); err != nil || n != step.want {
			t.Errorf("done %d times, want %d: %v", n, step.want, err)
		}
	}
}

func TestAKeyIsVisibleAndNotTooLong(t *testing.T) {
	for _, key := range []string{strings.Repeat("k", 256), "a\x00b", "a\nb", "\xff"} {
		if _, err := NewRequest("u1", "count", key, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", key, err)
		}
	}
	if _, err := NewRequest("u1", "count", strings.Repeat("ä", 255), nil); err != nil {
		t.Error(err)
	}
}
