package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"marketplace/platform/config"
)

// askReady asks a process (http://host:port) whether it is ready; the error says why it is not, if the process tells.
func askReady(ctx context.Context, address string) error {
	response, err := send(ctx, http.MethodGet, address+"/readyz")
	if err != nil {
		return fmt.Errorf("%s does not answer: %w", address, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	var told struct{ Problems []string }
	if json.NewDecoder(io.LimitReader(response.Body, 1<<16)).Decode(&told) != nil || len(told.Problems) == 0 {
		told.Problems = []string{response.Status}
	}
	return fmt.Errorf("%s is not ready: %s", address, strings.Join(told.Problems, ", "))
}

// askInternal sends a request to the internal listener of the process on this machine.
func askInternal(ctx context.Context, c config.Config, method, path string) (*http.Response, error) {
	address, err := internalAddress(c)
	if err != nil {
		return nil, err
	}
	response, err := send(ctx, method, address+path)
	if err != nil {
		return nil, fmt.Errorf("the process does not answer: %w", err)
	}
	return response, nil
}

// internalAddress is how this machine reaches the internal listener.
func internalAddress(c config.Config) (string, error) {
	host, port, err := net.SplitHostPort(c.Internal)
	if err != nil {
		return "", fmt.Errorf("internal: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}

func send(ctx context.Context, method, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	return (&http.Client{Timeout: 5 * time.Second}).Do(request)
}
