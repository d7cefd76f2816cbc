package bertsearch

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"
)

// The keys of a document's JSON form that are not fields.
const (
	keyID       = "id"
	keyOtherID  = "_id"
	keyIDBase64 = "id_base64" // in place of id when that is not UTF-8, which JSON cannot hold
	keyTitle    = "title"
	keyText     = "text"
	keyMetadata = "metadata"
	// keyEmbedding is where an export has a document's vectors; see [DB.Import].
	keyEmbedding = "_embedding"
)

// isReservedKey reports whether a field of that name must be written under
// "metadata", because at the top level it would be read as something else.
func isReservedKey(name string) bool {
	switch name {
	case keyID, keyOtherID, keyIDBase64, keyTitle, keyText, keyMetadata, keyEmbedding:
		return true
	}
	return false
}

// UnmarshalJSON reads the form described at Document. A number is an int64 when
// it is written as an integer that fits, else a float64; an id may be a number.
// Where "id" is present, "_id" is an ordinary field; a field at the top level
// wins over one of the same name under "metadata", and a "metadata" that is not
// an object is a field itself. A missing id is left empty for Validate to find.
func (d *Document) UnmarshalJSON(data []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // a float64 would lose integers above 2^53
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidDocument, err)
	}
	if object == nil {
		return nil // JSON null leaves the value alone, as everywhere in encoding/json
	}
	read, err := documentFromObject(object)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalidDocument, err)
	}
	*d = read
	return nil
}

// documentFromObject takes the named keys out of object; the rest are fields.
func documentFromObject(object map[string]any) (Document, error) {
	var d Document
	var err error
	if d.ID, err = takeID(object); err != nil {
		return Document{}, err
	}
	if d.Title, err = takeString(object, keyTitle); err != nil {
		return Document{}, err
	}
	if d.Text, err = takeString(object, keyText); err != nil {
		return Document{}, err
	}
	delete(object, keyEmbedding)
	switch metadata := object[keyMetadata].(type) {
	case nil:
		delete(object, keyMetadata)
	case map[string]any:
		delete(object, keyMetadata)
		maps.Copy(metadata, object)
		object = metadata
	}
	if len(object) > 0 {
		d.Fields, err = normalizeFields(object)
	}
	return d, err
}

// takeID removes the first id key that object has and returns its value.
func takeID(object map[string]any) (string, error) {
	for _, key := range []string{keyID, keyIDBase64, keyOtherID} {
		value, found := object[key]
		if !found {
			continue
		}
		if number, ok := value.(json.Number); ok {
			object[key] = number.String()
		}
		id, err := takeString(object, key)
		if err != nil || key != keyIDBase64 {
			return id, err
		}
		raw, err := base64.StdEncoding.DecodeString(id)
		if err != nil {
			return "", fmt.Errorf("%s: %w", key, err)
		}
		return string(raw), nil
	}
	return "", nil
}

// takeString removes key from object and returns its text; null is empty.
func takeString(object map[string]any, key string) (string, error) {
	value := object[key]
	delete(object, key)
	if value == nil {
		return "", nil
	}
	text, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("%s must be a string, not %s", key, jsonKind(value))
	}
	return text, nil
}

// jsonKind names the type of a decoded JSON value, for messages.
func jsonKind(value any) string {
	switch value.(type) {
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return fmt.Sprintf("%T", value)
}

// MarshalJSON writes the form that UnmarshalJSON reads: id, title, text, the
// fields in the order of their names, and those whose name means something else
// under "metadata". An id that is not UTF-8 goes into "id_base64" instead, so
// that every document can be restored; other text has such bytes replaced with
// U+FFFD. The integral float 3 is written as 3.0 and so stays a float.
func (d Document) MarshalJSON() ([]byte, error) {
	fields, err := normalizeFields(d.Fields)
	if err != nil {
		return nil, d.invalid(err)
	}
	b := []byte{'{'}
	if utf8.ValidString(d.ID) {
		b = appendJSONMember(b, keyID, d.ID)
	} else {
		b = appendJSONMember(b, keyIDBase64, base64.StdEncoding.EncodeToString([]byte(d.ID)))
	}
	b = appendJSONMember(append(b, ','), keyTitle, d.Title)
	b = appendJSONMember(append(b, ','), keyText, d.Text)
	reserved := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if isReservedKey(name) {
			reserved[name] = fields[name]
			continue
		}
		b = appendJSONMember(append(b, ','), name, fields[name])
	}
	if len(reserved) > 0 {
		b = appendJSONMember(append(b, ','), keyMetadata, reserved)
	}
	return append(b, '}'), nil
}

// appendJSONMember appends "name": value.
func appendJSONMember(b []byte, name string, value any) []byte {
	b = append(appendJSONString(b, name), ':')
	return appendJSONValue(b, value)
}

// appendJSONValue appends a normalised value.
func appendJSONValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case bool:
		return strconv.AppendBool(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10)
	case float64:
		return appendFloat(b, v)
	case string:
		return appendJSONString(b, v)
	case []any:
		b = append(b, '[')
		for i, element := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONValue(b, element)
		}
		return append(b, ']')
	case map[string]any:
		b = append(b, '{')
		for i, name := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSONMember(b, name, v[name])
		}
		return append(b, '}')
	}
	return append(b, "null"...)
}

// appendJSONString appends s as JSON text, with < > & as they are: the output
// is read by programs and people, not placed inside HTML.
func appendJSONString(b []byte, s string) []byte {
	buffer := bytes.NewBuffer(b)
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(s) // a string always encodes and a buffer always takes it
	b = buffer.Bytes()
	return b[:len(b)-1] // Encode ends with a newline
}

// appendFloat appends a finite float so that it reads back as a float: there is
// always a point or an exponent.
func appendFloat(b []byte, f float64) []byte {
	format := byte('f')
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	start := len(b)
	b = strconv.AppendFloat(b, f, format, -1, 64)
	if !bytes.ContainsAny(b[start:], ".e") {
		b = append(b, '.', '0')
	}
	return b
}
