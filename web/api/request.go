package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"marketplace/platform/fault"
)

// The most bytes of a body: of any operation that does not say otherwise, and where none is needed.
const (
	mostBytes  = 1 << 20
	emptyBytes = 4 << 10
)

// takesBody says whether an operation's input has a body.
func takesBody(input reflect.Type) bool {
	_, body := input.FieldByName("Body")
	_, raw := input.FieldByName("RawBody")
	return body || raw
}

// refuseOdd refuses what no input has a place for: a parameter that is given twice (V15.3.7), and a body where an
// operation takes none. Only an empty JSON object is as good as nothing.
func refuseOdd(hc huma.Context, body bool) error {
	address := hc.URL()
	if err := once(address.Query()); err != nil || body || hc.Method() == http.MethodGet || hc.Method() == http.MethodHead {
		return err
	}
	return nothing(hc.BodyReader())
}

func once(query url.Values) error {
	var c fault.Check
	for _, name := range slices.Sorted(maps.Keys(query)) {
		c.That(len(query[name]) < 2, name, "Give this parameter once.")
	}
	return c.Err()
}

func nothing(body io.Reader) error {
	if body == nil {
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(body, emptyBytes+1))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large) || len(content) > emptyBytes:
		return tooLarge()
	case err != nil:
		return fault.Malformedf("The request did not arrive whole.")
	case len(bytes.TrimSpace(content)) == 0:
		return nil
	}
	var fields map[string]any
	if err := json.Unmarshal(content, &fields); err != nil || fields == nil {
		return fault.Malformedf("This operation takes no body.")
	}
	var c fault.Check
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		c.That(false, name, "There is no field %s here.", name)
	}
	return c.Err()
}

func tooLarge() *fault.Error { return fault.TooLargef("That is more than we take at once.") }
