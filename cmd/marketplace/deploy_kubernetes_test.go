package main

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

const kubernetes = "../../deploy/kubernetes"

// object is what we use of the objects of Kubernetes.
type object struct {
	Kind     string `yaml:"kind"`
	Metadata struct {
		Name   string            `yaml:"name"`
		Labels map[string]string `yaml:"labels"`
	} `yaml:"metadata"`
	Spec yaml.Node `yaml:"spec"`
}

func (o object) spec(t *testing.T, into any) {
	t.Helper()
	if err := o.Spec.Decode(into); err != nil {
		t.Fatalf("%s %s: %v", o.Kind, o.Metadata.Name, err)
	}
}

type labels struct {
	MatchLabels map[string]string `yaml:"matchLabels"`
}

type deployment struct {
	Replicas *int   `yaml:"replicas"`
	Selector labels `yaml:"selector"`
	Template struct {
		Metadata struct {
			Labels map[string]string `yaml:"labels"`
		} `yaml:"metadata"`
		Spec pod `yaml:"spec"`
	} `yaml:"template"`
}

type pod struct {
	Links     *bool       `yaml:"enableServiceLinks"`
	Token     *bool       `yaml:"automountServiceAccountToken"`
	Grace     int         `yaml:"terminationGracePeriodSeconds"`
	Spread    []any       `yaml:"topologySpreadConstraints"`
	Rights    rights      `yaml:"securityContext"`
	Container []container `yaml:"containers"`
	Volumes   []struct {
		Name      string                        `yaml:"name"`
		ConfigMap struct{ Name string }         `yaml:"configMap"`
		Projected struct{ Sources []projected } `yaml:"projected"`
	} `yaml:"volumes"`
}

type projected struct {
	Secret struct {
		Name  string
		Items []struct{ Key, Path string }
	}
}

type rights struct {
	NonRoot    bool                    `yaml:"runAsNonRoot"`
	User       int                     `yaml:"runAsUser"`
	Seccomp    struct{ Type string }   `yaml:"seccompProfile"`
	Escalation *bool                   `yaml:"allowPrivilegeEscalation"`
	ReadOnly   bool                    `yaml:"readOnlyRootFilesystem"`
	Capability struct{ Drop []string } `yaml:"capabilities"`
}

