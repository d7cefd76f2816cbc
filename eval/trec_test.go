package eval

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestQrelsFile(t *testing.T) {
	path := filepath.Join(writeFiles(t, map[string]string{"q": "1 0 a 1\n1\t0  b -1\n\n2 0 a 3\r\n1 0 a 1\n"}), "q")
	got, err := LoadQrels(path)
	if want := (Qrels{"1": {"a": 1, "b": -1}, "2": {"a": 3}}); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v (%v), want %v", got, err, want)
	}
	var written bytes.Buffer
	if err := got.Write(&written); err != nil || written.String() != "1 0 a 1\n1 0 b -1\n2 0 a 3\n" {
		t.Errorf("wrote %q (%v)", written.String(), err)
	}
}

func TestRunFile(t *testing.T) {
	got, err := ReadRun(strings.NewReader("2 Q0 x 1 0.5 tag\n1 Q0 b 1 1e-3 tag\n1 Q0 a 2 3 tag\n"), "r")
	want := Run{"1": {{"a", 3}, {"b", 0.001}}, "2": {{"x", 0.5}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %v (%v), want %v", got, err, want)
	}
	var written bytes.Buffer
	if err := got.Write(&written, "mine"); err != nil {
		t.Fatal(err)
	}
	if want := "1 Q0 a 1 3 mine\n1 Q0 b 2 0.001 mine\n2 Q0 x 1 0.5 mine\n"; written.String() != want {
		t.Errorf("wrote %q, want %q", written.String(), want)
	}
}

func TestTRECFileErrors(t *testing.T) {
	for text, want := range map[string]string{
		"1 0 a\n":              "f:1: 3 columns",
		"1 0 a 1\n1 0 b one\n": "f:2: grade \"one\"",
		"1 0 a 1\n1 0 a 2\n":   "f:2: document",
	} {
		if _, err := ReadQrels(strings.NewReader(text), "f"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("qrels %q: error %v, want %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"1 Q0 a 1 2\n":                   "f:1: 5 columns",
		"1 Q0 a 1 x t\n":                 "f:1: score \"x\"",
		"1 Q0 a 1 NaN t\n":               "not a finite number",
		"1 Q0 a 1 2 t\n\n1 Q0 a 2 1 t\n": "f:3: document \"a\" is already on line 1",
	} {
		if _, err := ReadRun(strings.NewReader(text), "f"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("run %q: error %v, want %q", text, err, want)
		}
	}
	if _, err := LoadRun(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("no error for a missing file")
	}
}

// fullDisk fails as a full disk does.
type fullDisk struct{}

var errFull = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

func TestTRECWriteErrors(t *testing.T) {
	if err := (Run{"1": {{"a", 1}}}).Write(fullDisk{}, "t"); !errors.Is(err, errFull) {
		t.Errorf("error %v, want the writer's", err)
	}
	if err := (Qrels{"1": {"a": 1}}).Write(fullDisk{}); !errors.Is(err, errFull) {
		t.Errorf("error %v, want the writer's", err)
	}
	for _, err := range []error{
		(Run{"1": {{"a b", 1}}}).Write(&bytes.Buffer{}, "t"),
		(Run{"": {{"a", 1}}}).Write(&bytes.Buffer{}, "t"),
		(Run{"1": {{"a", math.NaN()}}}).Write(&bytes.Buffer{}, "t"),
		(Run{}).Write(&bytes.Buffer{}, "two words"),
		(Qrels{"1": {"a\n": 1}}).Write(&bytes.Buffer{}),
	} {
		if err == nil {
			t.Error("wrote what cannot be read back")
		}
	}
}

func FuzzTRECFiles(f *testing.F) {
	f.Add([]byte("1 Q0 a 1 0.5 tag\n1 Q0 b 2 -1e3 tag\n"))
	f.Add([]byte("1 0 a 1\n"))
	f.Add([]byte("q\td\tscore\nq\td\t1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if run, err := ReadRun(bytes.NewReader(data), "f"); err == nil {
			var b bytes.Buffer
			if err := run.Write(&b, "t"); err != nil {
				t.Fatalf("read %q, but: %v", data, err)
			}
			if again, err := ReadRun(&b, "f"); err != nil || !reflect.DeepEqual(again, run) {
				t.Fatalf("%q: got %v (%v), want %v", data, again, err, run)
			}
		}
		if qrels, err := ReadQrels(bytes.NewReader(data), "f"); err == nil {
			var b bytes.Buffer
			if err := qrels.Write(&b); err != nil {
				t.Fatalf("read %q, but: %v", data, err)
			}
			if again, err := ReadQrels(&b, "f"); err != nil || !reflect.DeepEqual(again, qrels) {
				t.Fatalf("%q: got %v (%v), want %v", data, again, err, qrels)
			}
		}
		_, _ = readBEIRQrels(bytes.NewReader(data), "f")
	})
}

// trecNames are trec_eval's names of our metrics. Its recip_rank has no cut.
var trecNames = map[string]Metric{
	"map": MAP(), "recip_rank": MRR(math.MaxInt),
	"ndcg_cut_5": NDCG(5), "ndcg_cut_10": NDCG(10), "ndcg_cut_100": NDCG(100),
	"recall_5": Recall(5), "recall_10": Recall(10), "recall_100": Recall(100),
	"P_5": Precision(5), "P_10": Precision(10), "P_100": Precision(100),
}

// TestSameAsTrecEval holds every value of every query against those that
// trec_eval computed; testdata/trec_eval/make.py made them.
func TestSameAsTrecEval(t *testing.T) {
	const dir = "testdata/trec_eval/"
	qrels, err := LoadQrels(dir + "qrels.txt")
	if err != nil {
		t.Fatal(err)
	}
	run, err := LoadRun(dir + "run.txt")
	if err != nil {
		t.Fatal(err)
	}
	result := Evaluate(qrels, run, slices.Collect(maps.Values(trecNames))...)
	values, err := os.ReadFile(dir + "values.txt")
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for line := range strings.Lines(string(values)) {
		var query, name string
		var want float64
		if _, err := fmt.Sscan(line, &query, &name, &want); err != nil {
			t.Fatal(err)
		}
		i, found := slices.BinarySearch(result.Queries, query)
		if !found {
			if countRelevant(qrels[query]) > 0 || want != 0 {
				t.Errorf("query %s is left out", query)
			}
			continue
		}
		compared++
		if got := result.Values(trecNames[name])[i]; math.Abs(got-want) > 1e-6 {
			t.Errorf("%s %s: got %.6f, trec_eval %.6f", query, name, got, want)
		}
	}
	if compared < 250 {
		t.Errorf("only %d values compared", compared)
	}
}
