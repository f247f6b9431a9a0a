// Package page cuts lists into pages: limits that are checked, and cursors that say where the next page begins. A cursor
// holds the sort key of the last item shown, so that nothing is skipped or shown twice while items come and go. Clients
// hand it back as it is; what they make of it themselves is refused, or harmless.
package page

import (
	"bytes"
	"encoding/base64"
	"encoding/json"

	"marketplace/platform/fault"
)

const (
	most      = 100  // items a page
	maxCursor = 1000 // bytes
)

// Limit is how many items the page has: 1 to 100, `normal` when the client does not say. What is wrong is noted in c.
func Limit(c *fault.Check, limit, normal int) int {
	if limit == 0 {
		return normal
	}
	c.That(limit >= 1 && limit <= most, "limit", "Use 1 to %d.", most)
	return limit
}

// Cursor writes the sort key of the last item of a page. K is a small struct of numbers, texts and times.
func Cursor[K any](key K) (string, error) {
	text, err := json.Marshal(key)
	return base64.RawURLEncoding.EncodeToString(text), err
}

// After reads a cursor; nil without one. A cursor that this list has not made is noted in c.
func After[K any](c *fault.Check, cursor string) *K {
	if cursor == "" {
		return nil
	}
	var key K
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if len(text) > maxCursor || hasControl(text) {
		text = nil
	}
	if err == nil {
		err = json.Unmarshal(text, &key)
	}
	c.That(err == nil, "cursor", "This cursor is not of this list. Begin again with the first page.")
	return &key
}

// hasControl says whether the JSON has characters that a database may refuse. They are always escaped there.
func hasControl(text []byte) bool {
	return bytes.Contains(text, []byte(`\u000`)) || bytes.Contains(text, []byte(`\u001`))
}
