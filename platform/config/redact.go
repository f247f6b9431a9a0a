package config

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"gopkg.in/yaml.v3"

	"marketplace/platform/private"
)

// Hidden stands where a secret was.
const Hidden = private.Hidden

// holdsSecret says whether the dotted key may be read from a file and is hidden when printed.
func holdsSecret(key string) bool {
	switch key {
	case "database", "files", "events", "rpc.secrets", "mail.smtp", "elasticsearch.api_key", "traces.authorization":
		return true
	}
	return strings.HasPrefix(key, "databases.") || strings.HasPrefix(key, "read_databases.") || strings.HasPrefix(key, "secrets.") || strings.HasPrefix(key, "settings.")
}

// Redacted is the configuration for printing: secrets and the passwords inside addresses are replaced.
func (c Config) Redacted() Config {
	c.Database = hideURL(c.Database)
	c.Files = hideURL(c.Files)
	c.Events = hideURL(c.Events)
	c.Mail.SMTP = hideURL(c.Mail.SMTP)
	c.Databases, c.ReadFrom = hideURLs(c.Databases), hideURLs(c.ReadFrom)
	if c.Elastic.APIKey != "" {
		c.Elastic.APIKey = Hidden
	}
	if c.Traces.Authorization != "" {
		c.Traces.Authorization = Hidden
	}
	c.Secrets = maps.Clone(c.Secrets)
	for name := range c.Secrets {
		c.Secrets[name] = Hidden
	}
	if len(c.RPC.Secrets) > 0 {
		c.RPC.Secrets = []private.Secret{Hidden}
	}
	c.Settings = hideSettings(c.Settings)
	return c
}

// String is the redacted configuration as YAML, so that printing a Config never prints a secret.
func (c Config) String() string {
	all := map[string]any{}
	encoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{TagName: "koanf", Result: &all})
	if err == nil {
		err = encoder.Decode(c.Redacted())
	}
	if err != nil {
		return "configuration: " + err.Error()
	}
	text, err := yaml.Marshal(all)
	if err != nil {
		return "configuration: " + err.Error()
	}
	return string(text)
}

// GoString is String, for %#v.
func (c Config) GoString() string { return c.String() }

// isSecretName says whether a key under settings, or of an address's query, is not printed.
func isSecretName(key string) bool {
	has := func(word string) bool { return strings.Contains(strings.ToLower(key), word) }
	return slices.ContainsFunc([]string{"secret", "password", "token", "key", "credential"}, has)
}

func hideSettings(values map[string]any) map[string]any {
	shown := maps.Clone(values)
	for key, value := range shown {
		if inner, ok := value.(map[string]any); ok {
			shown[key] = hideSettings(inner)
		} else if isSecretName(key) {
			shown[key] = Hidden
		}
	}
	return shown
}

func hideURLs(addresses map[string]string) map[string]string {
	shown := maps.Clone(addresses)
	for module, address := range shown {
		shown[module] = hideURL(address)
	}
	return shown
}

// hideURL hides the password of an address, also in its query (?password=…). What is no address is hidden whole.
func hideURL(address string) string {
	if address == "" || address == Memory || address == Disk {
		return address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return Hidden
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), "redacted")
	}
	q := u.Query()
	for key := range q {
		if isSecretName(key) {
			q.Set(key, "redacted")
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}
