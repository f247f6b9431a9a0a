package site

import (
	"fmt"
	"strings"
)

// field is one labelled input of a form, as the template "field" draws it.
type field struct {
	ID, Name, Label, Type, Value, Help, Error         string
	Autocomplete, Inputmode, Placeholder, Pattern     string
	Min, Max, Step, Minlength, Maxlength, Rows        string
	Prefix, Suffix, Accept, Class, Data               string
	Required, Multiple, Autofocus, Hidelabel, Checked bool
	Relaxed                                           bool // neither required nor called optional: a filter
	Options                                           []option
}

// option is one choice of a select or of radio buttons.
type option struct {
	Value    string
	Label    string
	Group    string // heading above it; options of one group follow each other
	Selected bool
}

// newField describes an input in a template: the form, the input's name and label, then options as key=value, words
// such as required, or a list of options for a select.
//
//	{{template "field" (field .Form "email" "E-mail" "type=email" "required" "help=Only you see it.")}}
func newField(f form, name, label string, settings ...any) (field, error) {
	x := field{
		ID: "f-" + strings.NewReplacer(".", "-", " ", "-").Replace(name), Name: name, Label: label,
		Type: "text", Value: f.Value(name), Error: f.Errors[name],
	}
	for _, setting := range settings {
		switch v := setting.(type) {
		case []option:
			x.Options = make([]option, len(v))
			for i, o := range v {
				o.Selected = f.Has(name, o.Value) || (o.Value == "" && x.Value == "")
				x.Options[i] = o
			}
		case string:
			if err := x.set(v); err != nil {
				return x, err
			}
		default:
			return x, fmt.Errorf("the field %s: %T is no setting", name, setting)
		}
	}
	return x, nil
}

func (x *field) set(setting string) error {
	key, value, _ := strings.Cut(setting, "=")
	texts := map[string]*string{
		"type": &x.Type, "help": &x.Help, "autocomplete": &x.Autocomplete, "inputmode": &x.Inputmode,
		"placeholder": &x.Placeholder, "pattern": &x.Pattern, "min": &x.Min, "max": &x.Max, "step": &x.Step,
		"minlength": &x.Minlength, "maxlength": &x.Maxlength, "rows": &x.Rows, "prefix": &x.Prefix, "suffix": &x.Suffix,
		"accept": &x.Accept, "class": &x.Class, "data": &x.Data, "id": &x.ID, "value": &x.Value,
	}
	words := map[string]*bool{
		"required": &x.Required, "multiple": &x.Multiple, "autofocus": &x.Autofocus, "hidelabel": &x.Hidelabel,
		"checked": &x.Checked, "relaxed": &x.Relaxed,
	}
	if text, ok := texts[key]; ok {
		*text = value
		return nil
	}
	if word, ok := words[setting]; ok {
		*word = true
		return nil
	}
	return fmt.Errorf("the field %s: there is no setting %q", x.Name, setting)
}

// DescribedBy names the texts that a screen reader adds to the input.
func (x field) DescribedBy() string {
	var ids []string
	if x.Error != "" {
		ids = append(ids, x.ID+"-error")
	}
	if x.Help != "" {
		ids = append(ids, x.ID+"-help")
	}
	return strings.Join(ids, " ")
}
