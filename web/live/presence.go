package live

import (
	"context"
	"slices"
	"strings"

	"go.uber.org/zap"

	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/socketio"
)

// mostWatched is whose presence one connection can watch: more than a page shows.
const mostWatched = 60

const presencePrefix = "presence:"

// presence is what connections are told of somebody.
type presence struct {
	UserID string `json:"user_id"`
	user.Presence
}

// watchRequest is the argument of the event "watch".
type watchRequest struct {
	UserIDs []string `json:"user_ids"`
}

// Glance notes that the person has made a request here, which counts as being here for a moment.
func (l *Live) Glance(userID string) { l.roll.glance(userID) }

// watch tells the connection from now on when these people come and go, instead of those named before, and answers who is
// there now. Everybody may know: their profiles show it.
func (l *Live) watch(ctx context.Context, sk *socketio.Socket, q watchRequest) (any, error) {
	if len(q.UserIDs) > mostWatched {
		return nil, fault.Wrong("user_ids", "Name at most %d people.", mostWatched)
	}
	sk.Leave(slices.DeleteFunc(sk.Rooms(), func(room string) bool { return !strings.HasPrefix(room, presencePrefix) })...)
	for _, id := range q.UserIDs {
		sk.Join(presencePrefix + id)
	}
	profiles, err := l.Users.List(ctx, user.ListRequest{IDs: q.UserIDs})
	if err != nil {
		return nil, err
	}
	people := []presence{}
	for _, p := range profiles.Items {
		people = append(people, presence{p.ID, p.Presence})
	}
	return map[string]any{"people": people}, nil
}

// onPresence tells whoever watches the person.
func (l *Live) onPresence(_ context.Context, e user.PresenceChanged) {
	p := presence{UserID: e.UserID, Presence: user.Presence{Online: e.Online}}
	if !e.Online {
		p.LastSeenAt = &e.At
	}
	if err := l.people.To(presencePrefix+e.UserID).Emit("presence", p); err != nil {
		l.Log.Debug("a presence was not shown", zap.Error(err))
	}
}
