package site

import "time"

// moment is a point in time as a page tells it: in words, and exactly.
type moment struct {
	Words   string // 3 days ago, in 2 hours, 12 March 2026
	Exact   string // 12 Mar 2026, 14:05 UTC
	Machine string // RFC 3339, for <time datetime>
	Day     string // 12 March 2026
	Month   string // March 2026
	Clock   string // 14:05
	Past    bool
}

const (
	day       = 24 * time.Hour
	wordsEnds = 14 * day // beyond it, the date says more
)

func newMoment(t, now time.Time) moment {
	t = t.UTC()
	return moment{
		Words: inWords(t, now), Exact: t.Format("2 Jan 2006, 15:04 UTC"), Machine: t.Format(time.RFC3339),
		Day: t.Format("2 January 2006"), Month: t.Format("January 2006"), Clock: t.Format("15:04"), Past: t.Before(now),
	}
}

func inWords(t, now time.Time) string {
	distance := now.Sub(t)
	future := distance < 0
	if future {
		distance = -distance
	}
	if distance >= wordsEnds {
		return t.Format("2 January 2006")
	}
	words := span(distance)
	switch {
	case words == "" && future:
		return "in a moment"
	case words == "":
		return "just now"
	case future:
		return "in " + words
	}
	return words + " ago"
}

// span writes a duration in its largest unit, rounded down; empty below a minute.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return ""
	case d < time.Hour:
		return plural(int(d/time.Minute), "minute", "minutes")
	case d < day:
		return plural(int(d/time.Hour), "hour", "hours")
	}
	return plural(int(d/day), "day", "days")
}
