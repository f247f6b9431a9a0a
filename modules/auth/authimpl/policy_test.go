package authimpl

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/private"
)

// rows are the lines of the tables of the document, with single spaces.
func rows(t *testing.T) (lines []string) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/security/signing-in.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if strings.HasPrefix(line, "| ") {
			lines = append(lines, line)
		}
	}
	return lines
}

// ASVS 6.1.1: the tables of docs/security/signing-in.md are what the program does.
func TestASVS_V6_1_1_ThePolicyIsWrittenDownAsItIs(t *testing.T) {
	set := defaults()
	s := &service{settings: set}
	pauses := func(l limit) string {
		if l.free == l.most {
			return fmt.Sprint(l.free)
		}
		return fmt.Sprintf("%d, then pauses of %.0f s, doubled each time", l.free, l.wait(l.free, 0).Seconds())
	}
	until := func(l limit) string {
		if l.quiet == inARow {
			return "the right password, or a new one by mail"
		}
		return fmt.Sprintf("%.0f minutes without any", l.quiet.Minutes())
	}
	guess := func(what string, b bucket, setting string) string {
		return fmt.Sprintf("| %s | %s | %d | %s |%s|", what, pauses(b.limit), b.most, until(b.limit), setting)
	}
	want := []string{
		"| counted together | freely | at most | until | setting |",
		guess("one account, from one address", guesses("a", ""), " "),
		guess("one account, from all addresses that it was never used from", crowd("a"), " "),
		guess("the same, in a row", s.strangers("a"), " `failures_per_account` "),
		guess("one account, in a row, from addresses that it was used from", s.housemates("a"), " `failures_per_account` "),
		guess("all accounts that were never used from there, from one address", s.sprays(""), " `failures_per_address` "),
		"| what | limit | setting |",
		fmt.Sprintf("| accounts made from one address in an hour | %d | `sign_ups_per_hour` |", set.SignUpsAnHour),
		fmt.Sprintf("| mails of a kind that one account may ask for in an hour | %d | `link_mails_per_hour` |", set.MailsAnHour),
		fmt.Sprintf("| mails of a kind to one mailbox in an hour, for all accounts that claim it | %d | twice `link_mails_per_hour` |", mailboxFactor*set.MailsAnHour),
		fmt.Sprintf("| new passwords asked for from one address in an hour | %d | `link_requests_per_hour` |", set.RequestsAnHour),
		fmt.Sprintf("| sessions of one account | %d, then the one that was unused the longest ends | |", mostSessions),
		fmt.Sprintf("| characters of a password | %d to %d | `password_min` |", set.ShortestPass, longestPassword),
		fmt.Sprintf("| work of a password hash (argon2id, one thread) | %d KiB, %d passes | `password_hash_memory`, `password_hash_time` |", set.HashMemory, set.HashTime),
		"| what | how long | setting |",
	}
	for _, life := range []struct {
		what, setting string
		long          time.Duration
	}{
		{"link that confirms an address, good once", "verification_life", set.VerifyLife},
		{"link to choose a new password, good once", "reset_life", set.ResetLife},
		{"access token", "access_token_life", set.AccessLife},
		{"refresh token that was used, for an answer that was lost", "refresh_grace", set.RefreshGrace},
		{"session that is not used", "session_idle", set.IdleLife},
		{"session", "session_life", set.AbsoluteLife},
		{"session that is not used, of an account with a role", "staff_session_idle", set.StaffIdleLife},
		{"session of an account with a role", "staff_session_life", set.StaffLife},
		{"key that signs access tokens", "signing_key_life", set.KeyLife},
	} {
		want = append(want, fmt.Sprintf("| %s | %v | `%s` |", life.what, life.long, life.setting))
	}
	got := rows(t)
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("line %d of the tables says\n%s\nand the program\n%s", i+1, at(got, i), at(want, i))
		}
	}
}

func at(lines []string, i int) string {
	return strings.Join(lines[min(i, len(lines)):min(i+1, len(lines))], "")
}

