package socketio

import (
	"encoding/json"
	"net/http"
)

// failure is an answer to a request that the protocol does not allow.
type failure int

const (
	unknownTransport failure = iota
	unknownSession
	badMethod
	badRequest
	forbidden
	unknownVersion
	tooLarge
	unavailable
)

// describe returns the HTTP status, and the code and the message that the official server gives.
func (f failure) describe() (status, code int, message string) {
	switch f {
	case unknownTransport:
		return http.StatusBadRequest, 0, "Transport unknown"
	case unknownSession:
		return http.StatusBadRequest, 1, "Session ID unknown"
	case badMethod:
		return http.StatusBadRequest, 2, "Bad handshake method"
	case forbidden:
		return http.StatusForbidden, 4, "Forbidden"
	case unknownVersion:
		return http.StatusBadRequest, 5, "Unsupported protocol version"
	case tooLarge:
		return http.StatusRequestEntityTooLarge, 3, "Payload too large"
	case unavailable:
		return http.StatusServiceUnavailable, 3, "Server unavailable"
	default:
		return http.StatusBadRequest, 3, "Bad request"
	}
}

// write answers with the failure as JSON.
func (f failure) write(w http.ResponseWriter) {
	status, code, message := f.describe()
	body, _ := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{code, message})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error is a client that left
}
