package bertsearch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
)

// The stored form of fields is a sequence of entries in ascending order of the
// name, compared as bytes:
//
//	entry = uvarint length of the name, name, value
//	value = kind byte, then by kind:
//	        null, false, true   nothing
//	        integer             zigzag varint
//	        float               8 bytes, IEEE 754 bits, big endian
//	        string              uvarint length, UTF-8 bytes
//	        list                uvarint length in bytes, values
//	        map                 uvarint length in bytes, entries
//
// Equal fields have equal bytes (varints are the shortest, names are sorted and
// unique), so the bytes can be hashed. Every composite says how long it is, so
// a filter steps over what it does not look at.
const (
	kindNull byte = iota
	kindFalse
	kindTrue
	kindInt
	kindFloat
	kindString
	kindList
	kindMap
)

// encodeFields returns the stored form of normalised fields; none is no bytes.
func encodeFields(fields map[string]any) []byte {
	return appendEntries(nil, fields)
}

// appendEntries appends the entries of a normalised map.
func appendEntries(b []byte, fields map[string]any) []byte {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
		b = appendValue(b, fields[name])
	}
	return b
}

// appendValue appends one normalised value.
func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case bool:
		if v {
			return append(b, kindTrue)
		}
		return append(b, kindFalse)
	case int64:
		return binary.AppendVarint(append(b, kindInt), v)
	case float64:
		return binary.BigEndian.AppendUint64(append(b, kindFloat), math.Float64bits(v))
	case string:
		b = binary.AppendUvarint(append(b, kindString), uint64(len(v)))
		return append(b, v...)
	case []any:
		var body []byte
		for _, element := range v {
			body = appendValue(body, element)
		}
		b = binary.AppendUvarint(append(b, kindList), uint64(len(body)))
		return append(b, body...)
	case map[string]any:
		body := appendEntries(nil, v)
		b = binary.AppendUvarint(append(b, kindMap), uint64(len(body)))
		return append(b, body...)
	}
	return append(b, kindNull)
}

// decodeFields is the inverse of encodeFields. It checks every bound and that
// the form is the canonical one; an error wraps ErrCorrupt.
func decodeFields(b []byte) (map[string]any, error) {
	if len(b) == 0 {
		return nil, nil
	}
	return decodeEntries(b, 1)
}

// decodeEntries decodes the entries that fill b.
func decodeEntries(b []byte, depth int) (map[string]any, error) {
	if depth > maxFieldDepth+1 {
		return nil, corruptFields("nested too deep")
	}
	fields := map[string]any{}
	var last []byte
	for first := true; len(b) > 0; first = false {
		name, v, rest, err := readEntry(b)
		if err != nil {
			return nil, err
		}
		if !first && bytes.Compare(name, last) <= 0 {
			return nil, corruptFields("names are not in order")
		}
		if fields[string(name)], err = v.decode(depth); err != nil {
			return nil, err
		}
		last, b = name, rest
	}
	return fields, nil
}

// fieldValue is one value as it stands in the stored form, decoded no further
// than a comparison needs.
type fieldValue struct {
	kind  byte
	int   int64   // of a kindInt
	float float64 // of a kindFloat
	body  []byte  // of a kindString, kindList or kindMap; shares memory with the stored form
}

// decode returns the Go value of v, which lies depth maps and lists deep.
func (v fieldValue) decode(depth int) (any, error) {
	switch v.kind {
	case kindFalse, kindTrue:
		return v.kind == kindTrue, nil
	case kindInt:
		return v.int, nil
	case kindFloat:
		return v.float, nil
	case kindString:
		return string(v.body), nil
	case kindMap:
		return decodeEntries(v.body, depth+1)
	case kindList:
		return decodeList(v.body, depth+1)
	}
	return nil, nil
}

// decodeList decodes the values that fill b.
func decodeList(b []byte, depth int) (any, error) {
	if depth > maxFieldDepth+1 {
		return nil, corruptFields("nested too deep")
	}
	list := []any{}
	for len(b) > 0 {
		v, rest, err := readValue(b)
		if err != nil {
			return nil, err
		}
		element, err := v.decode(depth)
		if err != nil {
			return nil, err
		}
		list, b = append(list, element), rest
	}
	return list, nil
}

// readEntry splits the first entry off b.
func readEntry(b []byte) (name []byte, v fieldValue, rest []byte, err error) {
	name, b, err = readBody(b)
	if err != nil {
		return nil, fieldValue{}, nil, err
	}
	v, rest, err = readValue(b)
	return name, v, rest, err
}

// readValue splits the first value off b.
func readValue(b []byte) (v fieldValue, rest []byte, err error) {
	if len(b) == 0 {
		return v, nil, corruptFields("a value is missing")
	}
	v.kind, b = b[0], b[1:]
	switch v.kind {
	case kindNull, kindFalse, kindTrue:
		return v, b, nil
	case kindInt:
		i, n := binary.Varint(b)
		if n <= 0 || n > 1 && b[n-1] == 0 {
			return v, nil, corruptFields("an integer is cut off")
		}
		v.int = i
		return v, b[n:], nil
	case kindFloat:
		if len(b) < 8 {
			return v, nil, corruptFields("a float is cut off")
		}
		v.float = math.Float64frombits(binary.BigEndian.Uint64(b))
		if math.IsNaN(v.float) || math.IsInf(v.float, 0) {
			return v, nil, corruptFields("a float is not finite")
		}
		return v, b[8:], nil
	case kindString, kindList, kindMap:
		v.body, rest, err = readBody(b)
		return v, rest, err
	}
	return v, nil, corruptFields(fmt.Sprintf("unknown kind %d", v.kind))
}

// readBody splits a length and that many bytes off b.
func readBody(b []byte) (body, rest []byte, err error) {
	length, n := binary.Uvarint(b)
	if n <= 0 || n > 1 && b[n-1] == 0 || length > uint64(len(b)-n) {
		return nil, nil, corruptFields("a length is beyond the end")
	}
	end := n + int(length)
	return b[n:end], b[end:], nil
}

// corruptFields says what is wrong with a stored form.
func corruptFields(what string) error {
	return fmt.Errorf("%w: a document's fields: %s", ErrCorrupt, what)
}
