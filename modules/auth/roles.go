package auth

// The roles that an account can have.
const (
	RoleOperator  = "operator"  // looks after the marketplace and its money
	RoleModerator = "moderator" // decides between people
)

// SetRolesRequest is the argument of SetRoles.
type SetRolesRequest struct {
	Login string   `json:"login"` // user name or e-mail of the account
	Roles []string `json:"roles"` // all that it shall have; none is a plain account
}
