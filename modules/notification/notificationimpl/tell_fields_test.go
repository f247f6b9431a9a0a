package notificationimpl

import (
	"reflect"
	"testing"
	"text/template"
	"text/template/parse"
)

// Row N4: a text that asks its event for what it has not fails only where that branch is taken, and takes along whatever is to be
// told after it. So every branch of every text is looked at, in every language.
func TestEveryTextAsksItsEventOnlyForWhatItHas(t *testing.T) {
	tongues, err := readTongues()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := parseTellings(tellings(), tongues)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, e := range Module.Hears {
		for _, l := range lines[e.Topic()] {
			texts := []*template.Template{l.condition}
			for _, said := range l.said {
				texts = append(texts, said.title, said.text, said.link)
			}
			for _, text := range texts {
				for _, field := range fieldsOf(text.Root) {
					asked++
					if !has(reflect.TypeOf(e), field) {
						t.Errorf("%s: an event %s has no %v, for which %q asks", l.kind, e.Topic(), field, text.Root)
					}
				}
			}
		}
	}
	if asked < 500 {
		t.Errorf("only %d questions were found", asked)
	}
}

// fieldsOf lists what a template asks of its data, on all branches. What is inside of with and range is about something else.
func fieldsOf(node parse.Node) (fields [][]string) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		for _, one := range n.Nodes {
			fields = append(fields, fieldsOf(one)...)
		}
	case *parse.ActionNode:
		return fieldsOf(n.Pipe)
	case *parse.IfNode:
		return append(append(fieldsOf(n.Pipe), fieldsOf(n.List)...), fieldsOf(n.ElseList)...)
	case *parse.WithNode:
		return append(fieldsOf(n.Pipe), fieldsOf(n.ElseList)...)
	case *parse.RangeNode:
		return append(fieldsOf(n.Pipe), fieldsOf(n.ElseList)...)
	case *parse.PipeNode:
		for _, command := range n.Cmds {
			for _, word := range command.Args {
				fields = append(fields, fieldsOf(word)...)
			}
		}
	case *parse.FieldNode:
		return [][]string{n.Ident}
	}
	return fields
}

// has says whether values of the type answer to the names, one after the other.
func has(of reflect.Type, names []string) bool {
	for _, name := range names {
		if method, ok := of.MethodByName(name); ok {
			of = method.Type.Out(0)
			continue
		}
		for of.Kind() == reflect.Pointer {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct {
			return false
		}
		field, ok := of.FieldByName(name)
		if !ok {
			return false
		}
		of = field.Type
	}
	return true
}
