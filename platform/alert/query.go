package alert

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// kind is how a number is made of series.
type kind int

const (
	largest   kind = iota // of a gauge
	smallest              // of a gauge
	age                   // how long ago the latest moment of a gauge of Unix seconds is, in seconds
	remaining             // how far ahead the next moment of a gauge of Unix seconds is, in seconds
	growth                // of a counter within the window
	share                 // of the growth of one counter in that of another, if that is enough to tell
	quantile              // of a histogram within the window, if there are enough observations to tell
)

// Query is one number made of the metrics of a process, or of all of them in Prometheus.
type Query struct {
	kind     kind
	metric   series
	whole    series // of a share
	window   time.Duration
	quantile float64
	least    float64 // of the whole, to tell anything
}

// series names a metric, and which of its series count.
type series struct {
	name    string
	where   []match
	counted bool // the observations of a histogram
}

// match is a condition on a label: a regular expression that fits it whole, or must not.
type match struct {
	label, pattern string
	not            bool
}

func of(name string, where ...match) series { return series{name: name, where: where} }

// countOf takes a histogram for the counter of its observations.
func countOf(name string, where ...match) series {
	return series{name: name, where: where, counted: true}
}

func is(label, pattern string) match    { return match{label: label, pattern: pattern} }
func isNot(label, pattern string) match { return match{label: label, pattern: pattern, not: true} }

// fits says whether a series counts. A label that is not there is empty.
func (s series) fits(m *dto.Metric) bool {
	for _, w := range s.where {
		value := ""
		for _, l := range m.GetLabel() {
			if l.GetName() == w.label {
				value = l.GetValue()
			}
		}
		if fits, err := regexp.MatchString("^(?:"+w.pattern+")$", value); err != nil || fits == w.not {
			return false
		}
	}
	return true
}

// reading is what a query needs of the metrics at one moment.
type reading struct {
	at     time.Time
	there  bool    // the process has the metric
	value  float64 // of a gauge, or the sum of counters
	whole  float64
	bounds []float64 // of a histogram, with the observations up to each
	counts []float64
}

// read takes what the query needs from all metrics of the process.
func (q Query) read(families []*dto.MetricFamily, now time.Time) reading {
	r := reading{at: now}
	for _, f := range families {
		if q.kind == share && f.GetName() == q.whole.name {
			r.whole = sum(f, q.whole)
		}
		if f.GetName() != q.metric.name {
			continue
		}
		switch q.kind {
		case growth, share:
			r.value, r.there = sum(f, q.metric), true
		case quantile:
			r.bounds, r.counts = buckets(f, q.metric)
			r.there = true
		default:
			r.value, r.there = q.extreme(f)
		}
	}
	return r
}

func number(m *dto.Metric) float64 {
	switch {
	case m.GetGauge() != nil:
		return m.GetGauge().GetValue()
	case m.GetCounter() != nil:
		return m.GetCounter().GetValue()
	case m.GetHistogram() != nil:
		return float64(m.GetHistogram().GetSampleCount())
	}
	return m.GetUntyped().GetValue()
}

func sum(f *dto.MetricFamily, s series) (total float64) {
	for _, m := range f.GetMetric() {
		if s.fits(m) {
			total += number(m)
		}
	}
	return total
}

func (q Query) extreme(f *dto.MetricFamily) (value float64, there bool) {
	for _, m := range f.GetMetric() {
		n := number(m)
		if !q.metric.fits(m) || math.IsNaN(n) {
			continue
		}
		better := n > value
		if q.kind == smallest || q.kind == remaining {
			better = n < value
		}
		if !there || better {
			value, there = n, true
		}
	}
	return value, there
}

func buckets(f *dto.MetricFamily, s series) (bounds, counts []float64) {
	at := map[float64]float64{}
	for _, m := range f.GetMetric() {
		if !s.fits(m) {
			continue
		}
		for _, b := range m.GetHistogram().GetBucket() {
			at[b.GetUpperBound()] += float64(b.GetCumulativeCount())
		}
		at[math.Inf(1)] += float64(m.GetHistogram().GetSampleCount())
	}
	for bound := range at {
		bounds = append(bounds, bound)
	}
	slices.Sort(bounds)
	for _, bound := range bounds {
		counts = append(counts, at[bound])
	}
	return bounds, counts
}

