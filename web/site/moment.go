package site

import (
	"time"

	"marketplace/web/language"
)

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

func newMoment(l *language.Language, t, now time.Time) moment {
	t = t.UTC()
	return moment{
		Words: inWords(l, t, now), Exact: l.Exact(t), Machine: t.Format(time.RFC3339),
		Day: l.Day(t), Month: l.Month(t), Clock: t.Format("15:04"), Past: t.Before(now),
	}
}

func inWords(l *language.Language, t, now time.Time) string {
	distance := now.Sub(t)
	future := distance < 0
	if future {
		distance = -distance
	}
	if distance >= wordsEnds {
		return l.Day(t)
	}
	if future {
		distance = nearest(distance)
	}
	words := span(l, distance)
	switch {
	case words == "" && future:
		return l.Text("in a moment")
	case words == "":
		return l.Text("just now")
	case future:
		return l.Fill("in {}", words)
	}
	return l.Fill("{} ago", words)
}

// nearest rounds a duration to its largest unit: what has just been given three days ends "in 3 days", not "in 2 days".
func nearest(d time.Duration) time.Duration {
	if d < time.Minute {
		return d
	}
	if minutes := d.Round(time.Minute); minutes < time.Hour {
		return minutes
	}
	if hours := d.Round(time.Hour); hours < day {
		return hours
	}
	return d.Round(day)
}

// span writes a duration in its largest unit, rounded down, as it stands after "in" and before "ago"; empty below a minute.
func span(l *language.Language, d time.Duration) string {
	switch {
	case d < time.Minute:
		return ""
	case d < time.Hour:
		return l.CountAs("minute away", int(d/time.Minute), "minute", "minutes")
	case d < day:
		return l.CountAs("hour away", int(d/time.Hour), "hour", "hours")
	}
	return l.CountAs("day away", int(d/day), "day", "days")
}
