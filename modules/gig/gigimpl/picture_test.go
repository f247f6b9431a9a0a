package gigimpl

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"sync"
	"testing"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func drawn(t *testing.T, width, height int, see uint8) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
		if i%4 == 3 {
			m.Pix[i] = see
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPictureIsKeptInTheWidthsThatPagesShow(t *testing.T) {
	w := begin(t)
	g := w.put(t, nil)
	g, err := w.AddPicture(seller(), gig.AddPictureRequest{GigID: g.ID, Content: drawn(t, 900, 600, 255)})
	if err != nil || len(g.Pictures) != 1 || g.Pictures[0].Width != 900 || g.Pictures[0].Height != 600 || g.Version != 3 {
		t.Fatalf("%+v, %v", g, err)
	}
	for asked, want := range map[int]int{320: 320, 640: 640, 1280: 900, 0: 320, -5: 320, 481: 640, 480: 320, 5000: 900, math.MaxInt: 900, math.MinInt: 320} {
		p, err := w.Picture(apptest.Visitor(), gig.PictureRequest{ID: g.Pictures[0].ID, Width: asked})
		if err != nil {
			t.Fatal(err)
		}
		size, err := jpeg.DecodeConfig(bytes.NewReader(p.Content))
		if err != nil || size.Width != want || size.Height != want*2/3 && size.Height != want*2/3+1 || p.ContentType != "image/jpeg" {
			t.Errorf("%d: %+v %s, %v", asked, size, p.ContentType, err)
		}
	}
	file, err := w.Files.Get(t.Context(), fileOf(g.Pictures[0].ID, original))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if size, err := jpeg.DecodeConfig(file); err != nil || size.Width != 900 {
		t.Errorf("the original is %d wide, %v", size.Width, err)
	}
	if g, err = w.AddPicture(seller(), gig.AddPictureRequest{GigID: g.ID, Content: drawn(t, 40, 40, 100)}); err != nil || len(g.Pictures) != 2 {
		t.Fatalf("%+v, %v", g, err)
	}
	clear, err := w.Picture(apptest.Visitor(), gig.PictureRequest{ID: g.Pictures[1].ID, Width: 320})
	if err != nil || clear.ContentType != "image/png" {
		t.Fatalf("%s, %v", clear.ContentType, err)
	}
	if m, err := png.Decode(bytes.NewReader(clear.Content)); err != nil || m.Bounds().Dx() != 40 || color.NRGBAModel.Convert(m.At(1, 1)).(color.NRGBA).A != 100 {
		t.Errorf("%v", err)
	}

	removed := g.Pictures[0].ID
	if g, err = w.RemovePicture(seller(), gig.RemovePictureRequest{GigID: g.ID, PictureID: removed}); err != nil || len(g.Pictures) != 1 {
		t.Fatalf("%+v, %v", g, err)
	}
	if _, err := w.RemovePicture(seller(), gig.RemovePictureRequest{GigID: g.ID, PictureID: removed}); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	// Row G6: an order that was placed with it still shows it.
	if _, err := w.Picture(apptest.Visitor(), gig.PictureRequest{ID: removed, Width: 640}); err != nil {
		t.Error(err)
	}
}

// Row Us5, V5.3.
func TestWhatIsNoPictureIsRefusedAndNothingIsKept(t *testing.T) {
	w := begin(t)
	g := w.put(t, nil)
	for name, c := range map[string]struct {
		content []byte
		want    fault.Code
	}{
		"nothing":   {nil, fault.Invalid},
		"text":      {[]byte("<svg onload=alert(1)>"), fault.Invalid},
		"cut off":   {drawn(t, 50, 50, 255)[:100], fault.Invalid},
		"too large": {make([]byte, 8<<20+1), fault.TooLarge},
	} {
		if _, err := w.AddPicture(seller(), gig.AddPictureRequest{GigID: g.ID, Content: c.content}); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now := w.must(t, g.ID); len(now.Pictures) != 0 || now.Version != g.Version {
		t.Errorf("%+v", now)
	}
	for _, id := range []string{"", "..", "../../gig.db", "x\x00", "none"} {
		if _, err := w.Picture(apptest.Visitor(), gig.PictureRequest{ID: id, Width: 320}); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// Row G4: six, and of pictures that come at the same moment none is lost.
func TestAGigHasAtMostSixPicturesHoweverTheyCome(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		g := w.put(t, nil)
		content := drawn(t, 20, 20, 255)
		var wait sync.WaitGroup
		var mu sync.Mutex
		codes := map[fault.Code]int{}
		for range 9 {
			wait.Go(func() {
				_, err := w.AddPicture(seller(), gig.AddPictureRequest{GigID: g.ID, Content: content})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					codes[""]++
				} else {
					codes[fault.Of(err).Code]++
				}
			})
		}
		wait.Wait()
		if codes[""] != 6 || codes[fault.Conflict] != 3 {
			t.Errorf("%v", codes)
		}
		if now := w.must(t, g.ID); len(now.Pictures) != 6 || now.Version != g.Version+6 {
			t.Errorf("%d pictures, version %d", len(now.Pictures), now.Version)
		}
	})
}
