package keyword

import (
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
)

// testIdentifiers returns the filter of a language, as its analyzer has it.
func testIdentifiers(t testing.TB, language string) identifiers {
	t.Helper()
	a, err := newAnalyzer(language)
	if err != nil {
		t.Fatal(err)
	}
	return a.(*analysis.DefaultAnalyzer).TokenFilters[0].(identifiers)
}

func TestWordsOfNames(t *testing.T) {
	filter := testIdentifiers(t, "en")
	for name, want := range map[string][]string{
		"ReadFile":           {"Read", "File"},
		"read_file":          {"read", "file"},
		"os.ReadFile":        {"os", "Read", "File"},
		"http.Server":        {"http", "Server"},
		"java.util.List":     {"java", "util", "List"},
		"HTTPServer":         {"HTTP", "Server"},
		"parseURL":           {"parse", "URL"},
		"__init__.py_x":      {"init", "py", "x"},
		"readHTTPServerFile": {"read", "HTTP", "Server", "File"},
		"x_train":            {"x", "train"},
		"x_readFile":         {"x", "read", "File"},
		"ÉtatÉtrange":        {"État", "Étrange"},
		"MAX_VALUE":          {"MAX", "VALUE"},
		"Straße.GrößeÄndern": {"Straße", "Größe", "Ändern"},
		"iPhone_cases":       {"iPhone", "cases"},
	} {
		if got := cut(name, filter.words(name)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestProseHasNoNames(t *testing.T) {
	filter := testIdentifiers(t, "en")
	for _, word := range []string{
		"", "word", "Word", "WORD", "_", "__a", // one word
		"U.S", "U.S.A", "B.C", "e.g", "x.y", "2.6.3", "H2A.Z", // initials and numbers
		"States.The", "1973.The", "dance.It", "one.two.The", // a full stop
		"iPhone", "eBay", "mRNA", "PhD", "CpG", "x.readFile", // a single letter
	} {
		if got := filter.words(word); got != nil {
			t.Errorf("%q is cut into %q", word, cut(word, got))
		}
	}
}

// What ends a sentence is for each language to say.
func TestSentencesOfALanguage(t *testing.T) {
	const sentence = "Haus.Die"
	if got := testIdentifiers(t, "de").words(sentence); got != nil {
		t.Errorf("German: %v", got)
	}
	if got := testIdentifiers(t, "en").words(sentence); len(got) != 2 {
		t.Errorf("English: %v", got)
	}
}

func cut(name string, spans []Span) []string {
	var words []string
	for _, s := range spans {
		words = append(words, name[s.Start:s.End])
	}
	return words
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

func FuzzWordsOfNames(f *testing.F) {
	f.Add("os.ReadFile")
	f.Add("readHTTPServer.ReadAllFrom")
	f.Add("a_b\xffC__.ÄÖ")
	f.Add("States.The.iPhone.x")
	filter := testIdentifiers(f, "en")
	f.Fuzz(func(t *testing.T, name string) {
		last := 0
		for _, s := range filter.words(name) {
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
