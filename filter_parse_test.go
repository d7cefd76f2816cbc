package bertsearch

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseFilterForms(t *testing.T) {
	for text, want := range map[string]string{
		`LANG = "en" AND Not EXISTS draft`:     `LANG = "en" and not exists draft`,
		` ( ( f=1 ) ) `:                        `f = 1`,
		`f in('a',"b")`:                        `f in ("a", "b")`,
		`'single' = "it's"`:                    `single = "it's"`,
		`"a\u00e9\/\b\x41" = -1.50e2`:          `"aé/\u0008A" = -150.0`,
		`größe-1.x_y >= 0`:                     `größe-1.x_y >= 0`,
		`a = 1 or b = 2 and not c = 3`:         `a = 1 or b = 2 and not c = 3`,
		`in = 1`:                               ``, // keywords need quotes
		`"in" = 1`:                             `"in" = 1`,
		`n = 99999999999999999999`:             `n = 100000000000000000000.0`,
		"f\u00a0=\n\t1":                        `f = 1`,
		strings.Repeat("not ", 5001) + "f = 1": `not f = 1`,
		strings.Repeat("(", 100) + "f = 1" + strings.Repeat(")", 100): `f = 1`,
	} {
		f, err := ParseFilter(text)
		if want == "" {
			if err == nil {
				t.Errorf("%s: no error", text)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestParseFilterErrors(t *testing.T) {
	for _, test := range []struct {
		text   string
		column int
		want   string // in the message
	}{
		{``, 1, "field name"},
		{`   `, 4, "found the end"},
		{`lang = = 3`, 8, "a value"},
		{`lang == 3`, 7, "a value"},
		{`lang = en`, 8, "in quotes"},
		{`lang "en"`, 6, "one of ="},
		{`lang`, 5, "one of ="},
		{`lang = "en`, 8, `a closing "`},
		{`größe = 'x`, 9, `a closing '`}, // columns count characters
		{`f = 1 g = 2`, 7, `"and", "or"`},
		{`f = 1 and`, 10, "field name"},
		{`(f = 1`, 7, `")"`},
		{`f = 1)`, 6, "the end"},
		{`f in 3`, 6, `"("`},
		{`f in (1 2)`, 9, `","`},
		{`f in (1,)`, 9, "a value"},
		{`f in (1`, 8, `","`},
		{`f prefix 3`, 10, "a text in quotes"},
		{`f < true`, 5, "a number or a text"},
		{`exists = 3`, 8, "a field name"},
		{`exists and`, 8, "needs quotes"},
		{`not`, 4, "field name"},
		{`d = 2024-05-01`, 5, "go in quotes"},
		{`n = 1e999`, 5, "fits 64 bits"},
		{`n = -`, 5, "a number"},
		{`f ! 3`, 3, "found !"},
		{`f = "\q"`, 6, "one of"},
		{`f = "\u12"`, 6, "one of"},
		{`f = "\x4z"`, 6, "one of"},
		{`f = "\`, 6, "at the end"},
		{`f; drop`, 2, "one of ="},
		{"f = \xff", 5, "a value"},
		{strings.Repeat("(", 101) + "f = 1", 101, "at most 100 levels"},
		{`f = 1 and ` + strings.Repeat("x", 500) + ` = y`, 514, "a value"},
	} {
		f, err := ParseFilter(test.text)
		var fault *FilterError
		if !errors.As(err, &fault) || !errors.Is(err, ErrInvalidQuery) {
			t.Errorf("%.40s: got %v, %v, want a FilterError", test.text, f, err)
			continue
		}
		if fault.Column != test.column || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "column") {
			t.Errorf("%.40s: %v; want column %d and %q", test.text, err, test.column, test.want)
		}
		if f != nil {
			t.Errorf("%.40s: a filter beside an error", test.text)
		}
	}
}

// checkFilterText fails unless f's text parses to f.
func checkFilterText(t *testing.T, f Filter) {
	t.Helper()
	back, err := ParseFilter(f.String())
	if err != nil || !reflect.DeepEqual(back, f) {
		t.Fatalf("%s does not parse back: %v (%v)", f, back, err)
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add(`lang = "en" and (year >= 2020 or tags in ("new", 'hot', -1.5e3, null)) and not exists "d r"`)
	f.Add(`a.b prefix "x\u00e9\xff" or not not (a < "2024-05-01T12:00:00Z" or b != true)`)
	f.Add(`f = 9223372036854775808`)
	f.Add(`f in () and ((((`)
	fields := stored(f, filterDocument)
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseFilter(text)
		if err != nil {
			var fault *FilterError
			if !errors.As(err, &fault) || fault.Column < 1 || fault.Column > len(text)+1 {
				t.Fatalf("%q: error %v", text, err)
			}
			return
		}
		checkFilterText(t, filter)
		matched, err := matchFilter(filter, []byte("id"), nil, fields)
		if err != nil {
			t.Fatal(err)
		}
		if opposite, _ := matchFilter(Not(filter), []byte("id"), nil, fields); matched && opposite {
			t.Fatalf("%q and its negation both match", text)
		}
	})
}
