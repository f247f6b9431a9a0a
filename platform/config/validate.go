package config

import (
	"fmt"
	"maps"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"

	"marketplace/platform/money"
)

// minSecret is the least length of a secret in characters: 128 bits as hex.
const minSecret = 32

// normalize brings what may be written in several ways to one.
func (c *Config) normalize() {
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	for _, addresses := range c.Remotes {
		for i := range addresses {
			addresses[i] = strings.TrimRight(addresses[i], "/")
		}
	}
}

// derive fills what follows from other keys.
func (c *Config) derive() {
	if c.PublicURL == "" {
		c.PublicURL = urlOf(c.Listen)
	}
}

// urlOf is how a browser on this machine reaches the address.
func urlOf(listen string) string {
	host, port, _ := net.SplitHostPort(listen)
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	if port == "80" {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return "http://" + host
	}
	return "http://" + net.JoinHostPort(host, port)
}

func (p *problems) unless(ok bool, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Sprintf(format, args...))
	}
}

// Check refuses a configuration that Load would refuse; for one that was put together in other ways.
func (c Config) Check() error {
	if p := c.validate(); len(p) > 0 {
		return p.err()
	}
	return nil
}

// validate tells everything that is wrong with the values, and with their combination.
func (c Config) validate() problems {
	var p problems
	p.unless(c.Environment == Development || c.Environment == Production, "environment must be development or production.")
	p.unless(oneLine(c.Name, 60), "name must be one line of 1 to 60 characters.")
	_, known := money.Exponent(c.Currency)
	p.unless(known, "currency must be one that the marketplace knows, such as USD or EUR, not %q.", c.Currency)
	p.unless(c.Brand.Hue >= 0 && c.Brand.Hue < 360, "brand.hue must be 0 to 359 degrees.")
	p.unless(c.Brand.Strength >= 0 && c.Brand.Strength <= 150, "brand.strength must be 0 to 150.")
	p.unless(isAddress(c.Listen), "listen must be host:port, such as :8080 or 127.0.0.1:8080.")
	p.unless(isAddress(c.Internal), "internal must be host:port, such as 127.0.0.1:9090.")
	p.unless(c.Listen != c.Internal || strings.HasSuffix(c.Listen, ":0"), "internal must differ from listen: health and metrics are not public.")
	p.unless(c.PublicURL == "" || isOrigin(c.PublicURL), "public_url must be http:// or https:// and a host, without a path.")
	p.unless(c.Data != "" && !strings.ContainsRune(c.Data, 0), "data must name a folder.")
	p.unless(isLevel(c.Log.Level), "log.level must be debug, info, warn or error.")
	for _, module := range slices.Sorted(maps.Keys(c.Log.Modules)) {
		p.unless(isName(module), "log.modules.%s: a module's name is made of lower-case letters.", module)
		p.unless(isLevel(c.Log.Modules[module]), "log.modules.%s must be debug, info, warn or error.", module)
	}
	p.unless(c.Log.Format == "json" || c.Log.Format == "console", "log.format must be json or console.")
	for _, proxy := range c.Proxies {
		p.unless(isNetwork(proxy), "trusted_proxies must be addresses or networks such as 10.0.0.0/8, not %q.", proxy)
	}
	c.validateStores(&p)
	c.validateMail(&p)
	p.unless(c.Elastic.URL == "" || isOrigin(c.Elastic.URL), "elasticsearch.url must be an address such as https://elastic:9200.")
	p.unless(isNamespace(c.Elastic.Namespace), "elasticsearch.namespace must have 1 to 60 lower-case letters, digits and _.")
	for _, to := range c.Alerts.Mail {
		address, err := mail.ParseAddress(to)
		p.unless(err == nil && address.Address == to && oneLine(to, 254), "alerts.mail must be addresses such as ops@example.com, not %q.", to)
	}
	_, err := language.Parse(c.Alerts.Language)
	p.unless(c.Alerts.Language == "" || err == nil, "alerts.language must be the tag of a language such as de.")
	p.unless(c.Traces.URL == "" || isOrigin(c.Traces.URL), "traces.url must be an address such as http://collector:4318.")
	p.unless(c.Traces.Sample >= 0 && c.Traces.Sample <= 10_000, "traces.sample_basis_points must be 0 to 10000.")
	p.unless(c.Live.Connections >= 1 && c.Live.Events >= 1 && c.Live.Handshakes >= 1,
		"live.connections_per_person, live.events_per_second and live.handshakes_per_minute must be at least 1.")
	c.validateSplit(&p)
	if c.IsProduction() {
		c.validateProduction(&p)
	}
	return p
}

