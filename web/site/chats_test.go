package site_test

import (
	"context"
	"fmt"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/fault"
)

type chats struct {
	chat.Service
	w *world
}

func (c chats) messages() []chat.Message {
	texts := []string{"Hello Ben, could you start this week?", "Hi Ana! Yes, tomorrow morning.", "Lovely. We like it calm.\nNo gradients, please.", c.w.text}
	messages := make([]chat.Message, len(texts))
	for i, text := range texts {
		messages[i] = chat.Message{ID: fmt.Sprint("m", i), ConversationID: "c1", Seq: int64(i + 1), SenderID: anaID, SenderUsername: "ana", Kind: chat.KindText, Text: text, CreatedAt: c.w.now.Add(time.Duration(i-30) * time.Hour)}
		messages[i].Attachments, messages[i].Warnings = []chat.Attachment{}, []chat.Warning{}
		if i == 0 {
			soon, then := c.w.now.Add(time.Minute), c.w.now.Add(-time.Hour)
			messages[i].ChangeUntil, messages[i].EditedAt = &soon, &then
			messages[i].Attachments = []chat.Attachment{{ID: "f1", Name: "0.txt", ContentType: "text/plain", Size: 2048}, {ID: "f2", Name: "0.png", ContentType: "image/png", Width: 2, Height: 2}}
		}
		if i == 1 {
			messages[i].Warnings = []chat.Warning{chat.WarnContact}
		}
		if i%2 == 1 {
			messages[i].SenderID, messages[i].SenderUsername = benID, "ben"
		}
		if c.w.cards && i == 3 {
			messages[i].Kind, messages[i].SubjectID = chat.KindOffer, "of1"
		}
	}
	return messages
}

func (c chats) conversation() chat.Conversation {
	last := c.messages()[3]
	return chat.Conversation{ID: "c1", With: chat.Person{ID: benID, Username: "ben"}, OrderID: "o1", LastMessage: &last, LastSeq: 4, ReadSeq: 3, TheirRead: 1, Unread: 1, UpdatedAt: c.w.now, LastChange: 2,
		Starred: true, Labels: []string{"urgent"}, CanWrite: true}
}

func (c chats) Open(context.Context, chat.OpenRequest) (chat.Conversation, error) {
	return c.conversation(), c.w.call("Open")
}

func (c chats) Get(_ context.Context, q chat.GetRequest) (chat.Conversation, error) {
	c.w.read("chats.Get")
	if q.ID != "c1" {
		return chat.Conversation{}, fault.NotFoundf("You have no such conversation.")
	}
	return c.conversation(), nil
}

func (c chats) List(context.Context, chat.ListRequest) (chat.List, error) {
	c.w.read("chats.List")
	if c.w.empty {
		return chat.List{}, nil
	}
	quiet := c.conversation()
	quiet.ID, quiet.Unread, quiet.With = "c2", 0, chat.Person{ID: "u3", Username: "mei"}
	return chat.List{Items: []chat.Conversation{c.conversation(), quiet}}, nil
}

func (c chats) Send(_ context.Context, q chat.SendRequest) (chat.Message, error) {
	return chat.Message{ID: "m9", Seq: 5, ClientID: q.ClientID}, c.w.call("Send " + q.Text)
}

func (c chats) ListMessages(_ context.Context, q chat.ListMessagesRequest) (chat.MessageList, error) {
	c.w.read("chats.ListMessages")
	if q.Query != "" {
		gone, at := c.messages()[1], c.w.now
		gone.Text, gone.DeletedAt = "", &at
		return chat.MessageList{Items: []chat.Message{c.messages()[3], gone}, NextCursor: "older"}, nil
	}
	if q.FromChange > 0 {
		return chat.MessageList{Items: c.messages()[:1]}, nil
	}
	return chat.MessageList{Items: c.messages()[q.AfterSeq:], NextCursor: "older"}, nil
}

func (c chats) MarkRead(_ context.Context, q chat.MarkReadRequest) (chat.Conversation, error) {
	return c.conversation(), c.w.call(fmt.Sprintf("MarkRead %d", q.Seq))
}

func (c chats) CountUnread(context.Context, chat.CountUnreadRequest) (chat.Unread, error) {
	c.w.read("chats.CountUnread")
	return chat.Unread{Messages: 3, Conversations: 1}, nil
}

func (c chats) Edit(_ context.Context, q chat.EditRequest) (chat.Message, error) {
	return chat.Message{ID: q.MessageID, Seq: 3}, c.w.call("Edit " + q.Text)
}

func (c chats) Delete(_ context.Context, q chat.DeleteRequest) (chat.Message, error) {
	return chat.Message{ID: q.MessageID, Seq: 3}, c.w.call("Delete " + q.MessageID)
}

func (c chats) Tidy(_ context.Context, q chat.TidyRequest) (chat.Conversation, error) {
	said := "Tidy"
	for name, value := range map[string]*bool{" starred": q.Starred, " archived": q.Archived, " spam": q.Spam} {
		if value != nil {
			said += fmt.Sprint(name, " ", *value)
		}
	}
	if q.Labels != nil {
		said += fmt.Sprint(" ", *q.Labels)
	}
	return c.conversation(), c.w.call(said)
}

func (c chats) ListLabels(context.Context, chat.ListLabelsRequest) (chat.LabelList, error) {
	c.w.read("chats.ListLabels")
	if c.w.empty {
		return chat.LabelList{}, nil
	}
	return chat.LabelList{Items: []chat.Label{{Name: "urgent", Conversations: 1}}}, nil
}

