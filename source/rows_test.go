package source

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch"
)

func TestJSONLines(t *testing.T) {
	dir := writeFiles(t, map[string]string{"d.jsonl": strings.Join([]string{
		"\uFEFF" + `{"id":"ok1","text":"fine one"}`,
		`not json`,
		`{"text":"no id"}`,
		"",
		`{"id":"e","text":""}` + "\r",
		`["id"]`,
		`{"id":"n","text":"t","f":[1,{"a":null}]}`,
		`{"id":"ok1","text":"again"}`,
		`{"id":"` + strings.Repeat("k", bertsearch.MaxIDLength+1) + `"}`,
		`{"id":"big","text":"` + strings.Repeat("a", 50_000) + `"}`,
		`{"id":"inf","f":1e999}`,
		`{"id":"last","text":"no line end"}`,
	}, "\n")})
	documents, skips := collect(t, &Options{MaxLine: 40_000}, filepath.Join(dir, "d.jsonl"))
	expect(t, "ids", ids(documents), []string{"ok1", "e", "n", "ok1", "last"})
	expect(t, "the later one", documents[3].Text, "again")
	want := []string{"d.jsonl:2: ", "d.jsonl:3: no id", "d.jsonl:6: ", "d.jsonl:9: ", "d.jsonl:10: longer than 40000 bytes", "d.jsonl:11: "}
	if len(skips) != len(want) {
		t.Fatalf("skips %q, want %q", skips, want)
	}
	for i, prefix := range want {
		if !strings.HasPrefix(skips[i], prefix) || len(skips[i]) < len("d.jsonl:2: x") {
			t.Errorf("skip %q, want one with %q and a reason", skips[i], prefix)
		}
	}
}

func TestCSV(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"t.csv": "\uFEFFID,Title,text,year,score,zip,note\r\n" +
			"a,\"A, quoted\",\"two\nlines\",2021,1.5,01234,\n" +
			"b,,short row\n" +
			",No id,x,-3,1e3,,n\n" +
			"c,too,many,1,2,3,4,5\n" +
			"d,\"bad\"quote,x\n" +
			"e,fine,after,,,,\n",
		"semicolon.csv": "name;price\nApple pie;3\n",
		"tabs.tsv":      "id\ttext\nx\thello, world\n",
		"empty.csv":     "",
		"twice.csv":     "a,a\n1,2\n",
		"header.csv":    "id,text\n",
	})
	documents, skips := collect(t, nil, filepath.Join(dir, "t.csv"))
	expect(t, "documents", documents, []bertsearch.Document{
		{ID: "a", Title: "A, quoted", Text: "two\nlines", Fields: map[string]any{"year": int64(2021), "score": 1.5, "zip": "01234"}},
		{ID: "b", Text: "short row"},
		{ID: "t.csv#5", Title: "No id", Text: "x", Fields: map[string]any{"year": int64(-3), "score": 1000.0, "note": "n"}},
		{ID: "e", Title: "fine", Text: "after"},
	})
	expect(t, "skips", skips, []string{
		"t.csv:6: 8 cells, but the table has 7 columns",
		`t.csv:7: extraneous or missing " in quoted-field`,
	})
	documents, skips = collect(t, nil, filepath.Join(dir, "semicolon.csv"), filepath.Join(dir, "tabs.tsv"), filepath.Join(dir, "header.csv"))
	expect(t, "other delimiters", documents, []bertsearch.Document{
		{ID: "semicolon.csv#2", Text: "name: Apple pie\nprice: 3", Fields: map[string]any{"name": "Apple pie", "price": int64(3)}},
		{ID: "x", Text: "hello, world"},
	})
	expect(t, "skips", skips, []string(nil))
	_, skips = collect(t, nil, filepath.Join(dir, "empty.csv"), filepath.Join(dir, "twice.csv"))
	expect(t, "skips", skips, []string{"empty.csv: empty", `twice.csv:1: two columns are named "a"`})
}

// readAll runs a reader over fuzzed input and holds what comes to the rules that
// every source keeps.
func readAll(t *testing.T, read func(*reader) error) {
	t.Helper()
	check := func(d bertsearch.Document, err error) bool {
		if err == nil {
			err = d.Validate()
		}
		if skip, ok := err.(*bertsearch.Skip); err != nil && (!ok || skip.Reason == "" || skip.Path == "") {
			t.Errorf("document %q: %v", d.ID, err)
		}
		return true
	}
	options := (&Options{MaxLine: 1000}).withDefaults()
	if err := read(&reader{Options: options, sink: &sink{yield: check, origin: "o"}}); err != nil {
		t.Error(err)
	}
}

func FuzzJSONLines(f *testing.F) {
	f.Add([]byte("{\"id\":\"a\",\"metadata\":{\"k\":[1]}}\n\nnot json\n{\"text\":\"\\ud800\"}\n{\"id\":\"\xff\"}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		readAll(t, func(r *reader) error { return r.jsonLines(bytes.NewReader(data), "f") })
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("id,title,text,n\na,\"b\nc\",d,1\nx,\"y\"z\n,,,,,\n"))
	f.Add([]byte("\uFEFFa;b;\n1;-0;\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		readAll(t, func(r *reader) error { return r.csv(bytes.NewReader(data), "f", "f") })
	})
}
