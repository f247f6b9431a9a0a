package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"gopkg.in/yaml.v3"

	"marketplace/platform/app"
	"marketplace/platform/config"
)

// The files in deploy/ are read as the tools read them, and every process in them is put together from what it is told: so
// they cannot say what the program does not understand.

// deployed is one process of a deployment.
type deployed struct {
	name    string
	environ map[string]string // as the container sees it
	secrets map[string]string // files with secrets: where the container sees them, where they are in this test
	files   map[string]string // other files
	config  config.Config
	about   overview
}

// start reads the configuration of the process and puts it together, connecting nowhere.
func (d *deployed) start(t *testing.T) {
	t.Helper()
	environ := []string{}
	for name, value := range d.environ {
		if !strings.HasPrefix(name, "MARKETPLACE_") {
			continue
		}
		if strings.HasSuffix(name, "_FILE") {
			if d.secrets[value] == "" {
				t.Fatalf("%s: %s names %s, which is no secret of this process", d.name, name, value)
			}
			value = d.secrets[value]
		} else if holdsSecret.MatchString(name) {
			t.Errorf("%s: %s holds a secret: name its file", d.name, name)
		} else if there := d.files[value]; there != "" {
			value = there
			openlySecret(t, value)
		}
		environ = append(environ, name+"="+value)
	}
	var err error
	if d.config, err = config.Load(config.Options{Environ: environ}); err != nil {
		t.Fatalf("%s: %v", d.name, err)
	}
	d.about = described(t, d.config)
	for module, section := range d.config.Settings {
		for key := range section.(map[string]any) {
			if !slices.Contains(documentedSettings(t)[module], key) {
				t.Errorf("%s: there is no settings.%s.%s", d.name, module, key)
			}
		}
	}
}

var holdsSecret = regexp.MustCompile(`^MARKETPLACE_(DATABASE|DATABASES__\w+|READ_DATABASES__\w+|FILES|EVENTS|RPC__SECRETS|MAIL__SMTP|SECRETS__\w+)$`)

// openlySecret fails when a configuration file has a secret in it.
func openlySecret(t *testing.T, name string) {
	t.Helper()
	c, err := config.Load(config.Options{Environ: []string{}, File: name, Flags: map[string]any{
		"rpc.secrets": strings.Repeat("s", 32), "modules": "web", "events": "amqp://u:p@h", "database": "postgres://u:p@h/n"}})
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	read(t, name, &file)
	rpc, _ := file["rpc"].(map[string]any)
	for what, there := range map[string]bool{
		"secrets": len(c.Secrets) > 0, "mail.smtp": c.Mail.SMTP != "", "databases": len(c.Databases)+len(c.ReadFrom) > 0, "files": c.Files != config.Disk,
		"rpc.secrets": rpc["secrets"] != nil, "events": file["events"] != nil, "database": file["database"] != nil,
	} {
		if there {
			t.Errorf("%s: %s holds a secret: name its file in the environment", name, what)
		}
	}
}

