package authimpl

import (
	"context"
	"fmt"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/telemetry"
)

func (s *service) Refresh(ctx context.Context, q auth.RefreshRequest) (auth.Session, error) {
	token, ok := s.tokens.Parse(q.RefreshToken.Reveal())
	if !ok {
		return auth.Session{}, logInAgain()
	}
	o, err := readOpenSession(s.db.Read(ctx), token.sessionID)
	if err != nil {
		return auth.Session{}, fmt.Errorf("read a session: %w", err)
	}
	if o.Session.Browser || !s.tokens.Made(o.Session, token) || !o.alive(s.settings, s.clock.Now()) {
		return auth.Session{}, logInAgain()
	}
	stolen := false
	err = s.db.Tx(ctx, func(tx *db.Tx) (err error) {
		if o.Session, stolen, err = s.rotate(tx, o.Session, token.counter); err != nil || !stolen {
			return err
		}
		return owe(tx, sessionStolen, o.Owner.UsernameKey)
	})
	if err != nil {
		return auth.Session{}, fmt.Errorf("refresh a session: %w", err)
	}
	if stolen {
		s.audit(ctx, telemetry.Act{Action: "session-stolen", Kind: telemetry.Session, Failed: true, Reason: "a refresh token was used twice: its session is ended",
			Whom: o.Owner.ID, What: map[string]string{"ended_session_id": o.Session.ID}})
	}
	if !o.alive(s.settings, s.clock.Now()) {
		return auth.Session{}, logInAgain()
	}
	return s.opened(ctx, o)
}

// rotate makes the token with this counter the last one's predecessor, and returns the session as it is then. A token
// that has a successor already was lost on the way, if that was just now; else two have it, and one of them is a thief:
// the session ends.
func (s *service) rotate(tx *db.Tx, row sessionRow, counter int64) (_ sessionRow, stolen bool, err error) {
	now := tx.Now()
	moved := tx.Exec("UPDATE sessions SET counter = counter + 1, rotated_at = ?, last_active_at = ? WHERE id = ? AND counter = ? AND ended_at IS NULL",
		now, now, row.ID, counter)
	if moved.Error != nil {
		return row, false, moved.Error
	}
	if row, err = sessionByID(tx.DB, row.ID); err != nil || moved.RowsAffected == 1 || row.EndedAt != nil {
		return row, false, err
	}
	if counter == row.Counter-1 && now.Sub(row.RotatedAt) <= s.settings.RefreshGrace {
		return row, false, nil
	}
	row.EndedAt = &now
	_, err = endSessions(tx, row.AccountID, "id = ?", row.ID)
	return row, true, err
}

func logInAgain() error { return fault.Unauthenticatedf("Please log in again.") }
