package payment

import (
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"testing"

	"marketplace/platform/apptest"
)

// serve runs the program on a free port until the test ends.
func serve(t *testing.T, program string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	c := exec.Command(program, "-http-addr", address)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	apptest.Eventually(t, func() error {
		r, err := http.Get(fmt.Sprintf("http://%s/v1/charges", address)) //nolint:noctx // a test's own server
		if err != nil {
			return err
		}
		return r.Body.Close()
	})
	return "http://" + address
}
