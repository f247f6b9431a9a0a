package userimpl

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/modules/user"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/rpc/rpctest"
)

type world struct {
	*apptest.Harness
	user.Service
}

func start(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) world {
	t.Helper()
	h := open("user")
	return world{h, apptest.Start(t, h, Module, Deps{})}
}

// begin starts the profiles on SQLite.
func begin(t *testing.T) world {
	t.Helper()
	return start(t, func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(t, m, o...) })
}

func ana() context.Context { return apptest.As("u1", "Ana") }

func (w world) signUp(t *testing.T, id, username string, at time.Time) {
	t.Helper()
	apptest.Emit(t, w.Harness, auth.SignedUp{UserID: id, Username: username, At: at})
	apptest.Settle(t, w.Harness)
}

func (w world) get(t *testing.T, q user.GetRequest) user.Profile {
	t.Helper()
	p, err := w.Get(apptest.Visitor(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func selling() user.SetSellerRequest {
	return user.SetSellerRequest{Headline: "Logos", Description: "Ten years of logos.", Skills: []string{"Drawing", "drawing"},
		Languages: []user.Language{{Name: "German", Level: "native"}}, Country: "de"}
}

// fields are the names of the fields that a fault marks.
func fields(err error) string {
	if err == nil {
		return ""
	}
	var names []string
	for _, f := range fault.Of(err).Fields {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func TestTheContractCanBeCalledFromAnotherProcess(t *testing.T) {
	rpctest.Contract[user.Service](t, newRemote)
}

func TestAPersonWhoSignedUpHasAProfileUnderTheirNameInAnyCase(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		at := w.Clock.Now().Add(-time.Hour)
		w.signUp(t, "u1", "Ana", at)
		for _, q := range []user.GetRequest{{ID: "u1"}, {Username: "Ana"}, {Username: "aNA"}} {
			p := w.get(t, q)
			if p.ID != "u1" || p.Username != "Ana" || p.DisplayName != "Ana" || !p.MemberSince.Equal(at) || p.Seller != nil {
				t.Errorf("%+v: %+v", q, p)
			}
		}
		for _, q := range []user.GetRequest{{}, {ID: "u2"}, {Username: "Ben"}, {ID: "x\x00"}, {Username: "\xff"}, {Username: "an_"}, {ID: "none", Username: "Ana"}} {
			if _, err := w.Get(apptest.Visitor(), q); !fault.Is(err, fault.NotFound) {
				t.Errorf("%+v: %v", q, err)
			}
		}
	})
}

func TestPeopleMayBeFasterThanTheNewsOfThem(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		signedUp := w.Clock.Now()
		w.Clock.Advance(time.Second)
		if p, err := w.Get(ana(), user.GetRequest{Username: "ana"}); err != nil || p.ID != "u1" || p.Username != "Ana" {
			t.Errorf("%+v, %v", p, err)
		}
		bio := "I draw."
		if p, err := w.Update(ana(), user.UpdateRequest{Bio: &bio}); err != nil || p.Bio != bio || p.Username != "Ana" {
			t.Fatalf("%+v, %v", p, err)
		}
		w.signUp(t, "u1", "Ana", signedUp)
		if p := w.get(t, user.GetRequest{ID: "u1"}); p.Bio != bio || !p.MemberSince.Equal(signedUp) {
			t.Errorf("%+v", p)
		}
	})
}

// V2.1.3.
func TestEveryLimitOfAProfileHoldsAndNamesItsField(t *testing.T) {
	w := begin(t)
	x := func(n int) *string { s := strings.Repeat("ä", n); return &s }
	code := func(s string) *string { return &s }
	for i, c := range []struct {
		q    user.UpdateRequest
		want string
	}{
		{user.UpdateRequest{}, ""},
		{user.UpdateRequest{DisplayName: x(0)}, "display_name"}, {user.UpdateRequest{DisplayName: x(1)}, ""},
		{user.UpdateRequest{DisplayName: x(50)}, ""}, {user.UpdateRequest{DisplayName: x(51)}, "display_name"},
		{user.UpdateRequest{DisplayName: code("a\nb")}, "display_name"},
		{user.UpdateRequest{Bio: x(0)}, ""}, {user.UpdateRequest{Bio: x(1000)}, ""}, {user.UpdateRequest{Bio: x(1001)}, "bio"},
		{user.UpdateRequest{Country: code("")}, ""}, {user.UpdateRequest{Country: code("DE")}, ""}, {user.UpdateRequest{Country: code(" us ")}, ""},
		{user.UpdateRequest{Country: code("XX")}, "country"}, {user.UpdateRequest{Country: code("E F")}, "country"},
		{user.UpdateRequest{Country: code(" ")}, ""}, {user.UpdateRequest{Country: code("DEU")}, "country"}, {user.UpdateRequest{Country: code("UK")}, "country"},
		{user.UpdateRequest{DisplayName: x(0), Bio: x(1001), Country: code("1")}, "display_name bio country"},
	} {
		if _, err := w.Update(ana(), c.q); fields(err) != c.want {
			t.Errorf("case %d: %q, want %q (%v)", i, fields(err), c.want, err)
		}
	}
	if n := len(strings.Fields(countries)); n != 249 { // ISO 3166-1 has assigned so many
		t.Errorf("%d countries", n)
	}
	if _, err := w.Update(apptest.Visitor(), user.UpdateRequest{}); !fault.Is(err, fault.Unauthenticated) {
		t.Error(err)
	}
}

// Rows U1, A11.
func TestAVerifiedPersonBecomesASellerOnce(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		unverified := identity.With(t.Context(), identity.Actor{UserID: "u1", Username: "Ana"})
		if _, err := w.SetSeller(unverified, selling()); !fault.Is(err, fault.Forbidden) {
			t.Error(err)
		}
		if _, err := w.SetSeller(apptest.Visitor(), selling()); !fault.Is(err, fault.Unauthenticated) {
			t.Error(err)
		}
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				if _, err := w.SetSeller(ana(), selling()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		first := w.get(t, user.GetRequest{ID: "u1"})
		if first.Country != "DE" || first.Seller == nil || fmt.Sprint(first.Seller.Skills) != "[Drawing]" || first.Seller.Languages[0].Level != "native" {
			t.Fatalf("%+v", first)
		}
		w.Clock.Advance(time.Hour)
		q := selling()
		q.Headline, q.Skills, q.Languages = "Logos and more", nil, nil
		again, err := w.SetSeller(ana(), q)
		if err != nil || again.Seller.Headline != "Logos and more" || !again.Seller.Since.Equal(first.Seller.Since) ||
			again.Seller.Skills == nil || len(again.Seller.Skills) != 0 || again.Seller.Languages == nil {
			t.Errorf("%+v, %v", again.Seller, err)
		}
		events := apptest.Emitted[user.BecameSeller](t, w.Harness)
		if len(events) != 1 || events[0].UserID != "u1" || events[0].Username != "Ana" || !events[0].At.Equal(first.Seller.Since) {
			t.Errorf("%+v", events)
		}
	})
}

