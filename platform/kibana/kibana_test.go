package kibana

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"marketplace/platform/alert"
	"marketplace/platform/telemetry/elastic/elastictest"
)

// Row S11: a second installation changes nothing, and nothing refers to what is not there.
func TestSetupInstallsEverythingAgainAndAgain(t *testing.T) {
	elasticsearch, server := elastictest.New(t), elastictest.NewKibana(t)
	var said []string
	o := Options{Elasticsearch: elasticsearch.URL + "/", Kibana: server.URL, APIKey: elastictest.Key, Webhook: "https://hooks.example/x", Rules: alert.Rules(), AuditDays: 500,
		Say: func(what string) { said = append(said, what) }}
	mail := &Mail{To: []string{"ops@example.com"}, From: "market@example.com", Host: "mail.example.com", Port: 465, Secure: true, User: "u", Word: "w"}
	var before string
	for range 2 {
		if err := Setup(t.Context(), o, mail); err != nil {
			t.Fatal(err)
		}
		state, _ := json.Marshal([]any{server.Objects(), server.Rules(), server.Connectors(), elasticsearch.SetUp("/_index_template/marketplace-app"), elasticsearch.SetUp("/_ilm/policy/marketplace-audit")})
		if before != "" && string(state) != before {
			t.Errorf("the second time changed something:\n%s\n%s", before, state)
		}
		before = string(state)
	}
	if rules := server.Rules(); len(rules) != len(alert.Rules()) || len(server.Connectors()) != 2 || len(rules["Marketplace: Requests fail"]["actions"].([]any)) != 2 {
		t.Errorf("%d rules, %v", len(rules), server.Connectors())
	}
	if objects := server.Objects(); len(objects) < 35 || !slices.Contains(objects, "dashboard/marketplace-security") || server.Imports() != 2 {
		t.Errorf("%d imports of %v", server.Imports(), objects)
	}
	for path, part := range map[string]string{"/_ilm/policy/marketplace-app": `"30d"`, "/_ilm/policy/marketplace-audit": `"500d"`,
		"/_index_template/marketplace-app": `"data_stream":{}`, "/_index_template/marketplace-audit": `"priority":210`} {
		if !strings.Contains(string(elasticsearch.SetUp(path)), part) {
			t.Errorf("%s is %s", path, elasticsearch.SetUp(path))
		}
	}
	if len(said) != 6 {
		t.Errorf("it says %v", said)
	}
}

func TestSetupSaysWhatWasRefused(t *testing.T) {
	elasticsearch, server := elastictest.New(t), elastictest.NewKibana(t)
	for what, o := range map[string]Options{
		"index templates": {Elasticsearch: elasticsearch.URL, Kibana: server.URL, APIKey: "wrong"},
		"dashboards":      {Elasticsearch: elasticsearch.URL, Kibana: elasticsearch.URL, APIKey: elastictest.Key},
		"http(s)":         {Elasticsearch: "elastic:9200", Kibana: server.URL, APIKey: elastictest.Key},
	} {
		if err := Setup(t.Context(), o, nil); err == nil || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), elastictest.Key) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestEveryObjectHasItsReferencesAndAnIDOfItsOwn(t *testing.T) {
	objects, err := Objects()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, o := range objects {
		for _, r := range o.References {
			if !there[r.Type+"/"+r.ID] {
				t.Errorf("%s %s refers to %s %s, which is not before it", o.Type, o.ID, r.Type, r.ID)
			}
		}
		if there[o.Type+"/"+o.ID] {
			t.Errorf("%s %s is there twice", o.Type, o.ID)
		}
		there[o.Type+"/"+o.ID] = true
		if panels, ok := o.Attributes["panelsJSON"].(string); ok && strings.Count(panels, "panelRefName") != len(o.References) {
			t.Errorf("%s has other panels than references", o.ID)
		}
	}
}

// What dashboards show is looked for in a real log by the stories of cmd/marketplace; here it is seen that nothing is forgotten.
func TestEveryObjectThatShowsLinesHasAView(t *testing.T) {
	views, err := Views(alert.Rules())
	if err != nil {
		t.Fatal(err)
	}
	charts := 0
	for _, d := range dashboards() {
		charts += len(d.charts)
	}
	if len(views) != charts+len(searches())+len(alert.Rules()) {
		t.Errorf("%d views", len(views))
	}
	for _, v := range views {
		if v.Title == "" || v.Filter == "" {
			t.Errorf("%+v", v)
		}
		for _, field := range v.Fields {
			name, isFigure := strings.CutPrefix(field, "market.figure.")
			if isFigure && !slices.ContainsFunc(alert.Rules(), func(r alert.Rule) bool { return r.Name == name }) {
				t.Errorf("%s: there is no figure %s", v.Title, name)
			}
		}
	}
	if v := views[0]; v.Filter != `log.level : "error"` || strings.Join(v.Fields, " ") != "error.message event.module http.request.id message" {
		t.Errorf("the first search is %+v", v)
	}
	if v := views[len(views)-1]; v.Filter != `event.kind : "alert" and rule.name : "disk" and event.action : "alert-begins"` {
		t.Errorf("the last rule is %+v", v)
	}
}
