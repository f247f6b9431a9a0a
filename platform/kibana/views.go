package kibana

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"marketplace/platform/alert"
)

// View is what one of the installed objects looks at: lines of the log, and what it shows of them. It is read from the object as
// it is installed, so that a test can hold it against what is really logged.
type View struct {
	Title  string
	Filter string   // KQL: which lines
	Fields []string // that it shows, sorted; @timestamp is in every line
}

// Views are those of all searches, charts and alert rules.
func Views(rules []alert.Rule) ([]View, error) {
	objects, err := Objects()
	if err != nil {
		return nil, err
	}
	var views []View
	for _, o := range objects {
		var v View
		switch o.Type {
		case "search":
			v, err = o.searchView()
		case "lens":
			v, err = o.chartView()
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the %s %s: %w", o.Type, o.ID, err)
		}
		views = append(views, v)
	}
	for _, r := range rules {
		v := View{Title: "rule " + r.Name}
		for i, term := range terms(r) {
			if i > 0 {
				v.Filter += " and "
			}
			v.Filter += fmt.Sprintf("%s : %q", term[0], term[1])
		}
		views = append(views, v)
	}
	return views, nil
}

// as reads what was made from maps into a form.
func (o Object) as(form any) error {
	text, err := json.Marshal(o.Attributes)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, form)
}

func (o Object) searchView() (View, error) {
	var a struct {
		Title   string
		Columns []string
		Meta    struct{ SearchSourceJSON string } `json:"kibanaSavedObjectMeta"`
	}
	var source struct{ Query struct{ Query string } }
	if err := o.as(&a); err != nil {
		return View{}, err
	}
	err := json.Unmarshal([]byte(a.Meta.SearchSourceJSON), &source)
	return View{Title: a.Title, Filter: source.Query.Query, Fields: slices.Sorted(slices.Values(a.Columns))}, err
}

func (o Object) chartView() (View, error) {
	var a struct {
		Title string
		State struct {
			Query            struct{ Query string }
			DatasourceStates struct {
				FormBased struct {
					Layers map[string]struct {
						Columns map[string]struct{ SourceField string }
					}
				}
			}
		}
	}
	if err := o.as(&a); err != nil {
		return View{}, err
	}
	used := map[string]bool{}
	for _, layer := range a.State.DatasourceStates.FormBased.Layers {
		for _, column := range layer.Columns {
			used[column.SourceField] = true
		}
	}
	delete(used, everyRecord)
	delete(used, "@timestamp")
	return View{Title: o.ID, Filter: a.State.Query.Query, Fields: slices.Sorted(maps.Keys(used))}, nil
}
