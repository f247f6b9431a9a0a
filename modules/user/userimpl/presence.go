package userimpl

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/user"
)

// sightingRow is what is known of a person's presence, with one gateway that they are connected to. Somebody who is at
// several has several rows, and somebody who is at none has one without a gateway.
type sightingRow struct {
	UserID      string
	Online      bool
	At          time.Time
	RenewedAt   *time.Time // of the gateway
	LeaseEndsAt *time.Time
	Ended       *bool
}

// alive says whether the gateway of the row counts.
func (r sightingRow) alive(now time.Time) bool {
	return r.LeaseEndsAt != nil && r.LeaseEndsAt.After(now) && !*r.Ended
}

// presences reads who of these people, at most mostIDs, is there.
func (s *service) presences(ctx context.Context, ids []string) (map[string]user.Presence, error) {
	var rows []sightingRow
	err := s.db.Read(ctx).Raw(`SELECT s.user_id, s.online, s.at, g.renewed_at, g.lease_ends_at, g.ended FROM sightings AS s
		LEFT JOIN attendances AS a ON a.user_id = s.user_id LEFT JOIN gateways AS g ON g.id = a.gateway_id
		WHERE s.user_id IN ?`, ids).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read who is there: %w", err)
	}
	return foldPresences(rows, s.db.Now()), nil
}

// foldPresences makes one presence of a person's rows: online at any gateway is online. Who was announced to be online, and
// is at gateways that have died only, was seen last when the last of them was.
func foldPresences(rows []sightingRow, now time.Time) map[string]user.Presence {
	found := map[string]user.Presence{}
	for _, r := range rows {
		p := found[r.UserID]
		if p.Online || r.alive(now) {
			found[r.UserID] = user.Presence{Online: true}
			continue
		}
		seen := r.At.UTC()
		if r.Online && r.RenewedAt != nil {
			seen = r.RenewedAt.UTC()
		}
		if p.LastSeenAt == nil || seen.After(*p.LastSeenAt) {
			p.LastSeenAt = &seen
		}
		found[r.UserID] = p
	}
	return found
}

// withPresence adds to profiles whether their people are there.
func (s *service) withPresence(ctx context.Context, profiles ...user.Profile) ([]user.Profile, error) {
	ids := make([]string, len(profiles))
	for i, p := range profiles {
		ids[i] = p.ID
	}
	found, err := s.presences(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range profiles {
		profiles[i].Presence = found[profiles[i].ID]
	}
	return profiles, nil
}

// onePresent is withPresence for one.
func (s *service) onePresent(ctx context.Context, p user.Profile) (user.Profile, error) {
	profiles, err := s.withPresence(ctx, p)
	if err != nil {
		return user.Profile{}, err
	}
	return profiles[0], nil
}

// present returns those of these people who are at a gateway that counts.
func present(from *gorm.DB, ids []string, now time.Time) (there []string, err error) {
	err = from.Raw(`SELECT DISTINCT a.user_id FROM attendances AS a JOIN gateways AS g ON g.id = a.gateway_id
		WHERE a.user_id IN ? AND NOT g.ended AND g.lease_ends_at > ?`, ids, now).Scan(&there).Error
	if err != nil {
		return nil, fmt.Errorf("read who is there: %w", err)
	}
	return there, nil
}
