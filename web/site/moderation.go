package site

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// casesPage is the queue of reports.
type casesPage struct {
	Cases []caseView
	Tabs  []tab
	First string
	Next  string
}

// ListCases shows the queue of reports to staff, the longest waiting first (row T6).
func (s *Site) ListCases(c echo.Context) error {
	state, cursor := c.QueryParam("status"), c.QueryParam("cursor")
	q := chat.ListCasesRequest{Status: state, Cursor: cursor}
	switch state {
	case "":
		q.Status = chat.CaseOpen
	case "all":
		q.Status = ""
	}
	list, err := s.Chats.ListCases(c.Request().Context(), q)
	if err != nil {
		return err
	}
	var page casesPage
	for _, item := range list.Items {
		page.Cases = append(page.Cases, newCaseView(item))
	}
	for _, t := range []struct{ label, status string }{{"Open", ""}, {"Acted upon", chat.CaseUpheld}, {"Dismissed", chat.CaseDismissed}, {"All", "all"}} {
		page.Tabs = append(page.Tabs, tab{t.label, listPath("/operator/reports", "status", t.status), state == t.status})
	}
	page.First, page.Next = pageLinks("/operator/reports", url.Values{"status": {state}}, cursor, list.NextCursor)
	return s.show(c, http.StatusOK, "operator/reports", view{Title: "Reports", Data: page})
}

// casePage is one report, and the conversation while staff are reading it.
type casePage struct {
	Case     caseView
	Messages []caseMessage
	Older    string
	Reading  form
	Closing  form
	Missing  missing
}

// ShowCase shows a report. Its messages are there while the one who looks has said why they must be read.
func (s *Site) ShowCase(c echo.Context) error {
	return s.showCase(c, http.StatusOK, filled(), filled())
}

func (s *Site) showCase(c echo.Context, status int, reading, closing form) error {
	ctx := c.Request().Context()
	if !isStaff(ctx) {
		return fault.NotFoundf("There is no such page.")
	}
	found, err := s.Chats.GetCase(ctx, chat.GetCaseRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	page := casePage{Case: newCaseView(found), Reading: reading, Closing: closing}
	if found.ReadingUntil != nil {
		list, err := s.Chats.ListCaseMessages(ctx, chat.ListCaseMessagesRequest{ID: found.ID, Cursor: c.QueryParam("before")})
		if err != nil {
			return err
		}
		cards := s.gather(ctx)
		cards.want(partOffers, func(ctx context.Context) (err error) {
			page.Messages, err = s.caseMessages(ctx, found.ID, list.Items)
			return err
		})
		if page.Missing, err = cards.wait(); err != nil {
			return err
		}
		if list.NextCursor != "" {
			page.Older = listPath(casePath(found.ID), "before", list.NextCursor)
		}
	}
	return s.show(c, status, "operator/report", view{Title: "Report about " + found.Reported.Username, Missing: page.Missing, Data: page})
}

// caseMessage is a message as staff read it: of an offer with its card.
type caseMessage struct {
	chat.CaseMessage
	Offer *offerView
}

// caseMessages puts the offers into their places: they are part of the conversation that the staff are reading.
func (s *Site) caseMessages(ctx context.Context, caseID string, messages []chat.CaseMessage) ([]caseMessage, error) {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = offerIn(m.Message)
	}
	found, err := s.offersIn(ctx, ids, caseID, "")
	shown := make([]caseMessage, len(messages))
	for i, m := range messages {
		shown[i] = caseMessage{m, found[ids[i]]}
	}
	return shown, err
}

func casePath(id string) string { return "/operator/reports/" + url.PathEscape(id) }

// ReadCase begins a reading; both sides see that.
func (s *Site) ReadCase(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	_, err = s.Chats.ReadCase(c.Request().Context(), chat.ReadCaseRequest{ID: c.Param("id"), Reason: values.Get("reason")})
	if f, ok := rejected(values, err, nil); ok {
		return s.showCase(c, http.StatusUnprocessableEntity, f, filled())
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, casePath(c.Param("id"))+"#messages")
}

// CloseCase decides a report.
func (s *Site) CloseCase(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	_, err = s.Chats.CloseCase(c.Request().Context(), chat.CloseCaseRequest{ID: c.Param("id"), Status: values.Get("status"), Note: values.Get("note")})
	if f, ok := rejected(values, err, nil, "status"); ok {
		return s.showCase(c, http.StatusUnprocessableEntity, filled(), f)
	}
	if err != nil {
		return err
	}
	return s.done(c, "/operator/reports", "Decided. Who reported it has been told.")
}

// screeningPage is what is looked for in messages before an order.
type screeningPage struct {
	chat.Screening
	May     bool // who looks may change it
	Choices []option
	Form    form
}

// ShowScreening shows it to staff.
func (s *Site) ShowScreening(c echo.Context) error { return s.showScreening(c, http.StatusOK, form{}) }

func (s *Site) showScreening(c echo.Context, status int, f form) error {
	ctx := c.Request().Context()
	set, err := s.Chats.GetScreening(ctx, chat.GetScreeningRequest{})
	if err != nil {
		return err
	}
	if f.Values == nil {
		f.Values = url.Values{"strictness": {string(set.Strictness)}, "words": {strings.Join(set.Words, "\n")}, "version": {strconv.FormatInt(set.Version, 10)}}
	}
	page := screeningPage{Screening: set, May: identity.From(ctx).Is(auth.RoleOperator), Form: f}
	for _, o := range []option{{Value: "off", Label: "Nothing is looked for"}, {Value: "warn", Label: "Both sides are warned"}, {Value: "block", Label: "The message is not sent"}} {
		o.Selected = o.Value == f.Value("strictness")
		page.Choices = append(page.Choices, o)
	}
	return s.show(c, status, "operator/screening", view{Title: "Messages before an order", Data: page})
}

// SetScreening changes what is looked for.
func (s *Site) SetScreening(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(values.Get("version"), 10, 64)
	if err != nil {
		version = -1
	}
	_, err = s.Chats.SetScreening(c.Request().Context(), chat.SetScreeningRequest{Version: version, Strictness: chat.Strictness(values.Get("strictness")), Words: lines(values.Get("words"))})
	if f, ok := rejected(values, err, wordsInput, "strictness"); ok {
		return s.showScreening(c, http.StatusUnprocessableEntity, f)
	}
	if fault.Is(err, fault.Conflict) {
		return s.showScreening(c, http.StatusConflict, form{Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/operator/screening", "Saved. It counts for every message from now on.")
}

// wordsInput is the one input of all words.
func wordsInput(field string) string {
	if strings.HasPrefix(field, "words") {
		return "words"
	}
	return field
}
