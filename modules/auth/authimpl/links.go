package authimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/notification"
	"marketplace/platform/db"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/platform/telemetry"
)

// A link is owed from the moment that it is asked for, in the transaction that does so, until notification has taken
// the mail: that module may be away.

const (
	owedFor  = 24 * time.Hour  // then a mail is given up: whoever waits has asked again
	longPark = 5 * time.Minute // the longest pause between two attempts

	mailboxFactor = 2               // a mailbox gets so many times the mails of one kind that one account may ask for
	addressTaken  = "address_taken" // the mail to whom an address belongs that somebody signs up with
)

type owedRow struct {
	Purpose   purpose
	Login     string
	Attempts  int
	DueAt     time.Time
	CreatedAt time.Time
}

func (owedRow) TableName() string { return "owed_mails" }

// mailsTo limits the mails of one kind that are asked for with one login.
func (s *service) mailsTo(p purpose, login string) bucket {
	return hourly(string(p), keyOf(login), s.settings.MailsAnHour)
}

// owe notes that whoever has this login is to get a link. Nobody may have it.
func owe(tx *db.Tx, p purpose, login string) error {
	err := tx.Exec(`INSERT INTO owed_mails (purpose, login, attempts, due_at, created_at) VALUES (?, ?, 0, ?, ?)
		ON CONFLICT (purpose, login) DO UPDATE SET due_at = excluded.due_at, created_at = excluded.created_at`,
		p, keyOf(login), tx.Now(), tx.Now()).Error
	if err != nil {
		return fmt.Errorf("note a mail that is owed: %w", err)
	}
	return nil
}

// sendNow sends what is owed without waiting for the background task, which tries again if it fails.
func (s *service) sendNow(ctx context.Context, p purpose, login string) {
	owed, err := one[owedRow](s.db.Read(ctx).Where("purpose = ? AND login = ?", p, keyOf(login)))
	if err == nil && owed.Login != "" {
		err = s.send(ctx, owed)
	}
	if err != nil {
		telemetry.For(ctx, s.log).Info("a mail is sent later", zap.String("labels.purpose", string(p)), zap.Error(err))
	}
}

// sendOwed is the background task.
func (s *service) sendOwed(ctx context.Context) error {
	var due []owedRow
	err := s.db.Read(ctx).Where("due_at <= ?", s.clock.Now()).Order("due_at").Limit(100).Find(&due).Error
	if err != nil {
		return fmt.Errorf("read the mails that are owed: %w", err)
	}
	var errs []error
	for _, owed := range due {
		errs = append(errs, s.send(ctx, owed))
	}
	return errors.Join(errs...)
}

// send hands one mail over, with a fresh link each time: what was in an earlier attempt is kept nowhere.
func (s *service) send(ctx context.Context, owed owedRow) error {
	mail, err := s.prepare(ctx, owed)
	if err != nil || mail.To == "" {
		return err
	}
	if _, err = s.notifications.SendMail(identity.System(ctx), mail); err != nil {
		return fmt.Errorf("hand over a mail (%s): %w", owed.Purpose, err)
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("DELETE FROM owed_mails WHERE purpose = ? AND login = ? AND attempts = ?", owed.Purpose, owed.Login, owed.Attempts+1).Error
	})
}

// prepare claims the mail and writes it; it goes to nobody when there is nothing to send.
func (s *service) prepare(ctx context.Context, owed owedRow) (mail notification.SendMailRequest, err error) {
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		mail = notification.SendMailRequest{}
		pause := min(longPark, time.Second<<min(owed.Attempts, 10))
		claimed := tx.Exec("UPDATE owed_mails SET attempts = attempts + 1, due_at = ? WHERE purpose = ? AND login = ? AND attempts = ?",
			tx.Now().Add(pause), owed.Purpose, owed.Login, owed.Attempts)
		if claimed.Error != nil || claimed.RowsAffected == 0 { // another replica has it
			return claimed.Error
		}
		to, err := findAccount(tx.DB, owed.Login)
		if err != nil {
			return err
		}
		over := owed.isOver(to, tx.Now())
		if !over && owed.Attempts == 0 {
			if over, err = s.flooded(tx, owed.Purpose, to); err != nil {
				return err
			}
		}
		if over {
			return tx.Exec("DELETE FROM owed_mails WHERE purpose = ? AND login = ?", owed.Purpose, owed.Login).Error
		}
		mail, err = s.write(tx, owed.Purpose, to)
		return err
	})
	if err != nil {
		err = fmt.Errorf("prepare a mail that is owed: %w", err)
	}
	return mail, err
}

// isOver says whether the mail need not be sent: nobody has the login, the address is confirmed or is not, or too much time
// has passed.
func (r owedRow) isOver(to accountRow, now time.Time) bool {
	switch {
	case to.ID == "" || now.Sub(r.CreatedAt) > owedFor:
		return true
	case r.Purpose == verifyEmail:
		return to.VerifiedAt != nil
	case r.Purpose == sessionStolen:
		return to.VerifiedAt == nil
	}
	return false
}

// flooded counts a mail to a mailbox, for whichever account it is, and says whether that is too many.
func (s *service) flooded(tx *db.Tx, p purpose, to accountRow) (bool, error) {
	wait, err := hourly("mailbox "+string(p), to.ClaimKey, mailboxFactor*s.settings.MailsAnHour).take(tx)
	return wait > 0, err
}

// write makes the mail with its link. If another account has confirmed the address, its owner has an account already and
// is told so, and whoever signed up gets no link: making one all the same takes the same time.
func (s *service) write(tx *db.Tx, p purpose, to accountRow) (mail notification.SendMailRequest, err error) {
	life := s.settings.VerifyLife
	switch p {
	case resetPassword:
		life = s.settings.ResetLife
	case sessionStolen: // a link to the page, without a token
		_, id := newLink()
		return notification.SendMailRequest{RequestID: id, To: private.Personal(to.Email), Username: to.Username, Language: to.Language, Template: string(p), Link: private.Secret(s.url + p.path())}, nil
	}
	token, err := newAddressLink(tx, to.ID, p, life)
	if err != nil {
		return mail, err
	}
	owner, err := ownerOf(tx.DB, to.ClaimKey)
	if err != nil {
		return mail, err
	}
	mail = notification.SendMailRequest{
		RequestID: linkHash(token), To: private.Personal(to.Email), Username: to.Username, Language: to.Language, Template: string(p), Link: private.Secret(s.url + p.path() + token),
	}
	if owner.ID != "" && owner.ID != to.ID {
		mail.To, mail.Username, mail.Language = private.Personal(owner.Email), owner.Username, owner.Language
		mail.Template, mail.Link = addressTaken, private.Secret(s.url+"/login")
	}
	return mail, nil
}

// audit notes what has happened to accounts, for those who look for attacks (row W8).
func (s *service) audit(ctx context.Context, a telemetry.Act) { telemetry.Audit(ctx, s.log, a) }
