package notification

import "time"

// Created says that a person has a new notification.
type Created struct {
	NotificationID string    `json:"notification_id"`
	UserID         string    `json:"user_id"`
	Kind           string    `json:"kind"`
	Title          string    `json:"title"`
	Text           string    `json:"text"`
	Link           string    `json:"link"`
	Unread         int       `json:"unread"` // after it, for the badge
	At             time.Time `json:"at"`
}

// Topic is notification.created.v1.
func (Created) Topic() string { return "notification.created.v1" }

// Aggregate is the person.
func (e Created) Aggregate() string { return e.UserID }
