package live

import "marketplace/platform/identity"

// Sessions are the sessions that somebody is connected with here, each once.
func (l *Live) Sessions() []string {
	seen := map[string]bool{}
	var ids []string
	for _, sk := range l.people.Except().Sockets() {
		if actor, ok := sk.Data.(identity.Actor); ok && !seen[actor.SessionID] {
			seen[actor.SessionID] = true
			ids = append(ids, actor.SessionID)
		}
	}
	return ids
}

// End cuts what the session has open here, for good.
func (l *Live) End(sessionID string) { l.people.DisconnectRoom(sessionRoom(sessionID)) }

// Drop cuts what the session has open here; the clients come back, and are let in if they may.
func (l *Live) Drop(sessionID string) {
	for _, sk := range l.people.To(sessionRoom(sessionID)).Sockets() {
		sk.Drop()
	}
}
