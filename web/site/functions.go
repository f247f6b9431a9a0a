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
	"marketplace/platform/alert"
	"marketplace/platform/money"
	"marketplace/web/language"
)

// functions are what templates of a language can call.
func (s *Site) functions(l *language.Language) template.FuncMap {
	return template.FuncMap{
		"asset":    s.assets.url,
		"markdown": s.markdown.HTML,
		"prose":    s.prose.HTML,
		"when":     func(t time.Time) moment { return newMoment(l, t, s.Clock.Now()) },
		"t":        l.Text,
		"fill":     l.Fill,
		"words":    func() (string, error) { return words(l) },
		"field": func(f form, name, label string, settings ...any) (field, error) {
			x, err := newField(f, name, label, settings...)
			return localizeField(l, x), err
		},
		"dict":         dict,
		"money":        l.Money,
		"price":        l.Price,
		"plural":       l.Count,
		"figure":       func(english string) string { return figureIn(l, english) },
		"number":       l.Number,
		"stars":        func(hundredths, count int) rating { return starsIn(l, hundredths, count) },
		"days":         func(n int) string { return l.Count(n, "day", "days") },
		"revisions":    func(n int) string { return showRevisions(l, n) },
		"size":         showSize,
		"gigPath":      gigPath,
		"coverPath":    coverPath,
		"coverSet":     coverSet,
		"pictureSet":   pictureSet,
		"avatarPath":   avatarPath,
		"loginPath":    loginPath,
		"country":      func(code string) string { return countryIn(l, code) },
		"requestID":    rand.Text,
		"title":        func(word string) string { return l.Text(title(word)) },
		"join":         func(texts []string, separator string) string { return joined(l, texts, separator) },
		"listed":       func(texts []string) string { return strings.Join(texts, ", ") },
		"responseTime": func(seconds int64) string { return responseTime(l, seconds) },
		"responseRate": func(basisPoints int) string {
			return l.Fill("Answers {} of first messages within a day", percentIn(l, basisPoints))
		},
		"add":         func(a, b int) int { return a + b },
		"sub":         func(a, b int) int { return a - b },
		"badge":       badge,
		"ownPath":     s.ownPath,
		"starChoices": starChoices,
		"noticeIcon":  noticeIcon,
		"filledStars": filledStars,
		"filledForm":  func(forms map[order.Action]form, action string) form { return forms[order.Action(action)] },
		"may":         func(actions map[order.Action]bool, action string) bool { return actions[order.Action(action)] },
		"picturePath": picturePath,
		"wish":        func(c order.Change) string { return wish(l, c) },
		"span":        shortSpan,
		"coded":       coded,
		"milestone":   func(number, of int) string { return whichMilestone(l, number, of) },
		"pretty":      pretty,
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

// showMoney writes an amount in English, where no page is at hand.
func showMoney(a money.Amount) string { return language.English().Money(a) }

// showPrice is showMoney for a glance.
func showPrice(a money.Amount) string { return language.English().Price(a) }

// plural writes a number with its noun in English: 1 order, 3 orders, 1,200 orders.
func plural(n int, one, many string) string { return language.English().Count(n, one, many) }

// figureIn is a number or a limit of an alert rule, such as above 5 % for 1m.
func figureIn(l *language.Language, english string) string {
	return alert.SayIn(english, l.Decimal(), func(text string) string {
		return strings.ReplaceAll(l.Text(strings.ReplaceAll(text, "%s", "{}")), "{}", "%s")
	})
}

// joined puts texts of the product in a row.
func joined(l *language.Language, texts []string, separator string) string {
	said := make([]string, len(texts))
	for i, text := range texts {
		said[i] = l.Text(text)
	}
	return strings.Join(said, separator)
}

// countryIn is the name of a country; a code that is not known stands for itself.
func countryIn(l *language.Language, code string) string {
	if name, ok := l.Country(code); ok && !l.English() {
		return name
	}
	return countryName(code)
}

func showRevisions(l *language.Language, n int) string {
	switch n {
	case gig.Unlimited:
		return l.Text("Unlimited revisions")
	case 0:
		return l.Text("No revisions")
	}
	return l.Count(n, "revision", "revisions")
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

// coverSet are the widths of a gig's first picture, for the browser to choose from; a drawn cover has one.
func coverSet(g gig.Gig) string {
	if len(g.Pictures) == 0 {
		return ""
	}
	return pictureSet(g.Pictures[0].ID)
}

// pictureSet are the addresses of a picture in all stored widths.
func pictureSet(id string) string {
	var set []string
	for _, width := range []int{320, 640, 1280} {
		set = append(set, picturePath(id, width)+" "+strconv.Itoa(width)+"w")
	}
	return strings.Join(set, ", ")
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
func starsOf(hundredths, count int) rating { return starsIn(language.English(), hundredths, count) }

func starsIn(l *language.Language, hundredths, count int) rating {
	return rating{Average: l.Tenths((hundredths + 5) / 10), Nearest: (hundredths + 50) / 100, Count: count}
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
