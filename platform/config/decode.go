package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
)

// Decode reads the settings of one module into a struct with koanf tags that already holds the defaults. A key that
// the struct does not have is refused by name, and a value of another kind by saying what is allowed. Durations are
// written as 90s, 72h or 14d, fees as whole basis points, lists as lists or with commas.
func (c Config) Decode(module string, into any) error {
	section, there := c.Settings[module]
	if !there {
		return nil
	}
	values, ok := section.(map[string]any)
	if !ok {
		return problems{"settings." + module + " must be a section."}.err()
	}
	var found problems
	for _, w := range decode(values, into) {
		found = append(found, "settings."+module+"."+w.key+" "+w.sentence)
	}
	if len(found) > 0 {
		return found.err()
	}
	return nil
}

// wrong is what is wrong with one key.
type wrong struct{ key, sentence string }

// decode fills the struct from nested values over what it holds, and tells everything that does not fit.
func decode(values map[string]any, into any) []wrong {
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		TagName:    "koanf",
		Result:     into,
		DecodeHook: strict,
		MatchName:  func(key, field string) bool { return key == field },
		ZeroFields: true,
	})
	if err != nil {
		return []wrong{{"", err.Error()}}
	}
	found := append(flatten(decoder.Decode(values)), unknown(values, reflect.TypeOf(into).Elem(), "")...)
	slices.SortFunc(found, func(a, b wrong) int { return strings.Compare(a.key, b.key) })
	return found
}

// unknown are the keys that the struct does not have. The decoder tells them only of a struct in which everything else is
// right.
func unknown(values map[string]any, kind reflect.Type, prefix string) (found []wrong) {
	fields := map[string]reflect.Type{}
	for i := range kind.NumField() {
		fields[kind.Field(i).Tag.Get("koanf")] = kind.Field(i).Type
	}
	for key, value := range values {
		field, there := fields[key]
		inner, isSection := value.(map[string]any)
		switch {
		case !there || key == "":
			found = append(found, wrong{prefix + key, "is not a setting: correct its name or remove it."})
		case isSection && field.Kind() == reflect.Struct:
			found = append(found, unknown(inner, field, prefix+key+".")...)
		}
	}
	return found
}

// flatten takes the joined errors of the decoder apart, and the error that it puts around several.
func flatten(err error) []wrong {
	if err == nil {
		return nil
	}
	var many interface{ Unwrap() []error }
	if errors.As(err, &many) {
		var found []wrong
		for _, e := range many.Unwrap() {
			found = append(found, flatten(e)...)
		}
		return found
	}
	var one *mapstructure.DecodeError
	if !errors.As(err, &one) {
		return []wrong{{"", err.Error()}}
	}
	var said sentence
	if errors.As(err, &said) {
		return []wrong{{dotted(one.Name()), string(said)}}
	}
	return []wrong{{dotted(one.Name()), "has a value that does not fit: " + one.Unwrap().Error() + "."}}
}

// dotted writes remotes[order][0] as remotes.order.0.
func dotted(name string) string {
	return strings.NewReplacer("[", ".", "]", "").Replace(name)
}

// sentence says what a key allows.
type sentence string

func (s sentence) Error() string { return string(s) }

// strict is the decoder's hook: it turns the texts of environment and flags into what the field needs, and refuses
// what would be converted with a loss (5.5 to 5, true to 1, 0123 to "83").
func strict(from, to reflect.Value) (any, error) {
	value := from.Interface()
	switch {
	case to.Type() == reflect.TypeFor[time.Duration]():
		return duration(value)
	case to.Kind() == reflect.String:
		return text(value)
	case to.Kind() == reflect.Bool:
		return boolean(value)
	case to.CanInt():
		return whole(value)
	case to.Kind() == reflect.Slice:
		return list(value)
	case to.Kind() == reflect.Map || to.Kind() == reflect.Struct:
		return section(value, to)
	case to.CanUint() || to.CanFloat():
		return nil, sentence("has a type that settings do not use: use a whole number.")
	}
	return value, nil
}

func text(value any) (any, error) {
	if s, ok := value.(string); ok {
		return s, nil
	}
	return nil, sentence("must be a text: write it in quotes.")
}

func boolean(value any) (any, error) {
	switch v := value.(type) {
	case bool:
		return v, nil
	case string:
		if v == "true" || v == "false" {
			return v == "true", nil
		}
	}
	return nil, sentence("must be true or false.")
}

func whole(value any) (any, error) {
	v := reflect.ValueOf(value)
	if v.CanInt() {
		return value, nil
	}
	if s, ok := value.(string); ok {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, nil
		}
	}
	return nil, sentence("must be a whole number.")
}

func duration(value any) (any, error) {
	switch v := value.(type) {
	case time.Duration:
		return v, nil
	case string:
		if d, err := ParseDuration(v); err == nil {
			return d, nil
		}
	}
	return nil, sentence("must be a duration such as 90s, 15m, 72h or 14d.")
}

func list(value any) (any, error) {
	if s, ok := value.(string); ok {
		parts := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' })
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return parts, nil
	}
	if reflect.ValueOf(value).Kind() == reflect.Slice {
		return value, nil
	}
	return nil, sentence("must be a list.")
}

func section(value any, to reflect.Value) (any, error) {
	if value == nil || reflect.TypeOf(value) == to.Type() || reflect.ValueOf(value).Kind() == reflect.Map {
		return value, nil
	}
	return nil, sentence("must be a section of keys and values.")
}

// ParseDuration reads 90s, 15m, 72h as time.ParseDuration does, and days as 14d. A negative one is refused.
func ParseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n uint64
		if n, err = strconv.ParseUint(days, 10, 16); err == nil {
			d = time.Duration(n) * 24 * time.Hour
		}
	}
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is not a duration such as 90s, 72h or 14d", s)
	}
	return d, nil
}
