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
	Development Access = "development" // anyone, outside of production only; otherwise the route does not exist
)

// Check refuses who may not call the route.
func (a Access) Check(ctx context.Context) error {
	var err error
	switch a {
	case Anyone, Development:
	case SignedIn:
		_, err = identity.User(ctx)
	case Verified:
		_, err = identity.VerifiedUser(ctx)
	default:
		err = fault.Forbiddenf("Nobody may do this.")
	}
	return err
}
