// Package config reads what the operator decides: config.yaml, then the environment, then flags; the
// later wins. It is the one place that reads the environment. An unknown key is refused.
//
// A key of config.yaml such as mail.smtp is MARKETPLACE_MAIL__SMTP in the environment: the prefix, then the key in
// capitals, two underscores for each level; lists are separated by commas. A key that holds a secret can be read from a
// file that the variable with _FILE at the end names: MARKETPLACE_MAIL__SMTP_FILE=/run/secrets/smtp.
package config

import (
	"slices"

	"marketplace/platform/private"
)

// Environments. Development has the /dev pages, the payment simulator and generated secrets;
// Production has none of them and refuses to start on defaults.
const (
	Development = "development"
	Production  = "production"
)

// All as the only entry of Modules hosts every module here; Memory as Events keeps them inside this process; Disk as
// Files keeps those in a folder of Data.
const (
	All    = "all"
	Memory = "memory"
	Disk   = "disk"
)

// Config is everything that the operator decides about the process. The settings of each module are in
// Settings and are read by the module itself (app.Host.Settings).
type Config struct {
	Environment string                    `koanf:"environment"`
	Name        string                    `koanf:"name"`           // of the marketplace, as people see it
	Currency    string                    `koanf:"currency"`       // ISO 4217; every price and every account is in it
	Listen      string                    `koanf:"listen"`         // public address, host:port
	Internal    string                    `koanf:"internal"`       // health and metrics, host:port; never public
	PublicURL   string                    `koanf:"public_url"`     // how people reach the web pages, no slash at the end
	Data        string                    `koanf:"data"`           // folder of databases, files and generated secrets
	Modules     []string                  `koanf:"modules"`        // all, or the ones that this process hosts
	Remotes     map[string][]string       `koanf:"remotes"`        // where the other ones are
	Database    string                    `koanf:"database"`       // postgres://…; empty is SQLite under Data
	Databases   map[string]string         `koanf:"databases"`      // one module elsewhere
	ReadFrom    map[string]string         `koanf:"read_databases"` // a read replica of a module's database
	Files       string                    `koanf:"files"`          // disk, or s3://…
	Events      string                    `koanf:"events"`         // memory, or amqp://…
	RPC         RPC                       `koanf:"rpc"`
	Mail        Mail                      `koanf:"mail"`
	Brand       Brand                     `koanf:"brand"`
	Proxies     []string                  `koanf:"trusted_proxies"` // CIDRs whose X-Forwarded-For is believed
	Log         Log                       `koanf:"log"`
	Elastic     Elastic                   `koanf:"elasticsearch"`
	Traces      Traces                    `koanf:"traces"`
	Live        Live                      `koanf:"live"`
	Alerts      Alerts                    `koanf:"alerts"`
	Demo        bool                      `koanf:"demo"`    // demonstration data and logins
	Secrets     map[string]private.Secret `koanf:"secrets"` // by name; generated under Data in development
	Settings    map[string]any            `koanf:"settings"`
}

// RPC is how processes talk to each other.
type RPC struct {
	Listen  string           `koanf:"listen"`
	Secrets []private.Secret `koanf:"secrets"` // the first signs, all are accepted
}

// Mail is how mail leaves. Without SMTP it is only kept, to be read at /dev/mail.
type Mail struct {
	SMTP string `koanf:"smtp"` // smtp://user:password@host:587 or smtps://
	From string `koanf:"from"`
}

// Brand is how the pages look. Their colours follow from one hue and its strength; contrasts hold for every one.
type Brand struct {
	Hue      int    `koanf:"hue"`      // degrees of OKLCH, 0 to 359: 30 is red, 145 green, 260 blue
	Strength int    `koanf:"strength"` // thousandths of chroma: 0 is grey, 85 calm, 150 loud
	Logo     string `koanf:"logo"`     // an .svg or .png file of at most 64 kB; empty is the drawn mark
}

// Log is what is written to standard output.
type Log struct {
	Level   string            `koanf:"level"`   // debug, info, warn, error
	Modules map[string]string `koanf:"modules"` // the levels of single modules
	Format  string            `koanf:"format"`  // json (ECS) or console
}

// Elastic is the Elasticsearch that the log goes to, besides standard output; without a URL to none.
type Elastic struct {
	URL       string         `koanf:"url"`       // http(s)://host:9200, without a login
	APIKey    private.Secret `koanf:"api_key"`   // encoded; needs create_doc and auto_configure on logs-*
	CAFile    string         `koanf:"ca_file"`   // PEM certificates to trust besides the system's
	Namespace string         `koanf:"namespace"` // of the data streams logs-<dataset>-<namespace>
}

// Alerts is of what the operator is told (platform/alert), and where.
type Alerts struct {
	Mail   []string          `koanf:"mail"`   // addresses that get a mail when a condition begins and when it is over
	Limits map[string]string `koanf:"limits"` // other limits than the table's, by rule; off: the rule is not there

	Language string `koanf:"language"` // BCP 47, of the mails to addresses that have no account; empty: English
}

// Traces is the OpenTelemetry collector that samples of the requests go to, step by step; without a URL to none.
type Traces struct {
	URL           string         `koanf:"url"`                 // http(s)://host:4318, OTLP over HTTP
	Authorization private.Secret `koanf:"authorization"`       // the header of that name
	Sample        int            `koanf:"sample_basis_points"` // of the requests; 10,000 is all of them
}

// Live is how much one client may ask of the live channel (Socket.IO) of one process.
type Live struct {
	Connections int `koanf:"connections_per_person"` // one more lets go of the oldest
	Events      int `koanf:"events_per_second"`      // of one person, over all their connections
	Handshakes  int `koanf:"handshakes_per_minute"`  // from one address
}

// Defaults is the configuration of a fresh run: development, everything in this process, nothing else needed.
func Defaults() Config {
	return Config{
		Environment: Development,
		Name:        "Marketplace",
		Currency:    "USD",
		Listen:      ":8080",
		Internal:    "127.0.0.1:9090",
		Data:        "./data",
		Modules:     []string{All},
		Files:       Disk,
		Events:      Memory,
		Mail:        Mail{From: "Marketplace <no-reply@localhost>"},
		Brand:       Brand{Hue: 205, Strength: 85},
		Log:         Log{Level: "info", Format: "json"},
		Elastic:     Elastic{Namespace: "default"},
		Traces:      Traces{Sample: 100},
		Live:        Live{Connections: 20, Events: 10, Handshakes: 600},
	}
}

// DatabaseOf returns the address of the module's database; empty is SQLite.
func (c Config) DatabaseOf(module string) string {
	if url := c.Databases[module]; url != "" {
		return url
	}
	return c.Database
}

// IsProduction says whether defaults that are only good for trying out are refused.
func (c Config) IsProduction() bool { return c.Environment == Production }

// Hosts says whether this process runs the module itself.
func (c Config) Hosts(module string) bool {
	return slices.Contains(c.Modules, All) || slices.Contains(c.Modules, module)
}
