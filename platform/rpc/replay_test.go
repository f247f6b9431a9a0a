package rpc

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"marketplace/platform/clock"
)

func TestATokenIsAcceptedOnce(t *testing.T) {
	l, s := serve(t, nil)
	token := forge(t, jwt.SigningMethodHS256, secrets[0], `{}`, nil)
	for i, want := range []int{http.StatusOK, http.StatusUnauthorized, http.StatusUnauthorized} {
		if got := post(t, s.URL, token, http.MethodPost, `{}`); got != want {
			t.Errorf("use %d: %d", i+1, got)
		}
	}
	if l.calls.Load() != 1 {
		t.Errorf("%d calls with one token", l.calls.Load())
	}
}

// A token that was sent along with another body is not used up: who only overhears it can take nothing away.
func TestAWrongBodyDoesNotUseUpTheToken(t *testing.T) {
	_, s := serve(t, nil)
	token := forge(t, jwt.SigningMethodHS256, secrets[0], `{}`, nil)
	if got := post(t, s.URL, token, http.MethodPost, `{"text":"other"}`); got != http.StatusUnauthorized {
		t.Errorf("another body: %d", got)
	}
	if got := post(t, s.URL, token, http.MethodPost, `{}`); got != http.StatusOK {
		t.Errorf("its own body after that: %d", got)
	}
}

func TestATokenIsRememberedForAsLongAsItCouldBeGood(t *testing.T) {
	now := clock.New().Now()
	s := seen{most: mostKnown}
	for step := range 100 {
		at := now.Add(time.Duration(step) * time.Second)
		id := fmt.Sprint(step)
		if err := s.first(id, at); err != nil {
			t.Fatalf("a new one: %v", err)
		}
		for back := range min(step, int(memory/time.Second)) {
			if s.first(fmt.Sprint(step-back), at) == nil {
				t.Fatalf("one of %d seconds ago is taken again", back)
			}
		}
		if held := len(s.young) + len(s.old); held > 2*int(memory/time.Second)+2 {
			t.Fatalf("%d are remembered, at one a second", held)
		}
	}
	if err := s.first("later", now.Add(time.Hour)); err != nil || len(s.young)+len(s.old) != 1 {
		t.Errorf("after a quiet hour: %v, %d remembered", err, len(s.young)+len(s.old))
	}
}

func TestMoreTokensThanCanBeRememberedAreRefused(t *testing.T) {
	now := clock.New().Now()
	s := seen{most: 100}
	for i := range s.most {
		if err := s.first(fmt.Sprint(i), now); err != nil {
			t.Fatal(err)
		}
	}
	if s.first("one more", now) == nil {
		t.Error("it is taken")
	}
	if err := s.first("one more", now.Add(memory)); err != nil {
		t.Errorf("when the others are over: %v", err)
	}
}

// Secrets are changed one process at a time: A, then A and B, then B and A, then B. While it goes on, a caller is at most
// one step away from the process that it calls.
func TestSecretsAreChangedWithoutARefusedCall(t *testing.T) {
	a, b := secrets[0], secrets[1]
	steps := [][][]byte{{a}, {a, b}, {b, a}, {b}}
	for caller := range steps {
		for called := range steps {
			h, err := Serve[echo]("echo", &local{}, Options{Secrets: steps[called]})
			if err != nil {
				t.Fatal(err)
			}
			url := listen(t, h)
			c, err := NewClient("echo", []string{url}, Options{Secrets: steps[caller]})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Call[said](t.Context(), c, "Say", sayRequest{})
			near := max(caller-called, called-caller) <= 1
			if near && err != nil {
				t.Errorf("from step %d to step %d: %v", caller, called, err)
			}
			if max(caller-called, called-caller) == 3 && err == nil {
				t.Error("a secret that was taken away is still accepted")
			}
		}
	}
}
