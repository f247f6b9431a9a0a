package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"go.uber.org/zap"

	"marketplace/platform/config"
)

// timeout is for connecting, and again for each mail.
const timeout = 15 * time.Second

// New returns where mail leaves: by the SMTP server of the configuration, or nowhere if there is none. Then every
// message that could be sent is accepted and not kept; who sends keeps what they want to show. The connection to the
// server is encrypted, from the start (smtps://) or by STARTTLS (smtp://), except to this machine.
func New(c config.Mail, log *zap.Logger) (Sender, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("mail.from is not an address: %w", err)
	}
	if c.SMTP == "" {
		log.Info("No mail server is configured: mails do not leave this machine.")
		return nowhere{}, nil
	}
	server, err := url.Parse(c.SMTP)
	if err != nil || server.Hostname() == "" || server.Scheme != "smtp" && server.Scheme != "smtps" {
		return nil, errors.New("mail.smtp is not smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	s := &sender{from: from, host: server.Hostname(), implicit: server.Scheme == "smtps", port: 587, log: log}
	if s.implicit {
		s.port = 465
	}
	if server.Port() != "" {
		if s.port, err = strconv.Atoi(server.Port()); err != nil {
			return nil, fmt.Errorf("mail.smtp has no usable port: %w", err)
		}
	}
	s.user = server.User.Username()
	s.password, _ = server.User.Password()
	s.tls = &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	return s, nil
}

// IsPermanent says whether sending the same message again is useless: the message is wrong, or the server has refused
// it for good (a 5xx answer).
func IsPermanent(err error) bool {
	var refused *gomail.SendError
	return errors.Is(err, ErrMessage) || errors.As(err, &refused) && refused.ErrorCode() >= 500 && !refused.IsTemp()
}

// nowhere accepts what could be sent.
type nowhere struct{}

func (nowhere) Send(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	return ctx.Err()
}

// sender opens a connection for each mail: they are rare, and a kept connection is one that the server has closed.
type sender struct {
	from     *mail.Address
	host     string
	port     int
	user     string
	password string
	implicit bool // TLS from the first byte
	tls      *tls.Config
	log      *zap.Logger
}

func (s *sender) Send(ctx context.Context, m Message) error {
	message, err := compose(s.from, m)
	if err != nil {
		return err
	}
	if err := s.deliver(ctx, message); err != nil {
		if ctx.Err() != nil {
			err = errors.Join(ctx.Err(), err)
		}
		return fmt.Errorf("send a mail by %s: %w", s.host, err)
	}
	s.log.Debug("Sent a mail.", zap.String("email.message_id", message.GetMessageID()))
	return nil
}

func (s *sender) deliver(ctx context.Context, message *gomail.Msg) error {
	hangUp := func() {}
	defer func() { hangUp() }()
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := s.dial(dialing, network, address)
		if err == nil {
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			hangUp = func() { stop(); _ = conn.Close() }
		}
		return conn, err
	}
	client, err := gomail.NewClient(s.host, s.options(dial)...)
	if err != nil {
		return err
	}
	connection, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return err
	}
	err = client.SendWithSMTPClient(connection, message)
	_ = client.CloseWithSMTPClient(connection)
	if message.IsDelivered() {
		return nil // what went wrong after the server took the mail must not send it again
	}
	return err
}

func (s *sender) options(dial gomail.DialContextFunc) []gomail.Option {
	policy := gomail.TLSMandatory
	switch {
	case s.implicit:
		policy = gomail.NoTLS // dial has done it
	case config.IsLoopback(s.host):
		policy = gomail.TLSOpportunistic
	}
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(timeout), gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(s.tls),
		gomail.WithDialContextFunc(dial), gomail.WithoutNoop(),
	}
	if s.user != "" {
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}

func (s *sender) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if !s.implicit {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return (&tls.Dialer{Config: s.tls}).DialContext(ctx, network, address)
}
