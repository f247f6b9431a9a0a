package kibana

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"marketplace/platform/alert"
)

// Options say where everything goes.
type Options struct {
	Elasticsearch string       // http(s)://host:9200
	Kibana        string       // http(s)://host:5601
	APIKey        string       // encoded, of somebody who may manage index templates and Kibana's objects, connectors and rules
	Login         string       // user:password, instead of a key
	AppDays       int          // how long lines are kept; 0: 30
	AuditDays     int          // how long the record of audit is kept; 0: 400
	Webhook       string       // where alerts are posted to; empty: nowhere
	Rules         []alert.Rule // what is told
	Client        *http.Client // nil: one that waits 30 s
	Say           func(string) // is told each step; nil: nobody is
}

// Mail is how Kibana sends mail.
type Mail struct {
	To         []string
	From       string
	Host       string
	Port       int
	Secure     bool
	User, Word string
}

// Setup installs everything. Doing it again changes nothing, and brings back what was changed by hand. It stops at the first
// thing that is refused, and says which.
func Setup(ctx context.Context, o Options, mail *Mail) error {
	c, err := newClient(o)
	if err != nil {
		return err
	}
	for _, step := range []struct {
		what string
		do   func(context.Context) error
	}{
		{"index templates and retention", c.templates},
		{"data view, searches and dashboards", c.objects},
		{"connectors and alert rules", func(ctx context.Context) error { return c.alerts(ctx, mail) }},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("install %s: %w", step.what, err)
		}
		c.o.Say(step.what)
	}
	return nil
}

type client struct{ o Options }

func newClient(o Options) (*client, error) {
	for _, address := range []string{o.Elasticsearch, o.Kibana} {
		if u, err := url.Parse(address); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, errors.New("the addresses of Elasticsearch and Kibana must be http(s)://host:port")
		}
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if o.AppDays == 0 {
		o.AppDays = 30
	}
	if o.AuditDays == 0 {
		o.AuditDays = 400
	}
	o.Elasticsearch, o.Kibana = strings.TrimRight(o.Elasticsearch, "/"), strings.TrimRight(o.Kibana, "/")
	return &client{o}, nil
}

// send asks for one thing and returns the status. A status that is not among the expected is an error with what was said.
func (c *client) send(ctx context.Context, method, address, kind string, body []byte, expected ...int) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("kbn-xsrf", "marketplace")
	if user, word, ok := strings.Cut(c.o.Login, ":"); ok {
		r.SetBasicAuth(user, word)
	} else {
		r.Header.Set("Authorization", "ApiKey "+c.o.APIKey)
	}
	response, err := c.o.Client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return 0, nil, err
	}
	for _, status := range expected {
		if response.StatusCode == status {
			return status, said, nil
		}
	}
	return 0, nil, fmt.Errorf("%s %s: %s: %.500s", method, r.URL.Path, response.Status, said)
}

func (c *client) put(ctx context.Context, path string, body any) error {
	text, err := json.Marshal(body)
	if err == nil {
		_, _, err = c.send(ctx, http.MethodPut, c.o.Elasticsearch+path, "application/json", text, http.StatusOK)
	}
	return err
}

