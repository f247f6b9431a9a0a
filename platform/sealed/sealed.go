// Package sealed makes tokens that say something and cannot be forged: JSON and an HMAC-SHA256 over it (RFC 2104), both in
// base64, with a dot between. What they say can be read by whoever holds them.
package sealed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
)

// Sign makes a token of what said is as JSON. A token of one purpose is none of another, under the same key too.
func Sign(key []byte, purpose string, said any) (string, error) {
	text, err := json.Marshal(said)
	if err != nil {
		return "", fmt.Errorf("write a token (%s): %w", purpose, err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode(text) + "." + encode(seal(key, purpose, text)), nil
}

// Open reads a token into said, which is a pointer; false if it was not signed so. Nothing is read of a forged one.
func Open(key []byte, purpose, token string, said any) bool {
	first, second, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		return false
	}
	signature, err := base64.RawURLEncoding.DecodeString(second)
	return err == nil && hmac.Equal(signature, seal(key, purpose, text)) && json.Unmarshal(text, said) == nil
}

func seal(key []byte, purpose string, text []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(purpose + " 1 "))
	m.Write(text)
	return m.Sum(nil)
}
