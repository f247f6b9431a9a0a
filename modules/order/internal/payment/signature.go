package payment

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// The headers of the Standard Webhooks specification, as our edges name them.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

// window is how old, or how far ahead, a webhook may be (Standard Webhooks: five minutes).
const window = 300 * time.Second

// sign returns the header webhook-signature: v1, and the base64 of the HMAC-SHA256 over id.timestamp.body.
func sign(secret []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// verify says whether one of the signatures is good and the time is near; it takes as long for a bad one.
func verify(secret []byte, headers map[string]string, body []byte, now time.Time) bool {
	id, timestamp := headers[headerID], headers[headerTimestamp]
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil {
		return false
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > window || age < -window {
		return false
	}
	want := []byte(sign(secret, id, timestamp, body))
	for given := range strings.FieldsSeq(headers[headerSignature]) {
		if hmac.Equal([]byte(given), want) {
			return true
		}
	}
	return false
}
