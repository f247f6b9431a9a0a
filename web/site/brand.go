package site

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"

	"marketplace/platform/config"
)

// brand is how the operator makes the marketplace their own: a colour, and a logo if there is one. Every colour of the
// pages that is not neutral follows from the hue and its strength (css/1-tokens.css).
type brand struct {
	deep, deepEnd color.NRGBA // the ground of drawn pictures, as that of the hero
	logo          string      // the name of its static file; empty: the drawn mark
}

// largestLogo keeps the first view of a page small.
const largestLogo = 64 << 10

// dress makes the static files follow the operator's settings: the tokens of the style sheet, the icon, the logo.
func dress(b config.Brand, files map[string][]byte) (brand, error) {
	hue, chroma := float64(b.Hue), float64(b.Strength)/1000
	tokens := fmt.Sprintf("@layer tokens { :root { --hue: %d; --chroma: %.3f; } }\n", b.Hue, chroma)
	files[styleSheet] = append(files[styleSheet], tokens...)
	mark := oklch(0.44, chroma, hue)
	files["favicon.svg"] = []byte(strings.ReplaceAll(string(files["favicon.svg"]), "#0b5f66", webColour(mark)))
	d := brand{deep: oklch(0.31, chroma*0.75, hue+10), deepEnd: oklch(0.40, chroma*0.95, hue-10)}
	if b.Logo == "" {
		return d, nil
	}
	extension := strings.ToLower(filepath.Ext(b.Logo))
	if extension != ".svg" && extension != ".png" {
		return d, fmt.Errorf("brand.logo must be an .svg or .png file, not %s", b.Logo)
	}
	content, err := os.ReadFile(b.Logo)
	if err != nil {
		return d, fmt.Errorf("read brand.logo: %w", err)
	}
	if len(content) > largestLogo {
		return d, fmt.Errorf("brand.logo has %d kB; every page loads it, so at most %d are taken", len(content)>>10, largestLogo>>10)
	}
	d.logo = "logo" + extension
	files[d.logo] = content
	return d, nil
}

func webColour(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// oklch is a colour of the style sheet in sRGB (CSS Color 4, section 10): lightness 0 to 1, chroma, hue in degrees. What
// a screen cannot show is cut off.
func oklch(lightness, chroma, hue float64) color.NRGBA {
	sin, cos := math.Sincos(hue * math.Pi / 180)
	a, b := chroma*cos, chroma*sin
	l := math.Pow(lightness+0.3963377774*a+0.2158037573*b, 3)
	m := math.Pow(lightness-0.1055613458*a-0.0638541728*b, 3)
	s := math.Pow(lightness-0.0894841775*a-1.2914855480*b, 3)
	part := func(linear float64) uint8 {
		linear = min(max(linear, 0), 1)
		if linear <= 0.0031308 {
			return uint8(math.Round(linear * 12.92 * 255))
		}
		return uint8(math.Round((1.055*math.Pow(linear, 1/2.4) - 0.055) * 255))
	}
	return color.NRGBA{
		R: part(4.0767416621*l - 3.3077115913*m + 0.2309699292*s),
		G: part(-1.2684380046*l + 2.6097574011*m - 0.3413193965*s),
		B: part(-0.0041960863*l - 0.7034186147*m + 1.7076147010*s), A: 255,
	}
}
