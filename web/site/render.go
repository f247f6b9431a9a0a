package site

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"marketplace/modules/chat"
	"marketplace/modules/notification"
	"marketplace/modules/user"
	"marketplace/platform/identity"
	"marketplace/web/language"
)

// view is what a template sees: the page's own Data, and what the frame around it needs.
type view struct {
	Title       string // of the page, without the marketplace's name
	Description string // one sentence for search engines
	Canonical   string // local path under which the page is to be known; empty: not to be indexed
	Card        string // local path of the picture that shows the page elsewhere; empty: the marketplace's
	Kind        string // og:type; empty: website
	Feed        string // local path of its Atom feed
	Facts       []structured
	Missing     missing // what the page is shown without; show adds what is missing around it
	Alone       bool    // without the ways to other pages: they are closed
	Data        any

	// Filled in by show.
	Name        string // of the marketplace
	Path        string // of the request, to mark where one is
	Origin      string // of the public URL
	Logo        string // name of the operator's own; empty: the drawn mark
	Development bool
	Me          me
	Flash       *flash
	Lang        *language.Language
	Languages   []choice
	Closed      bool   // for everybody but operators
	Here        string // where one is, to come back to after choosing a language
}

// me is who looks at the page.
type me struct {
	identity.Actor
	DisplayName   string
	AvatarID      string
	Seller        bool
	Messages      int // unread
	Notifications int // unread
}

// largestBuffer is what a buffer may have grown to and still be kept for the next page.
const largestBuffer = 512 << 10

func newBuffer() any { return new(bytes.Buffer) }

// show renders a page whole before the first byte leaves, so that a failing template is an error page and not half
// a page.
func (s *Site) show(c echo.Context, status int, name string, v view) error {
	s.frame(c, &v)
	return s.write(c, status, name, "base", v)
}

// showBare is show without the marketplace's header and footer.
func (s *Site) showBare(c echo.Context, status int, name string, v view) error {
	s.frame(c, &v)
	return s.write(c, status, name, "bare", v)
}

// showPart renders one named part of a page, for scripts that put it into a page.
func (s *Site) showPart(c echo.Context, name, part string, data any) error {
	return s.write(c, http.StatusOK, name, part, data)
}

func (s *Site) write(c echo.Context, status int, name, entry string, data any) error {
	all, err := s.templates[s.language(c).Tag]()
	if err != nil {
		return err
	}
	read, ok := all[name]
	if !ok {
		return fmt.Errorf("show %s: there is no such template", name)
	}
	page, err := read()
	if err != nil {
		return err
	}
	buffer := s.buffers.Get().(*bytes.Buffer)
	defer func() {
		if buffer.Cap() <= largestBuffer {
			s.buffers.Put(buffer)
		}
	}()
	buffer.Reset()
	if err := page.ExecuteTemplate(buffer, entry, data); err != nil {
		return fmt.Errorf("show %s: %w", name, err)
	}
	c.Response().Header().Set("Cache-Control", caching(c))
	return c.HTMLBlob(status, buffer.Bytes())
}

// caching keeps pages of a signed-in person out of every cache (ASVS 14.3.2).
func caching(c echo.Context) string {
	if identity.From(c.Request().Context()).SignedIn() {
		return "no-store"
	}
	return "no-cache, private"
}

func (s *Site) frame(c echo.Context, v *view) {
	v.Name = s.Config.Name
	v.Path = c.Request().URL.Path
	v.Origin = s.Config.PublicURL
	v.Logo = s.brand.logo
	if v.Card == "" {
		v.Card = "/card"
	}
	if v.Kind == "" {
		v.Kind = "website"
	}
	v.Development = s.Development()
	v.Closed = s.Closed() != nil
	if !v.Alone {
		var without missing
		v.Me, without = s.me(c.Request().Context())
		v.Missing = slices.Concat(v.Missing, without)
		v.Flash = takeFlash(c, s.Secure())
	}
	s.speak(c, v)
}

// me asks three modules at once, and tells what could not be told: a header without its badge is better than no page.
func (s *Site) me(ctx context.Context) (me, missing) {
	m := me{Actor: identity.From(ctx)}
	if !m.SignedIn() {
		return m, stranger(ctx)
	}
	m.DisplayName = m.Username
	g := s.gather(ctx)
	g.want(partYou, func(ctx context.Context) error {
		p, err := s.Users.Get(ctx, user.GetRequest{ID: m.UserID})
		if err == nil {
			m.DisplayName, m.AvatarID, m.Seller = p.DisplayName, p.AvatarID, p.Seller != nil
		}
		return err
	})
	g.want(partMessages, func(ctx context.Context) error {
		n, err := s.Chats.CountUnread(ctx, chat.CountUnreadRequest{})
		m.Messages = n.Messages
		return err
	})
	g.want(partNotifications, func(ctx context.Context) error {
		n, err := s.Notifications.CountUnread(ctx, notification.CountUnreadRequest{})
		m.Notifications = n.Count
		return err
	})
	without, err := g.wait()
	if err != nil { // a refusal, or nobody waits any more
		s.Log.Debug("show a page without its badges", zap.Error(err))
	}
	return m, without
}
