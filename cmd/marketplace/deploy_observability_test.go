package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// Row S11: Elasticsearch, Kibana, the setup step and the application, as the tools read them.
func TestTheContainersForObservabilityAreWhatTheySay(t *testing.T) {
	secrets := newSecrets(t)
	c := readCompose(t, "../../deploy/compose.observability.yaml", nil)
	for _, name := range []string{"marketplace", "elasticsearch", "kibana", "prepare", "setup"} {
		s, there := c.Services[name]
		if !there || !pinned(s.Image) || !slices.Equal(s.CapDrop, []string{"ALL"}) || s.Memory == "" || s.CPUs == "" || s.Processes == 0 ||
			(len(s.Ports) > 0 && !strings.HasPrefix(s.Ports[0], "127.0.0.1:")) {
			t.Errorf("%s is %+v", name, s)
		}
		c.mounts(t, s, "../../deploy", secrets)
		c.expectParts(t, name, s)
	}
	d := &deployed{name: "marketplace", environ: c.Services["marketplace"].Environment, secrets: map[string]string{"/keys/marketplace": secrets + "/elastic"}}
	d.start(t)
	if d.config.Elastic.URL != "http://elasticsearch:9200" || d.config.Elastic.APIKey == "" || len(d.config.Alerts.Mail) != 1 {
		t.Errorf("it writes to %+v and tells %v", d.config.Elastic, d.config.Alerts.Mail)
	}
	setup := c.Services["setup"].Command
	found, rest, err := command().Find(setup)
	if err != nil || found.Name() != "setup" {
		t.Fatalf("%q is no command: %v", setup, err)
	}
	if err := found.ParseFlags(rest); err != nil || found.Flag("login-file").Value.String() != "/run/secrets/elastic_login" {
		t.Errorf("%q: %v", setup, err)
	}
	if out, err := exec.Command("sh", "-n", "../../deploy/observability/prepare.sh").CombinedOutput(); err != nil {
		t.Errorf("prepare.sh: %s", out)
	}
}

func TestTheCollectorsAreConfigured(t *testing.T) {
	var beat struct {
		Inputs []struct{ Type, ID string } `yaml:"filebeat.inputs"`
		Index  string                      `yaml:"-"`
		Output map[string]yaml.Node        `yaml:"output.elasticsearch"`
	}
	read(t, "../../deploy/observability/filebeat.yaml", &beat)
	index := beat.Output["index"]
	if len(beat.Inputs) != 1 || beat.Inputs[0].Type != "filestream" || beat.Inputs[0].ID == "" || index.Value != "logs-%{[event.dataset]}-default" {
		t.Errorf("%+v", beat)
	}
	var collector struct {
		Receivers, Processors, Exporters map[string]any
		Service                          struct {
			Pipelines map[string]struct{ Receivers, Processors, Exporters []string }
		}
	}
	read(t, "../../deploy/observability/collector.yaml", &collector)
	used := map[string]bool{}
	for name, p := range collector.Service.Pipelines {
		for kind, pair := range map[string]struct {
			names []string
			there map[string]any
		}{"receiver": {p.Receivers, collector.Receivers}, "processor": {p.Processors, collector.Processors}, "exporter": {p.Exporters, collector.Exporters}} {
			for _, n := range pair.names {
				used[n] = true
				if _, there := pair.there[n]; !there {
					t.Errorf("%s: there is no %s %s", name, kind, n)
				}
			}
		}
	}
	if len(collector.Service.Pipelines) != 3 || len(used) != len(collector.Receivers)+len(collector.Processors)+len(collector.Exporters) {
		t.Errorf("%d pipelines use %v", len(collector.Service.Pipelines), used)
	}
}