// judged counts the guesses that were judged by the password, of many that come in a rhythm; each from the next address.
func (w *world) judged(login string, addresses []string, tries int, rhythm time.Duration) (times []time.Duration) {
	w.t.Helper()
	for i := range tries {
		err := guessAt(w, login, "wrong", addresses[i%len(addresses)])
		if fault.Is(err, fault.Unauthenticated) {
			times = append(times, time.Duration(i)*rhythm)
		} else {
			w.refused(err, fault.TooMany)
		}
		w.h.Clock.Advance(rhythm)
	}
	return times
}

// most is the greatest number of them within 10 minutes.
func most(times []time.Duration) (n int) {
	for i := range times {
		for j := i; j < len(times) && times[j]-times[i] < 10*time.Minute; j++ {
			n = max(n, j-i+1)
		}
	}
	return n
}

// ASVS 6.3.1: the attacks of the requirement, at most 10 in 10 minutes and at most 100 ever, and the owner stays in.
func TestASVS_V6_3_1_GuessingIsLimitedForAddressAndAccount(t *testing.T) {
	thousand := make([]string, 1000)
	for i := range thousand {
		thousand[i] = fmt.Sprintf("198.51.%d.%d", i/250, i%250)
	}
	for name, attack := range map[string]struct {
		from   []string
		tries  int
		rhythm time.Duration
	}{
		"many a minute from one address":              {thousand[:1], 300, 4 * time.Second},
		"many a minute from a thousand addresses":     {thousand, 320, 4 * time.Second},
		"slowly from a thousand addresses, for weeks": {thousand, 80, 30 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, apptest.Settings(map[string]any{"failures_per_address": 100_000, "session_idle": "60d"}))
			w.ana()
			w.must(guessAt(w, "ana", goodPassword, "192.0.2.1"))
			times := w.judged("ana", attack.from, attack.tries, attack.rhythm)
			if n := most(times); n > 10 || n < 1 || len(times) > 100 {
				t.Errorf("%d in 10 minutes, %d in all", n, len(times))
			}
			w.must(guessAt(w, "ana", goodPassword, "192.0.2.1"))
		})
	}
}

// From the same network, where the owner is known, there are not more.
func TestHousematesHaveNoMoreGuesses(t *testing.T) {
	w := newWorld(t)
	w.ana()
	w.must(guessAt(w, "ana", goodPassword, "192.0.2.1"))
	times := w.judged("ana", []string{"192.0.2.1"}, 100, 3*time.Minute)
	if n := most(times); n > 10 || len(times) != 50 {
		t.Errorf("%d in 10 minutes, %d in all", n, len(times))
	}
	w.must(guessAt(w, "ana", goodPassword, "203.0.113.1")) // elsewhere
	w.must(guessAt(w, "ana", goodPassword, "192.0.2.1"))   // which forgives
}

// The passwords of people at one address do not lock each other out.
func TestGuessesAtOtherAccountsDoNotKeepAKnownOneOut(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"failures_per_address": 3}))
	w.ana()
	w.must(guessAt(w, "ana", goodPassword, "192.0.2.9"))
	for i := range 3 {
		w.refused(guessAt(w, fmt.Sprintf("person%d", i), "wrong", "192.0.2.9"), fault.Unauthenticated)
	}
	w.refused(guessAt(w, "person9", "wrong", "192.0.2.9"), fault.TooMany)
	w.must(guessAt(w, "ana", goodPassword, "192.0.2.9"))
}

// Row A9: a new password by mail opens what guessing has closed, at every address.
func TestANewPasswordByMailForgivesEveryFailure(t *testing.T) {
	w := newWorld(t)
	w.ana()
	for i := range 10 {
		w.refused(guessAt(w, "ana", "wrong", fmt.Sprintf("198.51.100.%d", i)), fault.Unauthenticated)
	}
	w.refused(guessAt(w, "ana", goodPassword, "198.51.100.99"), fault.TooMany)
	_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "ana"})
	w.must(err)
	w.must(w.h.RunTasks(apptest.System()))
	_, err = w.ResetPassword(apptest.Visitor(), auth.ResetPasswordRequest{Token: private.Secret(w.token("Ana@example.com", "reset_password")), Password: newPassword})
	w.must(err)
	w.must(guessAt(w, "ana", newPassword, "198.51.100.99"))
}
