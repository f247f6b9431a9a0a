package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// placeholder stands in the JSON of a packet where an attachment belongs.
type placeholder struct {
	Placeholder bool `json:"_placeholder"`
	Num         int  `json:"num"`
}

// hoistAll takes every []byte out of args, replacing it by a placeholder. args itself stays as it is.
func hoistAll(args []any) ([]any, [][]byte) {
	if !holdsBytes(args) {
		return args, nil
	}
	var attachments [][]byte
	return hoist(args, &attachments).([]any), attachments
}

// holdsBytes tells whether there is anything to hoist. It looks where hoist looks.
func holdsBytes(v any) bool {
	switch v := v.(type) {
	case []byte:
		return true
	case Args:
		return holdsBytes([]any(v))
	case []any:
		for _, element := range v {
			if holdsBytes(element) {
				return true
			}
		}
	case map[string]any:
		for _, element := range v {
			if holdsBytes(element) {
				return true
			}
		}
	}
	return false
}

// hoist copies what it changes. The bytes are copied as well: the frames outlive the call, and the
// caller may reuse its buffer.
func hoist(v any, attachments *[][]byte) any {
	switch v := v.(type) {
	case []byte:
		*attachments = append(*attachments, bytes.Clone(v))
		return placeholder{Placeholder: true, Num: len(*attachments) - 1}
	case Args:
		return hoist([]any(v), attachments)
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = hoist(element, attachments)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, element := range v {
			object[key] = hoist(element, attachments)
		}
		return object
	}
	return v
}

// fill decodes the packet's array and puts each attachment where its placeholder stands.
func (p *packet) fill() (Args, error) {
	var list []any
	decoder := json.NewDecoder(bytes.NewReader(p.data))
	decoder.UseNumber()
	if err := decoder.Decode(&list); err != nil {
		return nil, fmt.Errorf("decode the payload: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the payload")
	}
	left := append([][]byte(nil), p.attachments...)
	filled, err := place(list, left)
	if err != nil {
		return nil, err
	}
	for _, a := range left {
		if a != nil {
			return nil, errors.New("an attachment has no placeholder")
		}
	}
	return Args(filled.([]any)), nil
}

// place replaces the placeholders in v. Each attachment is used once: with one placeholder a thousand
// times over, a small packet would become a large one.
func place(v any, left [][]byte) (any, error) {
	var err error
	switch v := v.(type) {
	case []any:
		for i, element := range v {
			if v[i], err = place(element, left); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if v["_placeholder"] == true {
			return take(v["num"], left)
		}
		for key, element := range v {
			if v[key], err = place(element, left); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func take(num any, left [][]byte) (any, error) {
	number, _ := num.(json.Number)
	n, err := number.Int64()
	if err != nil || n < 0 || n >= int64(len(left)) || left[n] == nil {
		return nil, errors.New("a placeholder names no attachment")
	}
	data := left[n]
	left[n] = nil
	return data, nil
}
