package authimpl

import (
	"context"
	"fmt"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

func (s *service) LogOut(ctx context.Context, q auth.LogOutRequest) (auth.Done, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return auth.Done{}, err
	}
	id := q.SessionID
	if id == "" {
		id = actor.SessionID
	}
	if !text.IsID(id) {
		return auth.Done{}, fault.NotFoundf("There is no such session.")
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		row, err := sessionByID(tx.DB, id)
		if err != nil {
			return fmt.Errorf("read a session: %w", err)
		}
		if row.ID == "" || row.AccountID != actor.UserID {
			return fault.NotFoundf("There is no such session.")
		}
		_, err = endSessions(tx, actor.UserID, "id = ?", id)
		return err
	})
	if err == nil {
		s.audit(ctx, telemetry.Act{Action: "log-out", Kind: telemetry.Session, What: map[string]string{"ended_session_id": id}})
	}
	return auth.Done{}, err
}

func (s *service) ListSessions(ctx context.Context, _ auth.ListSessionsRequest) (auth.SessionList, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return auth.SessionList{}, err
	}
	owner, err := accountByID(s.db.Read(ctx), actor.UserID)
	if err != nil {
		return auth.SessionList{}, fmt.Errorf("read the acting account: %w", err)
	}
	account, err := owner.account()
	if err != nil {
		return auth.SessionList{}, err
	}
	now, lasts := s.clock.Now(), s.settings.lifeOf(owner)
	var rows []sessionRow
	err = s.db.Read(ctx).
		Where("account_id = ? AND ended_at IS NULL AND created_at > ? AND last_active_at > ?",
			actor.UserID, now.Add(-lasts.absolute), now.Add(-lasts.idle)).
		Order("created_at DESC, id DESC").Limit(mostSessions).Find(&rows).Error
	if err != nil {
		return auth.SessionList{}, fmt.Errorf("list sessions: %w", err)
	}
	list := auth.SessionList{Items: make([]auth.Session, len(rows))}
	for i, r := range rows {
		list.Items[i] = r.session(lasts)
		list.Items[i].Account = account
		list.Items[i].Current = r.ID == actor.SessionID
	}
	return list, nil
}
