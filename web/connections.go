package web

import (
	"context"
	"slices"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/platform/identity"
)

// The sessions behind live connections are looked up again and again. The event of their end cuts them sooner, when it
// comes: it is a signal that may be lost. Together the three are at most the 5 seconds in which a session that was ended is
// refused everywhere.
const (
	recheck      = 2 * time.Second
	recheckTakes = time.Second     // at most, while auth does not answer
	unconfirmed  = 3 * time.Second // then a connection is cut that auth has said nothing about; its client comes back
)

const mostAsked = 100 // session ids in one question

// connections is what is held open on the strength of sessions (live.Live).
type connections interface {
	Sessions() []string
	End(sessionID string)  // for good
	Drop(sessionID string) // to come back
}

// watchConnections cuts the live connections of sessions that are over, until ctx ends.
func (w *Web) watchConnections(ctx context.Context) {
	tick := time.NewTicker(recheck)
	defer tick.Stop()
	confirmed, told := map[string]time.Time{}, false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var err error
		confirmed, err = w.checkConnections(ctx, w.live, confirmed)
		if err != nil && !told && ctx.Err() == nil { // once each time that auth is away
			w.Log.Warn("the sessions of live connections cannot be looked up", zap.Error(err))
		}
		told = err != nil
		w.live.Expire()
	}
}

// checkConnections asks which sessions are still open and cuts the others. before and the result say when auth has last
// confirmed each. What it has never confirmed, because it has been let in since and auth does not answer now, is cut too.
func (w *Web) checkConnections(ctx context.Context, held connections, before map[string]time.Time) (confirmed map[string]time.Time, away error) {
	confirmed = map[string]time.Time{}
	for ids := range slices.Chunk(held.Sessions(), mostAsked) {
		now := w.Clock.Now()
		var open []string
		if away == nil { // or the others would wait as long
			open, away = w.openSessions(ctx, ids)
		}
		for _, id := range ids {
			switch {
			case away == nil && slices.Contains(open, id):
				confirmed[id] = now
			case away == nil:
				held.End(id)
			case w.Clock.Now().Sub(before[id]) < unconfirmed:
				confirmed[id] = before[id]
			default:
				held.Drop(id)
			}
		}
	}
	return confirmed, away
}

func (w *Web) openSessions(ctx context.Context, ids []string) ([]string, error) {
	ctx, cancel := context.WithTimeout(identity.System(ctx), recheckTakes)
	defer cancel()
	list, err := w.Auth.ListOpenSessions(ctx, auth.ListOpenSessionsRequest{IDs: ids})
	return list.IDs, err
}
