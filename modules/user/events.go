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
