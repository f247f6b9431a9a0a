package user

import "time"

// BecameSeller says that a person can sell from now on.
type BecameSeller struct {
	UserID   string    `json:"user_id"`
	Username string    `json:"username"`
	At       time.Time `json:"at"`
}

// Topic is user.became_seller.v1.
func (BecameSeller) Topic() string { return "user.became_seller.v1" }

// Aggregate is the person.
func (e BecameSeller) Aggregate() string { return e.UserID }

// PresenceChanged says that a person came online, or went.
type PresenceChanged struct {
	UserID string    `json:"user_id"`
	Online bool      `json:"online"`
	At     time.Time `json:"at"` // when they came, or were last seen
}

// Topic is user.presence_changed.v1.
func (PresenceChanged) Topic() string { return "user.presence_changed.v1" }

// Aggregate is the person.
func (e PresenceChanged) Aggregate() string { return e.UserID }
