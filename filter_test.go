package bertsearch

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

// stored returns the stored form of fields.
func stored(t testing.TB, fields map[string]any) []byte {
	t.Helper()
	b, err := Document{ID: "x", Fields: fields}.encodedFields()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var filterDocument = map[string]any{
	"lang": "en", "year": 2021, "ratio": 0.5, "draft": false, "gone": nil,
	"tags": []string{"new", "hot"}, "none": []string{}, "mixed": []any{1, []any{"deep"}},
	"when": "2024-05-01T12:00:00+02:00", "day": "2024-05-01",
	"author":  map[string]any{"name": "Ann", "born": 1970},
	"editors": []any{map[string]any{"name": "Bo"}, map[string]any{"name": "Cy", "age": 40}},
	"a.b":     "flat", "a": map[string]any{"b": "nested", "c.d": 1},
	"big": int64(1<<53 + 1), "odd name": "x", "id": "not the id",
}

func TestFilterMatches(t *testing.T) {
	fields := stored(t, filterDocument)
	for text, want := range map[string]bool{
		`lang = "en"`:                      true,
		`lang = 'en'`:                      true,
		`lang = "de"`:                      false,
		`lang != "de"`:                     true,
		`lang < "f"`:                       true,
		`year >= 2020`:                     true,
		`year = 2021.0`:                    true,
		`year > 2021`:                      false,
		`year <= 2021 and ratio < 1`:       true,
		`ratio = 5e-1`:                     true,
		`big = 9007199254740992.0`:         false, // 2^53: equal if rounded
		`big > 9007199254740992.0`:         true,
		`big < 1e300`:                      true,
		`big > -1e300`:                     true,
		`draft = false`:                    true,
		`draft != true`:                    true,
		`gone = null`:                      true,
		`exists gone`:                      true,
		`gone = 0`:                         false,
		`gone != 0`:                        true,
		`year = "2021"`:                    false, // other types are unequal
		`year != "2021"`:                   true,
		`year < "3"`:                       false,
		`year in (1, 2021)`:                true,
		`year in ("2021")`:                 false,
		`lang in ("de", "en", 3)`:          true,
		`lang in ()`:                       false,
		`not lang in ()`:                   true,
		`lang prefix "e"`:                  true,
		`lang prefix ""`:                   true,
		`lang prefix "english"`:            false,
		`year prefix "20"`:                 false,
		`tags = "hot"`:                     true,
		`tags != "hot"`:                    true, // "new" is another
		`not (tags = "hot")`:               false,
		`tags prefix "n"`:                  true,
		`tags in ("x", "new")`:             true,
		`exists none`:                      true,
		`none = "x"`:                       false,
		`none != "x"`:                      false,
		`not none = "x"`:                   true,
		`mixed = "deep"`:                   true,
		`when = "2024-05-01T10:00:00Z"`:    true,
		`when < "2024-05-01T11:00:00Z"`:    true,
		`when >= "2024-05-01"`:             true,
		`when in ("2024-05-01T10:00:00Z")`: true,
		`day = "2024-05-01T00:00:00Z"`:     true,
		`day prefix "2024-"`:               true,
		`author.name = "Ann"`:              true,
		`author.born < 1980`:               true,
		`exists author.email`:              false,
		`exists author`:                    true,
		`author = "Ann"`:                   false,
		`editors.name = "Cy"`:              true,
		`editors.age >= 40`:                true,
		`a.b = "flat"`:                     true,
		`a.b = "nested"`:                   true,
		`a.c.d = 1`:                        true,
		`"odd name" = "x"`:                 true,
		`id = "doc-1"`:                     true,
		`id = "not the id"`:                false,
		`id prefix "doc-" and title = "T"`: true,
		// A missing field matches only "not exists", however it is negated.
		`missing = 1`:                                         false,
		`missing != 1`:                                        false,
		`not missing = 1`:                                     false,
		`not not missing = 1`:                                 false,
		`missing in ()`:                                       false,
		`not missing in ()`:                                   false,
		`not missing prefix "x"`:                              false,
		`not exists missing`:                                  true,
		`missing = 1 or lang = "en"`:                          true,
		`missing = 1 and lang = "en"`:                         false,
		`not (missing = 1 and lang = "de")`:                   true, // false whatever the field is
		`not (missing = 1 or lang = "de")`:                    false,
		`lang = "de" or (year < 2022 and not exists missing)`: true,
		`lang = "en" or lang = "de" and missing = 1`:          true, // "and" binds closer
	} {
		f, err := ParseFilter(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got, err := matchFilter(f, []byte("doc-1"), []byte("T"), fields)
		if err != nil || got != want {
			t.Errorf("%s: got %v (%v), want %v", text, got, err, want)
		}
	}
}

func TestFilterWithoutTitle(t *testing.T) {
	for f, want := range map[Filter]bool{Exists("title"): false, Exists("id"): true} {
		if got, _ := matchFilter(f, []byte("x"), nil, nil); got != want {
			t.Errorf("%v: got %v, want %v", f, got, want)
		}
	}
}

func TestFilterConstructors(t *testing.T) {
	noon := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	en, year := Eq("lang", "en"), Ge("year", 2020)
	for _, test := range []struct {
		filter Filter
		want   string
	}{
		{Ne("f", nil), `f != null`},
		{Lt("f", 3.0), `f < 3.0`},
		{Le("f", int8(-3)), `f <= -3`},
		{Gt("when", noon), `when > "2024-05-01T12:00:00Z"`},
		{Eq("f", true), `f = true`},
		{In("f", 1, "a", nil, false), `f in (1, "a", null, false)`},
		{Exists("and"), `exists "and"`},
		{Prefix("my field", "a\"\\\n\xff\x01"), `"my field" prefix "a\"\\\n\xff\u0001"`},
		{And(en, And(year, en)), `lang = "en" and year >= 2020 and lang = "en"`},
		{And(en, Or(year, Or(en, year))), `lang = "en" and (year >= 2020 or lang = "en" or year >= 2020)`},
		{Or(And(en, year), en), `lang = "en" and year >= 2020 or lang = "en"`},
		{Not(And(en, year)), `not (lang = "en" and year >= 2020)`},
		{Not(Exists("f")), `not exists f`},
		{Not(Not(en)), `lang = "en"`},
		{And(nil, en, nil), `lang = "en"`},
		{Or(), `id in ()`},
		{Not(nil), `id in ()`},
	} {
		if err := checkFilter(test.filter); err != nil {
			t.Errorf("%s: %v", test.want, err)
		}
		if got := test.filter.String(); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
		checkFilterText(t, test.filter)
	}
	if And() != nil || And(nil) != nil || Or(en, nil) != nil {
		t.Error("a condition that always holds should be nil")
	}
	if ok, err := matchFilter(nil, nil, nil, nil); !ok || err != nil || checkFilter(nil) != nil {
		t.Error("nil should match everything")
	}
}

func TestFilterConstructorsRefuse(t *testing.T) {
	for _, f := range []Filter{
		Eq("f", math.NaN()), Eq("f", []int{1}), Eq("f", map[string]any{}), Eq("f", make(chan int)),
		In("f", 1, struct{}{}), Lt("f", nil), Ge("f", true),
	} {
		for _, f := range []Filter{f, Not(f), And(Exists("g"), f), Or(f, Exists("g"))} {
			if err := checkFilter(f); !errors.Is(err, ErrInvalidQuery) || !strings.Contains(err.Error(), `"f"`) {
				t.Errorf("%v: error %v, want ErrInvalidQuery naming the field", f, err)
			}
		}
	}
}

func TestFilterReportsDamage(t *testing.T) {
	if _, err := matchFilter(Eq("f", 1), nil, nil, []byte{1, 'a', 99}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("error %v, want ErrCorrupt", err)
	}
}

func BenchmarkFilter(b *testing.B) {
	fields := stored(b, filterDocument)
	ids := make([]any, 1000)
	for i := range ids {
		ids[i] = strconv.Itoa(i)
	}
	for name, f := range map[string]Filter{
		"equal": Eq("lang", "en"), "time": Ge("when", "2024-01-01"), "nested": Eq("author.name", "Ann"),
		"both": And(Eq("lang", "en"), Ge("year", 2020)), "in 1000 ids": In("id", ids...),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := matchFilter(f, []byte("doc"), nil, fields); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