// templates go before the built-in one for logs, and take the mappings of ECS from Elasticsearch itself.
func (c *client) templates(ctx context.Context) error {
	for _, t := range []struct {
		name, pattern string
		priority      int
		days          int
	}{
		{"marketplace-app", "logs-marketplace.*-*", 200, c.o.AppDays},
		{"marketplace-audit", "logs-marketplace.audit-*", 210, c.o.AuditDays},
	} {
		err := c.put(ctx, "/_ilm/policy/"+t.name, map[string]any{"policy": map[string]any{"phases": map[string]any{
			"hot":    map[string]any{"actions": map[string]any{"rollover": map[string]any{"max_age": "7d", "max_primary_shard_size": "20gb"}}},
			"delete": map[string]any{"min_age": fmt.Sprintf("%dd", t.days), "actions": map[string]any{"delete": map[string]any{}}},
		}}})
		if err != nil {
			return err
		}
		err = c.put(ctx, "/_index_template/"+t.name, map[string]any{
			"index_patterns": []string{t.pattern}, "data_stream": map[string]any{}, "priority": t.priority, "composed_of": []string{"ecs@mappings"},
			"template": map[string]any{
				"settings": map[string]any{"index.lifecycle.name": t.name},
				"mappings": map[string]any{"properties": map[string]any{
					"@timestamp": map[string]any{"type": "date"},
					"market": map[string]any{"properties": map[string]any{"amount_minor": map[string]any{"type": "long"},
						"currency": map[string]any{"type": "keyword"}, "figure": map[string]any{"type": "object", "dynamic": true}}},
				}, "dynamic_templates": []any{map[string]any{"figures": map[string]any{"path_match": "market.figure.*", "mapping": map[string]any{"type": "double"}}}}},
			},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *client) objects(ctx context.Context) error {
	objects, err := NDJSON()
	if err != nil {
		return err
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "marketplace.ndjson")
	if err != nil {
		return err
	}
	if _, err = file.Write(objects); err != nil {
		return err
	}
	if err = form.Close(); err != nil {
		return err
	}
	_, said, err := c.send(ctx, http.MethodPost, c.o.Kibana+"/api/saved_objects/_import?overwrite=true", form.FormDataContentType(), body.Bytes(), http.StatusOK)
	if err != nil {
		return err
	}
	var result struct {
		Success bool              `json:"success"`
		Errors  []json.RawMessage `json:"errors"`
	}
	if err := json.Unmarshal(said, &result); err != nil || !result.Success {
		return fmt.Errorf("kibana did not take every object: %.500s", said)
	}
	return nil
}

// alerts makes one rule for each of ours: it fires when the marketplace has logged that the condition began.
func (c *client) alerts(ctx context.Context, mail *Mail) error {
	actions := []any{}
	text := "{{rule.name}}: {{context.message}}"
	if c.o.Webhook != "" {
		id, err := c.connector(ctx, "webhook", map[string]any{"name": "Marketplace webhook", "connector_type_id": ".webhook",
			"config": map[string]any{"url": c.o.Webhook, "method": "post", "headers": map[string]string{"Content-Type": "application/json"}, "hasAuth": false}, "secrets": map[string]any{}})
		if err != nil {
			return err
		}
		actions = append(actions, action(id, map[string]any{"body": `{"text":"` + text + `"}`}))
	}
	if mail != nil {
		id, err := c.connector(ctx, "mail", map[string]any{"name": "Marketplace mail", "connector_type_id": ".email",
			"config":  map[string]any{"service": "other", "from": mail.From, "host": mail.Host, "port": mail.Port, "secure": mail.Secure, "hasAuth": mail.User != ""},
			"secrets": map[string]any{"user": mail.User, "password": mail.Word}})
		if err != nil {
			return err
		}
		actions = append(actions, action(id, map[string]any{"to": mail.To, "subject": "[marketplace] {{rule.name}}", "message": text}))
	}
	for _, r := range c.o.Rules {
		if err := c.rule(ctx, r, actions); err != nil {
			return err
		}
	}
	return nil
}

func action(id string, params map[string]any) map[string]any {
	return map[string]any{"id": id, "group": "query matched", "params": params, "frequency": map[string]any{"summary": false, "notify_when": "onActionGroupChange", "throttle": nil}}
}

// connector makes the connector, or brings it back to what it should be.
func (c *client) connector(ctx context.Context, name string, body map[string]any) (id string, err error) {
	id = fixedID("connector " + name)
	return id, c.createOrUpdate(ctx, "/api/actions/connector/"+id, body, "connector_type_id")
}

// terms are fields and their values by which the line is known that a rule of ours has logged when its condition began.
func terms(r alert.Rule) [][2]string {
	return [][2]string{{"event.kind", "alert"}, {"rule.name", r.Name}, {"event.action", "alert-begins"}}
}

func (c *client) rule(ctx context.Context, r alert.Rule, actions []any) error {
	filter := []any{}
	for _, term := range terms(r) {
		filter = append(filter, map[string]any{"term": map[string]any{term[0]: term[1]}})
	}
	query, err := json.Marshal(map[string]any{"query": map[string]any{"bool": map[string]any{"filter": filter}}})
	if err != nil {
		return err
	}
	return c.createOrUpdate(ctx, "/api/alerting/rule/"+fixedID("rule "+r.Name), map[string]any{
		"name": "Marketplace: " + r.Title, "rule_type_id": ".es-query", "consumer": "alerts", "enabled": true, "tags": []string{"marketplace", r.Severity},
		"schedule": map[string]any{"interval": "1m"}, "actions": actions,
		"params": map[string]any{"searchType": "esQuery", "esQuery": string(query), "index": []string{"logs-marketplace.app-*"}, "timeField": "@timestamp",
			"timeWindowSize": 5, "timeWindowUnit": "m", "threshold": []int{0}, "thresholdComparator": ">", "size": 1, "excludeHitsFromPreviousRun": true, "aggType": "count", "groupBy": "all"},
	}, "rule_type_id", "consumer", "enabled")
}

// createOrUpdate creates with POST; what is there already is changed with PUT, which does not take the fixed fields.
func (c *client) createOrUpdate(ctx context.Context, path string, body map[string]any, fixed ...string) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	status, _, err := c.send(ctx, http.MethodPost, c.o.Kibana+path, "application/json", text, http.StatusOK, http.StatusConflict)
	if err != nil || status == http.StatusOK {
		return err
	}
	for _, name := range fixed {
		delete(body, name)
	}
	if text, err = json.Marshal(body); err != nil {
		return err
	}
	_, _, err = c.send(ctx, http.MethodPut, c.o.Kibana+path, "application/json", text, http.StatusOK)
	return err
}
