package app

import (
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/rpc"
)

// Description is one module as the table and its contract tell it, for people who look after several processes. Nothing in
// it is kept by hand.
type Description struct {
	Module    string   `json:"module"`
	Here      bool     `json:"here"`      // this process runs it
	At        []string `json:"at"`        // where it is reached, if it runs elsewhere
	Owns      []string `json:"owns"`      // its tables and its files
	Offers    []string `json:"offers"`    // the methods of its contract
	Announces []string `json:"announces"` // topics
	Hears     []string `json:"hears"`     // topics
	Calls     []string `json:"calls"`     // modules
}

// Describe returns every module of the table, in its order, after the last Use. It connects nowhere.
func (a *App) Describe() []Description { return slices.Clone(a.described) }

// describe notes what Use is told.
func describe[S, D any](a *App, m Module[S, D]) {
	contract := reflect.TypeFor[S]()
	a.contracts[contract] = m.Name
	d := Description{
		Module: m.Name, Here: a.Hosts(m.Name), At: a.config.Remotes[m.Name], Owns: a.owns(m.Name, m.Files),
		Offers: methods(contract), Announces: topics(m.Announces), Hears: topics(m.Hears), Calls: a.Calls(reflect.TypeFor[D]()),
	}
	if d.Here {
		d.At = nil
	}
	a.described = append(a.described, d)
}

// standIn is a module where nothing runs: its settings are checked if they are for this process, and what calls it can be
// made, but gets no answer.
func standIn[S, D any](a *App, m Module[S, D]) (none S, err error) {
	if a.Hosts(m.Name) && m.Check != nil {
		if err := m.Check(a.newHost(m.Name)); err != nil {
			return none, fmt.Errorf("the module %s: %w", m.Name, err)
		}
	}
	client, err := rpc.NewClient(m.Name, []string{"http://nowhere.invalid"}, rpc.Options{Secrets: [][]byte{[]byte(nobody)}})
	if err != nil {
		return none, err
	}
	return m.Remote(client), nil
}

// nobody signs calls that are never made.
const nobody = "nobody is called in a process that only describes"

// Calls returns the modules whose contracts are fields of the struct, sorted: what the module with these dependencies, or
// the web with these services, calls.
func (a *App) Calls(dependencies reflect.Type) []string {
	called := []string{}
	if dependencies.Kind() != reflect.Struct {
		return called
	}
	for i := range dependencies.NumField() {
		if module := a.contracts[dependencies.Field(i).Type]; module != "" {
			called = append(called, module)
		}
	}
	slices.Sort(called)
	return called
}

// owns says what belongs to the module alone. Where the tables of a module elsewhere are is for its own process to know.
func (a *App) owns(module string, files bool) []string {
	url := a.config.Redacted().DatabaseOf(module)
	tables := "the schema " + module
	switch {
	case a.Hosts(module) && url == "":
		tables = "the database " + filepath.Join(a.config.Data, module+".db")
	case a.Hosts(module):
		tables += " of " + url
	}
	if !files {
		return []string{tables}
	}
	place := "its files"
	switch {
	case a.Hosts(module) && a.config.Files == config.Disk:
		place = "the files in " + filepath.Join(a.config.Data, "files", module)
	case a.Hosts(module):
		place = fmt.Sprintf("the files below %s in %s", module, a.config.Redacted().Files)
	}
	return []string{tables, place}
}

// Warnings are sentences about what works now and will be regretted.
func (a *App) Warnings() []string {
	var lonely []string
	for _, d := range a.described {
		if d.Here && len(d.Owns) > 1 {
			lonely = append(lonely, d.Module)
		}
	}
	if len(lonely) == 0 || a.config.Files != config.Disk || a.config.Events == config.Memory {
		return nil
	}
	return []string{fmt.Sprintf("The files of %s are in a folder of this machine: run one process of each, or let all its replicas share that folder, "+
		"or set files to s3://… . A replica without the folder answers that a file is not there.", strings.Join(lonely, ", "))}
}

func topics(events []db.Event) []string {
	all := []string{}
	for _, e := range events {
		all = append(all, e.Topic())
	}
	slices.Sort(all)
	return all
}

func methods(contract reflect.Type) []string {
	all := []string{}
	for m := range contract.Methods() {
		all = append(all, m.Name)
	}
	return all
}
