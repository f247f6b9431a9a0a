// Package auth knows who people are: accounts, passwords, sessions, tokens. It decides nothing about what
// they may do with other modules' things; those modules do.
package auth

import (
	"context"
	"time"

	"marketplace/platform/private"
)

// Service is what the module auth offers.
type Service interface {
	// SignUp makes an account that is not verified yet and mails a verification link (row A1). A taken name is refused on
	// its field. That an address has an account already is not told (row V6): the answer is the same, the new account can
	// never confirm the address, and whose it is gets a mail that says so.
	SignUp(ctx context.Context, q SignUpRequest) (Account, error)
	// VerifyEmail confirms the address with the token of the link: single use, 24 hours (row A2). Using it again is Invalid
	// on the field token, in words that tell a used link from a dead one, so it is a person who presses a button that
	// calls this: mail scanners only open the page.
	VerifyEmail(ctx context.Context, q VerifyEmailRequest) (Account, error)
	// ResendVerification mails a new link to the acting user; the old one stops working.
	ResendVerification(ctx context.Context, q ResendVerificationRequest) (Account, error)

	// LogIn opens a session by user name or e-mail in any case, and password (row A3). An address is that of the account
	// which has confirmed it, or of the newest that claims it, whichever has the password. What is wrong is not told:
	// one Unauthenticated fault for all of it, after the same work, and TooMany after repeated failures (row A9).
	LogIn(ctx context.Context, q LogInRequest) (Session, error)
	// Refresh exchanges the token of an API session for a new one and a new access token (row A4). A token used a
	// second time ends the session, except within 10 seconds, when it answers the same successor.
	Refresh(ctx context.Context, q RefreshRequest) (Session, error)
	// Authenticate says whose access token or session token this is, or Unauthenticated.
	Authenticate(ctx context.Context, q AuthenticateRequest) (Identity, error)
	// LogOut ends the acting user's session, the present one if none is named.
	LogOut(ctx context.Context, q LogOutRequest) (Done, error)
	// ListSessions lists the acting user's open sessions, newest first, at most 100 (row As1).
	ListSessions(ctx context.Context, q ListSessionsRequest) (SessionList, error)

	// EndSessions ends every session of an account, wherever it is open. For operators and for the marketplace itself.
	EndSessions(ctx context.Context, q EndSessionsRequest) (EndedSessions, error)
	// SetRoles says which roles an account has, and logs it out everywhere. For the marketplace itself.
	SetRoles(ctx context.Context, q SetRolesRequest) (Account, error)
	// ListOpenSessions says which of the named sessions are still open, at most 100 at a time: for whoever holds a
	// connection open on the strength of one. For modules, not for people.
	ListOpenSessions(ctx context.Context, q ListOpenSessionsRequest) (OpenSessionList, error)

	// ListKeys lists the public keys that prove access tokens, as a JWK set (RFC 7517, RFC 8037): the one that signs, the
	// one that signs next, and those whose tokens have not all expired. They may be kept for a minute. For everybody.
	ListKeys(ctx context.Context, q ListKeysRequest) (KeySet, error)
	// RotateKeys makes a new key at once, which also happens by itself. The old ones prove tokens as long as these live, or
	// not any more if they are revoked. For the marketplace itself.
	RotateKeys(ctx context.Context, q RotateKeysRequest) (KeySet, error)

	// ChangePassword demands the current password and ends the other sessions (row A6).
	ChangePassword(ctx context.Context, q ChangePasswordRequest) (Done, error)
	// RequestReset mails a link to choose a new password, valid for half an hour, if the account exists; it answers
	// the same if not (row A5).
	RequestReset(ctx context.Context, q RequestResetRequest) (Done, error)
	// ResetPassword sets the password with the token of that link and ends all sessions.
	ResetPassword(ctx context.Context, q ResetPasswordRequest) (Done, error)

	// SetLanguage says in which language the acting user wants to be written to.
	SetLanguage(ctx context.Context, q SetLanguageRequest) (Account, error)

	// ListAccounts looks up many accounts by id, at most 100; unknown ids are left out. For modules, not for people.
	ListAccounts(ctx context.Context, q ListAccountsRequest) (AccountList, error)
}

// Done is the answer of a command that has nothing to tell.
type Done struct{}

// Account is one person's account.
type Account struct {
	ID        string           `json:"id"`
	Username  string           `json:"username"` // as written at sign-up; unique in any case
	Email     private.Personal `json:"email"`    // only ever shown to its owner
	Verified  bool             `json:"verified"`
	Roles     []string         `json:"roles"`
	Language  string           `json:"language"` // BCP 47, in which they are written to; empty: they have not said
	CreatedAt time.Time        `json:"created_at"`
}

