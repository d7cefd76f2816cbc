package bertsearch

import (
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxFieldDepth bounds how deep lists and maps nest in a field: enough for any
// real record, and it ends a walk over a Go map that contains itself.
const maxFieldDepth = 64

// normalizeFields returns a copy of fields that holds only the seven stored
// types: nil, bool, int64, float64, string, []any and map[string]any. The error
// names the field by its path, such as tags[2] or author.name.
func normalizeFields(fields map[string]any) (map[string]any, error) {
	if len(fields) == 0 {
		return nil, nil
	}
	normal := make(map[string]any, len(fields))
	for name, value := range fields {
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("field %q: the name is not UTF-8", name)
		}
		v, err := normalizeValue(value, name, 1)
		if err != nil {
			return nil, err
		}
		normal[name] = v
	}
	return normal, nil
}

// normalizeValue converts one value. The common types come first so that
// reflection is for the rest only.
func normalizeValue(value any, path string, depth int) (any, error) {
	if depth > maxFieldDepth {
		return nil, fmt.Errorf("field %.60q: nested deeper than %d levels", path, maxFieldDepth)
	}
	switch v := value.(type) {
	case nil, bool, int64:
		return v, nil
	case int:
		return int64(v), nil
	case string:
		return strings.ToValidUTF8(v, "\uFFFD"), nil
	case float64:
		return finite(v, path)
	case json.Number:
		return normalizeNumber(v, path)
	case []byte:
		return base64.StdEncoding.EncodeToString(v), nil
	case encoding.TextMarshaler:
		return normalizeText(v, path)
	}
	return normalizeReflected(reflect.ValueOf(value), path, depth)
}

// normalizeReflected converts named, sized and composite types by their kind.
func normalizeReflected(v reflect.Value, path string, depth int) (any, error) {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if v.Uint() > math.MaxInt64 {
			return nil, fmt.Errorf("field %q: %d does not fit a signed 64-bit integer; store it as text", path, v.Uint())
		}
		return int64(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return finite(v.Float(), path)
	case reflect.String:
		return strings.ToValidUTF8(v.String(), "\uFFFD"), nil
	case reflect.Pointer:
		if v.IsNil() {
			return nil, nil
		}
		return normalizeValue(v.Elem().Interface(), path, depth+1)
	case reflect.Slice, reflect.Array:
		return normalizeList(v, path, depth)
	case reflect.Map:
		return normalizeMap(v, path, depth)
	}
	return nil, fmt.Errorf("field %q: a %s cannot be stored", path, v.Type())
}

// normalizeList converts a slice or array; a nil slice is an empty list.
func normalizeList(v reflect.Value, path string, depth int) (any, error) {
	list := make([]any, v.Len())
	for i := range list {
		element, err := normalizeValue(v.Index(i).Interface(), path+"["+strconv.Itoa(i)+"]", depth+1)
		if err != nil {
			return nil, err
		}
		list[i] = element
	}
	return list, nil
}

// normalizeMap converts a map with string keys.
func normalizeMap(v reflect.Value, path string, depth int) (any, error) {
	if v.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("field %q: a %s cannot be stored, only maps with string keys", path, v.Type())
	}
	normal := make(map[string]any, v.Len())
	for entries := v.MapRange(); entries.Next(); {
		name := entries.Key().String()
		if !utf8.ValidString(name) {
			return nil, fmt.Errorf("field %q: the name is not UTF-8", path+"."+name)
		}
		value, err := normalizeValue(entries.Value().Interface(), path+"."+name, depth+1)
		if err != nil {
			return nil, err
		}
		normal[name] = value
	}
	return normal, nil
}

// normalizeText converts a value by its own text form. A nil pointer is null,
// since most methods would panic on it.
func normalizeText(v encoding.TextMarshaler, path string) (any, error) {
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer && r.IsNil() {
		return nil, nil
	}
	text, err := v.MarshalText()
	if err != nil {
		return nil, fmt.Errorf("field %q: %w", path, err)
	}
	return strings.ToValidUTF8(string(text), "\uFFFD"), nil
}

// normalizeNumber converts a JSON number: an integer that fits stays exact.
func normalizeNumber(n json.Number, path string) (any, error) {
	value, err := parseNumber(n.String())
	if err != nil {
		return nil, fmt.Errorf("field %q: %w", path, err)
	}
	return value, nil
}

// parseNumber reads a decimal number as an int64 if it is written as an integer
// that fits, else as the nearest float64.
func parseNumber(text string) (any, error) {
	if i, err := strconv.ParseInt(text, 10, 64); err == nil {
		return i, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return nil, fmt.Errorf("the number %.40s is too large", text)
	case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
		return nil, fmt.Errorf("%.40q is not a number", text)
	}
	return f, nil
}

// finite refuses what JSON cannot hold and no comparison can order.
func finite(f float64, path string) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, fmt.Errorf("field %q: %v cannot be stored, only finite numbers", path, f)
	}
	return f, nil
}
