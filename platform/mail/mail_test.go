package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"
	"go.uber.org/zap"

	"marketplace/platform/config"
)

// server is a real SMTP server that keeps what it takes.
type server struct {
	mu       sync.Mutex
	mails    []received
	refuse   error         // what RCPT answers
	stall    chan struct{} // DATA waits for it
	password string        // asked for unless empty
	authed   bool
	addr     string
	roots    *x509.CertPool
}

type received struct {
	from string
	to   []string
	raw  string
	tls  bool
}

type session struct {
	s    *server
	mail received
}

func (s *server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, encrypted := c.TLSConnectionState()
	return &session{s: s, mail: received{tls: encrypted}}, nil
}

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		s.s.mu.Lock()
		defer s.s.mu.Unlock()
		if user != "market" || password != s.s.password {
			return errors.New("wrong password")
		}
		s.s.authed = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error { s.mail.from = from; return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = append(s.mail.to, to)
	return s.s.refuse
}

func (s *session) Data(r io.Reader) error {
	if s.s.stall != nil {
		<-s.s.stall
	}
	raw, err := io.ReadAll(r)
	s.mail.raw = string(raw)
	s.s.mu.Lock()
	defer s.s.mu.Unlock()
	s.s.mails = append(s.s.mails, s.mail)
	return err
}

func (s *session) Reset() { s.mail.to = nil }

func (s *session) Logout() error { return nil }

