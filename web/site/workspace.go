package site

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/modules/review"
)

// SubmitRequirements sends the buyer's answers; the clock starts.
func (s *Site) SubmitRequirements(c echo.Context) error {
	values, err := readForm(c, filesBytes)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	o, err := s.Orders.Get(ctx, order.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	q := order.SubmitRequirementsRequest{OrderID: o.ID, RequestID: values.Get("request_id")}
	silent := make([]string, 0, 2*len(o.Requirements))
	for i, r := range o.Requirements {
		text, input := fmt.Sprintf("answers.%d", i), fmt.Sprintf("files.%d", i)
		silent = append(silent, text, input)
		files, tooLarge := uploads(c, input)
		if tooLarge != nil {
			err = tooLarge
		}
		if values.Get(text) != "" || len(files) > 0 {
			q.Answers = append(q.Answers, order.Answer{Question: r.Question, Answer: values.Get(text), Files: files})
		}
	}
	if err == nil {
		_, err = s.Orders.SubmitRequirements(ctx, q)
	}
	if err != nil {
		return s.showRefused(c, order.ActionSubmitRequirements, values, err, answerInput(o, q.Answers), silent...)
	}
	return s.done(c, orderPath(o.ID), "Thank you. The seller has everything and the clock runs.")
}

// answerInput is the input of a field that the order refuses: answers are counted there without those left empty.
func answerInput(o order.Order, sent []order.Answer) func(string) string {
	return func(field string) string {
		parts := strings.Split(field, ".")
		if len(parts) < 2 || parts[0] != "answers" {
			return field
		}
		i, err := strconv.Atoi(parts[1])
		if err != nil || i < 0 || i >= len(sent) {
			return field
		}
		for at, r := range o.Requirements {
			if r.Question != sent[i].Question {
				continue
			}
			if len(parts) > 2 && parts[2] == "files" {
				return fmt.Sprintf("files.%d", at)
			}
			return fmt.Sprintf("answers.%d", at)
		}
		return field
	}
}

// SkipRequirements starts without the answers.
func (s *Site) SkipRequirements(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := order.SkipRequirementsRequest{OrderID: c.Param("id"), RequestID: values.Get("request_id")}
	if _, err := s.Orders.SkipRequirements(c.Request().Context(), q); err != nil {
		return s.showRefused(c, order.ActionSkipRequirements, values, err, nil)
	}
	return s.done(c, orderPath(q.OrderID), "You have started. The clock runs.")
}

// Deliver hands over a message and files.
func (s *Site) Deliver(c echo.Context) error {
	values, err := readForm(c, filesBytes)
	if err != nil {
		return err
	}
	q := order.DeliverRequest{OrderID: c.Param("id"), RequestID: values.Get("request_id"), Message: values.Get("message")}
	q.Files, err = uploads(c, "files")
	if err == nil {
		_, err = s.Orders.Deliver(c.Request().Context(), q)
	}
	if err != nil {
		return s.showRefused(c, order.ActionDeliver, values, err, filesInput, "files")
	}
	return s.done(c, orderPath(q.OrderID), "Delivered. The buyer has been told.")
}

// filesInput is the one input of all files.
func filesInput(field string) string {
	if strings.HasPrefix(field, "files") {
		return "files"
	}
	return field
}

// RequestRevision sends the delivery back.
func (s *Site) RequestRevision(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := order.RequestRevisionRequest{OrderID: c.Param("id"), RequestID: values.Get("request_id"), Message: values.Get("message")}
	if _, err := s.Orders.RequestRevision(c.Request().Context(), q); err != nil {
		return s.showRefused(c, order.ActionRequestRevision, values, err, nil)
	}
	return s.done(c, orderPath(q.OrderID), "The seller knows what to change.")
}

// AcceptDelivery completes the order.
func (s *Site) AcceptDelivery(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := order.AcceptRequest{OrderID: c.Param("id"), RequestID: values.Get("request_id")}
	if _, err := s.Orders.Accept(c.Request().Context(), q); err != nil {
		return s.showRefused(c, order.ActionAccept, values, err, nil)
	}
	return s.done(c, orderPath(q.OrderID)+"#review", "The order is complete. How was it?")
}

// CancelOrder ends the order and returns the money.
func (s *Site) CancelOrder(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := order.CancelRequest{OrderID: c.Param("id"), RequestID: values.Get("request_id"), Reason: values.Get("reason")}
	if _, err := s.Orders.Cancel(c.Request().Context(), q); err != nil {
		return s.showRefused(c, order.ActionCancel, values, err, nil)
	}
	return s.done(c, orderPath(q.OrderID), "The order is cancelled. What was paid goes back in full.")
}

// WriteReview keeps what one side says of the other.
func (s *Site) WriteReview(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	rating, err := strconv.Atoi(values.Get("rating"))
	if err != nil {
		rating = 0
	}
	written, err := s.Reviews.Write(c.Request().Context(), review.WriteRequest{
		RequestID: values.Get("request_id"), OrderID: c.Param("id"), Rating: rating, Text: values.Get("text"),
	})
	if err != nil {
		return s.showRefused(c, order.ActionReview, values, err, nil, "rating")
	}
	text := "Thank you. Your review appears when the other side has written theirs, or when the time for it is over."
	if written.PublishedAt != nil {
		text = "Thank you. Both reviews are public now."
	}
	return s.done(c, orderPath(c.Param("id"))+"#review", text)
}

// ShowFile sends a file of the order to be saved. Whatever it is, a browser opens nothing of it (ASVS 3.2.1).
func (s *Site) ShowFile(c echo.Context) error {
	file, err := s.Orders.File(c.Request().Context(), order.FileRequest{OrderID: c.Param("id"), FileID: c.Param("file")})
	if err != nil {
		return err
	}
	return sendFile(c, file)
}

// ShowLinkedFile sends the file of a link that works for a short time, whoever has it.
func (s *Site) ShowLinkedFile(c echo.Context) error {
	file, err := s.Orders.LinkedFile(c.Request().Context(), order.LinkedFileRequest{Token: c.Param("token")})
	if err != nil {
		return err
	}
	return sendFile(c, file)
}

func sendFile(c echo.Context, file order.File) error {
	kind := file.ContentType
	if _, _, err := mime.ParseMediaType(kind); err != nil {
		kind = echo.MIMEOctetStream
	}
	header := c.Response().Header()
	header.Set("Content-Disposition", attachment(file.Name))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cache-Control", "private, no-store")
	return c.Blob(http.StatusOK, kind, file.Content)
}

// attachment is the header that names a download (RFC 6266): a plain name for all, the exact one for those who
// understand it (RFC 8187). Nothing in a name can end the header or begin a parameter.
func attachment(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/;%`, r) {
			return '_'
		}
		return r
	}, name)
	if plain == "" {
		plain, name = "file", "file"
	}
	exact := strings.ReplaceAll(url.QueryEscape(strings.ToValidUTF8(name, "_")), "+", "%20")
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + exact
}
