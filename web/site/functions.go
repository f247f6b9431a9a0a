package site

import (
	"crypto/rand"
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/money"
)

// functions are what templates can call.
func (s *Site) functions() template.FuncMap {
	return template.FuncMap{
		"asset":       s.assets.url,
		"markdown":    s.markdown.HTML,
		"when":        func(t time.Time) moment { return newMoment(t, s.Clock.Now()) },
		"field":       newField,
		"dict":        dict,
		"money":       showMoney,
		"price":       showPrice,
		"plural":      plural,
		"stars":       starsOf,
		"days":        func(n int) string { return plural(n, "day", "days") },
		"revisions":   showRevisions,
		"size":        showSize,
		"gigPath":     gigPath,
		"coverPath":   coverPath,
		"avatarPath":  avatarPath,
		"loginPath":   loginPath,
		"country":     countryName,
		"requestID":   rand.Text,
		"title":       title,
		"join":        strings.Join,
		"add":         func(a, b int) int { return a + b },
		"badge":       badge,
		"ownPath":     s.ownPath,
		"starChoices": starChoices,
		"noticeIcon":  noticeIcon,
		"filledStars": filledStars,
		"filledForm":  func(forms map[order.Action]form, action string) form { return forms[order.Action(action)] },
		"may":         func(actions map[order.Action]bool, action string) bool { return actions[order.Action(action)] },
		"picturePath": picturePath,
	}
}

// dict makes the argument of a part that takes several values: name, value, name, value.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict wants names and values")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// showMoney writes an amount as people read it: $1,050.00, €9.99, 1,000.00 CHF.
func showMoney(a money.Amount) string {
	digits, sign := a.Decimal(), ""
	if strings.HasPrefix(digits, "-") {
		digits, sign = digits[1:], "−"
	}
	whole, fraction, cut := strings.Cut(digits, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if cut {
		whole += "." + fraction
	}
	symbols := map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
	if symbol, ok := symbols[a.Currency]; ok {
		return sign + symbol + whole
	}
	return sign + whole + "\u00a0" + a.Currency
}

// showPrice is showMoney without decimals that are zero, where a glance must do.
func showPrice(a money.Amount) string {
	text := showMoney(a)
	if before, after, ok := strings.Cut(text, ".00"); ok {
		return before + after
	}
	return text
}

// plural writes a number with its noun: 1 order, 3 orders, 1,200 orders.
func plural(n int, one, many string) string {
	noun := many
	if n == 1 {
		noun = one
	}
	return thousands(n) + "\u00a0" + noun
}

func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func showRevisions(n int) string {
	switch n {
	case gig.Unlimited:
		return "Unlimited revisions"
	case 0:
		return "No revisions"
	}
	return plural(n, "revision", "revisions")
}

func showSize(bytes int64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%d kB", bytes>>10)
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// badge writes a count that must stay small.
func badge(n int) string {
	if n > 99 {
		return "99+"
	}
	return strconv.Itoa(n)
}

// title begins a word of the product's vocabulary with a capital: basic is Basic.
func title(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + strings.ReplaceAll(word[1:], "_", " ")
}

// gigPath is the page of a gig: readable, and found by the id at its end.
func gigPath(id, slug string) string {
	if slug == "" {
		return "/gigs/" + url.PathEscape(id)
	}
	return "/gigs/" + url.PathEscape(slug+"-"+id)
}

// coverPath is the first picture of a gig in a width, or a drawn one.
func coverPath(g gig.Gig, width int) string {
	if len(g.Pictures) == 0 {
		return "/gigs/" + url.PathEscape(g.ID) + "/cover"
	}
	return picturePath(g.Pictures[0].ID, width)
}

func picturePath(id string, width int) string {
	return "/pictures/" + url.PathEscape(id) + "?w=" + strconv.Itoa(width)
}

// avatarPath is the picture of a person; with the id of the picture it may be cached for ever.
func avatarPath(userID, avatarID string) string {
	path := "/avatars/" + url.PathEscape(userID)
	if avatarID != "" {
		path += "?v=" + url.QueryEscape(avatarID)
	}
	return path
}

// rating is an average in tenths of a star.
type rating struct {
	Average string // 4.9
	Nearest int    // whole stars
	Count   int
}

// starsOf takes hundredths of a star, and rounds half up.
func starsOf(hundredths, count int) rating {
	tenths := (hundredths + 5) / 10
	return rating{Average: fmt.Sprintf("%d.%d", tenths/10, tenths%10), Nearest: (hundredths + 50) / 100, Count: count}
}

// filledStars says of each of the five stars of a review whether it was given.
func filledStars(given int) [5]bool {
	var stars [5]bool
	for i := range stars {
		stars[i] = i < given
	}
	return stars
}

// starChoices are what a review can give.
func starChoices() []int { return []int{1, 2, 3, 4, 5} }

// noticeIcon is the drawing beside a message of this kind.
func noticeIcon(kind string) string {
	icons := map[string]string{"success": "check", "warning": "alert", "danger": "alert"}
	if icon, ok := icons[kind]; ok {
		return icon
	}
	return "info"
}