// start runs the server: with TLS offered by STARTTLS, from the first byte, or not at all.
func start(t *testing.T, s *server, mode string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	srv := smtp.NewServer(s)
	srv.Domain, srv.AllowInsecureAuth = "mail.test", true
	srv.ErrorLog = quiet{}
	var config *tls.Config
	config, s.roots = certificate(t)
	switch mode {
	case "starttls":
		srv.TLSConfig = config
	case "tls":
		listener = tls.NewListener(listener, config)
	}
	go func() { _ = srv.Serve(listener) }()
	t.Cleanup(func() { _ = srv.Close() })
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

func newSender(t *testing.T, s *server, url string) *sender {
	t.Helper()
	made, err := New(config.Mail{SMTP: strings.ReplaceAll(url, "ADDR", s.addr), From: "Märkte & Co <no-reply@market.example>"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	out := made.(*sender)
	out.tls.RootCAs = s.roots
	return out
}

func (s *server) only(t *testing.T) (received, *mail.Message) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mails) != 1 {
		t.Fatalf("%d mails arrived, not 1", len(s.mails))
	}
	parsed, err := mail.ReadMessage(strings.NewReader(s.mails[0].raw))
	if err != nil {
		t.Fatal(err)
	}
	return s.mails[0], parsed
}

var hello = Message{To: "ada@example.com", Subject: "Ihre Bestellung ist da ✓", Text: "Grüße\nhttps://market.example/?token=a=b", HTML: "<p>Grüße</p>"}

func TestAMailHasTextHTMLAndTheHeadersItNeeds(t *testing.T) {
	s := &server{}
	start(t, s, "plain")
	m := hello
	m.Headers = map[string]string{"List-Unsubscribe": "<https://market.example/unsubscribe?t=1>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
	if err := newSender(t, s, "smtp://ADDR").Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got, parsed := s.only(t)
	if got.from != "no-reply@market.example" || !slices.Equal(got.to, []string{m.To}) {
		t.Errorf("envelope: %+v", got)
	}
	if from, err := parsed.Header.AddressList("From"); err != nil || from[0].Name != "Märkte & Co" {
		t.Errorf("From: %v %v", from, err)
	}
	if subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil || subject != m.Subject {
		t.Errorf("Subject: %q %v", subject, err)
	}
	if date, err := parsed.Header.Date(); err != nil || time.Since(date).Abs() > time.Minute {
		t.Errorf("Date: %v %v", date, err)
	}
	if id := parsed.Header.Get("Message-ID"); !strings.HasSuffix(id, "@market.example>") || len(id) < 40 {
		t.Errorf("Message-ID: %q", id)
	}
	for name, want := range m.Headers {
		if parsed.Header.Get(name) != want {
			t.Errorf("%s: %q", name, parsed.Header.Get(name))
		}
	}
	if parsed.Header.Get("X-Mailer")+parsed.Header.Get("User-Agent") != "" {
		t.Error("the mail tells which library wrote it")
	}
	want := []string{"text/plain " + m.Text, "text/html " + m.HTML}
	if parts := alternatives(t, parsed); !slices.Equal(parts, want) {
		t.Errorf("parts %q, want %q", parts, want)
	}
	if strings.Contains(strings.ReplaceAll(got.raw, "\r\n", ""), "\n") {
		t.Error("a line does not end in CR LF")
	}
}

func alternatives(t *testing.T, m *mail.Message) []string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type: %q %v", kind, err)
	}
	var parts []string
	reader := multipart.NewReader(m.Body, params["boundary"])
	for {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil || params["charset"] != "UTF-8" {
			t.Errorf("part: %v %v", params, err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, kind+" "+strings.ReplaceAll(string(body), "\r\n", "\n"))
	}
}

// ASVS 1.3.11: what people write never makes a new header, recipient or mail.
func TestHeadersCannotBeInjected(t *testing.T) {
	for _, attack := range []string{
		"Hi\r\nBcc: victim@example.com", "Hi\nBcc: victim@example.com", "Hi\rBcc: victim@example.com", "Hi\r\n\r\nbody", "Hi\r\n.\r\nMAIL FROM:<x@y>",
		"Hi\u2028Bcc: victim@example.com", "Hi\x00Bcc: victim@example.com", "Hi\u0085Bcc: victim@example.com", "Hi=0ABcc: victim@example.com",
		"=?utf-8?q?Hi=0D=0ABcc:_victim@example.com?=", "Hi\xff\r\n\tBcc: victim@example.com", strings.Repeat("ü", 5000) + "\r\nBcc: v@example.com",
	} {
		s := &server{}
		start(t, s, "plain")
		m := hello
		m.Subject = attack
		m.Text = "From the text:\r\n.\r\nBcc: victim@example.com\r\n\r\n" + attack
		if err := newSender(t, s, "smtp://ADDR").Send(t.Context(), m); err != nil {
			t.Errorf("%q: %v", attack, err)
			continue
		}
		got, parsed := s.only(t)
		if !slices.Equal(got.to, []string{m.To}) || parsed.Header.Get("Bcc") != "" || len(parsed.Header) != 7 {
			t.Errorf("%q: to %v, headers %v", attack, got.to, parsed.Header)
		}
		if parts := alternatives(t, parsed); len(parts) != 2 {
			t.Errorf("%q: %d parts", attack, len(parts))
		}
	}
}

func TestAMessageThatCannotBeSentIsRefusedBeforeTheServerIsAsked(t *testing.T) {
	s := &server{}
	start(t, s, "plain")
	real := newSender(t, s, "smtp://ADDR")
	none, err := New(config.Mail{From: "a@b.example"}, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*Message)) Message {
		m := hello
		change(&m)
		return m
	}
	header := func(name, value string) Message {
		return with(func(m *Message) { m.Headers = map[string]string{name: value} })
	}
	wrong := []Message{
		with(func(m *Message) { m.Subject = " \n" }), with(func(m *Message) { m.Text = "" }),
		header("X\r\nBcc", "v@example.com"), header("X: y", "z"), header("", "z"), header("Ä", "z"), header("Bcc", "v@example.com"),
		header("bcc", "v@example.com"), header("FROM", "v@example.com"), header("Content-Type", "text/html"), header("Resent-To", "v@example.com"),
		header("X-A", "b\r\nBcc: v@example.com"), header("X-A", "b\nc"), header("X-A", "b\rc"), header("X-A", "b\x00"), header("X-A", ""),
		header("X-A", strings.Repeat("b", 901)), header("X-A", "\xff"),
	}
	for _, to := range []string{"", "nobody", "a@b.example, c@d.example", "Ada <ada@example.com>", "a@b.example\r\nBcc: c@d.example",
		"a@b.example\nRCPT TO:<c@d.example>", "\"a\r\nb\"@c.example", "a@b.example ", "<a@b.example>", "a@b.example (x)", strings.Repeat("a", 250) + "@b.example"} {
		wrong = append(wrong, with(func(m *Message) { m.To = to }))
	}
	for _, m := range wrong {
		for _, out := range []Sender{real, none} {
			if err := out.Send(t.Context(), m); !errors.Is(err, ErrMessage) || !IsPermanent(err) {
				t.Errorf("%T %+v: %v", out, m, err)
			}
		}
	}
	if len(s.mails) != 0 {
		t.Errorf("%d mails arrived", len(s.mails))
	}
	if err := none.Send(t.Context(), hello); err != nil {
		t.Errorf("without a server a good message is accepted: %v", err)
	}
}

