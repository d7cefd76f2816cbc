package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestEnrichSurvivesKills kills enrich after a random number of writes until all
// documents have a field. After each kill the database must be sound, and what was written
// must be there. BERTSEARCH_KILLS sets the number, BERTSEARCH_DOCUMENTS how many
// documents there are.
func TestEnrichSurvivesKills(t *testing.T) {
	number := func(name string, otherwise int) int {
		if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
			return n
		}
		return otherwise
	}
	kills, documents := number("BERTSEARCH_KILLS", 3), number("BERTSEARCH_DOCUMENTS", 300)
	dir := t.TempDir()
	var docs strings.Builder
	for i := range documents {
		fmt.Fprintf(&docs, `{"id":"d%d","text":"%s number %d of the papers"}`+"\n", i, []string{"invoice", "parcel"}[i%2], i)
	}
	labels := "text,label\nan invoice,billing\na parcel,shipping\n"
	for name, content := range map[string]string{"docs.jsonl": docs.String(), "labels.csv": labels} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	command := func(args ...string) *exec.Cmd {
		c := exec.Command("bertsearch", args...)
		c.Dir = dir
		return c
	}
	must := func(args ...string) []byte {
		t.Helper()
		out, err := command(args...).Output()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return out
	}
	must("index", "-db", "t.db", "docs.jsonl")
	must("train", "--task", "classify", "--data", "labels.csv", "--held-out", "-1", "--out", "topics", "--layers", "1", "--rate", "5e-3", "--max-steps", "6")
	total := func() (n int) {
		var answer struct {
			Facets map[string][]struct{ Count int }
		}
		out, err := command("query", "-db", "t.db", "--facet", "topic", "--json").Output() // status 1: no document has it yet
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatal(err)
		}
		if some := len(answer.Facets["topic"]) > 0; some != (err == nil) {
			t.Fatalf("%v for %s", err, out)
		}
		for _, v := range answer.Facets["topic"] {
			n += v.Count
		}
		return n
	}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	written := 0
	for i := range kills {
		c := command("enrich", "-db", "t.db", "--head", "topic=topics")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			_ = c.Wait() // killed, or it had ended
			close(ended)
		}()
		awaitWrites(filepath.Join(dir, "t.db", "store.bolt"), 2+random.IntN(2), ended)
		_ = c.Process.Kill() // it may have ended
		<-ended              // killed, or it had ended
		if out := must("check", "-db", "t.db", "--json"); !strings.Contains(string(out), `"ok":true`) {
			t.Fatalf("seed %d: after kill %d: %s", seed, i, out)
		}
		now := total()
		if now < written {
			t.Fatalf("seed %d: after kill %d %d documents have the field, %d had", seed, i, now, written)
		}
		written = now
	}
	var report struct{ Written, Kept int }
	if err := json.Unmarshal(must("enrich", "-db", "t.db", "--head", "topic=topics", "--json"), &report); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d documents were written before %d kills, %d after", written, documents, kills, report.Written)
	if report.Written != documents-written || total() != documents {
		t.Errorf("seed %d: %d were written, %d after, %d of %d documents have the field", seed, written, report.Written, total(), documents)
	}
}

// awaitWrites waits until a file has been seen to change n times, or a process
// has ended.
func awaitWrites(path string, n int, ended chan struct{}) {
	var last time.Time
	for seen := -1; seen < n; {
		select {
		case <-ended:
			return
		case <-time.After(time.Millisecond):
		}
		if info, err := os.Stat(path); err == nil && !info.ModTime().Equal(last) {
			last = info.ModTime()
			seen++
		}
	}
}
