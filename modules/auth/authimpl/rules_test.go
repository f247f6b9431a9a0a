package authimpl

import (
	"strings"
	"testing"
	"time"
)

func TestUsernames(t *testing.T) {
	for name, ok := range map[string]bool{
		"ana": true, "Ana_Maria-2": true, strings.Repeat("a", 30): true, "x-1": true,
		"": false, "an": false, strings.Repeat("a", 31): false, "1ana": false, "_ana": false, "ana maria": false,
		"ana@home": false, "añа": false, "ana\n": false, "Admin": false, "SUPPORT": false, "api": false, "administrators": true,
	} {
		if got := usernameProblem(name) == ""; got != ok {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestEmailAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"ana@example.com": true, "a.b+tag@sub.example.co.uk": true, "o'neill@example.com": true, "a@xn--bcher-kva.example": true,
		"": false, "ana": false, "@example.com": false, "ana@": false, "ana@localhost": false, "a b@example.com": false,
		"ana@example..com": false, "ana@.com": false, "ana@-example.com": false, "ana@example-.com": false, "a..b@example.com": false,
		".a@example.com": false, "a@b@example.com": false, "ana@example.com\r\nBcc: x@example.com": false, "<ana@example.com>": false,
		"ana@exämple.com": false, strings.Repeat("a", 65) + "@example.com": false, "a@" + strings.Repeat("b", 64) + ".com": false,
		"a@" + strings.Repeat("b.", 130) + "com": false, "ana@example.com.": false,
	} {
		if got := emailOK(address); got != ok {
			t.Errorf("%q: %v", address, got)
		}
	}
}

func TestPasswordsThatAreGuessedFirst(t *testing.T) {
	w := newWeakness("Gig Market", "https://gigs.example")
	known := []string{"Beatrice", "bea.smith@example.com"}
	for password, weak := range map[string]bool{
		"password": true, "Password1": true, "P@ssw0rd123!": true, "passw0rd": true, "qwertyuiop": true, "QWERTY123456": true,
		"iloveyou!!": true, "12345678": true, "87654321": true, "19870412": true, "+49 170 1234567": false, "00000000": true,
		"abababab": true, "abcabcabc": true, "12341234": true, "zxcvbnm,": true, "abcdefgh": true, "asdfghjkl": true, "trustno1": true,
		"1q2w3e4r5t": true, "letmein2026": true, "football99": true, "dr4g0n!!": true, "monkey123": true, "michelle1985": true,
		"beatrice1": true, "Beatrice-2026": true, "bea.smith!": true, "GigMarket1": true, "gig market 22": true, "beatrice-password": true,
		"seven green teapots": false, "correct horse battery": false, "kX9#mQz!": false, "wonderland of beatrice": false,
		"3141592653589": false, "Tr0ub4dor&3": false, "gig-workers-unite": false, "ναι και όχι": false, "Str0ng-Passw0rd!": false,
	} {
		if got := w.Of(password, known...); got != weak {
			t.Errorf("%q: guessed %v", password, got)
		}
	}
}

func TestPausesGrowAndEnd(t *testing.T) {
	l := limit{free: 5, most: 10, quiet: 10 * time.Minute}
	for _, c := range []struct {
		tries int
		ago   time.Duration
		want  time.Duration
	}{
		{0, 0, 0}, {4, 0, 0}, {5, 0, 10 * time.Second}, {5, 4 * time.Second, 6 * time.Second}, {5, 10 * time.Second, 0},
		{9, 0, 160 * time.Second}, {10, 0, 10 * time.Minute}, {10, 9 * time.Minute, time.Minute}, {10, 10 * time.Minute, 0}, {99, time.Hour, 0},
	} {
		if got := l.wait(c.tries, c.ago); got != c.want {
			t.Errorf("%d tries, %v ago: wait %v, want %v", c.tries, c.ago, got, c.want)
		}
	}
	if s := wholeSeconds(1001 * time.Millisecond); s != 2 {
		t.Errorf("1.001 s is %d whole seconds", s)
	}
}

// Row V6: whatever an attacker's rhythm, no ten minutes have more than ten tries.
func TestNoTenMinutesHaveMoreThanTenTries(t *testing.T) {
	l := limit{free: 5, most: 10, quiet: 10 * time.Minute}
	for _, rhythm := range []time.Duration{time.Second, 7 * time.Second, 59 * time.Second, 3 * time.Minute, 9 * time.Minute} {
		var tries []time.Duration
		count, last := 0, -time.Hour
		for now := time.Duration(0); now < 6*time.Hour; now += rhythm {
			if l.wait(count, now-last) > 0 {
				continue
			}
			if now-last >= l.quiet {
				count = 0
			}
			count, last = count+1, now
			tries = append(tries, now)
			if n := len(tries); n > 10 && now-tries[n-11] < 10*time.Minute {
				t.Fatalf("every %v: eleven tries in %v", rhythm, now-tries[n-11])
			}
		}
		if len(tries) < 11 {
			t.Errorf("every %v: only %d tries in six hours", rhythm, len(tries))
		}
	}
}

func TestAddressesOfOneCustomerAreOne(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::/64", "2001:db8::ffff:1": "2001:db8::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "not\r\nan address": "notan address",
	} {
		if got := neighbourhood(address); got != want {
			t.Errorf("%q is counted as %q, want %q", address, got, want)
		}
	}
}
