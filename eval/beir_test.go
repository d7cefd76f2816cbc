package eval

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// writeFiles makes a folder of files: path within it → content.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, content := range files {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// smallSet is a collection with everything that readers must stand: a header,
// CRLF, blank lines, a byte order mark, an unjudged query and a missing one.
func smallSet() map[string]string {
	return map[string]string{
		"corpus.jsonl":    "\uFEFF{\"_id\":\"d1\",\"title\":\"T\",\"text\":\"x\",\"metadata\":{\"k\":1}}\r\n\n{\"_id\":\"d2\",\"text\":\"y\"}",
		"queries.jsonl":   "{\"_id\":\"q2\",\"text\":\"two\"}\n{\"_id\":\"q1\",\"text\":\"one\"}\n{\"_id\":\"unjudged\",\"text\":\"\"}\n{\"_id\":\"q1\",\"text\":\"again\"}\n",
		"qrels/test.tsv":  "query-id\tcorpus-id\tscore\r\nq1\td1\t2\r\nq1\td2\t0\nq2\td2\t1\nlost\td1\t1\n",
		"qrels/train.tsv": "q9\td9\t1\n",
	}
}

func TestOpenBEIR(t *testing.T) {
	dir := writeFiles(t, smallSet())
	d, err := OpenBEIR(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := &Dataset{
		Name: filepath.Base(dir), Split: "test", Unmatched: 1,
		Queries: []Query{{"q2", "two"}, {"q1", "one"}},
		Qrels:   Qrels{"q1": {"d1": 2, "d2": 0}, "q2": {"d2": 1}},
		corpus:  filepath.Join(dir, "corpus.jsonl"),
	}
	if !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v\nwant %+v", d, want)
	}
	for range 2 { // the corpus can be read again
		var documents []Document
		for document, err := range d.Corpus() {
			if err != nil {
				t.Fatal(err)
			}
			documents = append(documents, document)
		}
		if want := []Document{{"d1", "T", "x"}, {"d2", "", "y"}}; !reflect.DeepEqual(documents, want) {
			t.Errorf("got %+v, want %+v", documents, want)
		}
	}
	for _, err := range d.Corpus() {
		if err != nil {
			t.Error(err)
		}
		break // stopping early is fine
	}
}

func TestOpenBEIRSplits(t *testing.T) {
	files := smallSet()
	delete(files, "qrels/test.tsv")
	files["qrels/dev.tsv"] = "q1\td1\t1\n" // no header
	if d, err := OpenBEIR(writeFiles(t, files)); err != nil || d.Split != "dev" || len(d.Queries) != 1 {
		t.Errorf("got %+v (%v), want the dev split", d, err)
	}
}

func TestOpenBEIRSplit(t *testing.T) {
	files := smallSet()
	files["qrels/train.tsv"] = "q1\td2\t1\nq1\td1\t1\nq1\td0\t0\n"
	d, err := OpenBEIRSplit(writeFiles(t, files), "train")
	if err != nil || d.Split != "train" || !reflect.DeepEqual(d.Qrels.Relevant("q1"), []string{"d1", "d2"}) {
		t.Errorf("got %+v (%v)", d, err)
	}
	if _, err := OpenBEIRSplit(writeFiles(t, files), "dev"); err == nil || !strings.Contains(err.Error(), "dev.tsv") {
		t.Errorf("a split that is not there: %v", err)
	}
}

func TestOpenBEIRErrors(t *testing.T) {
	for name, test := range map[string]struct {
		path, content, want string
	}{
		"no corpus":       {"corpus.jsonl", "", "corpus.jsonl"},
		"no queries":      {"queries.jsonl", "", "queries.jsonl"},
		"no qrels":        {"qrels/test.tsv", "", "no judgements"},
		"bad grade":       {"qrels/test.tsv", "q1\td1\t1\nq1\td2\t0.5\n", "test.tsv:2: grade"},
		"columns":         {"qrels/test.tsv", "q1 d1 1\n", "test.tsv:1: 1 columns"},
		"judged twice":    {"qrels/test.tsv", "q1\td1\t1\nq1\td1\t2\n", "test.tsv:2:"},
		"empty id":        {"qrels/test.tsv", "q1\t\t1\n", "test.tsv:1: an empty id"},
		"bad JSON":        {"queries.jsonl", "{\"_id\":\"q1\",\"text\":\"\"}\n\n{", "queries.jsonl:3:"},
		"no id":           {"queries.jsonl", "{\"text\":\"x\"}", "queries.jsonl:1: no \"_id\""},
		"no query judged": {"queries.jsonl", "{\"_id\":\"other\"}", "queries.jsonl: none"},
	} {
		t.Run(name, func(t *testing.T) {
			files := smallSet()
			delete(files, "qrels/train.tsv")
			if files[test.path] = test.content; test.content == "" {
				delete(files, test.path)
			}
			_, err := OpenBEIR(writeFiles(t, files))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
	files := smallSet()
	files["corpus.jsonl"] = "{\"_id\":\"a\"}\nnot json\n{\"_id\":\"b\"}\n"
	d, err := OpenBEIR(writeFiles(t, files))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, err = range d.Corpus() {
		seen++
	}
	if seen != 2 || err == nil || !strings.Contains(err.Error(), "corpus.jsonl:2:") {
		t.Errorf("%d entries, error %v; want 2, the second an error with its line", seen, err)
	}
}

func TestLongLine(t *testing.T) {
	files := smallSet()
	files["corpus.jsonl"] = `{"_id":"big","text":"` + strings.Repeat("a", 5<<20) + `"}`
	d, err := OpenBEIR(writeFiles(t, files))
	if err != nil {
		t.Fatal(err)
	}
	for document, err := range d.Corpus() {
		if err != nil || len(document.Text) != 5<<20 {
			t.Errorf("got %d bytes (%v)", len(document.Text), err)
		}
	}
}
