// Package picture makes uploaded pictures safe to show: it looks at what a file really is, refuses what is too large
// before decoding it, turns it as the camera meant, and writes it anew, so that nothing of the upload but its pixels
// remains (no position, no camera, nothing hidden behind the picture). It also draws: covers and avatars.
package picture

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"marketplace/platform/fault"
)

const (
	jpegQuality = 85
	mega        = 1_000_000
	longestSide = 16_384 // pixels of an upload
)

// Limits say what is accepted and how large the result may be. A zero is the default.
type Limits struct {
	Bytes  int64 // of the upload; 8 MiB
	Memory int64 // bytes that its pixels take while it is read, told from its header; 36 million: see Normalize
	Side   int   // longest side of the result; a larger picture is made smaller; 1920
}

func (l Limits) orDefaults() Limits {
	if l.Bytes == 0 {
		l.Bytes = 8 << 20
	}
	if l.Memory == 0 {
		l.Memory = 36 * mega
	}
	if l.Side == 0 {
		l.Side = 1920
	}
	return l
}

// Picture is pixels, and nothing else of what was uploaded.
type Picture struct {
	pixels image.Image
	opaque bool
}

// Normalize reads a JPEG, PNG, WebP or GIF (its first frame), whatever its name says. A file of another kind or a broken
// one is a fault.Invalid, one of too many bytes a fault.TooLarge, each with a sentence for whoever uploaded it.
//
// A picture is refused from its header if its pixels would take too much memory. With the default, that is above 24
// megapixels for a photo as cameras write it (JPEG 4:2:0, 1.5 bytes a pixel), 36 for grey and for palettes, 9 for a PNG in
// full colour, 4 for the costly kinds (progressive JPEG, 16 bits a channel, lossless WebP). So one picture takes less than
// 64 MiB and about a second (ASVS 5.2.3). Callers bound how many are read at once: Workshop.
func Normalize(r io.Reader, limits Limits) (Picture, error) {
	limits = limits.orDefaults()
	content, err := take(r, limits.Bytes)
	if err != nil {
		return Picture{}, err
	}
	format, ok := formatOf(content)
	if !ok {
		return Picture{}, unreadable()
	}
	size, err := format.config(bytes.NewReader(content))
	if err != nil || size.Width <= 0 || size.Height <= 0 {
		return Picture{}, unreadable()
	}
	perPixel := format.memory(content, size.ColorModel)
	most := float64(limits.Memory) / perPixel
	if max(size.Width, size.Height) > longestSide || float64(size.Width)*float64(size.Height) > most {
		return Picture{}, fault.Invalidf("This picture has too many pixels. Use one of at most %d megapixels (%d as a plain JPEG), and no side above %d.",
			max(1, int(most)/mega), max(1, int(limits.Memory)*2/3/mega), longestSide)
	}
	pixels, err := format.read(content)
	if err != nil {
		return Picture{}, unreadable()
	}
	p := Of(pixels).within(limits.Side)
	p.pixels = turned(p.pixels, format.orientation(content))
	return p, nil
}

// take reads a whole upload, at once where its size is known.
func take(r io.Reader, most int64) ([]byte, error) {
	var content bytes.Buffer
	if known, ok := r.(interface{ Len() int }); ok {
		content.Grow(int(min(int64(known.Len()), most)) + bytes.MinRead)
	}
	if _, err := content.ReadFrom(io.LimitReader(r, most+1)); err != nil {
		return nil, fmt.Errorf("read the picture: %w", err)
	}
	if int64(content.Len()) > most {
		return nil, fault.TooLargef("This picture is too large. Use one of at most %d MB.", max(1, most>>20))
	}
	return content.Bytes(), nil
}

// Of takes pixels that the program itself made.
func Of(pixels image.Image) Picture {
	whole, ok := pixels.(interface{ Opaque() bool })
	return Picture{pixels: pixels, opaque: ok && whole.Opaque()}
}

// Width and Height are in pixels.
func (p Picture) Width() int { return p.pixels.Bounds().Dx() }

// Height is in pixels.
func (p Picture) Height() int { return p.pixels.Bounds().Dy() }

// Image is the pixels.
func (p Picture) Image() image.Image { return p.pixels }

// Type is what Encode writes: image/jpeg, or image/png if a part is transparent.
func (p Picture) Type() string {
	if p.opaque {
		return "image/jpeg"
	}
	return "image/png"
}

// Extension is the end of a file's name that fits the type: .jpg or .png.
func (p Picture) Extension() string {
	if p.opaque {
		return ".jpg"
	}
	return ".png"
}

// Encode writes the picture as a file of its Type, without any metadata.
func (p Picture) Encode() ([]byte, error) {
	var out bytes.Buffer
	var err error
	if p.opaque {
		err = jpeg.Encode(&out, p.pixels, &jpeg.Options{Quality: jpegQuality})
	} else {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, p.pixels)
	}
	if err != nil {
		return nil, fmt.Errorf("write the picture: %w", err)
	}
	return out.Bytes(), nil
}

func unreadable() error {
	return fault.Invalidf("This file is not a picture we can read. Use JPEG, PNG, WebP or GIF.")
}