// Session is an open session with what opens it.
type Session struct {
	ID           string         `json:"id"`
	Account      Account        `json:"account"`
	Token        private.Secret `json:"token"`        // opaque: the browser's cookie, or the API's refresh token
	AccessToken  private.Secret `json:"access_token"` // JWT (EdDSA), API sessions only
	ExpiresIn    int            `json:"expires_in"`   // seconds that the access token lives
	ExpiresAt    time.Time      `json:"expires_at"`   // when the session ends if it is not used
	EndsAt       time.Time      `json:"ends_at"`      // when it ends, however much it is used
	Browser      bool           `json:"browser"`
	Device       string         `json:"device"` // what the client said it is
	Address      string         `json:"address"`
	Current      bool           `json:"current"` // in ListSessions: the one that asks
	LastActiveAt time.Time      `json:"last_active_at"`
	CreatedAt    time.Time      `json:"created_at"`
}

// Identity is the answer to "who is this?".
type Identity struct {
	Account   Account `json:"account"`
	SessionID string  `json:"session_id"`
}

// Key is a public key as a JSON Web Key.
type Key struct {
	Type      string `json:"kty"` // OKP
	Curve     string `json:"crv"` // Ed25519
	Use       string `json:"use"` // sig
	Algorithm string `json:"alg"` // EdDSA
	ID        string `json:"kid"`
	X         string `json:"x"` // the key, base64url
}

// KeySet is a JWK set, newest key first, with the issuer of the tokens besides.
type KeySet struct {
	Issuer string `json:"issuer"`
	Keys   []Key  `json:"keys"`
}

// EndedSessions is the answer of EndSessions.
type EndedSessions struct {
	Count int `json:"count"`
}

// OpenSessionList is the answer of ListOpenSessions.
type OpenSessionList struct {
	IDs []string `json:"ids"`
}

// AccountList is the answer of ListAccounts.
type AccountList struct {
	Items []Account `json:"items"`
}

// SessionList is the answer of ListSessions.
type SessionList struct {
	Items []Session `json:"items"`
}

// SignUpRequest is the argument of SignUp.
type SignUpRequest struct {
	Username string           `json:"username"` // 3 to 30 letters, digits, '_' or '-'; starts with a letter
	Email    private.Personal `json:"email"`    // at most 254 bytes
	Password private.Secret   `json:"password"` // 8 to 128 characters, not a common one (row As3)
	Address  string           `json:"address,omitempty"`
	Language string           `json:"language,omitempty"` // BCP 47, in which they are written to
}

// SetLanguageRequest is the argument of SetLanguage.
type SetLanguageRequest struct {
	Language string `json:"language"` // BCP 47, such as de; at most 35 characters
}

// VerifyEmailRequest is the argument of VerifyEmail.
type VerifyEmailRequest struct {
	Token private.Secret `json:"token"`
}

// ResendVerificationRequest is the argument of ResendVerification.
type ResendVerificationRequest struct{}

// LogInRequest is the argument of LogIn.
type LogInRequest struct {
	Login    string         `json:"login"` // user name or e-mail
	Password private.Secret `json:"password"`
	Browser  bool           `json:"browser,omitempty"` // a session token for a cookie instead of API tokens
	Device   string         `json:"device,omitempty"`  // the user agent, for the list of sessions
	Address  string         `json:"address,omitempty"` // the client's IP, for throttling
}

// RefreshRequest is the argument of Refresh.
type RefreshRequest struct {
	RefreshToken private.Secret `json:"refresh_token"`
}

// AuthenticateRequest is the argument of Authenticate: one of the two.
type AuthenticateRequest struct {
	AccessToken  private.Secret `json:"access_token,omitempty"`
	SessionToken private.Secret `json:"session_token,omitempty"`
}

// LogOutRequest is the argument of LogOut.
type LogOutRequest struct {
	SessionID string `json:"session_id,omitempty"`
}

// ListSessionsRequest is the argument of ListSessions.
type ListSessionsRequest struct{}

// EndSessionsRequest is the argument of EndSessions.
type EndSessionsRequest struct {
	Login string `json:"login"` // user name or e-mail of the account
}

// ListOpenSessionsRequest is the argument of ListOpenSessions.
type ListOpenSessionsRequest struct {
	IDs []string `json:"ids"`
}

// ListKeysRequest is the argument of ListKeys.
type ListKeysRequest struct{}

// RotateKeysRequest is the argument of RotateKeys.
type RotateKeysRequest struct {
	Revoke bool `json:"revoke,omitempty"` // a key is known to others: no token of before is taken any more
}

// ChangePasswordRequest is the argument of ChangePassword.
type ChangePasswordRequest struct {
	Current private.Secret `json:"current"`
	New     private.Secret `json:"new"`
}

// RequestResetRequest is the argument of RequestReset.
type RequestResetRequest struct {
	Login   string `json:"login"` // user name or e-mail
	Address string `json:"address,omitempty"`
}

// ResetPasswordRequest is the argument of ResetPassword.
type ResetPasswordRequest struct {
	Token    private.Secret `json:"token"`
	Password private.Secret `json:"password"`
}

// ListAccountsRequest is the argument of ListAccounts.
type ListAccountsRequest struct {
	IDs []string `json:"ids"`
}
