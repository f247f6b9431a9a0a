package authimpl

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

func (s *service) EndSessions(ctx context.Context, q auth.EndSessionsRequest) (auth.EndedSessions, error) {
	actor := identity.From(ctx)
	if !actor.System && !actor.Is(auth.RoleOperator) {
		return auth.EndedSessions{}, fault.Forbiddenf("Only operators end other people's sessions.")
	}
	var c fault.Check
	checkLogin(&c, q.Login)
	if err := c.Err(); err != nil {
		return auth.EndedSessions{}, err
	}
	row, err := findAccount(s.db.Read(ctx), q.Login)
	if err != nil {
		return auth.EndedSessions{}, fmt.Errorf("find an account: %w", err)
	}
	if row.ID == "" {
		return auth.EndedSessions{}, fault.NotFoundf("There is no such account.")
	}
	var ended auth.EndedSessions
	err = s.db.Tx(ctx, func(tx *db.Tx) (err error) {
		ended.Count, err = endSessions(tx, row.ID, "1 = 1")
		return err
	})
	if err == nil {
		s.audit(ctx, telemetry.Act{Action: "sessions-end", Kind: telemetry.Session, Whom: row.ID, What: map[string]string{"sessions": strconv.Itoa(ended.Count)}})
	}
	return ended, err
}

func (s *service) ListOpenSessions(ctx context.Context, q auth.ListOpenSessionsRequest) (auth.OpenSessionList, error) {
	if !identity.From(ctx).System {
		return auth.OpenSessionList{}, fault.Forbiddenf("Only the marketplace itself asks this.")
	}
	if len(q.IDs) > mostIDs {
		return auth.OpenSessionList{}, fault.Wrong("ids", "Ask for at most %d sessions.", mostIDs)
	}
	ids := slices.DeleteFunc(slices.Clone(q.IDs), func(id string) bool { return !text.IsID(id) })
	var rows []openSession
	err := s.db.Read(ctx).Raw(`SELECT s.id, s.created_at, s.last_active_at, a.id AS owner_id, a.roles AS owner_roles
		FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id IN ? AND s.ended_at IS NULL LIMIT ?`, ids, mostIDs).Scan(&rows).Error
	if err != nil {
		return auth.OpenSessionList{}, fmt.Errorf("list open sessions: %w", err)
	}
	list, now := auth.OpenSessionList{IDs: []string{}}, s.clock.Now()
	for _, r := range rows {
		if r.alive(s.settings, now) {
			list.IDs = append(list.IDs, r.Session.ID)
		}
	}
	return list, nil
}

func (s *service) ListKeys(ctx context.Context, _ auth.ListKeysRequest) (auth.KeySet, error) {
	return s.keys.Set(ctx)
}

func (s *service) RotateKeys(ctx context.Context, q auth.RotateKeysRequest) (auth.KeySet, error) {
	if !identity.From(ctx).System {
		return auth.KeySet{}, fault.Forbiddenf("Only the marketplace itself changes its keys.")
	}
	if err := s.keys.Rotate(ctx, q.Revoke); err != nil {
		return auth.KeySet{}, err
	}
	s.audit(ctx, telemetry.Act{Action: "keys-rotate", Kind: telemetry.Configuration, What: map[string]string{"revoked": strconv.FormatBool(q.Revoke)}})
	return s.keys.Set(ctx)
}
