package orderimpl

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func drawing(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 1100, 80))
	for i := range img.Pix {
		img.Pix[i] = byte(i)
	}
	img.Set(0, 0, color.White)
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Rows O23, Z19: before acceptance the buyer's link gives the preview; after, the original with matching SHA-256.
func TestADeliveredPictureIsAPreviewForItsBuyerUntilTheOrderIsCompleted(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		original := drawing(t)
		o := b.working()
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Files: []order.Upload{{Name: "logo.png", Content: original}, {Name: "a.txt", Content: []byte("a")}}}))(t)
		o = b.get(o)
		ref := o.Deliveries[0].Files[0]
		if !ref.Preview || ref.SHA256 != hash(original) || o.Deliveries[0].Files[1].Preview {
			t.Errorf("the files are %+v", o.Deliveries[0].Files)
		}
		q := order.FileRequest{OrderID: o.ID, FileID: ref.ID}
		link := must(b.orders.LinkFile(b.buyer, q))(t)
		for _, f := range []order.File{must(b.orders.File(b.buyer, q))(t), must(b.orders.LinkedFile(apptest.Visitor(), order.LinkedFileRequest{Token: link.Token}))(t)} {
			size, _, err := image.DecodeConfig(bytes.NewReader(f.Content))
			if err != nil || size.Width != 1024 || !f.Preview || f.SHA256 != hash(f.Content) || f.SHA256 == ref.SHA256 || !strings.HasPrefix(f.Name, "preview logo.") {
				t.Errorf("the preview is %+v, %d wide, %v", f.FileRef, size.Width, err)
			}
		}
		if f := must(b.orders.File(b.seller, q))(t); hash(f.Content) != ref.SHA256 {
			t.Error("the seller does not get the original")
		}
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		for _, f := range []order.File{must(b.orders.File(b.buyer, q))(t), must(b.orders.LinkedFile(apptest.Visitor(), order.LinkedFileRequest{Token: link.Token}))(t)} {
			if hash(f.Content) != ref.SHA256 || f.Preview {
				t.Error("after acceptance it is not the original")
			}
		}
	})
}

func TestALinkToAFileExpiresAndCannotBeForged(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	o = must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Files: []order.Upload{{Name: "a.txt", Content: []byte("a")}}}))(t)
	q := order.FileRequest{OrderID: o.ID, FileID: o.Deliveries[0].Files[0].ID}
	_, err := b.orders.LinkFile(b.another, q)
	refused(t, err, fault.NotFound)
	_, err = b.orders.LinkFile(b.buyer, order.FileRequest{OrderID: o.ID, FileID: "another"})
	refused(t, err, fault.NotFound)
	link := must(b.orders.LinkFile(b.buyer, q))(t)
	if left := link.ExpiresAt.Sub(b.Clock.Now()); left > 10*time.Minute || left < 9*time.Minute {
		t.Errorf("it works for %s", left)
	}
	quote := b.quote().Token
	for _, token := range []string{"", ".", "x.y", link.Token + "A", strings.ToUpper(link.Token), quote, strings.Repeat("A", 5000)} {
		_, err := b.orders.LinkedFile(apptest.Visitor(), order.LinkedFileRequest{Token: token})
		refused(t, err, fault.NotFound)
	}
	b.Clock.Advance(10*time.Minute + 2*time.Second)
	_, err = b.orders.LinkedFile(apptest.Visitor(), order.LinkedFileRequest{Token: link.Token})
	refused(t, err, fault.NotFound)
}

func TestAPictureThatCannotBePreviewedIsNotGivenAway(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	broken := append([]byte("\x89PNG\r\n\x1a\n"), "no picture"...)
	o = must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Files: []order.Upload{{Name: "a.png", Content: broken}}}))(t)
	_, err := b.orders.File(b.buyer, order.FileRequest{OrderID: o.ID, FileID: o.Deliveries[0].Files[0].ID})
	refused(t, err, fault.Conflict)
}
