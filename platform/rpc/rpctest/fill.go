package rpctest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// depth is how deep values are filled; what nests in itself ends there.
const depth = 10

// filler puts a different value into every field.
type filler struct{ n int }

func (f *filler) next() int {
	f.n++
	return f.n
}

// small is a number that fits.
func (f *filler) small(v reflect.Value) int {
	if v.Type().Bits() == 8 {
		return 1 + f.next()%127
	}
	return f.next()
}

// fill fills v, which is at the path within its request or result. It refuses what JSON would lose.
func (f *filler) fill(v reflect.Value, path string, level int) error {
	if level > depth {
		return nil
	}
	switch v.Interface().(type) {
	case time.Time: // the databases keep microseconds
		v.Set(reflect.ValueOf(time.UnixMicro(1_700_000_000_000_000 + int64(f.next())).UTC()))
		return nil
	case json.RawMessage:
		v.SetBytes(fmt.Appendf(nil, `{"n":%d}`, f.next()))
		return nil
	}
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprintf("text <%d> & “%s”", f.next(), path))
	case v.CanInt():
		v.SetInt(int64(f.small(v)))
	case v.CanUint():
		v.SetUint(uint64(f.small(v)))
	case v.CanFloat():
		v.SetFloat(float64(f.next()) + 0.5)
	default:
		return f.fillNested(v, path, level)
	}
	return nil
}

func (f *filler) fillNested(v reflect.Value, path string, level int) error {
	switch v.Kind() {
	case reflect.Struct:
		return f.fillStruct(v, path, level)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return f.fill(v.Elem(), path, level+1)
	case reflect.Slice:
		if level == depth {
			return nil
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			if err := f.fill(v.Index(i), fmt.Sprintf("%s.%d", path, i), level+1); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		return f.fillMap(v, path, level)
	}
	return fmt.Errorf("%s is a %v", path, v.Type())
}

func (f *filler) fillStruct(v reflect.Value, path string, level int) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		at := path + "." + field.Name
		if !field.IsExported() {
			return fmt.Errorf("%s is not exported", at)
		}
		if err := f.fill(v.Field(i), at, level+1); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) fillMap(v reflect.Value, path string, level int) error {
	key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	if err := f.fill(key, path, level+1); err != nil {
		return err
	}
	if err := f.fill(value, path, level+1); err != nil {
		return err
	}
	v.Set(reflect.MakeMap(v.Type()))
	v.SetMapIndex(key, value)
	return nil
}
