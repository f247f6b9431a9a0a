package userimpl

import (
	"context"
	"fmt"

	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

const mostIDs = 100

func (s *service) Get(ctx context.Context, q user.GetRequest) (user.Profile, error) {
	var row profileRow
	var err error
	switch {
	case text.IsID(q.ID):
		row, err = find(s.db.Read(ctx), "id = ?", q.ID)
	case q.ID == "" && text.IsID(q.Username):
		row, err = find(s.db.Read(ctx), "name = ?", nameOf(q.Username))
	default:
		return user.Profile{}, noSuchPerson()
	}
	if actor := identity.From(ctx); fault.Is(err, fault.NotFound) && isAbout(q, actor) {
		// Signed up a moment ago: the event that makes the profile is on its way.
		return s.onePresent(ctx, profileRow{ID: actor.UserID, Username: actor.Username, MemberSince: s.db.Now()}.profile())
	}
	if err != nil {
		return user.Profile{}, err
	}
	return s.onePresent(ctx, row.profile())
}

// isAbout says whether people ask for themselves.
func isAbout(q user.GetRequest, actor identity.Actor) bool {
	if !actor.SignedIn() {
		return false
	}
	return q.ID == actor.UserID || q.ID == "" && nameOf(q.Username) == nameOf(actor.Username)
}

func (s *service) List(ctx context.Context, q user.ListRequest) (user.ProfileList, error) {
	if len(q.IDs) > mostIDs {
		return user.ProfileList{}, fault.Wrong("ids", "Ask for at most %d.", mostIDs)
	}
	found := user.ProfileList{Items: []user.Profile{}}
	var ids []string
	for _, id := range q.IDs {
		if text.IsID(id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return found, nil
	}
	var rows []profileRow
	err := s.db.Read(ctx).Where("id IN ?", ids).Order("id").Find(&rows).Error
	if err != nil {
		return user.ProfileList{}, fmt.Errorf("read the profiles: %w", err)
	}
	for _, r := range rows {
		found.Items = append(found.Items, r.profile())
	}
	if found.Items, err = s.withPresence(ctx, found.Items...); err != nil {
		return user.ProfileList{}, err
	}
	return found, nil
}
