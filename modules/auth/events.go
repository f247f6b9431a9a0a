package auth

import "time"

// SignedUp says that an account was made. It carries the address for the module that writes to it.
type SignedUp struct {
	UserID   string    `json:"user_id"`
	Username string    `json:"username"`
	Email    string    `json:"email"`
	Language string    `json:"language"` // BCP 47, or empty
	At       time.Time `json:"at"`
}

// Topic is auth.signed_up.v1.
func (SignedUp) Topic() string { return "auth.signed_up.v1" }

// Aggregate is the account.
func (e SignedUp) Aggregate() string { return e.UserID }

// EmailVerified says that the address of the account is confirmed.
type EmailVerified struct {
	UserID   string    `json:"user_id"`
	Username string    `json:"username"`
	At       time.Time `json:"at"`
}

// Topic is auth.email_verified.v1.
func (EmailVerified) Topic() string { return "auth.email_verified.v1" }

// Aggregate is the account.
func (e EmailVerified) Aggregate() string { return e.UserID }

// LanguageChosen says in which language the owner of the account is written to from now on.
type LanguageChosen struct {
	UserID   string    `json:"user_id"`
	Language string    `json:"language"` // BCP 47
	At       time.Time `json:"at"`
}

// Topic is auth.language_chosen.v1.
func (LanguageChosen) Topic() string { return "auth.language_chosen.v1" }

// Aggregate is the account.
func (e LanguageChosen) Aggregate() string { return e.UserID }

// PasswordChanged says that the account has a new password, by change or by reset.
type PasswordChanged struct {
	UserID string    `json:"user_id"`
	Reset  bool      `json:"reset"` // by the mailed link
	At     time.Time `json:"at"`
}

// Topic is auth.password_changed.v1.
func (PasswordChanged) Topic() string { return "auth.password_changed.v1" }

// Aggregate is the account.
func (e PasswordChanged) Aggregate() string { return e.UserID }

// SessionEnded says that a session is over: logged out, ended by its owner, or revoked.
type SessionEnded struct {
	SessionID string    `json:"session_id"`
	UserID    string    `json:"user_id"`
	At        time.Time `json:"at"`
}

// Topic is auth.session_ended.v1.
func (SessionEnded) Topic() string { return "auth.session_ended.v1" }

// Aggregate is the account.
func (e SessionEnded) Aggregate() string { return e.UserID }
