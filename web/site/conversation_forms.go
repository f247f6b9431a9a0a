package site

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/platform/fault"
)

// TidyConversation stars, archives, labels, or calls it spam. What moves it out of sight can be taken back on the page
// that comes next.
func (s *Site) TidyConversation(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := chat.TidyRequest{ConversationID: c.Param("id")}
	for name, field := range map[string]**bool{"starred": &q.Starred, "archived": &q.Archived, "spam": &q.Spam} {
		if values.Has(name) {
			*field = new(values.Get(name) == "yes")
		}
	}
	if values.Has("labels") {
		q.Labels = new(split(values.Get("labels"), ","))
	}
	_, err = s.Chats.Tidy(c.Request().Context(), q)
	if problem, ok := rejected(values, err, func(string) string { return "labels" }); ok {
		return fault.Invalidf("%s", problem.Errors["labels"])
	}
	if err != nil {
		return err
	}
	for _, moved := range []string{"archived", "spam"} {
		if values.Get(moved) == "yes" {
			return c.Redirect(http.StatusSeeOther, listPath("/inbox", "undo", moved, "of", q.ConversationID))
		}
	}
	return c.Redirect(http.StatusSeeOther, localPath(values.Get("back"), conversationPath(q.ConversationID)))
}

// EditMessage changes an own message.
func (s *Site) EditMessage(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	edited, err := s.Chats.Edit(c.Request().Context(), chat.EditRequest{ConversationID: c.Param("id"), MessageID: c.Param("message"), Text: values.Get("text")})
	c.QueryParams().Set("edit", c.Param("message"))
	if f, ok := rejected(values, err, nil); ok {
		return s.showConversation(c, http.StatusUnprocessableEntity, f)
	}
	if status, ok := oneOf(err, fault.Conflict, fault.Forbidden); ok {
		return s.showConversation(c, status, form{Values: values, Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, conversationPath(c.Param("id"))+messageAnchor(edited.Seq))
}

// DeleteMessage empties an own message.
func (s *Site) DeleteMessage(c echo.Context) error {
	deleted, err := s.Chats.Delete(c.Request().Context(), chat.DeleteRequest{ConversationID: c.Param("id"), MessageID: c.Param("message")})
	if fault.Is(err, fault.Conflict) {
		return s.showConversation(c, http.StatusConflict, form{Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, conversationPath(c.Param("id"))+messageAnchor(deleted.Seq))
}

// BlockPerson blocks the other person of a conversation, or lets them write again.
func (s *Site) BlockPerson(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	conversation, err := s.Chats.Get(ctx, chat.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	blocked := values.Get("blocked") == "yes"
	if _, err := s.Chats.SetBlock(ctx, chat.SetBlockRequest{UserID: conversation.With.ID, Blocked: blocked}); err != nil {
		return err
	}
	said := "Unblocked. You can write to each other again."
	if blocked {
		said = "Blocked. Neither of you can write to the other. Your orders go on."
	}
	return s.done(c, conversationPath(conversation.ID), said)
}

// reportPage is the form that reports a person.
type reportPage struct {
	Conversation chat.Conversation
	Reasons      []option
	Form         form
}

// reportReasons are what a person can be reported for, in words.
func reportReasons() []option {
	words := map[string]string{"spam": "Advertising or spam", "fraud": "Fraud, or it looks like it", "off_platform": "Wants to pay or talk elsewhere",
		"harassment": "Insults, threats or harassment", "illegal": "Asks for or offers something illegal", "other": "Something else"}
	var reasons []option
	for _, r := range chat.Reasons() {
		reasons = append(reasons, option{Value: r, Label: words[r]})
	}
	return reasons
}

// reasonWords is a reason as people read it.
func reasonWords(reason string) string {
	for _, r := range reportReasons() {
		if r.Value == reason {
			return r.Label
		}
	}
	return reason
}

// ShowReport shows the form.
func (s *Site) ShowReport(c echo.Context) error {
	return s.showReport(c, http.StatusOK, filled())
}

func (s *Site) showReport(c echo.Context, status int, f form) error {
	conversation, err := s.Chats.Get(c.Request().Context(), chat.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	page := reportPage{Conversation: conversation, Reasons: reportReasons(), Form: f}
	for i, r := range page.Reasons {
		page.Reasons[i].Selected = r.Value == f.Value("reason")
	}
	return s.show(c, status, "inbox/report", view{Title: "Report " + conversation.With.Username, Data: page})
}

// ReportPerson opens a case.
func (s *Site) ReportPerson(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := chat.ReportRequest{ConversationID: c.Param("id"), Reason: values.Get("reason"), Text: values.Get("text"), Block: values.Get("block") == "yes"}
	_, err = s.Chats.Report(c.Request().Context(), q)
	if f, ok := rejected(values, err, nil, "reason"); ok {
		return s.showReport(c, http.StatusUnprocessableEntity, f)
	}
	if status, ok := oneOf(err, fault.Conflict, fault.TooMany); ok {
		return s.showReport(c, status, form{Values: values, Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/inbox/safety", "Thank you. We look at it, and tell you here what comes of it.")
}

// oneOf is the status of a refusal that the page itself answers.
func oneOf(err error, codes ...fault.Code) (status int, ok bool) {
	for _, code := range codes {
		if fault.Is(err, code) {
			return code.Status(), true
		}
	}
	return 0, false
}
