// Package identity says who is acting. The web puts an Actor into the context after it has checked
// the session or the token; rpc carries it to other processes; modules read it with From and decide.
package identity

import (
	"context"
	"net/netip"
	"slices"

	"marketplace/platform/fault"
)

// Actor is the person, or the system itself, on whose behalf a call is made.
type Actor struct {
	UserID    string   `json:"user_id,omitempty"`    // empty: nobody is signed in
	Username  string   `json:"username,omitempty"`   // as the user wrote it
	Verified  bool     `json:"verified,omitempty"`   // the e-mail address is confirmed (row A1)
	Roles     []string `json:"roles,omitempty"`      // operator, moderator …
	SessionID string   `json:"session_id,omitempty"` // the auth session behind the call
	System    bool     `json:"system,omitempty"`     // the marketplace itself: timers, reactions, commands
}

// SignedIn says whether a user is acting.
func (a Actor) SignedIn() bool { return a.UserID != "" }

// Is says whether the actor has a role.
func (a Actor) Is(role string) bool { return slices.Contains(a.Roles, role) }

type key struct{}

// With returns a context in which a is acting.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// System returns a context in which the marketplace itself is acting.
func System(ctx context.Context) context.Context { return With(ctx, Actor{System: true}) }

// From returns who is acting; the zero Actor is a visitor.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(key{}).(Actor)
	return a
}

// User returns the signed-in user, or a fault that asks to sign in.
func User(ctx context.Context) (Actor, error) {
	a := From(ctx)
	if !a.SignedIn() {
		return a, fault.Unauthenticatedf("Please log in first.")
	}
	return a, nil
}

// VerifiedUser returns the signed-in user whose e-mail address is confirmed, or a fault that says what
// to do (row A1).
func VerifiedUser(ctx context.Context) (Actor, error) {
	a, err := User(ctx)
	if err == nil && !a.Verified {
		err = fault.Forbiddenf("Please confirm your e-mail address first: open the link that we sent you.")
	}
	return a, err
}

type addressKey struct{}

// WithAddress returns a context that knows the IP address from which the request came, as the trusted proxies tell it.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// Neighbourhood is what is counted as one address where somebody tries too often: an IPv6 customer has a whole /64. What is
// no address stays as it is.
func Neighbourhood(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	net, _ := ip.Prefix(64) // a valid IPv6 address has one
	return net.String()
}

// Address is the IP address of the client, empty when nobody outside has asked for anything.
func Address(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

type requestKey struct{}

// WithRequest returns a context that carries the id of the request it serves (row W8).
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// Request returns the id of the request being served, empty outside of one.
func Request(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