func (c Config) validateStores(p *problems) {
	p.unless(c.Database == "" || isPostgres(c.Database), "database must be postgres://user:password@host/name, or empty for SQLite.")
	for _, module := range slices.Sorted(maps.Keys(c.Databases)) {
		p.unless(isName(module), "databases.%s: a module's name is made of lower-case letters.", module)
		p.unless(isPostgres(c.Databases[module]), "databases.%s must be postgres://user:password@host/name.", module)
	}
	for _, module := range slices.Sorted(maps.Keys(c.ReadFrom)) {
		p.unless(isName(module), "read_databases.%s: a module's name is made of lower-case letters.", module)
		p.unless(isPostgres(c.ReadFrom[module]), "read_databases.%s must be postgres://user:password@host/name.", module)
		p.unless(isPostgres(c.DatabaseOf(module)), "read_databases.%s: a replica needs a PostgreSQL database that it is one of; set database or databases.%s.", module, module)
	}
	p.unless(c.Files == Disk || isBucket(c.Files), "files must be disk or s3://key:secret@host/bucket.")
	p.unless(c.Events == Memory || hasScheme(c.Events, "amqp", "amqps"), "events must be memory or amqp://user:password@host.")
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		p.unless(utf8.RuneCountInString(c.Secrets[name].Reveal()) >= minSecret, "secrets.%s must have at least %d characters.", name, minSecret)
	}
	for _, module := range slices.Sorted(maps.Keys(c.Settings)) {
		_, isSection := c.Settings[module].(map[string]any)
		p.unless(isName(module) && isSection, "settings.%s must be a section with the name of a module.", module)
	}
}

func (c Config) validateMail(p *problems) {
	p.unless(c.Mail.SMTP == "" || hasScheme(c.Mail.SMTP, "smtp", "smtps"), "mail.smtp must be smtp://user:password@host:587 or smtps://user:password@host:465, or empty.")
	_, err := mail.ParseAddress(c.Mail.From)
	p.unless(err == nil && oneLine(c.Mail.From, 320), "mail.from must be an address, such as Marketplace <no-reply@example.com>.")
}

// validateSplit checks what running modules apart needs. What needs the list of all modules is in CheckModules.
func (c Config) validateSplit(p *problems) {
	all := slices.Contains(c.Modules, All)
	p.unless(len(c.Modules) > 0, "modules must be all, or the modules that this process hosts.")
	p.unless(!all || len(c.Modules) == 1, "modules must be all alone, or a list of names without it.")
	for i, module := range c.Modules {
		p.unless(isName(module), "modules: %q is not a name of lower-case letters.", module)
		p.unless(!slices.Contains(c.Modules[:i], module), "modules: %s is listed twice.", module)
	}
	for _, module := range slices.Sorted(maps.Keys(c.Remotes)) {
		p.unless(isName(module), "remotes.%s: a module's name is made of lower-case letters.", module)
		p.unless(!all, "remotes.%s: this process hosts %s itself, like all; remove it, or list the modules of this process.", module, module)
		p.unless(len(c.Remotes[module]) > 0, "remotes.%s must list at least one address.", module)
		for _, address := range c.Remotes[module] {
			p.unless(isOrigin(address), "remotes.%s must be addresses such as http://%s-1:9000.", module, module)
		}
	}
	p.unless(all || c.Events != Memory, "events must be amqp://… when modules run apart: memory does not leave the process.")
	p.unless(c.RPC.Listen == "" || isAddress(c.RPC.Listen), "rpc.listen must be host:port, such as :9000.")
	p.unless(len(c.Remotes) == 0 && c.RPC.Listen == "" || len(c.RPC.Secrets) > 0, "rpc.secrets must hold a secret when modules run apart.")
	for _, secret := range c.RPC.Secrets {
		p.unless(utf8.RuneCountInString(secret.Reveal()) >= minSecret, "rpc.secrets must have at least %d characters each.", minSecret)
	}
}

