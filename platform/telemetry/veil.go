package telemetry

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"marketplace/platform/private"
)

// deepest is how far below a value is looked.
const deepest = 12

// veiled is the value with everything hidden in it that is private by its type. What can have nothing private inside is
// left as it is; the rest becomes maps and lists, as JSON would have it.
func veiled(v reflect.Value, depth int) any {
	if !v.IsValid() {
		return nil
	}
	if !mayHide(v.Type(), map[reflect.Type]bool{}) {
		return v.Interface()
	}
	if depth == 0 {
		return fmt.Sprintf("%v", v.Type())
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return veiled(v.Elem(), depth-1)
	case reflect.Slice, reflect.Array:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = veiled(v.Index(i), depth-1)
		}
		return list
	case reflect.Map:
		entries := map[string]any{}
		for key, value := range v.Seq2() {
			entries[fmt.Sprint(key)] = veiled(value, depth-1)
		}
		return entries
	case reflect.Struct:
		return veiledFields(v, depth)
	}
	return Hidden
}

func veiledFields(v reflect.Value, depth int) map[string]any {
	fields := map[string]any{}
	for field := range v.Type().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = field.Name
		}
		fields[name] = veiled(v.FieldByIndex(field.Index), depth-1)
	}
	return fields
}

// mayHide says whether a value of the type can have something private inside. Of an interface only the value tells. A type
// that writes its own JSON has decided what it shows.
func mayHide(t reflect.Type, seen map[reflect.Type]bool) bool {
	switch {
	case t == reflect.TypeFor[private.Secret](), t == reflect.TypeFor[private.Personal]():
		return true
	case seen[t], t.Implements(reflect.TypeFor[json.Marshaler]()):
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return mayHide(t.Elem(), seen)
	case reflect.Map:
		return mayHide(t.Key(), seen) || mayHide(t.Elem(), seen)
	case reflect.Struct:
		for field := range t.Fields() {
			if field.IsExported() && mayHide(field.Type, seen) {
				return true
			}
		}
	}
	return false
}
