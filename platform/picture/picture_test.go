package picture

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"marketplace/platform/fault"
)

// quarters is a picture whose four quarters have colours of their own.
func quarters(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, corner(2*x/w, 2*y/h))
		}
	}
	return m
}

func corner(x, y int) color.NRGBA {
	return []color.NRGBA{{220, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 220, 255}, {230, 220, 40, 255}}[2*y+x]
}

// cornersOf names the quarters of a picture in reading order: r, g, b, y.
func cornersOf(m image.Image) string {
	b := m.Bounds()
	var seen strings.Builder
	for i := range 4 {
		x, y := b.Min.X+b.Dx()*(1+2*(i%2))/4, b.Min.Y+b.Dy()*(1+2*(i/2))/4
		r, g, bl, _ := m.At(x, y).RGBA()
		seen.WriteByte(0x3f)
		for k := range 4 {
			c := corner(k%2, k/2)
			if near(r, c.R) && near(g, c.G) && near(bl, c.B) {
				text := seen.String()
				seen.Reset()
				seen.WriteString(text[:len(text)-1] + string("rgby"[k]))
			}
		}
	}
	return seen.String()
}

func near(got uint32, want uint8) bool {
	return int(got>>8)-int(want) < 25 && int(want)-int(got>>8) < 25
}

func encoded(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// painted has just the four colours.
func painted(m image.Image) *image.Paletted {
	p := image.NewPaletted(m.Bounds(), color.Palette{corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)})
	draw.Draw(p, p.Bounds(), m, image.Point{}, draw.Src)
	return p
}

func asJPEG(t *testing.T, m image.Image) []byte {
	return encoded(t, func(w io.Writer) error { return jpeg.Encode(w, m, &jpeg.Options{Quality: 95}) })
}

func asPNG(t *testing.T, m image.Image) []byte {
	return encoded(t, func(w io.Writer) error { return png.Encode(w, m) })
}

