package userimpl

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

const (
	mostAttending = 500             // people in one call, and in one transaction of the sweep
	sweepEvery    = 2 * time.Second // how soon it is announced that the people of a dead gateway went
)

// Attend writes once for a whole gateway, and once for each person who comes or leaves: nothing for who stays.
func (s *service) Attend(ctx context.Context, q user.AttendRequest) (user.Attendance, error) {
	if !identity.From(ctx).System {
		return user.Attendance{}, fault.Forbiddenf("Only the marketplace itself says this.")
	}
	if err := checkAttending(q); err != nil {
		return user.Attendance{}, err
	}
	var known bool
	err := s.db.Tx(ctx, func(tx *db.Tx) (err error) {
		if known, err = renew(tx, q); err != nil || !known {
			return err
		}
		people := slices.Sorted(slices.Values(slices.Concat(q.Arrived, q.Left)))
		if len(people) == 0 {
			return nil
		}
		if err := holdSightings(tx, people); err != nil {
			return err
		}
		if err := arrive(tx, q.Gateway, q.Arrived); err != nil {
			return err
		}
		if err := depart(tx, q.Gateway, q.Left); err != nil {
			return err
		}
		return announce(tx, people, tx.Now())
	})
	if err != nil {
		return user.Attendance{}, err
	}
	return user.Attendance{Known: known}, nil
}

func checkAttending(q user.AttendRequest) error {
	var c fault.Check
	people := slices.Concat(q.Arrived, q.Left)
	c.That(text.IsID(q.Gateway), "gateway", "Name the gateway.")
	c.That(len(people) <= mostAttending, "arrived", "Name at most %d people.", mostAttending)
	if err := c.Err(); err != nil {
		return err
	}
	slices.Sort(people)
	c.That(len(slices.Compact(slices.Clone(people))) == len(people), "arrived", "Name each person once.")
	c.That(!slices.ContainsFunc(people, func(id string) bool { return !text.IsID(id) }), "arrived", "Name people by their ids.")
	return c.Err()
}

// renew prolongs the lease of a gateway, or begins it; known is false when it has ended.
func renew(tx *db.Tx, q user.AttendRequest) (known bool, err error) {
	now := tx.Now()
	var done *gorm.DB
	if q.Begins {
		done = tx.Exec("INSERT INTO gateways (id, renewed_at, lease_ends_at) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING", q.Gateway, now, now.Add(user.Lease))
	} else {
		done = tx.Exec("UPDATE gateways SET renewed_at = ?, lease_ends_at = ? WHERE id = ? AND NOT ended AND lease_ends_at > ?",
			now, now.Add(user.Lease), q.Gateway, now)
	}
	if done.Error != nil {
		return false, fmt.Errorf("renew the lease of a gateway: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}

// holdSightings makes whoever changes the attendances of these people wait for each other. The ids are sorted, so that
// nobody waits in a circle.
func holdSightings(tx *db.Tx, ids []string) error {
	args := make([]any, 0, 2*len(ids))
	for _, id := range ids {
		args = append(args, id, tx.Now())
	}
	err := tx.Exec("INSERT INTO sightings (user_id, online, at) VALUES "+strings.Repeat(", (?, FALSE, ?)", len(ids))[2:]+
		" ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id", args...).Error
	if err != nil {
		return fmt.Errorf("hold what is known of people: %w", err)
	}
	return nil
}

func arrive(tx *db.Tx, gateway string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	args := make([]any, 0, 2*len(ids))
	for _, id := range ids {
		args = append(args, gateway, id)
	}
	err := tx.Exec("INSERT INTO attendances (gateway_id, user_id) VALUES "+strings.Repeat(", (?, ?)", len(ids))[2:]+
		" ON CONFLICT (gateway_id, user_id) DO NOTHING", args...).Error
	if err != nil {
		return fmt.Errorf("note who has come: %w", err)
	}
	return nil
}

func depart(tx *db.Tx, gateway string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := tx.Exec("DELETE FROM attendances WHERE gateway_id = ? AND user_id IN ?", gateway, ids).Error; err != nil {
		return fmt.Errorf("note who has left: %w", err)
	}
	return nil
}

// announce tells of each of these people, whose sightings are held, who has come online or gone; at is when the latter
// were last seen.
func announce(tx *db.Tx, ids []string, at time.Time) error {
	there, err := present(tx.DB, ids, tx.Now())
	if err != nil {
		return err
	}
	gone := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return slices.Contains(there, id) })
	if err := sight(tx, there, true, tx.Now()); err != nil {
		return err
	}
	return sight(tx, gone, false, at)
}

// sight notes that people are online, or were last seen then, and announces those for whom that is new.
func sight(tx *db.Tx, ids []string, online bool, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	var changed []string
	err := tx.Raw("UPDATE sightings SET online = ?, at = ? WHERE user_id IN ? AND online <> ? RETURNING user_id", online, at, ids, online).Scan(&changed).Error
	if err != nil {
		return fmt.Errorf("note who is there: %w", err)
	}
	slices.Sort(changed)
	for _, id := range changed {
		if err := tx.Emit(user.PresenceChanged{UserID: id, Online: online, At: at}); err != nil {
			return err
		}
	}
	return nil
}

// gatewayRow is a gateway whose lease has ended.
type gatewayRow struct {
	ID        string
	RenewedAt time.Time
}

// sweep ends the gateways whose lease is over, and says of their people who are nowhere else that they went.
func (s *service) sweep(ctx context.Context) error {
	const most = 100 // gateways; the rest comes with the next sweep
	var dead []gatewayRow
	err := s.db.Read(ctx).Raw("SELECT id, renewed_at FROM gateways WHERE lease_ends_at <= ? ORDER BY lease_ends_at LIMIT ?", s.db.Now(), most).Scan(&dead).Error
	if err != nil {
		return fmt.Errorf("look for dead gateways: %w", err)
	}
	for _, g := range dead {
		for left := mostAttending; left == mostAttending; {
			if left, err = s.writeOff(ctx, g); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeOff ends a gateway and takes some of its people, and itself when nobody is left; people is how many it took. Who has
// renewed the lease in the very moment keeps it.
func (s *service) writeOff(ctx context.Context, g gatewayRow) (people int, err error) {
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		people = 0
		ended := tx.Exec("UPDATE gateways SET ended = TRUE WHERE id = ? AND lease_ends_at <= ?", g.ID, tx.Now())
		if ended.Error != nil || ended.RowsAffected == 0 {
			return ended.Error
		}
		var ids []string
		if err := tx.Raw("SELECT user_id FROM attendances WHERE gateway_id = ? ORDER BY user_id LIMIT ?", g.ID, mostAttending).Scan(&ids).Error; err != nil {
			return err
		}
		if people = len(ids); people == 0 {
			return tx.Exec("DELETE FROM gateways WHERE id = ?", g.ID).Error
		}
		if err := holdSightings(tx, ids); err != nil {
			return err
		}
		if err := depart(tx, g.ID, ids); err != nil {
			return err
		}
		return announce(tx, ids, g.RenewedAt.UTC())
	})
	if err != nil {
		return 0, fmt.Errorf("write off a dead gateway: %w", err)
	}
	return people, nil
}
