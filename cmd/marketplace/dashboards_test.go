package main

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"marketplace/platform/alert"
	"marketplace/platform/kibana"
)

// Row S11: what the dashboards, searches and rules of Kibana look for is in the log, under these names and with these values, at
// the level that is written unless somebody asks for more.
func expectDashboardsToShow(t testing.TB, o *told, unseen ...string) {
	t.Helper()
	views, err := kibana.Views(alert.Rules())
	if err != nil {
		t.Fatal(err)
	}
	var lines []map[string]any
	o.each(t, func(line map[string]any) {
		if line["log.level"] != "debug" {
			lines = append(lines, flat("", line, map[string]any{}))
		}
	})
	for _, v := range views {
		var found []map[string]any
		for _, line := range lines {
			if matches(t, v.Filter, line) {
				found = append(found, line)
			}
		}
		if (len(found) == 0) != slices.Contains(unseen, v.Title) {
			t.Errorf("%s shows %d lines of %d: %s", v.Title, len(found), len(lines), v.Filter)
			continue
		}
		for _, field := range v.Fields {
			if len(found) > 0 && !slices.ContainsFunc(found, func(line map[string]any) bool { return line[field] != nil }) {
				t.Errorf("%s shows %s, which none of its %d lines has", v.Title, field, len(found))
			}
		}
	}
}

// flat takes the objects in a line apart, as Elasticsearch does.
func flat(prefix string, object, into map[string]any) map[string]any {
	for key, value := range object {
		if inner, ok := value.(map[string]any); ok {
			flat(prefix+key+".", inner, into)
		} else {
			into[prefix+key] = value
		}
	}
	return into
}

// matches says whether Kibana would show the line: field : "text", field : *, field : pat*tern and field >= number, joined by and.
func matches(t testing.TB, kql string, line map[string]any) bool {
	t.Helper()
	for condition := range strings.SplitSeq(kql, " and ") {
		field, wanted, equal := strings.Cut(condition, " : ")
		if !equal {
			var least string
			if field, least, equal = strings.Cut(condition, " >= "); !equal {
				t.Fatalf("a condition in an unknown form: %s", condition)
			}
			limit, err := strconv.ParseFloat(least, 64)
			if err != nil {
				t.Fatalf("%s: %v", condition, err)
			}
			if value, ok := line[field].(float64); !ok || value < limit {
				return false
			}
			continue
		}
		if !slices.ContainsFunc(values(line[field]), func(value any) bool { return like(wanted, fmt.Sprint(value)) }) {
			return false
		}
	}
	return true
}

// values are those of a field: none, one or several.
func values(field any) []any {
	switch value := field.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{field}
}

// like compares with a quoted text or a pattern, whose * is for slashes too.
func like(wanted, value string) bool {
	if text, err := strconv.Unquote(wanted); err == nil {
		return text == value
	}
	if strings.ContainsAny(wanted, `\():<>"`) { // would have to be escaped
		return false
	}
	ok, err := path.Match(strings.ReplaceAll(wanted, "/", "|"), strings.ReplaceAll(value, "/", "|"))
	return ok && err == nil
}
