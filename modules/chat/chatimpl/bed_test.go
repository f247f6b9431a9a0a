package chatimpl

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"marketplace/modules/chat"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/rpc/rpctest"
)

// people know everybody whose id begins with u; the name of u-ana is Ana.
type people struct{ user.Service }

func (people) Get(_ context.Context, q user.GetRequest) (user.Profile, error) {
	id := q.ID
	if id == "" {
		id = "u-" + strings.ToLower(q.Username)
	}
	name, ok := strings.CutPrefix(id, "u-")
	if !ok || name == "nobody" {
		return user.Profile{}, fault.NotFoundf("There is no such person.")
	}
	return user.Profile{ID: id, Username: strings.ToUpper(name[:1]) + name[1:], DisplayName: "The " + name}, nil
}

// gigs have one of Ben's, and a draft of his that only he sees.
type gigs struct{ gig.Service }

func (gigs) Get(ctx context.Context, q gig.GetRequest) (gig.Gig, error) {
	if q.ID != "g1" && (q.ID != "draft" || identity.From(ctx).UserID != "u-ben") {
		return gig.Gig{}, fault.NotFoundf("There is no such gig.")
	}
	return gig.Gig{ID: q.ID, SellerID: "u-ben", SellerUsername: "Ben"}, nil
}

// orders have one of Ana's from Ben, which a moderator sees, too.
type orders struct{ order.Service }

func (orders) Get(ctx context.Context, q order.GetRequest) (order.Order, error) {
	actor := identity.From(ctx)
	if q.ID != "o1" || actor.UserID != "u-ana" && actor.UserID != "u-ben" && !actor.Is("moderator") {
		return order.Order{}, fault.NotFoundf("There is no such order.")
	}
	return order.Order{ID: "o1", GigID: "g1", BuyerID: "u-ana", BuyerUsername: "Ana", SellerID: "u-ben", SellerUsername: "Ben"}, nil
}

type world struct {
	*apptest.Harness
	chat.Service
	t *testing.T
}

type opener = func(string, ...apptest.Option) *apptest.Harness

func start(t *testing.T, open opener, options ...apptest.Option) world {
	t.Helper()
	h := open("chat", options...)
	return world{h, apptest.Start(t, h, Module, Deps{Users: people{}, Gigs: gigs{}, Orders: orders{}}), t}
}

// everywhere runs the test on both databases.
func everywhere(t *testing.T, run func(t *testing.T, w world)) {
	apptest.Databases(t, func(t *testing.T, open opener) { run(t, start(t, open)) })
}

func as(name string) context.Context { return apptest.As("u-"+strings.ToLower(name), name) }

var (
	ana = as("Ana")
	ben = as("Ben")
	eve = as("Eve") // belongs to nothing
)

func unverified(name string) context.Context {
	return identity.With(context.Background(), identity.Actor{UserID: "u-" + strings.ToLower(name), Username: name})
}

// between opens the conversation of Ana with Ben.
func (w world) between() string {
	w.t.Helper()
	return w.open(ana, "Ben").ID
}

func (w world) open(ctx context.Context, username string) chat.Conversation {
	w.t.Helper()
	c, err := w.Open(ctx, chat.OpenRequest{Username: username})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w world) send(ctx context.Context, id string, texts ...string) (last chat.Message) {
	w.t.Helper()
	for _, text := range texts {
		var err error
		if last, err = w.Send(ctx, chat.SendRequest{ConversationID: id, Text: text}); err != nil {
			w.t.Fatal(err)
		}
	}
	return last
}

func (w world) get(ctx context.Context, id string) chat.Conversation {
	w.t.Helper()
	c, err := w.Get(ctx, chat.GetRequest{ID: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w world) list(ctx context.Context) []chat.Conversation {
	w.t.Helper()
	l, err := w.List(ctx, chat.ListRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return l.Items
}

// marks says how far someone is: read/their read/last, unread here, unread in all messages and conversations.
func (w world) marks(ctx context.Context, id string) string {
	w.t.Helper()
	c := w.get(ctx, id)
	n, err := w.CountUnread(ctx, chat.CountUnreadRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("%d/%d/%d %d %d in %d", c.ReadSeq, c.TheirRead, c.LastSeq, c.Unread, n.Messages, n.Conversations)
}

// same says whether two messages are, but for how long their reader may change them.
func same(a, b chat.Message) bool {
	a.ChangeUntil, b.ChangeUntil = nil, nil
	return reflect.DeepEqual(a, b)
}

func (w world) refused(err error, code fault.Code, about string) {
	w.t.Helper()
	if !fault.Is(err, code) {
		w.t.Errorf("%s: %v, want %s", about, err, code)
	}
}

// wrongField says which field a request is refused for.
func wrongField(err error) string {
	if f := fault.Of(err); f != nil && f.Code == fault.Invalid && len(f.Fields) == 1 {
		return f.Fields[0].Name
	}
	return fmt.Sprint(err)
}

func TestTheContractCanBeCalledFromAnotherProcess(t *testing.T) {
	rpctest.Contract[chat.Service](t, newRemote)
}
