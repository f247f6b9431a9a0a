package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"marketplace/platform/rpc/rpctest"
)

// smuggled are requests that two servers behind each other could cut apart differently. %s is the request line.
func smuggled() map[string]string {
	const next = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
	return map[string]string{
		"two lengths":                  "%s\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n" + next,
		"two lengths in one":           "%s\r\nHost: x\r\nContent-Length: 0, 40\r\n\r\n" + next,
		"a negative length":            "%s\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + next,
		"a length with a sign":         "%s\r\nHost: x\r\nContent-Length: +0\r\n\r\n" + next,
		"a length in hex":              "%s\r\nHost: x\r\nContent-Length: 0x10\r\n\r\n" + next,
		"an unknown coding":            "%s\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + next,
		"a coding twice":               "%s\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + next,
		"a list of codings":            "%s\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n" + next,
		"a space before the colon":     "%s\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + next,
		"a folded header":              "%s\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + next,
		"a bare line feed in a header": "%s\r\nHost: x\r\nX: a\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + next,
		"no host":                      "%s\r\nContent-Length: 0\r\n\r\n" + next,
		"two hosts":                    "%s\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n" + next,
		"a coding in HTTP/1.0":         "%s\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n" + next,
		"a chunk of a wrong size":      "%s\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n" + next,
		"a length and a coding":        "%s\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + next,
	}
}

// ASVS 4.2.1: what is ambiguous is refused, or ends the connection, before a second request is seen in it.
func TestASVS_V4_2_1_AnAmbiguousRequestIsNeverTwo(t *testing.T) {
	t.Parallel()
	m, private := openToPeers(t)
	path := "/rpc/gig/Categories"
	for name, address := range map[string]string{"public": m.url, "private": private} {
		for what, request := range smuggled() {
			line := "POST /api/v1/auth/login HTTP/1.1"
			if name == "private" {
				token := rpctest.Token{Secret: serviceSecret, Module: "gig", Path: path}.Sign(t, nil)
				line = "POST " + path + " HTTP/1.1\r\nAuthorization: Bearer " + token
			}
			if what == "a coding in HTTP/1.0" {
				line = strings.Replace(line, "HTTP/1.1", "HTTP/1.0", 1)
			}
			statuses := exchange(t, strings.TrimPrefix(address, "http://"), fmt.Sprintf(request, line))
			if len(statuses) != 1 || statuses[0] < 400 {
				t.Errorf("%s, at the %s port: %v", what, name, statuses)
			}
		}
	}
}

// exchange sends bytes and returns the statuses of all answers until the other side hangs up, or says nothing more.
func exchange(t *testing.T, address, request string) (statuses []int) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
	_, _ = io.WriteString(conn, request) // it may hang up before it has read everything
	for r := bufio.NewReader(conn); ; {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			return statuses
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		statuses = append(statuses, response.StatusCode)
	}
}