// of computes the number from what is read now and what was read when the window began. ok is false where nothing can be
// said: the process does not have the metric, or too little has happened.
func (q Query) of(then, now reading) (value float64, ok bool) {
	if !now.there {
		return 0, false
	}
	switch q.kind {
	case age:
		return float64(now.at.Unix()) - now.value, true
	case remaining:
		return now.value - float64(now.at.Unix()), true
	case growth:
		return now.value - then.value, true
	case share:
		whole := now.whole - then.whole
		if whole < q.least || whole <= 0 {
			return 0, false
		}
		return (now.value - then.value) / whole, true
	case quantile:
		return q.quantileOf(then, now)
	default:
		return now.value, true
	}
}

// quantileOf interpolates within the bucket, as Prometheus does; beyond the last bound it is that bound.
func (q Query) quantileOf(then, now reading) (value float64, ok bool) {
	before := map[float64]float64{}
	for i, bound := range then.bounds {
		before[bound] = then.counts[i]
	}
	counts := make([]float64, len(now.counts))
	for i, bound := range now.bounds {
		counts[i] = now.counts[i] - before[bound]
	}
	if len(counts) < 2 || counts[len(counts)-1] < q.least {
		return 0, false
	}
	rank := q.quantile * counts[len(counts)-1]
	i := slices.IndexFunc(counts, func(n float64) bool { return n >= rank })
	if math.IsInf(now.bounds[i], 1) {
		return now.bounds[i-1], true
	}
	low, below := 0.0, 0.0
	if i > 0 {
		low, below = now.bounds[i-1], counts[i-1]
	}
	if counts[i] == below {
		return low, true
	}
	return low + (now.bounds[i]-low)*(rank-below)/(counts[i]-below), true
}

// Metrics are the names of the metrics that the query reads.
func (q Query) Metrics() []string {
	if q.kind == share {
		return []string{q.metric.name, q.whole.name}
	}
	return []string{q.metric.name}
}

// PromQL is the query for Prometheus, over all processes.
func (q Query) PromQL() string {
	window := "[" + promDuration(q.window) + "]"
	grown := func(s series) string { return "sum(increase(" + s.promQL("") + window + "))" }
	enough := func(whole string) string {
		return " and " + whole + " >= " + strconv.FormatFloat(q.least, 'f', -1, 64)
	}
	switch q.kind {
	case smallest:
		return "min(" + q.metric.promQL("") + ")"
	case age:
		return "time() - max(" + q.metric.promQL("") + ")"
	case remaining:
		return "min(" + q.metric.promQL("") + ") - time()"
	case growth:
		return grown(q.metric)
	case share:
		return "(" + grown(q.metric) + " / " + grown(q.whole) + enough(grown(q.whole)) + ")"
	case quantile:
		return fmt.Sprintf("(histogram_quantile(%v, sum by (le) (rate(%s%s)))%s)", q.quantile, q.metric.promQL("_bucket"), window,
			enough("sum(increase("+q.metric.promQL("_count")+window+"))"))
	default:
		return "max(" + q.metric.promQL("") + ")"
	}
}

func (s series) promQL(suffix string) string {
	text := s.name + suffix
	if s.counted {
		text += "_count"
	}
	for i, w := range s.where {
		before, op := ", ", "=~"
		if i == 0 {
			before = "{"
		}
		if w.not {
			op = "!~"
		}
		text += before + w.label + op + strconv.Quote(w.pattern)
	}
	if len(s.where) > 0 {
		text += "}"
	}
	return text
}

func promDuration(d time.Duration) string {
	if d%time.Hour == 0 && d > 0 {
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	if d%time.Minute == 0 {
		return strconv.Itoa(int(d/time.Minute)) + "m"
	}
	return strconv.Itoa(int(d/time.Second)) + "s"
}
