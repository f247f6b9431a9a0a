package site

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/modules/notification"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// mailJSON is a mail as programs read it.
type mailJSON struct {
	To      string   `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
	HTML    string   `json:"html"`
	Links   []string `json:"links"`
}

const mailsShown = 100

// ListMails shows the mails of this machine, newest first: as a page, or as JSON to who prefers it (row Ns4).
func (s *Site) ListMails(c echo.Context) error {
	list, err := s.Notifications.ListMails(c.Request().Context(), notification.ListMailsRequest{
		To: c.QueryParam("to"), Limit: mailsShown,
	})
	if err != nil {
		return err
	}
	c.Response().Header().Add("Vary", "Accept")
	if !strings.Contains(c.Request().Header.Get("Accept"), "text/html") {
		items := make([]mailJSON, len(list.Items))
		for i, m := range list.Items {
			items[i] = mailJSON{To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Links: append([]string{}, m.Links...)}
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		return c.JSON(http.StatusOK, map[string]any{"items": items})
	}
	return s.show(c, http.StatusOK, "dev/mails", view{Title: "Mail of this machine", Data: list.Items})
}

func (s *Site) mail(c echo.Context) (notification.Mail, error) {
	list, err := s.Notifications.ListMails(c.Request().Context(), notification.ListMailsRequest{Limit: mailsShown})
	for _, m := range list.Items {
		if m.ID == c.Param("id") {
			return m, nil
		}
	}
	if err == nil {
		err = fault.NotFoundf("This mail is not among the last %d.", mailsShown)
	}
	return notification.Mail{}, err
}

// ShowMail shows one mail, its HTML in a frame of its own.
func (s *Site) ShowMail(c echo.Context) error {
	m, err := s.mail(c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, "dev/mail", view{Title: m.Subject, Data: m})
}

// ShowMailBody is the content of that frame: it may have its styles, and do nothing.
func (s *Site) ShowMailBody(c echo.Context) error {
	m, err := s.mail(c)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "+
		"frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation allow-popups")
	header.Set("X-Frame-Options", "SAMEORIGIN")
	header.Set("Cache-Control", "no-store")
	return c.HTML(http.StatusOK, m.HTML)
}

// styleguidePage has something of everything for /dev/styleguide.
type styleguidePage struct {
	Gig      gig.Gig
	Statuses []status
	Form     form
	Wrong    form
	Options  []option
	FAQ      []gig.FAQ
	Heights  []int
	Steps    []step
	Tabs     []tab
	Amount   money.Amount
	Now      time.Time
	Icons    []string
	Colours  []string
}

// ShowStyleguide shows the design system: its colours and every component in its states.
func (s *Site) ShowStyleguide(c echo.Context) error {
	page := styleguidePage{
		Gig: gig.Gig{
			ID: "example", Title: "I will draw a calm and confident logo for your bakery", SellerUsername: "ana",
			From: money.Of(4500, s.currency()), FastestDays: 3, Rating: gig.Rating{Hundredths: 487, Count: 213},
		},
		Statuses: []status{{"In progress", "info"}, {"Waiting", "busy"}, {"Completed", "good"}, {"Disputed", "bad"}, {"Cancelled", "quiet"}},
		Form:     filled("name", "Ana Lovelace"),
		Wrong:    form{Values: map[string][]string{"email": {"ana@"}}, Errors: map[string]string{"email": "Write an address such as ana@example.com."}},
		Options:  []option{{Value: "a", Label: "Logo design"}, {Value: "b", Label: "Illustration"}},
		FAQ:      []gig.FAQ{{Question: "Who owns the work?", Answer: "You do, as soon as the order is completed."}, {Question: "Can we talk first?", Answer: "Please do."}},
		Heights:  []int{20, 60, 110, 0, 80},
		Steps:    []step{{"Pay", "done", ""}, {"Details", "done", "#progress"}, {"Work", "now", ""}, {"Review", "todo", ""}, {"Done", "todo", ""}},
		Tabs:     []tab{{"All", "#notices", true}, {"Active", "#notices", false}},
		Amount:   money.Of(123450, s.currency()), Now: s.Clock.Now().Add(-3 * time.Hour),
		Icons: []string{"search", "chat", "bell", "user", "box", "grid", "wallet", "spark", "gear", "help", "exit", "star", "clock",
			"check", "alert", "info", "mail", "next", "back", "shield", "refresh", "file", "upload", "download", "pin", "globe", "plus",
			"pen", "trash", "pause", "play", "send", "lock", "card", "screen", "filter", "brush", "code", "text", "film", "music",
			"chart", "horn", "case"},
		Colours: []string{"brand", "brand-soft", "page", "card", "sunken", "line", "ink", "muted", "star", "good", "busy", "bad", "info"},
	}
	found, err := s.Gigs.Search(c.Request().Context(), gig.SearchRequest{Limit: 1})
	if err != nil {
		return err
	}
	if len(found.Items) > 0 { // somebody who has a picture
		page.Gig.SellerID = found.Items[0].SellerID
	}
	return s.show(c, http.StatusOK, "dev/styleguide", view{Title: "Styleguide", Data: page})
}
