package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marketplace/platform/private"
)

// load reads the text as config.yaml together with the environment and flags.
func load(t *testing.T, yaml string, environ []string, flags map[string]any) (Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(Options{File: file, Environ: append([]string{}, environ...), Flags: flags})
}

func mustLoad(t *testing.T, yaml string, environ []string, flags map[string]any) Config {
	t.Helper()
	c, err := load(t, yaml, environ, flags)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWithoutAnythingTheDefaultsHold(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := Load(Options{Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	want := Defaults()
	want.PublicURL = "http://localhost:8080"
	if diff := cmp.Diff(want.String(), c.String()); diff != "" {
		t.Fatal(diff)
	}
}

func TestFlagsWinOverEnvironmentOverFileOverDefaults(t *testing.T) {
	yaml := "name: file\nlisten: :1001\ndata: /file\nmail: {from: a@file.example}\nlog: {level: warn}\n"
	environ := []string{"MARKETPLACE_LISTEN=:1002", "MARKETPLACE_DATA=/environment", "MARKETPLACE_LOG__LEVEL=error", "HOME=/root"}
	c := mustLoad(t, yaml, environ, map[string]any{"data": "/flag"})
	got := []string{c.Name, c.Listen, c.Data, c.Mail.From, c.Log.Level, c.Log.Format, c.PublicURL}
	want := []string{"file", ":1002", "/flag", "a@file.example", "error", "json", "http://localhost:1002"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestListsAndSectionsCanComeFromTheEnvironment(t *testing.T) {
	secret := strings.Repeat("s", 32)
	c := mustLoad(t, "modules: [web]\n", []string{
		"MARKETPLACE_MODULES=web, gig", "MARKETPLACE_EVENTS=amqp://localhost",
		"MARKETPLACE_REMOTES__ORDER=http://order-1:9000/,http://order-2:9000", "MARKETPLACE_RPC__SECRETS=" + secret,
		"MARKETPLACE_DATABASES__GIG=postgres://db/gig", "MARKETPLACE_DEMO=true", "MARKETPLACE_SECRETS__SESSION=" + secret,
		"MARKETPLACE_SETTINGS__ORDER__CLEARING=14d",
	}, nil)
	want := mustLoad(t, `
modules: [web, gig]
events: amqp://localhost
remotes: {order: ["http://order-1:9000", "http://order-2:9000"]}
rpc: {secrets: [`+secret+`]}
databases: {gig: postgres://db/gig}
demo: true
secrets: {session: `+secret+`}
settings: {order: {clearing: 14d}}
`, nil, nil)
	if diff := cmp.Diff(want, c); diff != "" {
		t.Fatal(diff)
	}
	if c.DatabaseOf("gig") != "postgres://db/gig" || c.DatabaseOf("order") != "" || !c.Hosts("gig") || c.Hosts("order") {
		t.Error("the module's own database, or who hosts it, is wrong")
	}
}

// What cannot be read and what is not allowed come together, from wherever they were said, and nothing is told twice.
func TestOneStartTellsEverythingThatIsWrong(t *testing.T) {
	yaml := "listn: :80\nname: \" \"\nmodules: [1]\nmail: {smpt: x, smtp: \"http://x\"}\nrpc: {secrets: {a: b}, listen: \":9000\"}\n"
	_, err := load(t, yaml, []string{"MARKETPLACE_DEMO=perhaps", "MARKETPLACE_LOG__LEVEL=loud"}, map[string]any{"data": ""})
	if err == nil {
		t.Fatal("it is accepted")
	}
	says := []string{
		"listn is not a setting", "mail.smpt is not a setting", "modules.0 must be a text", "rpc.secrets must be a list", "MARKETPLACE_DEMO must be true or false",
		"name must be one line", "mail.smtp must be smtp://", "log.level must be", "data must name a folder", "events must be amqp",
	}
	for _, what := range says {
		if strings.Count(err.Error(), what) != 1 {
			t.Errorf("%q is told %d times", what, strings.Count(err.Error(), what))
		}
	}
	if n := strings.Count(err.Error(), "\n"); n != len(says) {
		t.Errorf("%d sentences instead of %d:\n%v", n, len(says), err)
	}
}

func TestWhatCannotBeUsedIsToldByNameInOneSentence(t *testing.T) {
	short := "secrets: {session: short}"
	split := "modules: [gig]\nevents: amqp://localhost\n"
	cases := []struct{ yaml, says string }{
		{"listn: :80", "listn is not a setting"},
		{"mail: {smpt: x}", "mail.smpt is not a setting"},
		{"mail: smtp://x", "mail must be a section"},
		{"listen: 8080", "listen must be a text"},
		{"demo: 1", "demo must be true or false"},
		{"demo: \"yes\"", "demo must be true or false"},
		{"modules: {a: b}", "modules must be a list"},
		{"modules: [1]", "modules.0 must be a text"},
		{"remotes: {order: {a: b}}", "remotes.order must be a list"},
		{"a: [", "config.yaml"},
		{"listen: :1\nlisten: :2", "already defined"},
		{"environment: staging", "environment must be development or production."},
		{"name: \" \"", "name must be one line"},
		{"brand: {hue: 360}", "brand.hue must be"},
		{"brand: {strength: 151}", "brand.strength must be"},
		{"live: {events_per_second: 0}", "live.events_per_second and"},
		{"listen: nonsense", "listen must be host:port"},
		{"listen: \":99999\"", "listen must be host:port"},
		{"internal: \"\"", "internal must be host:port"},
		{"internal: :8080", "internal must differ from listen"},
		{"public_url: ftp://x", "public_url must be"},
		{"public_url: https://x/path", "public_url must be"},
		{"public_url: https://me@x", "public_url must be"},
		{"data: \"\"", "data must name a folder"},
		{"log: {level: loud}", "log.level must be"},
		{"log: {format: xml}", "log.format must be"},
		{"elasticsearch: {url: \"https://u:p@elastic:9200\"}", "elasticsearch.url must be"},
		{"elasticsearch: {namespace: Shop-1}", "elasticsearch.namespace must have"},
		{"trusted_proxies: [10.0.0.0/99]", "trusted_proxies must be"},
		{"database: mysql://x", "database must be postgres://"},
		{"databases: {order: x}", "databases.order must be postgres://"},
		{"read_databases: {gig: x}", "read_databases.gig must be postgres://"},
		{"read_databases: {gig: \"postgres://h/n\"}", "a replica needs a PostgreSQL database"},
		{"files: ftp://x", "files must be disk or s3://"},
		{"files: s3://host/bucket", "files must be disk or s3://"},
		{"files: s3://k:s@host", "files must be disk or s3://"},
		{"events: kafka://x", "events must be memory or amqp://"},
		{short, "secrets.session must have at least 32"},
		{"settings: {order: 5}", "settings.order must be a section"},
		{"mail: {smtp: \"http://x\"}", "mail.smtp must be"},
		{"mail: {from: nobody}", "mail.from must be an address"},
		{"mail: {from: \"a@b.example\\nBcc: c@d.example\"}", "mail.from must be an address"},
		{"modules: []", "modules must be all"},
		{"modules: [all, gig]", "modules must be all alone"},
		{split + "modules_: []", "modules_ is not a setting"},
		{"modules: [gig, gig]\nevents: amqp://h", "gig is listed twice"},
		{"modules: [\"../x\"]\nevents: amqp://h", "is not a name"},
		{"modules: [gig]", "events must be amqp://… when modules run apart"},
		{"remotes: {gig: [\"http://x\"]}", "this process hosts gig itself"},
		{split + "remotes: {order: []}", "remotes.order must list"},
		{split + "remotes: {order: [order-1]}", "remotes.order must be addresses"},
		{split + "remotes: {order: [\"http://o\"]}", "rpc.secrets must hold a secret"},
		{"rpc: {listen: \":9000\"}", "rpc.secrets must hold a secret"},
		{"rpc: {secrets: [x]}", "rpc.secrets must have at least"},
	}
	for _, c := range cases {
		_, err := load(t, c.yaml, nil, nil)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: got %v, want %q", c.yaml, err, c.says)
		}
	}
}

func TestAnUnknownKeyIsNamedAsTheOperatorWroteIt(t *testing.T) {
	_, err := load(t, "oops: 1", []string{"MARKETPLACE_LISTN=:80", "MARKETPLACE_MAIL__SMPT=x", "MARKETPLACEX=1"}, map[string]any{"public_ulr": "x"})
	for _, name := range []string{"config.yaml: oops ", "MARKETPLACE_LISTN ", "MARKETPLACE_MAIL__SMPT ", "--public_ulr "} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%q is missing in %v", name, err)
		}
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	secret := strings.Repeat("k", 40)
	if err := os.WriteFile(file, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := mustLoad(t, "", []string{"MARKETPLACE_SECRETS__SESSION_FILE=" + file, "MARKETPLACE_RPC__SECRETS_FILE=" + file}, nil)
	if c.Secrets["session"].Reveal() != secret || !slices.Equal(c.RPC.Secrets, []private.Secret{private.Secret(secret)}) {
		t.Errorf("the files were not read: %q %q", c.Secrets, c.RPC.Secrets)
	}
	refused := map[string][]string{
		"keep one of them":   {"MARKETPLACE_DATABASE_FILE=" + file, "MARKETPLACE_DATABASE=postgres://x/y"},
		"can be read":        {"MARKETPLACE_DATABASE_FILE=/does/not/exist"},
		"not a file of":      {"MARKETPLACE_DATABASE_FILE=" + filepath.Dir(file)},
		"_FILE is not a set": {"MARKETPLACE_LISTEN_FILE=" + file},
	}
	for says, environ := range refused {
		if _, err := load(t, "", environ, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v: got %v, want %q", environ, err, says)
		}
	}
}

func TestANamedFileMustBeThere(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no.yaml")
	if _, err := Load(Options{File: missing, Environ: []string{}}); err == nil {
		t.Error("a missing --config was ignored")
	}
	if _, err := Load(Options{Environ: []string{"MARKETPLACE_CONFIG=" + missing}}); err == nil {
		t.Error("a missing MARKETPLACE_CONFIG was ignored")
	}
}

const production = `
environment: production
public_url: https://market.example
mail: {smtp: "smtps://u:p@mail.example:465", from: Market <no-reply@market.example>}
secrets: {session: 0123456789abcdef0123456789abcdef}
`

// Row X2: production does not start on what is only good for trying out.
func TestProductionRefusesDefaults(t *testing.T) {
	mustLoad(t, production, nil, nil)
	_, err := load(t, "environment: production\ndemo: true\nevents: amqp://mq.example", nil, nil)
	for _, key := range []string{"public_url must be set", "mail.smtp must be set", "mail.from must be set", "secrets must be set", "demo must be false", "events must not use"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%q is missing in %v", key, err)
		}
	}
	if _, err := load(t, production, []string{"MARKETPLACE_PUBLIC_URL=http://market.example"}, nil); err == nil {
		t.Error("http:// was accepted in production")
	}
	for address, allowed := range map[string]bool{"amqp://guest:guest@127.0.0.1": true, "amqp://[::1]:5672": true, "amqp://market:m@mq.example": true,
		"amqp://guest:guest@mq.example": false, "amqp://%67uest:other@10.0.0.7:5672": false, "amqps://guest@localhost.example/x": false} {
		if _, err := load(t, production, []string{"MARKETPLACE_EVENTS=" + address}, nil); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestThePublicAddressFollowsListen(t *testing.T) {
	for listen, want := range map[string]string{
		":8080": "http://localhost:8080", "0.0.0.0:80": "http://localhost", "[::]:81": "http://localhost:81",
		"127.0.0.1:9999": "http://127.0.0.1:9999", "[::1]:80": "http://[::1]", "market.example:8080": "http://market.example:8080",
	} {
		c := mustLoad(t, "", nil, map[string]any{"listen": listen})
		if c.PublicURL != want {
			t.Errorf("%s: %s, want %s", listen, c.PublicURL, want)
		}
	}
	if c := mustLoad(t, "public_url: https://x.example/", nil, nil); c.PublicURL != "https://x.example" {
		t.Errorf("the slash stayed: %s", c.PublicURL)
	}
}

func TestEveryModuleMustExistAndBeReached(t *testing.T) {
	names := []string{"gig", "order", "web"}
	base := Config{Modules: []string{"order"}, Remotes: map[string][]string{"gig": {"http://gig:9000"}}}
	if err := base.CheckModules(names); err != nil {
		t.Error(err)
	}
	if err := Defaults().CheckModules(names); err != nil {
		t.Error(err)
	}
	for says, c := range map[string]Config{
		`modules: there is no module "gigs"`: {Modules: []string{"gigs", "gig", "order"}},
		`databases: there is no module "x"`:  {Modules: []string{All}, Databases: map[string]string{"x": ""}},
		`settings: there is no module "x"`:   {Modules: []string{All}, Settings: map[string]any{"x": nil}},
		`remotes: there is no module "x"`:    {Modules: []string{All}, Remotes: map[string][]string{"x": nil}},
		"remotes.order must be set: this":    {Modules: []string{"gig"}},
	} {
		if err := c.CheckModules(names); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

type orderSettings struct {
	SellerFee int           `koanf:"seller_fee"`
	Clearing  time.Duration `koanf:"clearing"`
	Currency  string        `koanf:"currency"`
	Countries []string      `koanf:"countries"`
	Refunds   bool          `koanf:"refunds"`
	Limits    struct {
		Files int64 `koanf:"files"`
		Quota int64 `koanf:"quota"`
	} `koanf:"limits"`
}

func TestAModuleReadsItsSettingsOverItsDefaults(t *testing.T) {
	c := mustLoad(t, "settings: {order: {seller_fee: 1500, clearing: 14d, countries: [DE], limits: {files: 3}}}",
		[]string{"MARKETPLACE_SETTINGS__ORDER__REFUNDS=true", "MARKETPLACE_SETTINGS__ORDER__LIMITS__QUOTA=9"}, nil)
	got := orderSettings{SellerFee: 2000, Currency: "USD", Countries: []string{"US", "CA"}}
	got.Limits.Files = 20
	if err := c.Decode("order", &got); err != nil {
		t.Fatal(err)
	}
	want := orderSettings{SellerFee: 1500, Clearing: 14 * 24 * time.Hour, Currency: "USD", Countries: []string{"DE"}, Refunds: true}
	want.Limits.Files, want.Limits.Quota = 3, 9
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
	untouched := orderSettings{SellerFee: 1}
	if err := c.Decode("gig", &untouched); err != nil || untouched.SellerFee != 1 {
		t.Errorf("no section must leave the defaults: %v %+v", err, untouched)
	}
}

func TestAModulesSettingsAreStrict(t *testing.T) {
	for yaml, says := range map[string]string{
		"sellerfee: 1":                     "settings.order.sellerfee is not a setting",
		"limits: {fils: 1}":                "settings.order.limits.fils is not a setting",
		"seller_fee: 5.5":                  "settings.order.seller_fee must be a whole number",
		"seller_fee: 5.0":                  "settings.order.seller_fee must be a whole number",
		"seller_fee: \"\"":                 "settings.order.seller_fee must be a whole number",
		"seller_fee: true":                 "settings.order.seller_fee must be a whole number",
		"clearing: 14":                     "settings.order.clearing must be a duration",
		"clearing: -2h":                    "settings.order.clearing must be a duration",
		"clearing: 14 days":                "settings.order.clearing must be a duration",
		"currency: 5":                      "settings.order.currency must be a text",
		"refunds: 1":                       "settings.order.refunds must be true or false",
		"countries: {a: b}":                "settings.order.countries must be a list",
		"limits: 5":                        "settings.order.limits must be a section",
		"limits: {files: 1e99}":            "settings.order.limits.files must be a whole number",
		"seller_fee: 99999999999999999999": "settings.order.seller_fee must be a whole number",
	} {
		c := mustLoad(t, "settings: {order: {"+yaml+"}}", nil, nil)
		if err := c.Decode("order", &orderSettings{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v, want %q", yaml, err, says)
		}
	}
}

func TestDurationsHaveDays(t *testing.T) {
	for s, want := range map[string]time.Duration{"90s": 90 * time.Second, "14d": 336 * time.Hour, "0d": 0, "1h30m": 90 * time.Minute} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%s: %v %v", s, got, err)
		}
	}
	for _, s := range []string{"", "d", "1.5d", "-1d", "-1h", "99999d", "3w"} {
		if _, err := ParseDuration(s); err == nil {
			t.Errorf("%q was accepted", s)
		}
	}
}

// ELASTICSEARCH_URL and its kin are what Elastic's own programs read.
func TestTheUsualVariablesOfElasticsearchAreRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("key-of-the-shop\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := mustLoad(t, "", []string{"ELASTICSEARCH_URL=https://elastic:9200", "ELASTICSEARCH_API_KEY_FILE=" + file, "ELASTICSEARCH_HOSTS=other"}, nil)
	if c.Elastic.URL != "https://elastic:9200" || c.Elastic.APIKey != "key-of-the-shop" {
		t.Errorf("%+v", c.Elastic)
	}
}

// Row X4: no way of printing a configuration shows a secret.
func TestPrintingHidesEverySecret(t *testing.T) {
	const canary = "canary-0123456789abcdef0123456789abcdef"
	c := mustLoad(t, strings.ReplaceAll(`
database: postgres://user:CANARY@db/market?sslpassword=CANARY
databases: {order: "postgres://user:CANARY@db/order"}
events: amqp://user:CANARY@mq
mail: {smtp: "smtp://user:CANARY@mail.example:587"}
rpc: {secrets: [CANARY]}
elasticsearch: {url: "https://elastic:9200", api_key: CANARY}
secrets: {session: CANARY}
settings: {order: {stripe: {api_key: CANARY, webhook_secret: CANARY}, seller_fee: 2000}}
`, "CANARY", canary), nil, nil)
	for _, printed := range []string{c.String(), sprint("%v", c), sprint("%+v", c), sprint("%#v", c), sprint("%s", &c)} {
		if strings.Contains(printed, canary) {
			t.Errorf("a secret is shown: %s", printed)
		}
		if !strings.Contains(printed, "seller_fee: 2000") || !strings.Contains(printed, "user:redacted@db/market") {
			t.Errorf("too much is hidden: %s", printed)
		}
	}
	if c.Secrets["session"] != canary || c.Databases["order"] == "" || c.RPC.Secrets[0] != canary {
		t.Error("printing changed the configuration")
	}
}

func sprint(format string, c any) string { return fmt.Sprintf(format, c) }
