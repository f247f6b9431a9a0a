package authimpl

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
)

// SetRoles is documented in the contract. Sessions end, so that no token tells the old roles for longer than it lives.
func (s *service) SetRoles(ctx context.Context, q auth.SetRolesRequest) (auth.Account, error) {
	if !identity.From(ctx).System {
		return auth.Account{}, fault.Forbiddenf("Only the marketplace itself gives roles.")
	}
	var c fault.Check
	checkLogin(&c, q.Login)
	roles := []string{}
	for _, role := range q.Roles {
		c.That(role == auth.RoleOperator || role == auth.RoleModerator, "roles", "Use operator and moderator.")
		if !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	if err := c.Err(); err != nil {
		return auth.Account{}, err
	}
	find := findAccount
	if isAddress(q.Login) {
		find = ownerOf // who only claims an address gets no role by it
	}
	row, err := find(s.db.Read(ctx), q.Login)
	if err != nil {
		return auth.Account{}, fmt.Errorf("find an account: %w", err)
	}
	if row.ID == "" {
		return auth.Account{}, fault.NotFoundf("There is no such account.")
	}
	text, err := json.Marshal(roles)
	if err != nil {
		return auth.Account{}, err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.Exec("UPDATE accounts SET roles = ?, updated_at = ? WHERE id = ?", string(text), tx.Now(), row.ID).Error; err != nil {
			return fmt.Errorf("set the roles: %w", err)
		}
		_, err := endSessions(tx, row.ID, "1 = 1")
		return err
	})
	if err != nil {
		return auth.Account{}, err
	}
	s.audit(ctx, telemetry.Act{Action: "role-change", Kind: telemetry.Access, Whom: row.ID, What: map[string]string{"roles": strings.Join(roles, " ")}})
	row.Roles = string(text)
	return row.account()
}
