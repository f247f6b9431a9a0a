package edge

import (
	"context"

	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// Access says who may call a route. A route cannot exist without one; the zero value lets nobody in.
type Access string

// Who may call a route. Whether a thing is theirs is decided by the module that owns it.
const (
	Anyone      Access = "anyone"      // visitors too
	SignedIn    Access = "signed in"   // with a session
	Verified    Access = "verified"    // with a session and a confirmed e-mail address (row A1)
	Staff       Access = "staff"       // with a session and the role operator or moderator
	Operator    Access = "operator"    // with a session and the role operator
	Development Access = "development" // anyone, outside of production only; otherwise the route does not exist
)

// Check refuses who may not call the route, and with the doubt, if there is one, who may or may not be signed in.
func (a Access) Check(ctx context.Context) error {
	if a == Anyone || a == Development {
		return nil
	}
	if err := Doubt(ctx); err != nil {
		return err
	}
	var err error
	switch a {
	case SignedIn:
		_, err = identity.User(ctx)
	case Verified:
		_, err = identity.VerifiedUser(ctx)
	case Operator, Staff:
		var who identity.Actor
		who, err = identity.VerifiedUser(ctx)
		if may := who.Is("operator") || a == Staff && who.Is("moderator"); err == nil && !may {
			err = fault.NotFoundf("There is no such page.")
		}
	default:
		err = fault.Forbiddenf("Nobody may do this.")
	}
	return err
}

type doubtKey struct{}

// WithDoubt returns a context of somebody of whom nobody can say who they are, because auth does not answer. They are shown
// what visitors are.
func WithDoubt(ctx context.Context, err error) context.Context {
	return context.WithValue(ctx, doubtKey{}, err)
}

// Doubt is the fault that says so, or nil.
func Doubt(ctx context.Context) error {
	err, _ := ctx.Value(doubtKey{}).(error)
	return err
}
