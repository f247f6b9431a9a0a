package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/image/webp"
)

// format is one kind of file that is accepted.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	exif   func([]byte) []byte                       // the TIFF block of the metadata, if there is one
	memory func([]byte, color.Model) (bytes float64) // that a pixel takes at most while the file is decoded
}

// formatOf looks at the content alone: names and declared types are the uploader's to choose.
func formatOf(content []byte) (format, bool) {
	switch mimetype.Detect(content).String() {
	case "image/jpeg":
		return format{jpeg.DecodeConfig, jpeg.Decode, jpegExif, jpegMemory}, bytes.Count(content, []byte(startOfScan)) <= mostScans
	case "image/png", "image/vnd.mozilla.apng":
		return format{png.DecodeConfig, png.Decode, pngExif, pngMemory}, true
	case "image/webp":
		return format{webp.DecodeConfig, webp.Decode, webpExif, webpMemory}, true
	case "image/gif":
		return format{gif.DecodeConfig, gif.Decode, func([]byte) []byte { return nil }, func([]byte, color.Model) float64 { return 1 }}, true
	}
	return format{}, false
}

// read decodes the pixels. The decoders meet hostile files: one that panics has met a file we cannot read.
func (f format) read(content []byte) (pixels image.Image, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			pixels, err = nil, fmt.Errorf("decode the picture: %v", broken)
		}
	}()
	pixels, err = f.decode(bytes.NewReader(content))
	if err == nil && pixels.Bounds().Empty() {
		err = errors.New("decode the picture: it has no pixels")
	}
	return pixels, err
}

// orientation is how the camera was held: 1 to 8 (EXIF 2.3, tag 0x0112); 1 is upright, and what is not said.
func (f format) orientation(content []byte) int { return tiffOrientation(f.exif(content)) }

// jpegExif finds APP1.
func jpegExif(b []byte) (exif []byte) {
	segments(b, func(marker byte, content []byte) bool {
		block, found := bytes.CutPrefix(content, []byte("Exif\x00\x00"))
		if found = found && marker == 0xe1; found {
			exif = block
		}
		return !found
	})
	return exif
}

// segments walks a JPEG to its pixels while more says so.
func segments(b []byte, more func(marker byte, content []byte) bool) {
	for i := 2; i+4 <= len(b) && b[i] == 0xff; {
		marker, size := b[i+1], int(binary.BigEndian.Uint16(b[i+2:]))
		if marker == 0xff { // fill byte
			i++
			continue
		}
		if marker == 0xda || size < 2 || i+2+size > len(b) || !more(marker, b[i+4:i+2+size]) {
			return
		}
		i += 2 + size
	}
}

// pngExif finds the chunk eXIf.
func pngExif(b []byte) []byte {
	return chunk(b, 8, "eXIf", func(head []byte) (string, int) {
		return string(head[4:8]), int(binary.BigEndian.Uint32(head))
	}, func(size int) int { return size + 4 }) // the checksum
}

// webpExif finds the chunk EXIF, with or without the prefix that some programs write.
func webpExif(b []byte) []byte {
	block := chunk(b, 12, "EXIF", func(head []byte) (string, int) {
		return string(head[:4]), int(binary.LittleEndian.Uint32(head[4:]))
	}, func(size int) int { return size + size%2 }) // padded to even
	return bytes.TrimPrefix(block, []byte("Exif\x00\x00"))
}

// chunk walks the chunks of a file from an offset: heads of 8 bytes, then the content.
func chunk(b []byte, from int, name string, head func([]byte) (string, int), length func(int) int) []byte {
	for i := from; i >= 0 && i+8 <= len(b); {
		called, size := head(b[i : i+8])
		start := i + 8
		if size < 0 || size > len(b)-start {
			return nil
		}
		if called == name {
			return b[start : start+size]
		}
		i = start + length(size)
	}
	return nil
}

// tiffOrientation reads the tag from the first directory of a TIFF block.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder
	switch string(b[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return 1
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return 1
	}
	for i := range int64(order.Uint16(b[at:])) {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(b)) {
			return 1
		}
		if order.Uint16(b[entry:]) == 0x0112 {
			if o := int(order.Uint16(b[entry+8:])); o >= 1 && o <= 8 {
				return o
			}
			return 1
		}
	}
	return 1
}