// validateProduction refuses what is only good for trying out.
func (c Config) validateProduction(p *problems) {
	p.unless(strings.HasPrefix(c.PublicURL, "https://"), "public_url must be set to the https:// address of the marketplace in production.")
	p.unless(c.Mail.SMTP != "" || !c.Hosts(All), "mail.smtp must be set in production: without it no mail leaves.")
	p.unless(c.Mail.From != Defaults().Mail.From || !c.Hosts(All), "mail.from must be set in production to an address of yours.")
	p.unless(len(c.Secrets) > 0 || !c.Hosts(All), "secrets must be set in production: none is generated. `openssl rand -hex 32` makes one.")
	p.unless(!c.Demo, "demo must be false in production: its logins are public.")
	p.unless(!isGuest(c.Events), "events must not use RabbitMQ's guest login in production, except on this machine.")
}

// CheckModules checks the names of modules against the ones that exist: each key that names one, and that every
// module is hosted here or reached elsewhere. web is never called by others, so it needs no remote.
func (c Config) CheckModules(names []string) error {
	var p problems
	known := func(section, module string) {
		p.unless(slices.Contains(names, module), "%s: there is no module %q; there are %s.", section, module, strings.Join(names, ", "))
	}
	for _, module := range c.Modules {
		if module != All {
			known("modules", module)
		}
	}
	for module := range c.Remotes {
		known("remotes", module)
	}
	for module := range c.Databases {
		known("databases", module)
	}
	for module := range c.ReadFrom {
		known("read_databases", module)
	}
	for module := range c.Settings {
		known("settings", module)
	}
	for _, module := range names {
		p.unless(c.Hosts(module) || len(c.Remotes[module]) > 0 || module == "web", "remotes.%s must be set: this process does not host %s and has to reach it.", module, module)
	}
	if len(p) > 0 {
		return p.err()
	}
	return nil
}

func isLevel(s string) bool { return s == "debug" || s == "info" || s == "warn" || s == "error" }

func isName(s string) bool {
	letters := strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
	return letters && s != "" && len(s) <= 40
}

func isNamespace(s string) bool {
	return s != "" && len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

func isAddress(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host, " /@") {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n <= 65535
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil &&
		u.Path == "" && u.RawQuery == "" && u.Fragment == "" && !u.ForceQuery && isPort(u)
}

func isPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	_, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil
}

func hasScheme(s string, schemes ...string) bool {
	u, err := url.Parse(s)
	return err == nil && slices.Contains(schemes, u.Scheme) && u.Hostname() != "" && isPort(u)
}

// isPostgres also accepts a unix socket, which is named by host= at the end: postgres:///name?host=/run/postgresql.
func isPostgres(s string) bool {
	u, err := url.Parse(s)
	return hasScheme(s, "postgres", "postgresql") || err == nil && u.Hostname() == "" &&
		(u.Scheme == "postgres" || u.Scheme == "postgresql") && strings.HasPrefix(u.Query().Get("host"), "/")
}

// isBucket says whether the address has all that a bucket needs; platform/blob reads the rest of it.
func isBucket(s string) bool {
	u, err := url.Parse(s)
	if err != nil || !hasScheme(s, "s3") {
		return false
	}
	secret, _ := u.User.Password()
	return u.User.Username() != "" && secret != "" && strings.Trim(u.Path, "/") != ""
}

func isGuest(events string) bool {
	u, err := url.Parse(events)
	if err != nil || events == Memory || u.User != nil && u.User.Username() != "guest" {
		return false
	}
	return !IsLoopback(u.Hostname())
}

// IsLoopback says whether the host is this machine.
func IsLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

func isNetwork(s string) bool {
	_, errNetwork := netip.ParsePrefix(s)
	_, errAddress := netip.ParseAddr(s)
	return errNetwork == nil || errAddress == nil
}

func oneLine(s string, limit int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && strings.TrimSpace(s) != "" && n <= limit && !strings.ContainsFunc(s, unicode.IsControl)
}