func webps() map[string][]byte {
	lossless, _ := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	lossy, _ := base64.StdEncoding.DecodeString("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
	return map[string][]byte{"lossless": lossless, "lossy": lossy}
}

func tiff(order binary.ByteOrder, orientation uint16) []byte {
	b := make([]byte, 26)
	copy(b, "II*\x00")
	if order == binary.ByteOrder(binary.BigEndian) {
		copy(b, "MM\x00*")
	}
	order.PutUint32(b[4:], 8)
	order.PutUint16(b[8:], 1)
	order.PutUint16(b[10:], 0x0112)
	order.PutUint16(b[12:], 3)
	order.PutUint32(b[14:], 1)
	order.PutUint16(b[18:], orientation)
	return b
}

// withSegment adds a segment behind the start of a JPEG.
func withSegment(jpg []byte, marker byte, content string) []byte {
	head := []byte{0xff, 0xd8, 0xff, marker, 0, 0}
	binary.BigEndian.PutUint16(head[4:], uint16(len(content)+2))
	return append(append(head, content...), jpg[2:]...)
}

// withChunk adds a chunk behind the header of a PNG.
func withChunk(p []byte, name, content string) []byte {
	const header = 8 + 25
	c := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	c = append(append(c, name...), content...)
	c = binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	return append(append(append([]byte{}, p[:header]...), c...), p[header:]...)
}

func normalize(t *testing.T, content []byte) Picture {
	t.Helper()
	p, err := Normalize(bytes.NewReader(content), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEveryFormatIsReadAndWrittenAnew(t *testing.T) {
	m := quarters(64, 48)
	clear := quarters(64, 48)
	clear.SetNRGBA(60, 40, color.NRGBA{})
	files := map[string]struct {
		content []byte
		becomes string
	}{
		"jpeg": {asJPEG(t, m), "image/jpeg"}, "png": {asPNG(t, m), "image/jpeg"}, "transparent png": {asPNG(t, clear), "image/png"},
		"gif": {encoded(t, func(w io.Writer) error { return gif.Encode(w, painted(m), nil) }), "image/jpeg"},
	}
	for name, f := range files {
		p := normalize(t, f.content)
		if p.Width() != 64 || p.Height() != 48 || p.Type() != f.becomes || cornersOf(p.Image()) != "rgby" {
			t.Errorf("%s: %d×%d %s %s", name, p.Width(), p.Height(), p.Type(), cornersOf(p.Image()))
		}
		out, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		read, kind, err := image.Decode(bytes.NewReader(out))
		if err != nil || "image/"+kind != f.becomes || cornersOf(read) != "rgby" || !strings.HasPrefix("."+strings.Replace(kind, "jpeg", "jpg", 1), p.Extension()) {
			t.Errorf("%s: written as %s, %v", name, kind, err)
		}
	}
	for name, content := range webps() {
		if p := normalize(t, content); p.Width() != 1 || p.Height() != 1 {
			t.Errorf("webp %s: %d×%d", name, p.Width(), p.Height())
		}
	}
}

func TestOnlyTheFirstFrameOfAGIFIsKept(t *testing.T) {
	palette := color.Palette{color.Black, color.NRGBA{220, 30, 30, 255}, color.NRGBA{30, 30, 220, 255}}
	animation := &gif.GIF{Config: image.Config{Width: 8, Height: 8, ColorModel: palette}}
	for frame := range uint8(2) {
		m := image.NewPaletted(image.Rect(0, 0, 8, 8), palette)
		for i := range m.Pix {
			m.Pix[i] = frame + 1
		}
		animation.Image, animation.Delay = append(animation.Image, m), append(animation.Delay, 10)
	}
	p := normalize(t, encoded(t, func(w io.Writer) error { return gif.EncodeAll(w, animation) }))
	if got := cornersOf(p.Image()); got != "rrrr" {
		t.Errorf("got %s", got)
	}
}

func TestAPictureIsTurnedAsTheCameraWasHeld(t *testing.T) {
	for orientation, want := range map[uint16]string{0: "rgby", 1: "rgby", 2: "gryb", 3: "ybgr", 4: "byrg", 5: "rbgy", 6: "bryg", 7: "ygbr", 8: "gyrb", 9: "rgby"} {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			exif := string(tiff(order, orientation))
			for name, content := range map[string][]byte{
				"jpeg": withSegment(asJPEG(t, quarters(64, 32)), 0xe1, "Exif\x00\x00"+exif),
				"png":  withChunk(asPNG(t, quarters(64, 32)), "eXIf", exif),
			} {
				p := normalize(t, content)
				if got := cornersOf(p.Image()); got != want || (p.Width() == 32) != (orientation >= 5 && orientation <= 8) {
					t.Errorf("%s, orientation %d, %v: %s, want %s; %d×%d", name, orientation, order, got, want, p.Width(), p.Height())
				}
			}
		}
	}
	webp := []byte("RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00ODD \x01\x00\x00\x00x\x00EXIF\x1a\x00\x00\x00" + string(tiff(binary.BigEndian, 6)))
	if got := tiffOrientation(webpExif(webp)); got != 6 {
		t.Errorf("webp: %d", got)
	}
}

func TestBrokenMetadataNeitherHarmsNorTurns(t *testing.T) {
	good := string(tiff(binary.LittleEndian, 6))
	for cut := range len(good) {
		p := normalize(t, withSegment(asJPEG(t, quarters(64, 32)), 0xe1, "Exif\x00\x00"+good[:cut]))
		if cut < 22 && cornersOf(p.Image()) != "rgby" {
			t.Errorf("cut at %d: %s", cut, cornersOf(p.Image()))
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 5_000 {
		b := []byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00" + good)
		for range 1 + random.IntN(6) {
			b[random.IntN(len(b))] = byte(random.Uint32())
		}
		for _, block := range [][]byte{jpegExif(b), pngExif(b), webpExif(b), b} {
			if o := tiffOrientation(block); o < 1 || o > 8 {
				t.Fatalf("orientation %d of %q", o, b)
			}
		}
	}
}

func TestNothingOfTheUploadButItsPixelsRemains(t *testing.T) {
	const canary = "51.4778N-canary"
	jpg := withSegment(withSegment(asJPEG(t, quarters(64, 48)), 0xe1, "Exif\x00\x00"+string(tiff(binary.LittleEndian, 1))+canary), 0xfe, canary)
	transparent := quarters(64, 48)
	transparent.SetNRGBA(0, 0, color.NRGBA{})
	p := withChunk(asPNG(t, transparent), "tEXt", "Comment\x00"+canary)
	for _, content := range [][]byte{append(jpg, canary...), append(p, "<script>"+canary...)} {
		out, err := normalize(t, content).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(out, []byte("canary")) || bytes.Contains(out, []byte("Exif")) {
			t.Error("metadata of the upload is in what is shown")
		}
	}
}

func TestWhatIsNoPictureIsRefusedWithASentence(t *testing.T) {
	jpg := asJPEG(t, quarters(64, 48))
	for name, content := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "html": []byte("<html><script>alert(1)</script>"), "svg": []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`),
		"pdf": []byte("%PDF-1.4"), "half a jpeg": jpg[:len(jpg)/3], "a jpeg's first bytes": jpg[:4], "zip": []byte("PK\x03\x04"),
		"bmp": []byte("BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00"), "no width": bomb(t, 0, 5), "html that says it is a gif": []byte("GIF89a\x01\x00\x01\x00<script>alert(1)</script>"),
	} {
		_, err := Normalize(bytes.NewReader(content), Limits{})
		if !fault.Is(err, fault.Invalid) || err.Error() != "This file is not a picture we can read. Use JPEG, PNG, WebP or GIF." {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := Normalize(io.MultiReader(bytes.NewReader(jpg), neverEnding{}), Limits{Bytes: 2 << 20})
	if !fault.Is(err, fault.TooLarge) || !strings.Contains(err.Error(), "2 MB") {
		t.Errorf("an upload that never ends: %v", err)
	}
	if _, err := Normalize(io.MultiReader(bytes.NewReader(jpg), brokenLine{}), Limits{}); err == nil || fault.Of(err).Code != fault.Internal {
		t.Errorf("an upload that breaks off is not the file's fault: %v", err)
	}
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }

type brokenLine struct{}

func (brokenLine) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestResizingKeepsProportionsAndNeverEnlarges(t *testing.T) {
	p := Of(quarters(1000, 600))
	for width, want := range map[int]image.Point{320: {320, 192}, 999: {999, 599}, 1000: {1000, 600}, 2000: {1000, 600}, 0: {1000, 600}, 1: {1, 1}} {
		small := p.Resize(width)
		if small.Width() != want.X || small.Height() != want.Y {
			t.Errorf("%d: %d×%d", width, small.Width(), small.Height())
		}
		if width > 1 && cornersOf(small.Image()) != "rgby" {
			t.Errorf("%d: %s", width, cornersOf(small.Image()))
		}
	}
	if tall := Of(quarters(10, 5000)).within(100); tall.Width() != 1 || tall.Height() != 100 {
		t.Errorf("%d×%d", tall.Width(), tall.Height())
	}
}

func TestScalingInStripsIsScalingAtOnce(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	m := image.NewRGBA(image.Rect(7, 5, 7+500, 5+400))
	for i := range m.Pix {
		m.Pix[i] = byte(random.Uint32()) | byte(255*(i%4/3))
	}
	want := image.NewRGBA(image.Rect(0, 0, 300, 240))
	draw.CatmullRom.Scale(want, want.Bounds(), m, m.Bounds(), draw.Src, nil)
	got := Of(m).scaled(300, 240).Image().(*image.RGBA)
	// The picture between the two passes has whole numbers, cut off at black and white.
	far := 0
	for i := range want.Pix {
		if d := int(want.Pix[i]) - int(got.Pix[i]); d > 16 || d < -16 {
			far++
		}
	}
	if far > len(want.Pix)/100 {
		t.Errorf("%d of %d values differ", far, len(want.Pix))
	}
}
