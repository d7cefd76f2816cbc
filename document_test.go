package bertsearch

import (
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestDocumentReadsJSON(t *testing.T) {
	for _, test := range []struct {
		name, json string
		want       Document
	}{
		{"all keys", `{"id":"a","title":"T","text":"x","lang":"en","year":2021}`,
			Document{ID: "a", Title: "T", Text: "x", Fields: map[string]any{"lang": "en", "year": int64(2021)}}},
		{"_id", `{"_id":"b"}`, Document{ID: "b"}},
		{"id wins over _id", `{"_id":"b","id":"c"}`, Document{ID: "c", Fields: map[string]any{"_id": "b"}}},
		{"numeric id", `{"id":12345678901234567890}`, Document{ID: "12345678901234567890"}},
		{"id of any bytes", `{"id_base64":"/wA="}`, Document{ID: "\xff\x00"}},
		{"metadata", `{"id":"a","metadata":{"k":1,"id":"inner"},"k":2}`,
			Document{ID: "a", Fields: map[string]any{"k": int64(2), "id": "inner"}}},
		{"metadata that is a field", `{"id":"a","metadata":"plain"}`,
			Document{ID: "a", Fields: map[string]any{"metadata": "plain"}}},
		{"metadata null", `{"id":"a","metadata":null}`, Document{ID: "a"}},
		{"numbers", `{"i":9223372036854775807,"big":9223372036854775808,"f":1.0,"e":1e2}`,
			Document{Fields: map[string]any{"i": int64(math.MaxInt64), "big": 0x1p63, "f": 1.0, "e": 100.0}}},
		{"nested", `{"f":[1,{"a":null}],"t":true}`,
			Document{Fields: map[string]any{"f": []any{int64(1), map[string]any{"a": nil}}, "t": true}}},
		{"null title", `{"id":"a","title":null}`, Document{ID: "a"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got Document
			if err := json.Unmarshal([]byte(test.json), &got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %#v, want %#v", got, test.want)
			}
			again, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			var back Document
			if err := json.Unmarshal(again, &back); err != nil || !reflect.DeepEqual(back, got) {
				t.Errorf("through %s: got %#v (%v), want %#v", again, back, err, got)
			}
		})
	}
}

func TestDocumentRefusesJSON(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                   "array",
		`{"id":true}`:          "id must be a string, not a boolean",
		`{"id":"a","text":[]}`: "text must be a string, not an array",
		`{"title":{}}`:         "title must be a string, not an object",
		`{"n":1e999}`:          `"n"`,
		`{"id_base64":"!"}`:    "id_base64",
		`{"deep":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`: "nested deeper",
	} {
		d := Document{ID: "kept"}
		err := json.Unmarshal([]byte(text), &d)
		if !errors.Is(err, ErrInvalidDocument) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error %v, want one with %q", text, err, want)
		}
		if d.ID != "kept" {
			t.Errorf("%.60s: half applied: %+v", text, d)
		}
	}
}

func TestDocumentWritesJSON(t *testing.T) {
	d := Document{ID: "a", Title: "<T> & \u2028", Text: "x\xff", Fields: map[string]any{
		"z": 3.0, "b": []string{"p", "q"}, "id": 7, "n": int8(-1), "when": time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
	}}
	got, err := d.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"a","title":"<T> & \u2028","text":"x\ufffd","b":["p","q"],"n":-1,"when":"2024-05-01T12:00:00Z","z":3.0,"metadata":{"id":7}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if !json.Valid(got) {
		t.Error("not valid JSON")
	}
}

func TestDocumentValidate(t *testing.T) {
	cycle := map[string]any{}
	cycle["self"] = cycle
	for _, test := range []struct {
		name string
		doc  Document
		want string // in the error; "" for none
	}{
		{"no id", Document{}, "the id is empty"},
		{"long id", Document{ID: strings.Repeat("k", MaxIDLength+1)}, "32001 bytes"},
		{"longest id", Document{ID: strings.Repeat("\xff", MaxIDLength)}, ""},
		{"NaN", Document{ID: "a", Fields: map[string]any{"score": math.NaN()}}, `field "score"`},
		{"infinity in a list", Document{ID: "a", Fields: map[string]any{"l": []any{1, float32(math.Inf(1))}}}, `field "l[1]"`},
		{"channel in a map", Document{ID: "a", Fields: map[string]any{"m": map[string]any{"c": make(chan int)}}}, `field "m.c": a chan int`},
		{"func", Document{ID: "a", Fields: map[string]any{"f": func() {}}}, `field "f"`},
		{"struct", Document{ID: "a", Fields: map[string]any{"s": struct{ A int }{}}}, `field "s"`},
		{"large uint64", Document{ID: "a", Fields: map[string]any{"u": uint64(math.MaxUint64)}}, `field "u"`},
		{"map with int keys", Document{ID: "a", Fields: map[string]any{"m": map[int]int{}}}, `field "m"`},
		{"cycle", Document{ID: "a", Fields: cycle}, "nested deeper"},
		{"name not UTF-8", Document{ID: "a", Fields: map[string]any{"\xff": 1}}, "not UTF-8"},
		{"inner name not UTF-8", Document{ID: "a", Fields: map[string]any{"m": map[string]int{"\xff": 1}}}, "not UTF-8"},
		{"time out of range", Document{ID: "a", Fields: map[string]any{"t": time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}}, `field "t"`},
		{"nils", Document{ID: "a", Fields: map[string]any{"n": nil, "p": (*int)(nil), "t": (*time.Time)(nil), "s": []string(nil)}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.doc.Validate()
			if test.want == "" {
				if err != nil {
					t.Errorf("error %v", err)
				}
				return
			}
			if !errors.Is(err, ErrInvalidDocument) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want ErrInvalidDocument with %q", err, test.want)
			}
		})
	}
}

func TestNormalizeFields(t *testing.T) {
	type language string
	seven := 7
	got, err := normalizeFields(map[string]any{
		"int": 1, "u8": uint8(2), "f32": float32(0.5), "s": "caf\xe9", "named": language("en"),
		"strings": []string{"a"}, "array": [2]int{1, 2}, "bytes": []byte{0xff}, "pointer": &seven,
		"map": map[language]any{"k": []int{1}}, "addr": netip.MustParseAddr("10.0.0.1"),
		"number": json.Number("9007199254740993"), "duration": time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"int": int64(1), "u8": int64(2), "f32": 0.5, "s": "caf\uFFFD", "named": "en",
		"strings": []any{"a"}, "array": []any{int64(1), int64(2)}, "bytes": "/w==", "pointer": int64(7),
		"map": map[string]any{"k": []any{int64(1)}}, "addr": "10.0.0.1",
		"number": int64(9007199254740993), "duration": int64(time.Second),
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v\nwant %#v", got, want)
	}
}

func FuzzDocumentJSON(f *testing.F) {
	f.Add([]byte(`{"id":"a","title":"t","text":"x","metadata":{"id":[1.5,null,{"k":true}]},"k":-0.0}`))
	f.Add([]byte(`{"id_base64":"/w==","_id":3,"metadata":4}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Document
		if json.Unmarshal(data, &d) != nil {
			return
		}
		written, err := json.Marshal(d)
		if err != nil {
			t.Fatalf("%s was read, but is not written: %v", data, err)
		}
		var back Document
		if err := json.Unmarshal(written, &back); err != nil || !reflect.DeepEqual(back, d) {
			t.Fatalf("%s\nread     %#v\nwritten  %s\nread back %#v (%v)", data, d, written, back, err)
		}
	})
}
