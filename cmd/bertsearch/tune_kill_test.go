package main

import (
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

// TestTuneSurvivesKills kills tune at random moments of training, embedding and
// change of models. After each the database must be sound and find what it
// holds, and at last --resume must end the run. BERTSEARCH_KILLS sets the number.
func TestTuneSurvivesKills(t *testing.T) {
	kills := 2
	if n, err := strconv.Atoi(os.Getenv("BERTSEARCH_KILLS")); err == nil {
		kills = n
	}
	dir := t.TempDir()
	var docs, pairs strings.Builder
	for i := range 40 {
		fmt.Fprintf(&docs, `{"id":"d%d","text":"number %d is about topic%d and topic%d"}`+"\n", i, i, i%7, i%11)
		fmt.Fprintf(&pairs, `{"query":"entry %d","positive_id":"d%d"}`+"\n", i, i)
	}
	for name, content := range map[string]string{"docs.jsonl": docs.String(), "pairs.jsonl": pairs.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	command := func(args ...string) *exec.Cmd {
		c := exec.Command("bertsearch", args...)
		c.Dir = dir
		return c
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := command(args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	must("index", "-db", "t.db", "docs.jsonl")
	tune := []string{"tune", "-db", "t.db", "--json", "--checkpoint", "1"}
	fresh := []string{"--pairs", "pairs.jsonl", "--epochs", "1", "--batch", "8", "--layers", "1", "--rate", "1e-4"}
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range kills {
		args := append(append([]string{}, tune...), fresh...)
		if _, err := os.Stat(filepath.Join(dir, "t.db", "models", "tuning", "plan.json")); err == nil {
			args = append(append([]string{}, tune...), "--resume")
		}
		c := command(args...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.IntN(4000)) * time.Millisecond)
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
		if out := must("check", "-db", "t.db", "--json"); !strings.Contains(out, `"ok":true`) {
			t.Fatalf("seed %d: after kill %d: %s", seed, i, out)
		}
		if out := must("query", "-db", "t.db", "--json", "--mode", "dense", "-k", "1", "number 5 is about topic5 and topic5"); !strings.Contains(out, `"id":"d5"`) {
			t.Fatalf("seed %d: after kill %d the search finds %s", seed, i, out)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "t.db", "models", "tuning", "plan.json")); err == nil {
		must(append(tune, "--resume")...)
	}
}