func TestTheConnectionIsEncrypted(t *testing.T) {
	for mode, url := range map[string]string{"starttls": "smtp://market:secret@ADDR", "tls": "smtps://market:secret@ADDR"} {
		s := &server{password: "secret"}
		start(t, s, mode)
		if err := newSender(t, s, url).Send(t.Context(), hello); err != nil {
			t.Errorf("%s: %v", mode, err)
			continue
		}
		if got, _ := s.only(t); !got.tls || !s.authed {
			t.Errorf("%s: encrypted %v, logged in %v", mode, got.tls, s.authed)
		}
		stranger := newSender(t, s, url)
		stranger.tls.RootCAs = x509.NewCertPool()
		if err := stranger.Send(t.Context(), hello); err == nil || IsPermanent(err) {
			t.Errorf("%s: a certificate that nobody vouches for: %v", mode, err)
		}
	}
}

func TestWithoutEncryptionNothingIsSentToAnotherMachine(t *testing.T) {
	s := &server{}
	start(t, s, "plain")
	out := newSender(t, s, "smtp://market:secret@ADDR")
	addr := s.addr
	out.host = "mail.example" // as the policy sees it; the connection goes to the test's server
	err := out.deliverVia(t, addr, hello)
	if err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("got %v", err)
	}
	if len(s.mails) != 0 || s.authed {
		t.Error("a mail or the password was sent in the clear")
	}
}

func TestAWrongPasswordOrARefusalIsAnErrorThatHidesThePassword(t *testing.T) {
	s := &server{password: "another"}
	start(t, s, "starttls")
	err := newSender(t, s, "smtp://market:canary-secret@ADDR").Send(t.Context(), hello)
	if err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("a wrong password: %v", err)
	}
	s.refuse = &smtp.SMTPError{Code: 550, Message: "no such user"}
	if err := newSender(t, s, "smtp://ADDR").Send(t.Context(), hello); !IsPermanent(err) {
		t.Errorf("550 is for good: %v", err)
	}
	s.refuse = &smtp.SMTPError{Code: 451, Message: "later"}
	if err := newSender(t, s, "smtp://ADDR").Send(t.Context(), hello); err == nil || IsPermanent(err) {
		t.Errorf("451 is for now: %v", err)
	}
}

func TestSendingStopsWhenTheContextEnds(t *testing.T) {
	s := &server{stall: make(chan struct{})}
	start(t, s, "plain")
	t.Cleanup(func() { close(s.stall) })
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := newSender(t, s, "smtp://ADDR").Send(ctx, hello); !errors.Is(err, context.DeadlineExceeded) || IsPermanent(err) {
		t.Errorf("got %v", err)
	}
}

func TestAnAddressThatIsNoMailServerIsRefusedAtTheStart(t *testing.T) {
	for _, c := range []config.Mail{{From: "nobody"}, {From: "a@b.example", SMTP: "http://x"}, {From: "a@b.example", SMTP: "smtp://"}, {From: "a@b.example", SMTP: "smtp://u:p%zz@x"}} {
		if _, err := New(c, zap.NewNop()); err == nil || strings.Contains(err.Error(), "p%zz") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// deliverVia sends with the sender's policy for its host, over a connection to another address.
func (s *sender) deliverVia(t *testing.T, addr string, m Message) error {
	t.Helper()
	message, err := compose(s.from, m)
	if err != nil {
		t.Fatal(err)
	}
	client, err := gomail.NewClient(s.host, s.options(func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	})...)
	if err != nil {
		t.Fatal(err)
	}
	return client.DialAndSendWithContext(t.Context(), message)
}

func TestReachingTheServerLogsInAndSendsNothing(t *testing.T) {
	s := &server{password: "secret"}
	start(t, s, "")
	if err := Reach(t.Context(), config.Mail{SMTP: "smtp://market:secret@" + s.addr, From: "a@market.example"}); err != nil {
		t.Error(err)
	}
	if err := Reach(t.Context(), config.Mail{SMTP: "smtp://market:wrong@" + s.addr, From: "a@market.example"}); err == nil {
		t.Error("a wrong password is good enough")
	}
	if err := Reach(t.Context(), config.Mail{From: "a@market.example"}); err != nil {
		t.Errorf("without a server: %v", err)
	}
	if len(s.mails) > 0 {
		t.Error("a mail was sent")
	}
}
