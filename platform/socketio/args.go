package socketio

import (
	"encoding/json"
	"fmt"
)

// Args are the arguments of an event or of an acknowledgement, as the client sent them. Each is a
// json.RawMessage; if the packet had binary attachments, each is what encoding/json decodes into any,
// with numbers as json.Number and attachments as []byte. Either form can be emitted again as it is:
// Emit(name, args...).
type Args []any

// Bind decodes argument i, counted from 0, into what the pointer into points to, as json.Unmarshal does.
// An attachment fits a []byte. It fails when there is no such argument or it does not fit.
func (a Args) Bind(i int, into any) error {
	if i < 0 || i >= len(a) {
		return fmt.Errorf("there is no argument %d, the client sent %d", i, len(a))
	}
	if data, ok := a[i].([]byte); ok {
		if target, ok := into.(*[]byte); ok {
			*target = data
			return nil
		}
	}
	raw, ok := a[i].(json.RawMessage)
	if !ok {
		// Marshalling writes bytes as base64, which is what unmarshalling into []byte reads.
		var err error
		if raw, err = json.Marshal(a[i]); err != nil {
			return fmt.Errorf("decode argument %d: %w", i, err)
		}
	}
	if target, ok := into.(*string); ok {
		if text, plain := plainString(raw); plain {
			*target = text
			return nil
		}
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("decode argument %d: %w", i, err)
	}
	return nil
}
