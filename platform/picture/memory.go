package picture

import (
	"bytes"
	"encoding/binary"
	"image/color"
)

// How many bytes the decoders of Go take for a pixel, from what a file says of itself before its pixels. A file that lies
// is broken for the decoder, or takes less.

// startOfScan is the marker before each scan of a JPEG, and mostScans how many there may be. Programs write about ten; each
// costs time for all pixels, and may be a few bytes of the file.
const (
	startOfScan = "\xff\xda"
	mostScans   = 100
)

// jpegMemory counts the samples of a pixel, four bytes more for each in a progressive file, which keeps its coefficients
// to the end, and the copy that is made of other colours than YCbCr.
func jpegMemory(b []byte, model color.Model) float64 {
	samples, kept := 4.0, 1.0
	segments(b, func(marker byte, frame []byte) bool {
		if marker < 0xc0 || marker > 0xc2 {
			return true
		}
		samples = samplesOf(frame, samples)
		if marker == 0xc2 {
			kept += 4
		}
		return false
	})
	if model == color.YCbCrModel || model == color.GrayModel {
		return samples * kept
	}
	return samples*kept + 4
}

// samplesOf is how many samples a pixel has after a frame header (ITU-T T.81, B.2.2): 1.5 for 4:2:0. otherwise is for a
// header that cannot be read.
func samplesOf(frame []byte, otherwise float64) float64 {
	if len(frame) < 6 || frame[5] == 0 || len(frame) < 6+3*int(frame[5]) {
		return otherwise
	}
	var sum, across, down int
	for i := range int(frame[5]) {
		sampling := frame[6+3*i+1]
		h, v := int(sampling>>4), int(sampling&15)
		sum, across, down = sum+h*v, max(across, h), max(down, v)
	}
	if across == 0 || down == 0 {
		return otherwise
	}
	return float64(sum) / float64(across*down)
}

// pngMemory knows that grey with a transparent shade becomes full colour, and that an interlaced file is decoded in
// parts that are put together.
func pngMemory(b []byte, model color.Model) float64 {
	perPixel := 4.0
	switch model {
	case color.GrayModel:
		perPixel = 1
	case color.Gray16Model:
		perPixel = 2
	case color.RGBA64Model, color.NRGBA64Model:
		perPixel = 8
	}
	if _, palette := model.(color.Palette); palette {
		perPixel = 1
	}
	const interlaced = 28 // where the header says so
	if grey := model == color.GrayModel || model == color.Gray16Model; grey && bytes.Contains(b, []byte("tRNS")) {
		perPixel *= 4
	}
	if len(b) > interlaced && b[interlaced] != 0 {
		perPixel *= 2
	}
	return perPixel
}

// webpMemory is that of lossy pictures, of their alpha channel, which is a picture of its own, and of lossless ones.
func webpMemory(b []byte, model color.Model) float64 {
	lossless := chunk(b, 12, "VP8L", func(head []byte) (string, int) {
		return string(head[:4]), int(binary.LittleEndian.Uint32(head[4:]))
	}, func(size int) int { return size + size%2 })
	switch {
	case lossless != nil:
		return 8
	case model == color.YCbCrModel:
		return 1.5
	}
	return 7
}