// V2.1.3.
func TestEveryLimitOfASellerHoldsAndNamesItsField(t *testing.T) {
	x := func(n int) string { return strings.Repeat("ä", n) }
	speak := func(n int) (list []user.Language) {
		for i := range n {
			list = append(list, user.Language{Name: x(i + 1), Level: "basic"})
		}
		return list
	}
	skills := func(n int) (list []string) {
		for i := range n {
			list = append(list, x(i+1))
		}
		return list
	}
	for i, c := range []struct {
		change func(*user.SetSellerRequest)
		want   string
	}{
		{func(q *user.SetSellerRequest) {}, ""},
		{func(q *user.SetSellerRequest) { q.Headline = x(2) }, "headline"}, {func(q *user.SetSellerRequest) { q.Headline = x(3) }, ""},
		{func(q *user.SetSellerRequest) { q.Headline = x(100) }, ""}, {func(q *user.SetSellerRequest) { q.Headline = x(101) }, "headline"},
		{func(q *user.SetSellerRequest) { q.Description = x(9) }, "description"}, {func(q *user.SetSellerRequest) { q.Description = x(10) }, ""},
		{func(q *user.SetSellerRequest) { q.Description = x(2000) }, ""}, {func(q *user.SetSellerRequest) { q.Description = x(2001) }, "description"},
		{func(q *user.SetSellerRequest) { q.Skills = skills(20) }, ""}, {func(q *user.SetSellerRequest) { q.Skills = skills(21) }, "skills"},
		{func(q *user.SetSellerRequest) { q.Skills = []string{x(40)} }, ""}, {func(q *user.SetSellerRequest) { q.Skills = []string{x(41)} }, "skills.0"},
		{func(q *user.SetSellerRequest) { q.Languages = speak(10) }, ""}, {func(q *user.SetSellerRequest) { q.Languages = speak(11) }, "languages"},
		{func(q *user.SetSellerRequest) { q.Languages[0].Level = "perfect" }, "languages.0.level"},
		{func(q *user.SetSellerRequest) { q.Languages[0].Name = "" }, "languages.0.name"},
		{func(q *user.SetSellerRequest) {
			q.Languages = append(q.Languages, user.Language{Name: "german", Level: "basic"})
		}, "languages.1.name"},
		{func(q *user.SetSellerRequest) { q.Country = "Germany" }, "country"},
		{func(q *user.SetSellerRequest) { *q = user.SetSellerRequest{Country: "?"} }, "headline description country"},
	} {
		q := selling()
		c.change(&q)
		if _, err := checkSeller(q); fields(err) != c.want {
			t.Errorf("case %d: %q, want %q (%v)", i, fields(err), c.want, err)
		}
	}
}

