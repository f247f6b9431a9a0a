package live

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/platform/config"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/socketio"
)

// What events cost: what a page sends by itself, again and again, takes a step, everything else some.
const (
	cheap = 1
	usual = 5
	// eventsSaved is how many seconds' worth of events a person can send at once.
	eventsSaved = 10
	// mostRefused is how often a client goes on after it was told to wait, until it is cut; each event that it may send
	// makes up for some. No client that waits at all comes near it.
	mostRefused = 1000
	madeUp      = 10
)

// origins are the pages that may connect: those of the public address, exactly. While somebody tries the marketplace out,
// which may be at any address that leads to this machine, those of the same host (nil).
func origins(c config.Config) []string {
	public, err := url.Parse(strings.ToLower(c.PublicURL))
	if !c.IsProduction() || err != nil {
		return nil
	}
	if public.Port() == map[string]string{"http": "80", "https": "443"}[public.Scheme] { // browsers leave it out
		public.Host = strings.TrimSuffix(public.Host, ":"+public.Port())
	}
	return []string{public.Scheme + "://" + public.Host}
}

// Mount answers the channel's requests. They leave echo's deadlines and compression alone.
func (l *Live) Mount(router *echo.Echo) { router.Any(Path, l.serve) }

// serve refuses handshakes that come too fast from one address: whoever has not said yet who they are takes a place as
// well. What belongs to a session that is there, polls and upgrades, is not counted.
func (l *Live) serve(c echo.Context) error {
	r := c.Request()
	if !r.URL.Query().Has("sid") {
		if wait := l.handshakes.take(identity.Neighbourhood(c.RealIP()), 1); wait > 0 {
			c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(seconds(wait)))
			return c.JSON(http.StatusTooManyRequests, map[string]string{"message": "Too many connections from this address."})
		}
	}
	l.server.ServeHTTP(c.Response(), r)
	return nil
}

// makeRoom lets go of the oldest connections of a person who has more than they may: the newest is what they look at. The
// official client does not come back by itself after that, so the two do not take turns.
func (l *Live) makeRoom(userID string) {
	sockets := l.people.To(userRoom(userID)).Sockets()
	over := len(sockets) - l.Config.Live.Connections
	if over <= 0 {
		return
	}
	slices.SortFunc(sockets, func(a, b *socketio.Socket) int { return cmp.Compare(visitOf(a).number, visitOf(b).number) })
	for _, sk := range sockets[:over] {
		sk.Close()
	}
}

// mayGo refuses an event of a person who sends too many, over all their connections here. A client that does not listen to
// that at all is cut.
func (l *Live) mayGo(sk *socketio.Socket, event string) error {
	steps, v := usual, visitOf(sk)
	if event == "typing" || event == "read" {
		steps = cheap
	}
	wait := l.pace.take(v.who().UserID, steps)
	if wait <= 0 {
		v.refused = max(0, v.refused-madeUp)
		return nil
	}
	if v.refused++; v.refused > mostRefused {
		sk.Close()
	}
	return fault.TooManyf(seconds(wait), "That was a bit fast. Please wait a moment.")
}

func eventPace(l *Live) *pace {
	return newPace(l.Clock, l.Config.Live.Events*eventsSaved*usual, eventsSaved*time.Second)
}

func handshakePace(l *Live) *pace {
	return newPace(l.Clock, l.Config.Live.Handshakes, time.Minute)
}
