package site

import (
	"fmt"
	"image/color"
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"marketplace/web/static"
)

// tokens are the colours of the style sheet, by name, in light and dark, as they are written.
func tokens(t *testing.T) map[string][2]string {
	t.Helper()
	source, err := fs.ReadFile(static.Files(), "css/1-tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][2]string{}
	for _, m := range regexp.MustCompile(`(?m)^\s*--([a-z-]+): (.*);$`).FindAllStringSubmatch(string(source), -1) {
		value := m[2]
		inner, both := strings.CutPrefix(value, "light-dark(")
		if !both {
			found[m[1]] = [2]string{value, value}
			continue
		}
		inner = strings.TrimSuffix(inner, ")")
		depth := 0
		for i, r := range inner {
			switch {
			case r == '(':
				depth++
			case r == ')':
				depth--
			case r == ',' && depth == 0:
				found[m[1]] = [2]string{strings.TrimSpace(inner[:i]), strings.TrimSpace(inner[i+1:])}
			}
		}
	}
	return found
}

// painted is a colour as it is written, for a brand.
func painted(t *testing.T, value string, hue, chroma float64) color.NRGBA {
	t.Helper()
	if value == "#fff" {
		return color.NRGBA{R: 255, G: 255, B: 255, A: 255}
	}
	inner := strings.TrimSuffix(strings.TrimPrefix(value, "oklch("), ")")
	inner = strings.NewReplacer("var(--chroma)", fmt.Sprint(chroma), "var(--hue)", fmt.Sprint(hue)).Replace(inner)
	inner = regexp.MustCompile(`calc\(([\d.]+) ([*+-]) ([\d.]+)\)`).ReplaceAllStringFunc(inner, func(sum string) string {
		m := regexp.MustCompile(`calc\(([\d.]+) ([*+-]) ([\d.]+)\)`).FindStringSubmatch(sum)
		a, _ := strconv.ParseFloat(m[1], 64)
		b, _ := strconv.ParseFloat(m[3], 64)
		return fmt.Sprint(map[string]float64{"*": a * b, "+": a + b, "-": a - b}[m[2]])
	})
	var l, c, h float64
	if n, err := fmt.Sscanf(inner, "%f%% %f %f", &l, &c, &h); n != 3 {
		t.Fatalf("%q is no colour: %v", value, err)
	}
	return oklch(l/100, c, h)
}

// contrast is that of WCAG 2.2.
func contrast(a, b color.NRGBA) float64 {
	luminance := func(c color.NRGBA) float64 {
		sum := 0.0
		for i, part := range []uint8{c.R, c.G, c.B} {
			v := float64(part) / 255
			if v <= 0.04045 {
				v /= 12.92
			} else {
				v = math.Pow((v+0.055)/1.055, 2.4)
			}
			sum += v * []float64{0.2126, 0.7152, 0.0722}[i]
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// WCAG 2.2, 1.4.3: whatever hue and strength an operator chooses, texts can be read, in light and dark. Lightness is fixed in
// the tokens, in a space where it means the same for every hue, so nothing has to be refused or corrected.
func TestTextsCanBeReadInEveryBrand(t *testing.T) {
	all := tokens(t)
	pairs := [][2]string{
		{"brand", "page"}, {"brand", "card"}, {"brand", "sunken"}, {"brand", "brand-soft"}, {"brand-strong", "brand-soft"}, {"brand-strong", "page"},
		{"on-brand", "brand"}, {"on-brand", "brand-strong"}, {"ink", "brand-soft"}, {"muted", "brand-soft"}, {"ink", "page"}, {"muted", "page"}, {"muted", "sunken"},
		{"on-deep", "deep"}, {"on-deep", "deep-end"}, {"on-deep-muted", "deep"}, {"on-deep-muted", "deep-end"},
	}
	worst := math.Inf(1)
	for strength := 0; strength <= 150; strength += 15 {
		for hue := 0; hue < 360; hue += 5 {
			for scheme, name := range []string{"light", "dark"} {
				for _, p := range pairs {
					ratio := contrast(painted(t, all[p[0]][scheme], float64(hue), float64(strength)/1000), painted(t, all[p[1]][scheme], float64(hue), float64(strength)/1000))
					worst = min(worst, ratio)
					if ratio < 4.5 {
						t.Errorf("%s on %s is %.2f in %s with hue %d, strength %d", p[0], p[1], ratio, name, hue, strength)
					}
				}
			}
		}
	}
	t.Logf("the least contrast is %.2f", worst)
}