func TestManyProfilesAreLookedUpTogether(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.signUp(t, "u1", "Ana", w.Clock.Now())
		w.signUp(t, "u2", "Ben", w.Clock.Now())
		l, err := w.List(apptest.System(), user.ListRequest{IDs: []string{"u2", "none", "u1", "x\x00", "u2"}})
		if err != nil || len(l.Items) != 2 || l.Items[0].Username != "Ana" {
			t.Errorf("%+v, %v", l, err)
		}
		if l, err := w.List(apptest.System(), user.ListRequest{}); err != nil || l.Items == nil {
			t.Errorf("%+v, %v", l, err)
		}
		if _, err := w.List(apptest.System(), user.ListRequest{IDs: make([]string, 101)}); fields(err) != "ids" {
			t.Error(err)
		}
	})
}

func drawing(t *testing.T, width, height int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			m.Set(x, y, color.NRGBA{R: uint8(255 * x / width), G: 40, B: 40, A: 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Row Us5.
func TestAPictureBecomesASmallSquareOfItsMiddle(t *testing.T) {
	w := begin(t)
	first, err := w.SetAvatar(ana(), user.SetAvatarRequest{Content: drawing(t, 900, 300)})
	if err != nil || first.AvatarID == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	shown, err := w.Avatar(apptest.Visitor(), user.AvatarRequest{UserID: "u1"})
	if err != nil || shown.ContentType != "image/jpeg" {
		t.Fatalf("%s, %v", shown.ContentType, err)
	}
	m, err := jpeg.Decode(bytes.NewReader(shown.Content))
	if err != nil || m.Bounds().Dx() != 256 || m.Bounds().Dy() != 256 {
		t.Fatalf("%v, %v", m.Bounds(), err)
	}
	left, _, _, _ := m.At(2, 128).RGBA()
	right, _, _, _ := m.At(253, 128).RGBA()
	if left>>8 < 75 || left>>8 > 95 || right>>8 < 160 || right>>8 > 180 { // from a third to two thirds of the width
		t.Errorf("red from %d to %d: not the middle", left>>8, right>>8)
	}
	second, err := w.SetAvatar(ana(), user.SetAvatarRequest{Content: drawing(t, 30, 20)})
	if err != nil || second.AvatarID == first.AvatarID {
		t.Errorf("%+v, %v", second, err)
	}
	if _, err := w.Files.Get(t.Context(), fileOf(first.AvatarID)); !fault.Is(err, fault.NotFound) {
		t.Errorf("the old picture is still kept: %v", err)
	}
}

func TestWhatIsNoPictureChangesNothing(t *testing.T) {
	w := begin(t)
	for name, c := range map[string]struct {
		who     context.Context
		content []byte
		want    fault.Code
	}{
		"text":      {ana(), []byte("<svg onload=alert(1)>"), fault.Invalid},
		"nothing":   {ana(), nil, fault.Invalid},
		"too large": {ana(), make([]byte, 5<<20+1), fault.TooLarge},
		"a visitor": {apptest.Visitor(), drawing(t, 9, 9), fault.Unauthenticated},
	} {
		if _, err := w.SetAvatar(c.who, user.SetAvatarRequest{Content: c.content}); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := w.Get(ana(), user.GetRequest{ID: "u1"}); err != nil || p.AvatarID != "" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestPeopleWithoutAPictureGetTheirInitials(t *testing.T) {
	w := begin(t)
	w.signUp(t, "u1", "Ana", w.Clock.Now())
	w.signUp(t, "u2", "Ben", w.Clock.Now())
	avatar := func(id string) []byte {
		p, err := w.Avatar(apptest.Visitor(), user.AvatarRequest{UserID: id})
		if err != nil || !strings.HasPrefix(p.ContentType, "image/") {
			t.Fatalf("%s, %v", p.ContentType, err)
		}
		if size, _, err := image.DecodeConfig(bytes.NewReader(p.Content)); err != nil || size.Width != 256 || size.Height != 256 {
			t.Errorf("%+v, %v", size, err)
		}
		return p.Content
	}
	first := avatar("u1")
	if !bytes.Equal(first, avatar("u1")) || bytes.Equal(first, avatar("u2")) {
		t.Error("not one picture for each person")
	}
	name := "Zoë Quinn"
	if _, err := w.Update(ana(), user.UpdateRequest{DisplayName: &name}); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, avatar("u1")) {
		t.Error("the initials of the old name")
	}
	for _, id := range []string{"none", "", "../user.db", "x\x00"} {
		if _, err := w.Avatar(apptest.Visitor(), user.AvatarRequest{UserID: id}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	for name, want := range map[string]string{"ana": "A", "Ana Maria de Souza": "AS", "_x-9": "X9", "!!": "", "éva b": "ÉB"} {
		if got := initials(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}
