// Package telemetrytest knows which fields a line of the log may have: those of the Elastic Common Schema, of which
// ecs-9.4.txt is the published list (the sets that a web application can fill), and our own below market. and labels.
package telemetrytest

import (
	_ "embed" // the list
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

//go:embed ecs-9.4.txt
var published string

var known = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq(published) {
		names[name] = true
	}
	return names
})

// IsKnown says whether a field of this dotted name may be logged.
func IsKnown(field string) bool {
	return strings.HasPrefix(field, "market.") || strings.HasPrefix(field, "labels.") || known()[field]
}

// Foreign returns the fields of a line of the log (one JSON object) that may not be in it, and an error if it is no line.
func Foreign(line []byte) ([]string, error) {
	var object map[string]any
	if err := json.Unmarshal(line, &object); err != nil {
		return nil, fmt.Errorf("%q is no line of a log: %w", line, err)
	}
	return slices.DeleteFunc(Fields(object), IsKnown), nil
}

// Fields are the dotted names of the fields that a line has, sorted: objects inside of it are taken apart as Elasticsearch
// does.
func Fields(line map[string]any) []string {
	var names []string
	for key, value := range line {
		inner, isObject := value.(map[string]any)
		if !isObject {
			names = append(names, key)
		}
		for _, name := range Fields(inner) {
			names = append(names, key+"."+name)
		}
	}
	slices.Sort(names)
	return names
}
