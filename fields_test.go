package bertsearch

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"
)

// sampleFields has every kind, the ends of ranges, and nesting.
var sampleFields = map[string]any{
	"":       "empty name",
	"null":   nil,
	"true":   true,
	"false":  false,
	"min":    int64(math.MinInt64),
	"max":    int64(math.MaxInt64),
	"zero":   0.0,
	"minus":  math.Copysign(0, -1),
	"tiny":   math.SmallestNonzeroFloat64,
	"text":   "größe 🙂",
	"list":   []any{int64(1), []any{}, []any{"x", nil}},
	"map":    map[string]any{"b": int64(2), "a": map[string]any{}},
	"a.b":    "dotted",
	"binary": "\x00\x01",
}

func TestFieldsRoundTrip(t *testing.T) {
	for _, fields := range []map[string]any{nil, {"a": "b"}, sampleFields} {
		encoded := encodeFields(fields)
		got, err := decodeFields(encoded)
		if err != nil || !reflect.DeepEqual(got, fields) {
			t.Errorf("got %#v (%v), want %#v", got, err, fields)
		}
		if again := encodeFields(got); !bytes.Equal(again, encoded) {
			t.Errorf("two encodings of %v", fields)
		}
	}
	if !math.Signbit(mustDecode(t, encodeFields(sampleFields))["minus"].(float64)) {
		t.Error("the sign of zero is lost")
	}
}

func mustDecode(t *testing.T, b []byte) map[string]any {
	t.Helper()
	fields, err := decodeFields(b)
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestFieldsTruncatedOrFlipped(t *testing.T) {
	encoded := encodeFields(map[string]any{"list": []any{int64(300), "x"}, "map": map[string]any{"f": 1.5}})
	for end := 1; end < len(encoded); end++ {
		if _, err := decodeFields(encoded[:end]); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d: %v is not ErrCorrupt", end, err)
		}
	}
	for bit := range len(encoded) * 8 {
		damaged := bytes.Clone(encoded)
		damaged[bit/8] ^= 1 << (bit % 8)
		checkDecoded(t, damaged)
	}
}

func TestFieldsRefusesOtherForms(t *testing.T) {
	for name, b := range map[string][]byte{
		"names out of order":   {1, 'b', kindNull, 1, 'a', kindNull},
		"a name twice":         {1, 'a', kindNull, 1, 'a', kindNull},
		"a long varint":        {0x81, 0x00, 'a', kindNull},
		"a long integer":       {1, 'a', kindInt, 0x82, 0x00},
		"an unknown kind":      {1, 'a', 99},
		"no value":             {1, 'a'},
		"NaN":                  {1, 'a', kindFloat, 0x7f, 0xf8, 0, 0, 0, 0, 0, 1},
		"a length too large":   {1, 'a', kindString, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		"a varint without end": {0xff},
	} {
		if _, err := decodeFields(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: error %v, want ErrCorrupt", name, err)
		}
	}
	nested := encodeFields(map[string]any{"l": nestedList(maxFieldDepth + 5)})
	if _, err := decodeFields(nested); !errors.Is(err, ErrCorrupt) {
		t.Errorf("too deep: error %v, want ErrCorrupt", err)
	}
}

// nestedList returns lists inside one another, depth levels.
func nestedList(depth int) []any {
	list := []any{}
	for range depth - 1 {
		list = []any{list}
	}
	return list
}

func TestDeepestFieldsRoundTrip(t *testing.T) {
	fields, err := normalizeFields(map[string]any{"l": nestedList(maxFieldDepth)})
	if err != nil {
		t.Fatal(err)
	}
	if got := mustDecode(t, encodeFields(fields)); !reflect.DeepEqual(got, fields) {
		t.Error("the deepest allowed list does not come back")
	}
}

// checkDecoded fails unless b is refused as corrupt or is the one encoding of
// what it decodes to, and unless filters agree that it is safe to walk.
func checkDecoded(t *testing.T, b []byte) {
	t.Helper()
	for _, name := range []string{"list", "map.f", "a.b.c", ""} {
		if _, err := matchFilter(Eq(name, 1), nil, nil, b); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("% x: filter: %v is not ErrCorrupt", b, err)
		}
	}
	fields, err := decodeFields(b)
	if err != nil {
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("% x: %v is not ErrCorrupt", b, err)
		}
		return
	}
	if again := encodeFields(fields); !bytes.Equal(again, b) {
		t.Fatalf("% x decodes to %#v, which encodes to % x", b, fields, again)
	}
}

func FuzzFields(f *testing.F) {
	f.Add([]byte{})
	f.Add(encodeFields(sampleFields))
	f.Add(encodeFields(map[string]any{"l": nestedList(maxFieldDepth + 2)}))
	f.Fuzz(checkDecoded)
}
