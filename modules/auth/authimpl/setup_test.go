package authimpl

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/argon2"

	"marketplace/modules/auth"
	"marketplace/modules/notification"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/platform/rpc/rpctest"
)

func TestRemote(t *testing.T) { rpctest.Contract[auth.Service](t, newRemote) }

const goodPassword = "seven green teapots"

// letters stands in for notification: it keeps the mails that it is given.
type letters struct {
	notification.Service
	mu   sync.Mutex
	sent []notification.SendMailRequest
	away bool
}

func (l *letters) SendMail(ctx context.Context, q notification.SendMailRequest) (notification.Done, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return notification.Done{}, fault.Unavailablef(1, "away")
	}
	if !identity.From(ctx).System {
		return notification.Done{}, errors.New("mails are sent by the marketplace, not by people")
	}
	l.sent = append(l.sent, q)
	return notification.Done{}, nil
}

func (l *letters) setAway(away bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = away
}

// to returns the mails of a template to an address.
func (l *letters) to(address, template string) (mails []notification.SendMailRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.sent {
		if m.To.Reveal() == address && m.Template == template {
			mails = append(mails, m)
		}
	}
	return mails
}

// world is the module under test with what is around it.
type world struct {
	auth.Service
	t       testing.TB
	h       *apptest.Harness
	letters *letters
	hashed  atomic.Int64 // how often a password was hashed
}

func newWorld(t testing.TB, options ...apptest.Option) *world {
	return startOn(t, apptest.Host(t, "auth", options...))
}

func startOn(t testing.TB, h *apptest.Harness) *world {
	w := &world{t: t, h: h, letters: &letters{}}
	w.Service = apptest.Start(t, h, Module, Deps{Notifications: w.letters})
	w.cheapen(w.Service)
	return w
}

// cheapen counts the hashes of passwords, and makes each take a hundredth of what the settings ask for.
func (w *world) cheapen(s auth.Service) {
	s.(*service).hasher.derive = func(password, salt []byte, _, _ uint32, _ uint8, length uint32) []byte {
		w.hashed.Add(1)
		return argon2.IDKey(password, salt, 1, 8, 1, length)
	}
}

// token is what the newest mail of a template to an address carries.
func (w *world) token(address, template string) string {
	w.t.Helper()
	mails := w.letters.to(address, template)
	if len(mails) == 0 {
		w.t.Fatalf("no mail %s to %s", template, address)
	}
	link, token, found := strings.Cut(mails[len(mails)-1].Link.Reveal(), "?token=")
	if !found || !strings.HasPrefix(link, "http://marketplace.test/") {
		w.t.Fatalf("the link %s leads nowhere", mails[len(mails)-1].Link.Reveal())
	}
	return token
}

// ana signs up and confirms her address.
func (w *world) ana() auth.Account {
	w.t.Helper()
	return w.person("Ana")
}

func (w *world) person(name string) auth.Account {
	w.t.Helper()
	email := name + "@example.com"
	_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: name, Email: private.Personal(email), Password: goodPassword})
	w.must(err)
	account, err := w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(w.token(email, "verify_email"))})
	w.must(err)
	return account
}

func (w *world) logIn(name string) auth.Session {
	w.t.Helper()
	s, err := w.LogIn(apptest.Visitor(), auth.LogInRequest{Login: name, Password: goodPassword, Address: "192.0.2.1"})
	w.must(err)
	return s
}

func (w *world) logInBrowser(name string) auth.Session {
	w.t.Helper()
	s, err := w.LogIn(apptest.Visitor(), auth.LogInRequest{Login: name, Password: goodPassword, Browser: true, Device: "Firefox", Address: "192.0.2.1"})
	w.must(err)
	return s
}

// as is the context of somebody with this session.
func as(s auth.Session) context.Context {
	return identity.With(context.Background(), identity.Actor{
		UserID: s.Account.ID, Username: s.Account.Username, Verified: s.Account.Verified, SessionID: s.ID,
	})
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused fails unless err is a fault of this code.
func (w *world) refused(err error, code fault.Code) *fault.Error {
	w.t.Helper()
	if !fault.Is(err, code) {
		w.t.Fatalf("want a fault %s, got %v", code, err)
	}
	return fault.Of(err)
}

// wrongFields are the fields that err marks, in their order.
func wrongFields(err error) (names []string) {
	for _, f := range fault.Of(err).Fields {
		names = append(names, f.Name)
	}
	return names
}

// authenticated says whether an access token or a session token opens anything.
func (w *world) authenticated(q auth.AuthenticateRequest) bool {
	w.t.Helper()
	_, err := w.Authenticate(apptest.Visitor(), q)
	if err != nil {
		w.refused(err, fault.Unauthenticated)
	}
	return err == nil
}
