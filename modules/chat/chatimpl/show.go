package chatimpl

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/chat"
)

// attachmentRow is a file of a message, as it is kept.
type attachmentRow struct {
	ID             string
	ConversationID string
	MessageID      string
	Position       int
	Name           string
	ContentType    string
	Size           int64
	SHA256         string `gorm:"column:sha256"`
	Width          int
	Height         int
	CreatedAt      time.Time
}

// TableName is what GORM calls it.
func (attachmentRow) TableName() string { return "attachments" }

func (r attachmentRow) attachment() chat.Attachment {
	return chat.Attachment{ID: r.ID, Name: r.Name, ContentType: r.ContentType, Size: r.Size, SHA256: r.SHA256, Width: r.Width, Height: r.Height}
}

// messages are the rows as the person sees them, with their files: one query for all.
func (s *service) messages(g *gorm.DB, rows []messageRow, viewer string) ([]chat.Message, error) {
	var with []string
	for _, r := range rows {
		if r.Files > 0 && r.DeletedAt == nil {
			with = append(with, r.ID)
		}
	}
	files := map[string][]chat.Attachment{}
	if len(with) > 0 {
		var kept []attachmentRow
		if err := g.Where("message_id IN ?", with).Order("message_id, position").Find(&kept).Error; err != nil {
			return nil, fmt.Errorf("read the files of messages: %w", err)
		}
		for _, f := range kept {
			files[f.MessageID] = append(files[f.MessageID], f.attachment())
		}
	}
	shown := make([]chat.Message, len(rows))
	for i, r := range rows {
		shown[i] = r.message()
		if found := files[r.ID]; found != nil {
			shown[i].Attachments = found
		}
		if until := r.CreatedAt.UTC().Add(s.settings.EditWindow); r.SenderID == viewer && r.isChangeable() && s.db.Now().Before(until) {
			shown[i].ChangeUntil = &until
		}
	}
	return shown, nil
}

// message is one row as the person sees it.
func (s *service) message(g *gorm.DB, row messageRow, viewer string) (chat.Message, error) {
	shown, err := s.messages(g, []messageRow{row}, viewer)
	if err != nil {
		return chat.Message{}, err
	}
	return shown[0], nil
}

// isChangeable says whether its sender could change it, had they time: cards are changed where they come from.
func (r messageRow) isChangeable() bool { return r.Kind == chat.KindText && r.DeletedAt == nil }

// conversations are the rows as the person sees them, with their last messages and labels: one query each.
func (s *service) conversations(g *gorm.DB, rows []viewRow, viewer string) ([]chat.Conversation, error) {
	var ids []string
	var lasts []messageRow
	for _, r := range rows {
		ids = append(ids, r.ID)
		if r.Last.ID != "" {
			lasts = append(lasts, r.Last)
		}
	}
	messages, err := s.messages(g, lasts, viewer)
	if err != nil {
		return nil, err
	}
	last := map[string]*chat.Message{}
	for i := range messages {
		last[messages[i].ConversationID] = &messages[i]
	}
	labels, err := labelsOf(g, ids, viewer)
	if err != nil {
		return nil, err
	}
	shown := make([]chat.Conversation, len(rows))
	for i, r := range rows {
		shown[i] = r.conversation()
		shown[i].LastMessage = last[r.ID]
		if labels[r.ID] != nil {
			shown[i].Labels = labels[r.ID]
		}
	}
	return shown, nil
}

// conversation is one row as the person sees it.
func (s *service) conversation(g *gorm.DB, row viewRow, viewer string) (chat.Conversation, error) {
	shown, err := s.conversations(g, []viewRow{row}, viewer)
	if err != nil {
		return chat.Conversation{}, err
	}
	return shown[0], nil
}

// labelRow is a word that somebody has put on a conversation.
type labelRow struct {
	UserID         string
	Label          string
	ConversationID string
}

// TableName is what GORM calls it.
func (labelRow) TableName() string { return "labels" }

// labelsOf are a person's labels of conversations, by name.
func labelsOf(g *gorm.DB, ids []string, userID string) (map[string][]string, error) {
	labels := map[string][]string{}
	if len(ids) == 0 {
		return labels, nil
	}
	var rows []labelRow
	if err := g.Where("conversation_id IN ? AND user_id = ?", ids, userID).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the labels: %w", err)
	}
	for _, r := range rows {
		labels[r.ConversationID] = append(labels[r.ConversationID], r.Label)
	}
	for _, list := range labels {
		slices.Sort(list)
	}
	return labels, nil
}
