package keyword

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestNameWords(t *testing.T) {
	for name, want := range map[string][]string{
		"word": nil, "Word": nil, "WORD": nil, "": nil, "U.S": nil, "2.6.3": nil, "x.y": nil, "_": nil, "__a": nil,
		"ReadFile":           {"Read", "File"},
		"read_file":          {"read", "file"},
		"os.ReadFile":        {"os", "Read", "File"},
		"HTTPServer":         {"HTTP", "Server"},
		"parseURL":           {"parse", "URL"},
		"__init__.py_x":      {"init", "py", "x"},
		"readHTTPServerFile": {"read", "HTTP", "Server", "File"},
		"ÉtatÉtrange":        {"État", "Étrange"},
		"MAX_VALUE":          {"MAX", "VALUE"},
		"Straße.GrößeÄndern": {"Straße", "Größe", "Ändern"},
	} {
		var got []string
		for _, s := range nameWords(name) {
			got = append(got, name[s.Start:s.End])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestIdentifiersAreFoundByTheirWords(t *testing.T) {
	x := openTest(t, t.TempDir(), nil)
	mustApply(t, x, []Doc{{1, "os.ReadFile", "reads it whole"}, {2, "max_value", ""}, {3, "nothing", "at all"}}, nil, 1)
	for query, want := range map[string][]uint32{
		"read file": {1}, "ReadFile": {1}, "os.readfile": {1}, "maximum value": {2}, "max_value": {2},
	} {
		if got := found(t, x, query); !slices.Equal(got, want) {
			t.Errorf("%q finds %v, want %v", query, got, want)
		}
	}
	text := "call os.ReadFile twice"
	if got := x.Highlights("read file", text); len(got) != 1 || text[got[0].Start:got[0].End] != "ReadFile" {
		t.Errorf("highlights %v", got)
	}
}

func FuzzNameWords(f *testing.F) {
	f.Add("os.ReadFile")
	f.Add("readHTTPServer.ReadAllFrom")
	f.Add("a_b\xffC__.ÄÖ")
	f.Fuzz(func(t *testing.T, name string) {
		last := 0
		for _, s := range nameWords(name) {
			if s.Start < last || s.End <= s.Start || s.End > len(name) {
				t.Fatalf("%q: span %v after %d", name, s, last)
			}
			if utf8.ValidString(name) && !utf8.ValidString(name[s.Start:s.End]) {
				t.Fatalf("%q: %v cuts a character", name, s)
			}
			last = s.End
		}
	})
}
