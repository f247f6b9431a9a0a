package chatimpl

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// drawing is a PNG with a hole, so that it stays one.
func drawing(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i)
	}
	img.Set(0, 0, color.Transparent)
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func photo(t testing.TB, w, h int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func packed(t testing.TB, name string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	f, err := z.Create(name)
	if err == nil {
		_, err = f.Write([]byte("content"))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func (w world) sendFiles(ctx context.Context, id, text string, files ...chat.Upload) (chat.Message, error) {
	return w.Send(ctx, chat.SendRequest{ConversationID: id, Text: text, Files: files})
}

// Row C4.
func TestFilesReachTheOtherWithPicturesWrittenAnewAndNobodyElse(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		secret := append(photo(t, 900, 30), []byte("GPS 52.5 13.4 behind the picture")...)
		m, err := w.sendFiles(ana, id, "", chat.Upload{Name: `C:\fakepath\Büro Plan.jpeg`, Content: secret},
			chat.Upload{Name: "notes.txt", Content: []byte("plain words")}, chat.Upload{Name: "all.zip", Content: packed(t, "run.exe")})
		if err != nil || len(m.Attachments) != 3 || m.Text != "" {
			t.Fatalf("%+v, %v", m, err)
		}
		read, err := w.ListMessages(ben, chat.ListMessagesRequest{ConversationID: id})
		if err != nil || !same(read.Items[0], m) {
			t.Errorf("the other reads %+v, %v", read, err)
		}
		if c := w.list(ben); len(c[0].LastMessage.Attachments) != 3 {
			t.Errorf("the list shows %+v", c[0].LastMessage)
		}
		plan, notes := m.Attachments[0], m.Attachments[1]
		if plan.Name != "Büro Plan.jpg" || plan.ContentType != "image/jpeg" || plan.Width != 900 || plan.Height != 30 || !plan.IsPicture() ||
			notes.Name != "notes.txt" || notes.ContentType != "text/plain" || notes.Size != 11 || notes.SHA256 != hash([]byte("plain words")) || notes.IsPicture() {
			t.Errorf("%+v", m.Attachments)
		}
		for preview, wide := range map[bool]int{false: 900, true: 640} {
			f, err := w.File(ben, chat.FileRequest{ConversationID: id, FileID: plan.ID, Preview: preview})
			if err != nil || bytes.Contains(f.Content, []byte("GPS")) || hash(f.Content) != f.SHA256 || int64(len(f.Content)) != f.Size {
				t.Fatalf("%+v, %v", f.Attachment, err)
			}
			if size, _, err := image.DecodeConfig(bytes.NewReader(f.Content)); err != nil || size.Width != wide {
				t.Errorf("preview %v is %d wide, %v", preview, size.Width, err)
			}
		}
		for _, q := range []chat.FileRequest{{ConversationID: id, FileID: "none"}, {ConversationID: w.open(ana, "Eve").ID, FileID: plan.ID}, {FileID: plan.ID}} {
			_, err := w.File(ana, q)
			w.refused(err, fault.NotFound, "another file")
		}
		for _, who := range []context.Context{eve, apptest.As("u-mod", "Mod", "moderator", "operator")} {
			_, err := w.File(who, chat.FileRequest{ConversationID: id, FileID: plan.ID})
			w.refused(err, fault.NotFound, "a third person")
			_, err = w.LinkFile(who, chat.FileRequest{ConversationID: id, FileID: plan.ID})
			w.refused(err, fault.NotFound, "a link for a third person")
		}
	})
}

// Row C4, ASVS 5.2.1: what a file is and what it is called must agree; what could run is not taken.
func TestFilesThatAreNotTakenAreRefusedByNameAndNothingIsKept(t *testing.T) {
	w := start(t, func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(t, m, o...) })
	id := w.between()
	long := strings.Repeat("x", mostFileSize+1)
	for what, f := range map[string]chat.Upload{
		"nothing": {Name: "a.txt"}, "too large": {Name: "a.txt", Content: []byte(long)}, "a program": {Name: "a.exe", Content: []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff")},
		"a program called a text": {Name: "a.txt", Content: []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00")},
		"a page":                  {Name: "a.html", Content: []byte("<!doctype html><script>alert(1)</script>")},
		"a page called a text":    {Name: "a.txt", Content: []byte("<!doctype html><script>alert(1)</script>")},
		"a drawing with scripts":  {Name: "a.svg", Content: []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`)},
		"a text called a program": {Name: "a.exe", Content: []byte("words")}, "a picture called a document": {Name: "a.pdf", Content: photo(t, 2, 2)},
		"turned": {Name: "gpj.\u202Eexe", Content: photo(t, 2, 2)}, "a broken picture": {Name: "a.png", Content: drawing(t, 9, 9)[:60]}, "no ending": {Name: "README", Content: []byte("words")},
	} {
		_, err := w.sendFiles(ana, id, "Look", chat.Upload{Name: "good.txt", Content: []byte("good")}, f)
		if wrongField(err) != "files.1" {
			t.Errorf("%s: %v", what, err)
		}
	}
	many := make([]chat.Upload, mostFiles+1)
	for i := range many {
		many[i] = chat.Upload{Name: "a.txt", Content: []byte("a")}
	}
	if _, err := w.sendFiles(ana, id, "Look", many...); wrongField(err) != "files" {
		t.Errorf("too many: %v", err)
	}
	if _, err := w.sendFiles(eve, id, "", many[:1]...); !fault.Is(err, fault.NotFound) {
		t.Errorf("a third person: %v", err)
	}
	if got := w.get(ana, id).LastSeq; got != 0 {
		t.Errorf("%d messages", got)
	}
	if m, err := w.sendFiles(ana, id, "", many[:mostFiles]...); err != nil || len(m.Attachments) != mostFiles {
		t.Errorf("as many as may be: %v", err)
	}
}

// Rows C4, Z16: a message that is sent twice has its files once.
func TestTheSameFilesSentTwiceAreThereOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		q := chat.SendRequest{ConversationID: w.between(), ClientID: "c", Files: []chat.Upload{{Name: "a.txt", Content: []byte("a")}}}
		first, err := w.Send(ana, q)
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.Send(ana, q)
		if err != nil || !same(first, again) {
			t.Errorf("%+v, %v", again, err)
		}
		var n int64
		if w.DB.Read(t.Context()).Model(&attachmentRow{}).Count(&n); n != 1 {
			t.Errorf("%d files", n)
		}
	})
}

func TestALinkToAFileWorksForTenMinutesAndOnlyAsLongAsItsOwnerMayHaveTheFile(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		m, err := w.sendFiles(ana, id, "", chat.Upload{Name: "a.txt", Content: []byte("a")})
		if err != nil {
			t.Fatal(err)
		}
		q := chat.FileRequest{ConversationID: id, FileID: m.Attachments[0].ID}
		link, err := w.LinkFile(ben, q)
		if err != nil {
			t.Fatal(err)
		}
		if left := link.ExpiresAt.Sub(w.Clock.Now()); left > linkLife || left < linkLife-time.Minute {
			t.Errorf("it works for %s", left)
		}
		open := func(token string) error {
			_, err := w.LinkedFile(apptest.Visitor(), chat.LinkedFileRequest{Token: token})
			return err
		}
		if err := open(link.Token); err != nil {
			t.Fatal(err)
		}
		for _, forged := range []string{"", ".", link.Token + "A", link.Token[:len(link.Token)-2], "x" + link.Token, strings.Replace(link.Token, ".", "..", 1), strings.Repeat("A", 5000) + ".AA"} {
			w.refused(open(forged), fault.NotFound, "forged")
		}
		w.Clock.Advance(linkLife + time.Second)
		w.refused(open(link.Token), fault.NotFound, "expired")
		fresh, err := w.LinkFile(ben, q)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Delete(ana, chat.DeleteRequest{ConversationID: id, MessageID: m.ID}); err != nil {
			t.Fatal(err)
		}
		w.refused(open(fresh.Token), fault.NotFound, "of a deleted message")
	})
}