func read(t *testing.T, name string, into any) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(content, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func documentedSettings(t *testing.T) map[string][]string {
	t.Helper()
	var file struct {
		Settings map[string]map[string]any `yaml:"settings"`
	}
	read(t, "../../config.yaml", &file)
	keys := map[string][]string{}
	for module, section := range file.Settings {
		for key := range section {
			keys[module] = append(keys[module], key)
		}
	}
	return keys
}

// checkPartition demands that every module is hosted by one kind of process, and that each process reaches what it calls
// where that is.
func checkPartition(t *testing.T, processes map[string]*deployed, kind func(*deployed) string, addresses func(module string) []string) {
	t.Helper()
	hosts := map[string][]string{}
	for _, d := range processes {
		for _, m := range d.about.Modules {
			if m.Here && !slices.Contains(hosts[m.Module], kind(d)) {
				hosts[m.Module] = append(hosts[m.Module], kind(d))
			}
		}
	}
	for _, m := range everyModule() {
		if len(hosts[m]) != 1 {
			t.Errorf("%s is hosted by %q", m, hosts[m])
		}
	}
	for _, d := range processes {
		for _, m := range d.about.Modules {
			for _, called := range m.Calls {
				if callee := d.about.module(called); m.Here && !callee.Here && !slices.Equal(callee.At, addresses(called)) {
					t.Errorf("%s looks for %s at %q; it is at %q", d.name, called, callee.At, addresses(called))
				}
			}
		}
	}
}

// answers demands that the internal port answers the path, as a probe expects.
func answersProbe(t *testing.T, d *deployed, path string) {
	t.Helper()
	a, err := app.New(t.Context(), app.Options{Config: d.config, Mode: app.Describing, Log: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	w := httptest.NewRecorder()
	a.Internal().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code == http.StatusNotFound {
		t.Errorf("%s: nothing answers at %s", d.name, path)
	}
}

func port(address string) string { return address[strings.LastIndex(address, ":")+1:] }

// pinned says whether an image is named with a tag that stays what it is.
func pinned(image string) bool {
	_, tag, ok := strings.Cut(image, ":")
	return ok && tag != "" && tag != "latest"
}

// compose is what we use of the Compose file format.
type compose struct {
	Services map[string]service `yaml:"services"`
	Secrets  map[string]struct {
		File string `yaml:"file"`
	} `yaml:"secrets"`
	Configs map[string]struct {
		File string `yaml:"file"`
	} `yaml:"configs"`
	Networks map[string]any `yaml:"networks"`
	Volumes  map[string]any `yaml:"volumes"`
}

type service struct {
	Image       string            `yaml:"image"`
	Command     []string          `yaml:"command"`
	Environment map[string]string `yaml:"environment"`
	Secrets     []yaml.Node       `yaml:"secrets"`
	Configs     []mounted         `yaml:"configs"`
	Volumes     []string          `yaml:"volumes"`
	Networks    []string          `yaml:"networks"`
	Ports       []string          `yaml:"ports"`
	DependsOn   any               `yaml:"depends_on"`
	User        string            `yaml:"user"`
	ReadOnly    bool              `yaml:"read_only"`
	CapDrop     []string          `yaml:"cap_drop"`
	Security    []string          `yaml:"security_opt"`
	Memory      string            `yaml:"mem_limit"`
	CPUs        string            `yaml:"cpus"`
	Processes   int               `yaml:"pids_limit"`
	Restart     string            `yaml:"restart"`
	Grace       time.Duration     `yaml:"stop_grace_period"`
	Healthcheck struct {
		Test []string `yaml:"test"`
	} `yaml:"healthcheck"`
}

type mounted struct {
	Source string `yaml:"source"`
	Target string `yaml:"target"`
}

var variable = regexp.MustCompile(`\$\{(\w+):-([^}]*)\}`)

// readCompose reads a Compose file with these variables set.
func readCompose(t *testing.T, name string, variables map[string]string) (c compose) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := variable.ReplaceAllStringFunc(string(content), func(v string) string {
		parts := variable.FindStringSubmatch(v)
		if value, set := variables[parts[1]]; set {
			return value
		}
		return parts[2]
	})
	if strings.Contains(text, "${") {
		t.Fatalf("%s: a variable without a default", name)
	}
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// expectParts wants the networks and volumes of a service to be declared.
func (c compose) expectParts(t *testing.T, name string, s service) {
	t.Helper()
	for _, n := range s.Networks {
		if _, there := c.Networks[n]; !there {
			t.Errorf("%s: there is no network %s", name, n)
		}
	}
	for _, v := range s.Volumes {
		if _, there := c.Volumes[strings.Split(v, ":")[0]]; !there {
			t.Errorf("%s: there is no volume %s", name, v)
		}
	}
}

// mounts returns the secrets of a service, and its other files, by where its container sees them.
func (c compose) mounts(t *testing.T, s service, dir, secrets string) (hidden, open map[string]string) {
	t.Helper()
	hidden, open = map[string]string{}, map[string]string{}
	for _, n := range s.Secrets {
		var m mounted
		if n.Kind == yaml.ScalarNode {
			m.Source = n.Value
		} else if err := n.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if m.Target == "" {
			m.Target = "/run/secrets/" + m.Source
		}
		there := filepath.Join(secrets, filepath.Base(c.Secrets[m.Source].File))
		if _, err := os.Stat(there); err != nil || !strings.HasPrefix(c.Secrets[m.Source].File, "secrets/") {
			t.Errorf("the secret %s is not made by secrets.sh: %v", m.Source, err)
		}
		hidden[m.Target] = there
	}
	for _, m := range s.Configs {
		open[m.Target] = filepath.Join(dir, c.Configs[m.Source].File)
	}
	return hidden, open
}

// processes starts every service that is ours.
func (c compose) processes(t *testing.T, secrets string) map[string]*deployed {
	t.Helper()
	found := map[string]*deployed{}
	for name, s := range c.Services {
		hidden, open := c.mounts(t, s, "../../deploy", secrets)
		for variable, value := range s.Environment {
			if regexp.MustCompile(`(?i)password|secret|token`).MatchString(variable) && (!strings.HasSuffix(variable, "_FILE") || hidden[value] == "") {
				t.Errorf("%s: %s is not by reference", name, variable)
			}
		}
		if strings.HasPrefix(s.Image, "marketplace:") {
			found[name] = &deployed{name: name, environ: s.Environment, secrets: hidden, files: open}
			found[name].start(t)
		}
	}
	return found
}

// newSecrets makes secrets as the operator does.
func newSecrets(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "secrets")
	for range 2 { // the second time nothing changes
		if out, err := exec.Command("sh", "../../deploy/secrets.sh", dir).CombinedOutput(); err != nil {
			t.Fatalf("secrets.sh: %v: %s", err, out)
		}
	}
	return dir
}

func checkContainers(t *testing.T, c compose) {
	t.Helper()
	for name, s := range c.Services {
		ours := strings.HasPrefix(s.Image, "marketplace:")
		for what, ok := range map[string]bool{
			"a pinned image":                    pinned(s.Image),
			"no capabilities":                   slices.Equal(s.CapDrop, []string{"ALL"}),
			"no new privileges":                 slices.Contains(s.Security, "no-new-privileges:true"),
			"limits":                            s.Memory != "" && s.CPUs != "" && s.Processes > 0,
			"a restart policy":                  s.Restart == "unless-stopped",
			"time to stop":                      s.Grace >= 30*time.Second,
			"a user that is not root":           !ours || s.User == "65532:65532",
			"a file system that stays the same": !ours || s.ReadOnly,
			"a port for this machine only":      len(s.Ports) == 0 || strings.HasPrefix(s.Ports[0], "127.0.0.1:"),
		} {
			if !ok {
				t.Errorf("%s does not have %s", name, what)
			}
		}
		if found, _, err := command().Find(s.Command); ours && (err != nil || found.Name() != "serve") {
			t.Errorf("%s runs %q: %v", name, s.Command, err)
		}
		c.expectParts(t, name, s)
	}
}

func TestTheSingleContainerIsWhatItSays(t *testing.T) {
	c := readCompose(t, "../../deploy/compose.single.yaml", nil)
	checkContainers(t, c)
	for _, d := range c.processes(t, t.TempDir()) {
		if !d.config.Hosts(config.All) || d.config.Data != "/data" || port(d.config.Listen) != "8080" {
			t.Errorf("it hosts %v in %s on %s", d.config.Modules, d.config.Data, d.config.Listen)
		}
	}
}

func TestTheSplitContainersAreAMarketplace(t *testing.T) {
	for environment, variables := range map[string]map[string]string{
		config.Development: nil,
		config.Production: {"MARKETPLACE_ENVIRONMENT": "production", "MARKETPLACE_PUBLIC_URL": "https://market.example", "SITE": "market.example",
			"MARKETPLACE_PROVIDER": "none", "MARKETPLACE_MAIL__FROM": "Market <no-reply@market.example>", "VERSION": "1.2.3"},
	} {
		t.Run(environment, func(t *testing.T) {
			secrets := newSecrets(t)
			c := readCompose(t, "../../deploy/compose.split.yaml", variables)
			checkContainers(t, c)
			if environment == config.Production {
				keep(t, filepath.Join(secrets, "smtp"), "smtps://market:secret@mail.example:465")
			}
			processes := c.processes(t, secrets)
			checkPartition(t, processes, func(d *deployed) string { return strings.Join(d.config.Modules, " ") },
				func(module string) []string {
					return []string{fmt.Sprintf("http://%s:%s", module, port(processes[module].config.RPC.Listen))}
				})
			for name, d := range processes {
				if d.config.Environment != environment || len(c.Services[name].Healthcheck.Test) != 3 || c.Services[name].Healthcheck.Test[2] != "healthcheck" {
					t.Errorf("%s: %s, %q", name, d.config.Environment, c.Services[name].Healthcheck.Test)
				}
				if !slices.Contains(c.Services[name].Networks, "back") || strings.HasPrefix(name, "web") != slices.Contains(c.Services[name].Networks, "front") {
					t.Errorf("%s is on the networks %q", name, c.Services[name].Networks)
				}
				if keeps := len(d.about.Warnings) > 0; keeps && len(c.Services[name].Volumes) == 0 {
					t.Errorf("%s keeps files and has no volume", name)
				}
				answersProbe(t, d, "/readyz")
			}
			checkProxy(t, processes)
		})
	}
}

// checkProxy demands that the proxy asks every gateway, where that listens.
func checkProxy(t *testing.T, processes map[string]*deployed) {
	t.Helper()
	content, err := os.ReadFile("../../deploy/split/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for name, d := range processes {
		if d.config.Hosts("web") {
			want = append(want, name+":"+port(d.config.Listen))
			if !strings.Contains(string(content), "health_port "+port(d.config.Internal)) || !strings.Contains(string(content), "health_uri /readyz") {
				t.Errorf("the proxy does not ask %s whether it is ready", name)
			}
		}
	}
	slices.Sort(want)
	if got := regexp.MustCompile(`web-\d:\d+`).FindAllString(string(content), -1); len(want) < 2 || !slices.Equal(got, want) {
		t.Errorf("the proxy asks %q; the gateways are %q", got, want)
	}
	hook, _ := processes["order"].config.Settings["order"].(map[string]any)["webhook_url"].(string)
	if u, err := url.Parse(hook); err != nil || !slices.Contains(want, u.Host) {
		t.Errorf("webhooks go to %s", hook)
	}
}
