package elastic

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Reach asks Elasticsearch whether it is there and knows the key.
func Reach(ctx context.Context, o Options) error {
	client, err := newClient(o.CAFile)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(o.URL, "/")+"/", nil)
	if err != nil {
		return err
	}
	if o.APIKey != "" {
		request.Header.Set("Authorization", "ApiKey "+o.APIKey.Reveal())
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("reach Elasticsearch: %w", err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("elasticsearch answered %s", response.Status)
	}
	return nil
}
