package notificationimpl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"marketplace/platform/db"
	"marketplace/platform/text"
)

// people says who has which role in an event.
type people map[role]string

// news is an event that people are told of. While a notification about the subject is unread, it is renewed instead of another
// made.
type news struct {
	event   db.Event
	cause   db.Cause
	who     people
	subject string // empty: none
	seq     int64
}

// tell tells the people of an event what the table says, in the transaction that notes the event as handled: so once.
func (s *service) tell(tx *db.Tx, e db.Event, who people) error { return s.tellFolded(tx, e, who, "") }

// tellFolded does the same about a subject.
func (s *service) tellFolded(tx *db.Tx, e db.Event, who people, subject string) error {
	return s.tellAll(tx, []news{{event: e, cause: db.CauseOf(tx.Context()), who: who, subject: subject}})
}

// tellAll tells the people of several events, in the order of the events.
func (s *service) tellAll(tx *db.Tx, all []news) error {
	notices, err := s.notices(all)
	if err != nil || len(notices) == 0 {
		return err
	}
	var concerned []string
	for _, n := range notices {
		concerned = append(concerned, n.userID)
	}
	known, err := hold(tx, concerned...)
	if err != nil {
		return err
	}
	var rows []shown
	for _, n := range notices {
		to := known[n.userID]
		in := s.tongueFor(to.Language)
		said, err := n.said[in.tag].of(n.event)
		if err != nil {
			return err
		}
		if !n.mailOnly {
			row := notificationRow{UserID: n.userID, Kind: n.kind, Subject: n.subject, Seq: n.seq, Title: said.title, Text: said.text, Link: said.link}
			rows = append(rows, shown{row, n.cause})
		}
		if n.button == "" {
			continue
		}
		if err := s.mailTo(tx, to, said); err != nil {
			return fmt.Errorf("tell the %s (%s): %w", n.to, n.kind, err)
		}
	}
	return show(tx, rows)
}

// notice is what one person is told of the news.
type notice struct {
	line
	news
	userID string
}

// notices says who is told what.
func (s *service) notices(all []news) (notices []notice, err error) {
	for _, n := range all {
		for _, l := range s.tellings[n.event.Topic()] {
			concerned, err := l.concerns(n.event)
			if err != nil {
				return nil, err
			}
			if n.who[l.to] != "" && concerned {
				notices = append(notices, notice{l, n, n.who[l.to]})
			}
		}
	}
	return notices, nil
}

// hold locks people, in the order of their ids, so that the events of one person are announced in order, each with its count.
// Who is missing auth has not announced yet.
func hold(tx *db.Tx, userIDs ...string) (map[string]recipientRow, error) {
	var rows []recipientRow
	if err := tx.ForUpdate().Where("user_id IN ?", db.Rounded(db.Distinct(userIDs))).Order("user_id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("hold those who are told: %w", err)
	}
	held := map[string]recipientRow{}
	for _, r := range rows {
		held[r.UserID] = r
	}
	return held, nil
}

// errUnknown makes the event come again: auth has announced this person, and that announcement is on its way.
var errUnknown = errors.New("the address of this person is not known yet")

// orderIn is the id of the order that a link leads to, or empty.
func orderIn(link string) string {
	id, ok := strings.CutPrefix(link, "/orders/")
	if id, _, _ = strings.Cut(id, "#"); !ok || !text.IsID(id) {
		return ""
	}
	return id
}

// mailTo queues what is told as a mail.
func (s *service) mailTo(tx *db.Tx, to recipientRow, t told) error {
	if to.Email == "" {
		return errUnknown
	}
	return s.queue(tx, uuid.NewString(), to.Email, letter{
		tongue: s.tongueFor(to.Language), Subject: t.title, Username: to.Username, Paragraphs: []string{t.text}, Button: t.button, Link: s.layout.url + t.link,
		OrderID: orderIn(t.link),
	})
}