type container struct {
	Image string
	Args  []string
	Env   []struct{ Name, Value string }
	Ports []struct {
		Name   string
		Number string `yaml:"containerPort"`
	}
	Startup   probe `yaml:"startupProbe"`
	Liveness  probe `yaml:"livenessProbe"`
	Readiness probe `yaml:"readinessProbe"`
	Lifecycle struct {
		PreStop struct {
			Sleep struct{ Seconds int }
		} `yaml:"preStop"`
	}
	Resources struct {
		Requests, Limits struct{ CPU, Memory string }
	}
	Rights rights `yaml:"securityContext"`
	Mounts []struct {
		Name string
		Path string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	Get struct{ Path, Port string } `yaml:"httpGet"`
}

// cluster is everything that kubectl apply -k would make, by kind and name.
type cluster map[string]map[string]object

func readCluster(t *testing.T) cluster {
	t.Helper()
	var k struct {
		Resources []string
		Images    []struct {
			Name   string
			NewTag string `yaml:"newTag"`
		}
		ConfigMaps []struct {
			Name  string
			Files []string
		} `yaml:"configMapGenerator"`
	}
	read(t, filepath.Join(kubernetes, "kustomization.yaml"), &k)
	there, err := filepath.Glob(filepath.Join(kubernetes, "*.yaml"))
	if err != nil || len(there) != len(k.Resources)+2 {
		t.Fatalf("%d files, %d resources: each file but market.yaml and kustomization.yaml is one: %v", len(there), len(k.Resources), err)
	}
	if len(k.Images) != 1 || k.Images[0].Name != "marketplace" || !pinned("marketplace:"+k.Images[0].NewTag) {
		t.Errorf("images: %+v", k.Images)
	}
	if len(k.ConfigMaps) != 1 || k.ConfigMaps[0].Name != "marketplace" || !slices.Equal(k.ConfigMaps[0].Files, []string{"market.yaml"}) {
		t.Errorf("config maps: %+v", k.ConfigMaps)
	}
	c := cluster{}
	for _, name := range k.Resources {
		content, err := os.ReadFile(filepath.Join(kubernetes, name))
		if err != nil {
			t.Fatal(err)
		}
		for documents := yaml.NewDecoder(bytes.NewReader(content)); ; {
			var o object
			if err := documents.Decode(&o); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if c[o.Kind] == nil {
				c[o.Kind] = map[string]object{}
			}
			if _, twice := c[o.Kind][o.Metadata.Name]; twice {
				t.Errorf("%s %s is there twice", o.Kind, o.Metadata.Name)
			}
			c[o.Kind][o.Metadata.Name] = o
		}
	}
	return c
}

// example is a secret of every kind, as an operator would have it.
func example(t *testing.T, key string) string {
	t.Helper()
	value, known := map[string]string{
		"database": "postgres://market:secret@db.example/market", "events": "amqps://market:secret@mq.example", "rpc": strings.Repeat("r", 64),
		"auth": strings.Repeat("a", 64), "smtp": "smtps://market:secret@mail.example:465", "files": "s3://key:secret@s3.example/market",
	}[key]
	if !known {
		t.Fatalf("there is no secret %s", key)
	}
	name := filepath.Join(t.TempDir(), key)
	if err := os.WriteFile(name, []byte(value+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// process starts what a Deployment runs.
func (d deployment) process(t *testing.T, name string) *deployed {
	t.Helper()
	p, c := d.Template.Spec, d.Template.Spec.Container[0]
	found := &deployed{name: name, environ: map[string]string{}, secrets: map[string]string{}, files: map[string]string{}}
	for _, e := range c.Env {
		found.environ[e.Name] = e.Value
	}
	mounts := map[string]string{}
	for _, m := range c.Mounts {
		mounts[m.Name] = m.Path
	}
	for _, v := range p.Volumes {
		if v.ConfigMap.Name == "marketplace" {
			found.files[mounts[v.Name]+"/market.yaml"] = kubernetes + "/market.yaml"
		}
		for _, source := range v.Projected.Sources {
			if s := source.Secret; s.Name != "marketplace-shared" && s.Name != "marketplace-"+name {
				t.Errorf("%s is given the secret %s", name, s.Name)
			}
			for _, item := range source.Secret.Items {
				found.secrets[mounts[v.Name]+"/"+item.Path] = example(t, item.Key)
			}
		}
	}
	for path := range found.secrets {
		if !slices.Contains(slices.Collect(maps.Values(found.environ)), path) {
			t.Errorf("%s is given %s for nothing", name, path)
		}
	}
	found.start(t)
	return found
}

func (c cluster) processes(t *testing.T) map[string]*deployed {
	t.Helper()
	found := map[string]*deployed{}
	for name, o := range c["Deployment"] {
		var d deployment
		o.spec(t, &d)
		found[name] = d.process(t, name)
		checkPod(t, found[name], d)
	}
	return found
}

func checkPod(t *testing.T, p *deployed, d deployment) {
	t.Helper()
	spec, c := d.Template.Spec, d.Template.Spec.Container[0]
	ports := map[string]string{}
	for _, port := range c.Ports {
		ports[port.Name] = port.Number
	}
	want := map[string]string{"internal": port(p.config.Internal), "private": port(p.config.RPC.Listen)}
	if p.config.Hosts("web") {
		want = map[string]string{"internal": port(p.config.Internal), "public": port(p.config.Listen)}
	}
	for what, ok := range map[string]bool{
		"the ports it listens on":         maps.Equal(ports, want),
		"labels that it is selected by":   d.Template.Metadata.Labels["app.kubernetes.io/name"] == p.name && d.Selector.MatchLabels["app.kubernetes.io/name"] == p.name,
		"the label of the marketplace":    d.Template.Metadata.Labels["app.kubernetes.io/part-of"] == "marketplace",
		"replicas left to the autoscaler": d.Replicas == nil,
		"nobody's variables":              spec.Links != nil && !*spec.Links,
		"no token of the cluster":         spec.Token != nil && !*spec.Token,
		"time to stop":                    spec.Grace >= 30+c.Lifecycle.PreStop.Sleep.Seconds && c.Lifecycle.PreStop.Sleep.Seconds > 0,
		"room between replicas":           len(spec.Spread) > 0,
		"a user that is not root":         spec.Rights.NonRoot && spec.Rights.User == 65532 && spec.Rights.Seccomp.Type == "RuntimeDefault",
		"no rights":                       c.Rights.Escalation != nil && !*c.Rights.Escalation && c.Rights.ReadOnly && slices.Equal(c.Rights.Capability.Drop, []string{"ALL"}),
		"limits":                          c.Resources.Requests.CPU != "" && c.Resources.Requests.Memory != "" && c.Resources.Limits.CPU != "" && c.Resources.Limits.Memory != "",
		"our image":                       c.Image == "marketplace" && slices.Equal(c.Args, []string{"serve"}),
		"files that replicas share":       len(p.about.Warnings) == 0,
	} {
		if !ok {
			t.Errorf("%s does not have %s", p.name, what)
		}
	}
	for path, probes := range map[string][]probe{"/healthz": {c.Startup, c.Liveness}, "/readyz": {c.Readiness}} {
		answersProbe(t, p, path)
		for _, probe := range probes {
			if probe.Get.Path != path || probe.Get.Port != "internal" {
				t.Errorf("%s: a probe asks %+v, not %s", p.name, probe.Get, path)
			}
		}
	}
}

func TestTheClusterIsAMarketplace(t *testing.T) {
	c := readCluster(t)
	processes := c.processes(t)
	checkPartition(t, processes, func(d *deployed) string { return d.name }, func(module string) []string { return []string{c.addressOf(t, module)} })
	for name, d := range processes {
		if !d.config.IsProduction() {
			t.Errorf("%s is not in production", name)
		}
		for _, kind := range []string{"Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"} {
			if _, there := c[kind][name]; !there || len(c[kind]) != len(processes) {
				t.Errorf("%s has no %s, or there are others", name, kind)
			}
		}
		c.checkScaling(t, name)
	}
	c.checkNetwork(t, processes)
	c.checkEntry(t, processes["web"])
}

// addressOf is how others reach a module: the port of its Service, which is the pods themselves.
func (c cluster) addressOf(t *testing.T, module string) string {
	t.Helper()
	var s struct {
		ClusterIP string `yaml:"clusterIP"`
		Selector  map[string]string
		Ports     []struct {
			Port   string
			Target string `yaml:"targetPort"`
		}
	}
	c["Service"][module].spec(t, &s)
	if s.ClusterIP != "None" || s.Selector["app.kubernetes.io/name"] != module || len(s.Ports) != 1 || s.Ports[0].Target != "private" {
		t.Errorf("the Service of %s: %+v", module, s)
	}
	return "http://" + module + ":" + s.Ports[0].Port
}

func (c cluster) checkScaling(t *testing.T, name string) {
	t.Helper()
	var scaler struct {
		Target struct{ Kind, Name string } `yaml:"scaleTargetRef"`
		Least  int                         `yaml:"minReplicas"`
		Most   int                         `yaml:"maxReplicas"`
	}
	c["HorizontalPodAutoscaler"][name].spec(t, &scaler)
	if scaler.Target.Kind != "Deployment" || scaler.Target.Name != name || scaler.Least < 2 || scaler.Most <= scaler.Least {
		t.Errorf("%s is scaled like this: %+v", name, scaler)
	}
	var budget struct {
		Away     int    `yaml:"maxUnavailable"`
		Selector labels `yaml:"selector"`
	}
	c["PodDisruptionBudget"][name].spec(t, &budget)
	if budget.Away != 1 || budget.Selector.MatchLabels["app.kubernetes.io/name"] != name {
		t.Errorf("%s may be disrupted like this: %+v", name, budget)
	}
}

type policy struct {
	Pods    labels `yaml:"podSelector"`
	Ingress []struct {
		From []struct {
			Pods       labels `yaml:"podSelector"`
			Namespaces labels `yaml:"namespaceSelector"`
		}
		Ports []struct{ Port string }
	}
}

// checkNetwork demands that a private port answers the modules that call it, and nobody else.
func (c cluster) checkNetwork(t *testing.T, processes map[string]*deployed) {
	t.Helper()
	callers, allowed := map[string][]string{}, map[string][]string{}
	for _, d := range processes {
		for _, called := range d.about.module(d.name).Calls {
			callers[called] = append(callers[called], d.name)
		}
	}
	closed := false
	for name, o := range c["NetworkPolicy"] {
		var p policy
		o.spec(t, &p)
		closed = closed || len(p.Pods.MatchLabels) == 0 && len(p.Ingress) == 0
		for _, way := range p.Ingress {
			pods := p.Pods.MatchLabels["app.kubernetes.io/name"]
			if len(way.Ports) != 1 || len(way.From) == 0 {
				t.Fatalf("%s opens %+v", name, way)
			}
			if way.Ports[0].Port != port(processes["order"].config.RPC.Listen) {
				for _, f := range way.From {
					if len(f.Namespaces.MatchLabels) == 0 {
						t.Errorf("%s opens the port %s to everybody", name, way.Ports[0].Port)
					}
				}
				continue
			}
			for _, f := range way.From {
				allowed[pods] = append(allowed[pods], f.Pods.MatchLabels["app.kubernetes.io/name"])
			}
		}
	}
	if !closed {
		t.Error("nothing closes what is not opened")
	}
	for _, m := range everyModule() {
		slices.Sort(callers[m])
		slices.Sort(allowed[m])
		if !slices.Equal(callers[m], allowed[m]) {
			t.Errorf("%s is called by %q; the network lets in %q", m, callers[m], allowed[m])
		}
	}
}

// checkEntry follows the way of a request from outside.
func (c cluster) checkEntry(t *testing.T, web *deployed) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(kubernetes, "web.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(web.config.PublicURL, "https://")
	for _, want := range []string{"hosts: [" + host + "]", "host: " + host, "service: {name: web, port: {name: public}}", "{name: public, port: 80, targetPort: public}", "sticky.cookie: \"true\""} {
		if !strings.Contains(string(content), want) {
			t.Errorf("web.yaml does not say %s", want)
		}
	}
	if len(c["Ingress"]) != 1 {
		t.Errorf("%d ways in", len(c["Ingress"]))
	}
	if len(c["Secret"]) > 0 {
		t.Error("secrets are in the files")
	}
}
