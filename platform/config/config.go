// Package config reads what the operator decides: config.yaml, then the environment, then flags; the
// later wins. It is the one place that reads the environment. An unknown key is refused.
package config

import "fmt"

// Environments. Development has the /dev pages, the payment simulator and generated secrets;
// Production has none of them and refuses to start on defaults.
const (
	Development = "development"
	Production  = "production"
)

// Config is everything that the operator decides about the process. The settings of each module are in
// Settings and are read by the module itself (app.Host.Settings).
type Config struct {
	Environment string              `koanf:"environment"`
	Name        string              `koanf:"name"`       // of the marketplace, as people see it
	Listen      string              `koanf:"listen"`     // public address, host:port
	Internal    string              `koanf:"internal"`   // health and metrics, host:port; never public
	PublicURL   string              `koanf:"public_url"` // how people reach the web pages, no slash at the end
	Data        string              `koanf:"data"`       // folder of databases, files and generated secrets
	Modules     []string            `koanf:"modules"`    // all, or the ones that this process hosts
	Remotes     map[string][]string `koanf:"remotes"`    // where the other ones are
	Database    string              `koanf:"database"`   // postgres://…; empty is SQLite under Data
	Databases   map[string]string   `koanf:"databases"`  // one module elsewhere
	Events      string              `koanf:"events"`     // memory, or amqp://…
	RPC         RPC                 `koanf:"rpc"`
	Mail        Mail                `koanf:"mail"`
	Proxies     []string            `koanf:"trusted_proxies"` // CIDRs whose X-Forwarded-For is believed
	Log         Log                 `koanf:"log"`
	Demo        bool                `koanf:"demo"`    // demonstration data and logins
	Secrets     map[string]string   `koanf:"secrets"` // by name; generated under Data in development
	Settings    map[string]any      `koanf:"settings"`
}

// RPC is how processes talk to each other.
type RPC struct {
	Listen  string   `koanf:"listen"`
	Secrets []string `koanf:"secrets"` // the first signs, all are accepted
}

// Mail is how mail leaves. Without SMTP it is only kept, to be read at /dev/mail.
type Mail struct {
	SMTP string `koanf:"smtp"` // smtp://user:password@host:587 or smtps://
	From string `koanf:"from"`
}

// Log is what is written to standard output.
type Log struct {
	Level  string `koanf:"level"`  // debug, info, warn, error
	Format string `koanf:"format"` // json (ECS) or console
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

// Decode reads the settings of one module into a struct with koanf tags that already holds the defaults. A key that
// the struct does not have is refused by name.
func (c Config) Decode(module string, into any) error { return fmt.Errorf("not yet") }
