package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/platform/fault"
)

// taken is how many bytes a call allocates, whether they are given back or not.
func taken(call func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// bomb is a PNG that says it is w by h, and is a few bytes.
func bomb(t *testing.T, w, h uint32) []byte {
	t.Helper()
	return edited(asPNG(t, quarters(8, 8)), func(header []byte) {
		binary.BigEndian.PutUint32(header, w)
		binary.BigEndian.PutUint32(header[4:], h)
	})
}

// edited is a PNG with another header: width, height, depth, colours, …, interlaced.
func edited(b []byte, edit func(header []byte)) []byte {
	b = bytes.Clone(b)
	edit(b[16:29])
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// frame is a JPEG that ends after its frame header: SOF0, or SOF2 for a progressive one.
func frame(sof byte, w, h int, sampling ...byte) []byte {
	b := []byte{0xff, 0xd8, 0xff, sof, 0, byte(8 + 3*len(sampling)), 8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(len(sampling))}
	for i, s := range sampling {
		b = append(b, byte(i+1), s, 0)
	}
	return append(b, 0xff, 0xda, 0, 2)
}

// ASVS 5.2.3: a bomb is refused from its header.
func TestABombIsRefusedBeforeItIsDecoded(t *testing.T) {
	gifBomb := append([]byte("GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff"), ",\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02L\x01\x00;"...)
	webpBomb := []byte("RIFF\x1e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\xff\x3f\x00\xff\x3f\x00VP8L\x00\x00\x00\x00")
	for name, content := range map[string][]byte{
		"png": bomb(t, 50_000, 50_000), "wide png": bomb(t, 2_000_000_000, 1), "long png": bomb(t, 1, longestSide+1),
		"png just over": bomb(t, 3_001, 3_000), "gif": gifBomb, "webp": webpBomb,
		"deep png":        edited(bomb(t, 2_200, 2_200), func(header []byte) { header[8] = 16 }),
		"interlaced png":  edited(bomb(t, 2_200, 2_200), func(header []byte) { header[12] = 1 }),
		"grey with clear": withChunk(edited(bomb(t, 5_000, 5_000), func(header []byte) { header[9] = 0 }), "tRNS", "\x00\x00"),
		"jpeg":            frame(0xc0, 6_000, 4_001, 0x22, 0x11, 0x11), "full jpeg": frame(0xc1, 4_001, 3_000, 0x11, 0x11, 0x11),
		"progressive jpeg": frame(0xc2, 2_401, 2_000, 0x22, 0x11, 0x11), "tall sampling": frame(0xc0, 6_000, 4_100, 0x22, 0x21, 0x21),
	} {
		grown := taken(func() {
			_, err := Normalize(bytes.NewReader(content), Limits{})
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "too many pixels") {
				t.Errorf("%s: %v", name, err)
			}
		})
		if grown > 4<<20 {
			t.Errorf("%s: %d bytes were taken", name, grown)
		}
	}
}

// ASVS 5.2.3: what is just accepted stays within 64 MiB, from the upload to the largest file that is kept. Here everything
// is a sixteenth of its size; `make torture` shows it whole.
func TestTheLargestPicturesStayWithin64MiB(t *testing.T) { largestStayWithin(t, 4) }

func largestStayWithin(t *testing.T, part int) {
	limits := Limits{Memory: 36 * mega / int64(part*part), Side: 1920 / part}
	at := func(w, h int) image.Rectangle { return image.Rect(0, 0, w/part, h/part) }
	files := map[string][]byte{
		"full colour": asPNG(t, image.NewNRGBA(at(3_000, 3_000))),
		"palette":     asPNG(t, image.NewPaletted(at(6_000, 6_000), color.Palette{color.Black, color.White})),
		"grey lines":  asPNG(t, image.NewGray(at(longestSide, 2_000))),
		"16 bits":     asPNG(t, image.NewNRGBA64(at(2_120, 2_120))),
		"photo":       encodedJPEG(t, image.NewYCbCr(at(6_000, 4_000), image.YCbCrSubsampleRatio420)),
	}
	for name, content := range files {
		grown := taken(func() {
			p, err := Normalize(bytes.NewReader(content), limits)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if _, err := p.Encode(); err != nil || max(p.Width(), p.Height()) != limits.Side {
				t.Errorf("%s: %d×%d, %v", name, p.Width(), p.Height(), err)
			}
		})
		if grown > 63<<20/int64(part*part)+1<<20 { // some does not grow with the picture
			t.Errorf("%s: %d KiB were taken", name, grown>>10)
		}
	}
}

// A progressive JPEG may go over its pixels as often as it likes: hours of work in a few megabytes.
func TestAJPEGWithThousandsOfScansIsNotDecoded(t *testing.T) {
	scan := "\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00"
	content := append(frame(0xc2, 2_000, 2_000, 0x11), strings.Repeat(scan, 100_000)...)
	if grown := taken(func() {
		if _, err := Normalize(bytes.NewReader(content), Limits{}); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	}); grown > 4<<20 {
		t.Errorf("%d bytes were taken", grown)
	}
}

// What the decoders take follows from the header as memory.go says; Go's may change.
func TestTheMemoryOfAPictureIsToldFromItsHeader(t *testing.T) {
	const side = 512
	at := image.Rect(0, 0, side, side)
	grey := image.NewGray(at)
	grey.Pix[0] = 1
	files := map[string][]byte{
		"grey": asPNG(t, grey), "clear": asPNG(t, image.NewNRGBA(at)), "grey jpeg": asJPEG(t, grey),
		"photo":           encodedJPEG(t, image.NewYCbCr(at, image.YCbCrSubsampleRatio420)),
		"grey with clear": withChunk(asPNG(t, grey), "tRNS", "\x00\x00"),
	}
	for name, content := range files {
		f, _ := formatOf(content)
		size, err := f.config(bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		told := f.memory(content, size.ColorModel) * side * side
		grown := taken(func() {
			if _, err := f.read(content); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
		if over := float64(grown) - told; over > 384<<10 || over < -told/3 {
			t.Errorf("%s: %d bytes were taken, %.0f expected", name, grown, told)
		}
	}
}

func encodedJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestALargePictureIsMadeSmallerTrueToItsColours(t *testing.T) {
	for name, size := range map[string]image.Point{"wide": {2400, 150}, "high": {100, 3333}, "just over": {1921, 10}, "thin": {5000, 1}} {
		p := normalize(t, asPNG(t, quarters(size.X, size.Y)))
		if max(p.Width(), p.Height()) != 1920 || size.Y > 1 && cornersOf(p.Image()) != "rgby" {
			t.Errorf("%s: %d×%d %s", name, p.Width(), p.Height(), cornersOf(p.Image()))
		}
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 3840, 100))
	for i := range clear.Pix {
		clear.Pix[i] = []uint8{200, 100, 50, uint8(i / 4 % 2 * 255)}[i%4]
	}
	small := Of(clear).within(1920)
	if got := color.NRGBAModel.Convert(small.Image().At(7, 7)).(color.NRGBA); got.A != 128 || got.R < 198 || got.R > 202 || small.Type() != "image/png" {
		t.Errorf("every second pixel is clear: %+v", got)
	}
}

func TestAWorkshopTakesSomeAtOnceAndRefusesALongLine(t *testing.T) {
	w := newWorkshop(2, 1, time.Hour)
	enter := func(ctx context.Context) func() {
		leave, err := w.Enter(ctx)
		if err != nil {
			t.Error(err)
			return func() {}
		}
		return leave
	}
	first, second := enter(t.Context()), enter(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if _, err := w.Enter(ctx); err != context.Canceled {
			t.Errorf("gave up: %v", err)
		}
	})
	for len(w.line) < 3 {
		runtime.Gosched()
	}
	_, err := w.Enter(t.Context())
	if f := fault.Of(err); !fault.Is(err, fault.Unavailable) || f.RetryAfter < 1 {
		t.Errorf("the line is full: %v", err)
	}
	cancel()
	waiting.Wait()
	waiting.Go(func() { enter(t.Context())() })
	first()
	waiting.Wait()
	second()
	if len(w.line)+len(w.places) != 0 {
		t.Errorf("%d and %d did not leave", len(w.line), len(w.places))
	}
}

func TestNobodyWaitsForAPlaceForEver(t *testing.T) {
	w := newWorkshop(1, 5, time.Millisecond)
	leave, err := w.Enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Enter(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
	leave()
	if leave, err = w.Enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	leave()
}

// BenchmarkNormalize is what the largest accepted pictures cost.
func BenchmarkNormalize(b *testing.B) {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewYCbCr(image.Rect(0, 0, 6_000, 4_000), image.YCbCrSubsampleRatio420), nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Normalize(bytes.NewReader(photo.Bytes()), Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
