package site

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/platform/fault"
	"marketplace/web/language"
)

// responseTime says how long somebody takes to answer.
func responseTime(l *language.Language, seconds int64) string {
	if seconds < 3600 {
		return l.Text("Answers within an hour")
	}
	return l.Fill("Answers in about {}", span(l, time.Duration(seconds)*time.Second))
}

// percentIn writes a rate in whole per cents, rounded down: nobody is praised for what they have not done.
func percentIn(l *language.Language, basisPoints int) string {
	return l.Number(basisPoints/100) + "\u00a0%"
}

// safetyPage is whom one has blocked, and what one has reported.
type safetyPage struct {
	Blocks []chat.Block
	Cases  []caseView
	First  string
	Next   string
}

// caseView is a report as people read it.
type caseView struct {
	chat.Case
	Words  string // of the reason
	Status status
}

func newCaseView(c chat.Case) caseView {
	states := map[string]status{chat.CaseOpen: {"Open", "busy"}, chat.CaseUpheld: {"We have acted", "good"}, chat.CaseDismissed: {"Nothing to do", "quiet"}}
	return caseView{Case: c, Words: reasonWords(c.Reason), Status: states[c.Status]}
}

const safetyShown = 100

// ShowSafety shows blocks and own reports.
func (s *Site) ShowSafety(c echo.Context) error {
	var page safetyPage
	g := s.gather(c.Request().Context())
	cursor := c.QueryParam("cursor")
	g.need(func(ctx context.Context) error {
		list, err := s.Chats.ListBlocks(ctx, chat.ListBlocksRequest{Limit: safetyShown})
		page.Blocks = list.Items
		return err
	})
	g.need(func(ctx context.Context) error {
		list, err := s.Chats.ListCases(ctx, chat.ListCasesRequest{Own: true, Cursor: cursor})
		for _, c := range list.Items {
			page.Cases = append(page.Cases, newCaseView(c))
		}
		page.First, page.Next = pageLinks("/inbox/safety", url.Values{}, cursor, list.NextCursor)
		return err
	})
	if _, err := g.wait(); err != nil {
		return err
	}
	return s.show(c, http.StatusOK, "inbox/safety", view{Title: "Blocked people and reports", Data: page})
}

// Unblock lets a person write again.
func (s *Site) Unblock(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	whom, err := s.Chats.SetBlock(c.Request().Context(), chat.SetBlockRequest{UserID: values.Get("user_id")})
	if err != nil {
		return err
	}
	return s.done(c, "/inbox/safety", whom.Person.Username+" can write to you again.")
}

// repliesPage is the saved answers.
type repliesPage struct {
	Replies []chat.Reply
	New     form   // of another one
	Form    form   // that was refused, of an answer that there is
	About   string // which
}

// ListReplies shows the saved answers, to be changed and added to.
func (s *Site) ListReplies(c echo.Context) error {
	return s.listReplies(c, http.StatusOK, "", filled())
}

func (s *Site) listReplies(c echo.Context, status int, about string, f form) error {
	list, err := s.Chats.ListReplies(c.Request().Context(), chat.ListRepliesRequest{})
	if err != nil {
		return err
	}
	page := repliesPage{Replies: list.Items, New: f, Form: f, About: about}
	if about != "" {
		page.New = filled()
	}
	return s.show(c, status, "inbox/replies", view{Title: "Saved answers", Data: page})
}

// SaveReply makes or changes a saved answer.
func (s *Site) SaveReply(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := chat.SaveReplyRequest{ID: c.Param("reply"), Title: values.Get("title"), Text: values.Get("text")}
	_, err = s.Chats.SaveReply(c.Request().Context(), q)
	if f, ok := rejected(values, err, nil); ok {
		return s.listReplies(c, http.StatusUnprocessableEntity, q.ID, f)
	}
	if fault.Is(err, fault.Conflict) {
		return s.listReplies(c, http.StatusConflict, q.ID, form{Values: values, Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/inbox/replies", "Saved.")
}

// DeleteReply removes a saved answer.
func (s *Site) DeleteReply(c echo.Context) error {
	if _, err := s.Chats.DeleteReply(c.Request().Context(), chat.DeleteReplyRequest{ID: c.Param("reply")}); err != nil {
		return err
	}
	return s.done(c, "/inbox/replies", "Removed.")
}
