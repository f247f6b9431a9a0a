package site

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"marketplace/modules/notification"
	"marketplace/platform/fault"
)

// What the operator says to everybody: that the marketplace is closed, and texts of their own.

const (
	houseEvery    = 2 * time.Second // how often it is asked for
	closedFor     = 5 * time.Minute // what Retry-After says when nobody knows
	leastClosed   = 30 * time.Second
	mostClosedFor = 24 * time.Hour
)

// house is what the site knows of it.
type house struct {
	mu    sync.RWMutex
	known bool
	notification.House
	pages map[string]notification.Text // by name and language
	away  bool
}

// WatchHouse keeps up with what operators decide, until the context ends. While nobody answers, what was known holds.
func (s *Site) WatchHouse(ctx context.Context) {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for {
		s.lookAtHouse(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Site) lookAtHouse(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	h, err := s.Notifications.House(ctx, notification.HouseRequest{})
	s.house.mu.RLock()
	fresh := s.house.known && h.Revision == s.house.Revision
	pages := s.house.pages
	s.house.mu.RUnlock()
	if err == nil && !fresh {
		var list notification.TextList
		list, err = s.Notifications.Texts(ctx, notification.TextsRequest{})
		pages = map[string]notification.Text{}
		for _, p := range list.Items {
			pages[p.Name+" "+p.Language] = p
		}
	}
	s.house.mu.Lock()
	defer s.house.mu.Unlock()
	if err != nil {
		if !s.house.away && ctx.Err() == nil {
			s.Log.Warn("what operators say to everybody cannot be asked for", zap.Error(err))
		}
		s.house.away = true
		return
	}
	s.house.House, s.house.pages, s.house.known, s.house.away = h, pages, true, false
}

// Closed says whether the marketplace is closed, as far as is known.
func (s *Site) Closed() *notification.Closure {
	s.house.mu.RLock()
	defer s.house.mu.RUnlock()
	return s.house.House.Closed
}

// Refusal is what everybody but operators is told while it is closed.
func (s *Site) Refusal(closed *notification.Closure) error {
	wait := closedFor
	if closed.Until != nil {
		wait = min(max(closed.Until.Sub(s.Clock.Now()), leastClosed), mostClosedFor)
	}
	return fault.Unavailablef(int(wait/time.Second), "We are working on the marketplace. Nothing is lost: orders, messages and money are where they were. Please come back in a while.")
}

// ownText is the text of the operator, in the language of the reader, else in English, else in any; false: ours is shown.
func (s *Site) ownText(name, language string) (notification.Text, bool) {
	s.house.mu.RLock()
	defer s.house.mu.RUnlock()
	for _, tag := range []string{language, "en"} {
		if p, ok := s.house.pages[name+" "+tag]; ok {
			return p, true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.house.pages)) {
		if p := s.house.pages[key]; p.Name == name {
			return p, true
		}
	}
	return notification.Text{}, false
}

// housePage is what operators decide about the whole.
type housePage struct {
	Form   form
	Closed *notification.Closure
	Texts  []houseText
}

// houseText is a text in a language, ours or the operator's.
type houseText struct {
	Name, Title, Tag, Language string
	Page                       *notification.Text // nil: ours
}

// textTitles are the texts that operators can write themselves, with their titles.
func textTitles() map[string]string {
	return map[string]string{"help": "Help", "privacy": "Privacy", "terms": "Terms"}
}

// ShowHouse shows whether the marketplace is open, and the texts.
func (s *Site) ShowHouse(c echo.Context) error { return s.showHouse(c, http.StatusOK, form{}) }

func (s *Site) showHouse(c echo.Context, status int, f form) error {
	ctx := c.Request().Context()
	h, err := s.Notifications.House(ctx, notification.HouseRequest{})
	if err != nil {
		return err
	}
	list, err := s.Notifications.Texts(ctx, notification.TextsRequest{})
	if err != nil {
		return err
	}
	page := housePage{Form: f, Closed: h.Closed}
	if f.Values == nil && h.Closed != nil {
		page.Form = filled("note", h.Closed.Note)
	}
	titles := textTitles()
	for _, name := range slices.Sorted(maps.Keys(titles)) {
		for _, l := range s.languages.All() {
			if s.languages.IsPseudo(l) {
				continue
			}
			row := houseText{Name: name, Title: titles[name], Tag: l.Tag, Language: l.Name}
			for i, p := range list.Items {
				if p.Name == name && p.Language == l.Tag {
					row.Page = &list.Items[i]
				}
			}
			page.Texts = append(page.Texts, row)
		}
	}
	return s.show(c, status, "operator/house", view{Title: "Maintenance and texts", Data: page})
}

// CloseHouse closes the marketplace for everybody but operators.
func (s *Site) CloseHouse(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := notification.CloseRequest{Note: values.Get("note")}
	if typed := values.Get("minutes"); typed != "" {
		if q.Minutes, err = strconv.Atoi(typed); err != nil {
			err = fault.Wrong("minutes", "Write a number of minutes.")
		}
	}
	if err == nil {
		_, err = s.Notifications.Close(c.Request().Context(), q)
	}
	if f, ok := rejected(values, err, nil); ok {
		return s.showHouse(c, http.StatusUnprocessableEntity, f)
	}
	if err != nil {
		return err
	}
	s.lookAtHouse(c.Request().Context())
	return s.done(c, "/operator/house", "The marketplace is closed. Operators still see everything.")
}

// OpenHouse opens it again.
func (s *Site) OpenHouse(c echo.Context) error {
	if _, err := s.Notifications.Reopen(c.Request().Context(), notification.ReopenRequest{}); err != nil {
		return err
	}
	s.lookAtHouse(c.Request().Context())
	return s.done(c, "/operator/house", "The marketplace is open.")
}
