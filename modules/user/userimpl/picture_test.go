package userimpl

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"testing"

	"marketplace/modules/user"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// ASVS 5.2.3: a picture that says it is huge is refused from its header, and the one before stays.
func TestAHugeAvatarIsRefusedAndTheOneBeforeStays(t *testing.T) {
	h := apptest.Host(t, "user")
	users := apptest.Start(t, h, Module, Deps{})
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	ana := apptest.As("ana-1", "ana")
	before, err := users.SetAvatar(ana, user.SetAvatarRequest{Content: small.Bytes()})
	if err != nil || before.AvatarID == "" {
		t.Fatalf("%+v, %v", before, err)
	}
	huge := bytes.Clone(small.Bytes())
	binary.BigEndian.PutUint32(huge[16:], 15_000)
	binary.BigEndian.PutUint32(huge[20:], 15_000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	if _, err := users.SetAvatar(ana, user.SetAvatarRequest{Content: huge}); !fault.Is(err, fault.Invalid) {
		t.Errorf("225 megapixels: %v", err)
	}
	after, err := users.Get(ana, user.GetRequest{ID: "ana-1"})
	if err != nil || after.AvatarID != before.AvatarID {
		t.Errorf("%+v, %v", after, err)
	}
	shown, err := users.Avatar(apptest.Visitor(), user.AvatarRequest{UserID: "ana-1"})
	if err != nil || shown.ContentType != "image/jpeg" || len(shown.Content) == 0 {
		t.Errorf("%s, %d bytes, %v", shown.ContentType, len(shown.Content), err)
	}
}
