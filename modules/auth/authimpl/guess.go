package authimpl

import (
	"context"
	"fmt"
	"time"

	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// guess is a password that somebody says is the account's.
type guess struct {
	account  accountRow // whose password it should be; empty: there is none
	claim    accountRow // when the login is an address: who claims it besides, or empty
	login    string     // how it was asked for
	password string
	address  string
	known    bool // the account has been used from this address before
}

// subject is what the failures of this guess are counted for.
func (g guess) subject() string {
	if g.account.ID != "" {
		return g.account.ID
	}
	return keyOf(g.login)
}

// verdict is what came of a guess.
type verdict struct {
	account accountRow // whose password it is
	again   string     // the hash to keep from now on, if it is due for a new one
	right   bool
	claimed bool // it is the password of the claim
	stale   bool
}

// checkGuess says whose password it is, or Unauthenticated, or TooMany. Counting happens after hashing, under a lock: of
// many guesses at once, those after the limit are refused even if one of them is right, and many right ones at once are
// all let in.
func (s *service) checkGuess(ctx context.Context, g guess) (v verdict, err error) {
	defer func() {
		if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.TooMany) {
			s.refused.Inc()
		}
	}()
	if !g.known {
		if g.known, err = s.isKnown(ctx, g); err != nil {
			return verdict{}, fmt.Errorf("look where an account was used from: %w", err)
		}
	}
	if wait, err := s.mustWait(ctx, g); err != nil || wait > 0 {
		return verdict{}, refusal(wait, err)
	}
	if v, err = s.judge(ctx, g); err != nil {
		return verdict{}, fmt.Errorf("check a password: %w", err)
	}
	var wait time.Duration
	err = s.db.Tx(ctx, func(tx *db.Tx) (err error) {
		wait, err = s.settle(tx, g, v)
		return err
	})
	switch {
	case err != nil || wait > 0:
		return verdict{}, refusal(wait, err)
	case !v.right && !v.claimed:
		return verdict{}, wrongLogin()
	case v.stale:
		if v.again, err = s.hasher.Hash(ctx, g.password); err != nil {
			return verdict{}, fmt.Errorf("hash a password again: %w", err)
		}
	}
	return v, nil
}

// judge hashes as often for a login that nobody has as for any other: once for a user name, twice for an address, which an
// account may have confirmed while another claims it (row V6).
func (s *service) judge(ctx context.Context, g guess) (v verdict, err error) {
	v.account = g.account
	if v.right, v.stale, err = s.hasher.Check(ctx, g.account.PasswordHash, g.password); err != nil || !isAddress(g.login) {
		return v, err
	}
	claimed, stale, err := s.hasher.Check(ctx, g.claim.PasswordHash, g.password)
	if claimed && !v.right {
		v.account, v.claimed, v.stale = g.claim, true, stale
	}
	return v, err
}

// refusal is the error of a guess that has to wait, or that could not be counted.
func refusal(wait time.Duration, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("count the failures of an account: %w", err)
	case wait > 24*time.Hour:
		return fault.TooManyf(wholeSeconds(wait), "Too many wrong passwords were tried. Choose a new password by mail to log in from here.")
	}
	return slowDown(wait)
}

// isKnown says whether the account has been used from there.
func (s *service) isKnown(ctx context.Context, g guess) (bool, error) {
	var n int64
	err := s.db.Read(ctx).Model(&sessionRow{}).Where("account_id = ? AND address = ?", g.account.ID, shown(g.address, 64)).Count(&n).Error
	return n > 0, err
}

// limits are the buckets that this guess fills if it is wrong. Whoever has used the account from there before is not kept
// out by what others do elsewhere, nor by what they try on other accounts.
func (s *service) limits(g guess) []bucket {
	pair := guesses(g.subject(), g.address)
	if g.known {
		return []bucket{pair, s.housemates(g.subject())}
	}
	return []bucket{pair, s.sprays(g.address), crowd(g.subject()), s.strangers(g.subject())}
}

// mustWait looks whether the guess may be made at all, before it costs anything.
func (s *service) mustWait(ctx context.Context, g guess) (longest time.Duration, err error) {
	for _, b := range s.limits(g) {
		wait, err := b.waiting(s.db.Read(ctx), s.clock.Now())
		if err != nil {
			return 0, err
		}
		longest = max(longest, wait)
	}
	return longest, nil
}

// settle counts a failure, or forgets the earlier ones; but not if others have failed so often in the meantime that
// this guess has to wait. Who only claims an address forgets nothing: those failures are its owner's.
func (s *service) settle(tx *db.Tx, g guess, v verdict) (longest time.Duration, err error) {
	limits := s.limits(g)
	for _, b := range limits {
		wait, err := b.locked(tx)
		if err != nil {
			return 0, err
		}
		longest = max(longest, wait)
	}
	switch {
	case longest > 0:
		return longest, nil
	case v.right:
		return 0, s.forgive(tx, g)
	case v.claimed:
		return 0, nil
	}
	for _, b := range limits {
		if err := b.count(tx); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// forgive forgets the failures of an account in a row. Those of the address stay, as its owner has one password and not a
// hundred; and those of the crowd, which is still there.
func (s *service) forgive(tx *db.Tx, g guess) error {
	for _, b := range []bucket{guesses(g.subject(), g.address), s.strangers(g.subject()), s.housemates(g.subject())} {
		if err := b.empty(tx); err != nil {
			return err
		}
	}
	return nil
}
