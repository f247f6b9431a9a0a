package alert

import (
	"regexp"
	"strconv"
	"strings"
)

// Say writes a number of the query for people: 7.5 %, 3 s, 12 days.
func (r Rule) Say(value float64) string {
	value /= r.scale()
	switch r.Unit {
	case "share":
		return short(value*100) + " %"
	case "":
		return short(value)
	}
	return short(value) + " " + r.Unit
}

// SayLimit writes when the rule fires: above 5 %, below 14 days.
func (r Rule) SayLimit() string {
	text := "above "
	if r.Below {
		text = "below "
	}
	text += r.Say(r.Limit * r.scale())
	if r.For > 0 {
		text += " for " + promDuration(r.For)
	}
	return text
}

func short(value float64) string {
	if value >= 100 || value == float64(int64(value)) {
		return strconv.FormatFloat(value, 'f', 0, 64)
	}
	return strconv.FormatFloat(value, 'g', 2, 64)
}

var saidForm = regexp.MustCompile(`^(?:(above|below) )?(-?[0-9.]+)(?: (%|s|days|hours))?(?: for (\S+))?$`)

// SayIn is what Say or SayLimit has written, in another language: say knows the words (days, hours) and sentences with %s for what
// varies (above %s, below %s, %s for %s) of that language, decimal stands before decimals. Any other text stays as it is.
func SayIn(text, decimal string, say func(string) string) string {
	parts := saidForm.FindStringSubmatch(text)
	if parts == nil {
		return text
	}
	side, said, unit, lasting := parts[1], strings.Replace(parts[2], ".", decimal, 1), parts[3], parts[4]
	switch unit {
	case "":
	case "days", "hours":
		said += " " + say(unit)
	default:
		said += " " + unit
	}
	if lasting != "" {
		said = fill(say("%s for %s"), said, lasting)
	}
	if side != "" {
		said = fill(say(side+" %s"), said)
	}
	return said
}

// fill puts the parts where the sentence has %s.
func fill(sentence string, parts ...string) string {
	for _, part := range parts {
		sentence = strings.Replace(sentence, "%s", part, 1)
	}
	return sentence
}