func (c chats) File(_ context.Context, q chat.FileRequest) (chat.File, error) {
	switch q.FileID {
	case "f1":
		return chat.File{Attachment: chat.Attachment{Name: "brief\r\n.txt", ContentType: "text/plain"}, Content: []byte("brief")}, nil
	case "f2":
		return chat.File{Attachment: chat.Attachment{Name: "plan.png", ContentType: "image/png", Width: 2, Height: 2}, Content: []byte("\x89PNG")}, nil
	}
	return chat.File{}, fault.NotFoundf("There is no such file.")
}

func (c chats) LinkedFile(ctx context.Context, q chat.LinkedFileRequest) (chat.File, error) {
	return c.File(ctx, chat.FileRequest{FileID: map[string]string{"token": "f1"}[q.Token]})
}

func (c chats) SetBlock(_ context.Context, q chat.SetBlockRequest) (chat.Block, error) {
	return chat.Block{Person: chat.Person{Username: "ben"}}, c.w.call(fmt.Sprint("SetBlock ", q.Blocked))
}

func (c chats) ListBlocks(context.Context, chat.ListBlocksRequest) (chat.BlockList, error) {
	if c.w.empty {
		return chat.BlockList{}, nil
	}
	return chat.BlockList{Items: []chat.Block{{Person: chat.Person{ID: benID, Username: "ben"}, Blocked: true, CreatedAt: c.w.now}}}, nil
}

func (c chats) Report(_ context.Context, q chat.ReportRequest) (chat.Case, error) {
	return c.theCase(), c.w.call(fmt.Sprint("Report ", q.Reason, " ", q.Block))
}

func (c chats) theCase() chat.Case {
	return chat.Case{ID: "k1", ConversationID: "c1", Reporter: chat.Person{ID: "u9", Username: "zoe"}, Reported: chat.Person{ID: benID, Username: "ben"}, Reason: "fraud",
		Text: c.w.text, Status: chat.CaseOpen, LastSeq: 4, CreatedAt: c.w.now, Readings: []chat.Reading{{CaseID: "k1", Reader: "mod", Reason: c.w.text, CreatedAt: c.w.now, Until: c.w.now}}}
}

func (c chats) ListCases(context.Context, chat.ListCasesRequest) (chat.CaseList, error) {
	if c.w.empty {
		return chat.CaseList{}, nil
	}
	decided, at := c.theCase(), c.w.now
	decided.ID, decided.Status, decided.Note, decided.ClosedAt = "k2", chat.CaseUpheld, c.w.text, &at
	return chat.CaseList{Items: []chat.Case{c.theCase(), decided}}, nil
}

func (c chats) GetCase(_ context.Context, q chat.GetCaseRequest) (chat.Case, error) {
	found := c.theCase()
	if q.ID == "k3" {
		until := c.w.now.Add(time.Hour)
		found.ReadingUntil = &until
	}
	return found, nil
}

func (c chats) ReadCase(_ context.Context, q chat.ReadCaseRequest) (chat.Reading, error) {
	return chat.Reading{}, c.w.call("ReadCase " + q.Reason)
}

func (c chats) ListCaseMessages(context.Context, chat.ListCaseMessagesRequest) (chat.CaseMessageList, error) {
	var list chat.CaseMessageList
	for _, m := range c.messages() {
		list.Items = append(list.Items, chat.CaseMessage{Message: m, Before: []string{"It said something else: " + c.w.text}})
	}
	return list, nil
}

func (c chats) CloseCase(_ context.Context, q chat.CloseCaseRequest) (chat.Case, error) {
	return c.theCase(), c.w.call(fmt.Sprint("CloseCase ", q.Status, " ", q.Note))
}

func (c chats) GetScreening(context.Context, chat.GetScreeningRequest) (chat.Screening, error) {
	return chat.Screening{Version: 2, Strictness: chat.StrictWarn, Words: []string{"whatsapp", "paypal"},
		History: []chat.Change{{Version: 2, Strictness: chat.StrictWarn, Words: 2, ChangedBy: "olga", ChangedAt: c.w.now}}}, nil
}

func (c chats) SetScreening(_ context.Context, q chat.SetScreeningRequest) (chat.Screening, error) {
	return chat.Screening{}, c.w.call(fmt.Sprint("SetScreening ", q.Version, " ", q.Strictness, " ", q.Words))
}

func (c chats) ListReplies(context.Context, chat.ListRepliesRequest) (chat.ReplyList, error) {
	c.w.read("chats.ListReplies")
	if c.w.empty {
		return chat.ReplyList{}, nil
	}
	reply := chat.Reply{ID: "r1", Title: "0", Text: c.w.text}
	if c.w.text != "0" {
		reply.Text = "{name} " + c.w.text
	}
	return chat.ReplyList{Items: []chat.Reply{reply}}, nil
}

func (c chats) SaveReply(_ context.Context, q chat.SaveReplyRequest) (chat.Reply, error) {
	return chat.Reply{}, c.w.call("SaveReply " + q.ID + q.Title)
}

func (c chats) DeleteReply(_ context.Context, q chat.DeleteReplyRequest) (chat.Done, error) {
	return chat.Done{}, c.w.call("DeleteReply " + q.ID)
}

func (c chats) ListResponses(_ context.Context, q chat.ListResponsesRequest) (chat.ResponseList, error) {
	c.w.read("chats.ListResponses")
	rate := 9650
	return chat.ResponseList{Items: []chat.Response{{UserID: q.UserIDs[0], Seconds: 7300, Rate: &rate, Asked: 40, Answers: 90}}}, nil
}
