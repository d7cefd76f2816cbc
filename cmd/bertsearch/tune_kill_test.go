package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestTuneSurvivesKills kills tune at random moments of each of its phases in
// turn. After each kill the database must be sound and answer with the old model
// or with the new one, to the last bit of the scores; and whenever a run has
// come to its end after kills, it must have made the same model as one that was
// let be. BERTSEARCH_KILLS sets the number, in which only kills count that the
// process died of; few kills are of phases drawn at random.
func TestTuneSurvivesKills(t *testing.T) {
	seed := rand.Uint64()
	k := &tuneKiller{T: t, dir: t.TempDir(), seed: seed, random: rand.New(rand.NewPCG(seed, 0)), killed: map[tunePhase]int{}}
	kills := 2
	if n, err := strconv.Atoi(os.Getenv("BERTSEARCH_KILLS")); err == nil {
		kills = n
	}
	k.prepare(kills)
	k.measure()
	order := k.random.Perm(int(tunePhases))
	dead := 0
	for tries := 0; dead < kills; tries++ {
		if tries == 8*kills {
			t.Fatalf("seed %d: only %d of %d attempts killed a run: %v", seed, dead, tries, k.killed)
		}
		if k.kill(tunePhase(order[dead%len(order)])) {
			dead++
		}
	}
	k.complete()
	t.Logf("seed %d: %d runs died, by phase %v; %d had ended before they could be killed; %d came to their end", seed, dead, k.killed, k.late, k.completed)
}

// tunePhase is a part of a tuning; what it leaves on disk tells when it begins.
type tunePhase int

const (
	planning    tunePhase = iota // pairs and questions
	training                     // checkpoints
	writing                      // the new model's folder
	reembedding                  // of the documents again
	swapping                     // the end of that
	closing                      // the indexes are saved
	tunePhases
)

func (p tunePhase) String() string {
	return [...]string{"planning", "training", "writing", "embedding", "swapping", "closing"}[p]
}

// tuneKiller is the state of the test.
type tuneKiller struct {
	*testing.T
	dir    string // has pristine, the database before tuning, and t.db
	seed   uint64
	random *rand.Rand

	length    [tunePhases]time.Duration // of each phase of a run that is let be
	model     string                    // that it made
	old, new  []any                     // hits before it and after it
	fresh     bool                      // t.db is as pristine
	killed    map[tunePhase]int         // runs that died of it
	late      int                       // runs that ended before they could be killed
	completed int
}

// prepare writes documents, of which some are only there to take time to embed,
// and pairs whose queries are in words that the model can learn.
func (k *tuneKiller) prepare(kills int) {
	animals := strings.Fields("horse falcon salmon beetle otter raven lizard badger")
	places := strings.Fields("harbour castle meadow library tunnel glacier")
	code := strings.Fields("zorbi plinth quark mellow drax fenno jubba krill north amber velvet seven cobalt tango")
	var docs, pairs bytes.Buffer
	for i, a := range animals {
		for j, p := range places {
			fmt.Fprintf(&docs, `{"id":"d%d%d","text":"a %s was seen near the %s"}`+"\n", i, j, a, p)
			fmt.Fprintf(&pairs, `{"query":"%s %s","positive_id":"d%d%d"}`+"\n", code[i], code[len(animals)+j], i, j)
		}
	}
	for i := range min(2*kills, 60) {
		fmt.Fprintf(&docs, `{"id":"filler%d","text":"%s"}`+"\n", i, strings.Repeat(fmt.Sprintf("The invoice of customer %d is due. ", i), 150))
	}
	for name, content := range map[string][]byte{"docs.jsonl": docs.Bytes(), "pairs.jsonl": pairs.Bytes()} {
		if err := os.WriteFile(filepath.Join(k.dir, name), content, 0o666); err != nil {
			k.Fatal(err)
		}
	}
	k.must("index", "-db", "pristine", "docs.jsonl")
	k.restore()
	k.old = k.hits()
}

// command runs in the test's folder.
func (k *tuneKiller) command(args ...string) *exec.Cmd {
	c := exec.Command("bertsearch", args...)
	c.Dir = k.dir
	return c
}

func (k *tuneKiller) must(args ...string) []byte {
	k.Helper()
	out, err := k.command(args...).Output()
	if err != nil {
		k.Fatalf("seed %d, %v: %v: %v\n%s", k.seed, k.killed, args, err, out)
	}
	return out
}

// restore begins afresh with the database as it was before tuning.
func (k *tuneKiller) restore() {
	db := filepath.Join(k.dir, "t.db")
	if err := os.RemoveAll(db); err != nil {
		k.Fatal(err)
	}
	if err := os.CopyFS(db, os.DirFS(filepath.Join(k.dir, "pristine"))); err != nil {
		k.Fatal(err)
	}
	k.fresh = true
}

// hits are those of a search by meaning.
func (k *tuneKiller) hits() []any {
	k.Helper()
	var answer struct{ Hits []any }
	if err := json.Unmarshal(k.must("query", "-db", "t.db", "--json", "--mode", "dense", "zorbi amber"), &answer); err != nil {
		k.Fatal(err)
	}
	return answer.Hits
}

// start begins a tuning, or goes on with the one that was killed.
func (k *tuneKiller) start() (c *exec.Cmd, done <-chan error) {
	args := []string{"tune", "-db", "t.db", "--json", "--resume", "--checkpoint", "1"}
	if !k.exists("tuning/plan.json") {
		args = strings.Fields("tune -db t.db --json --checkpoint 1 --pairs pairs.jsonl --held-out 0.25 --epochs 3 --batch 16 --layers 1 --rate 1e-3")
	}
	c = k.command(args...)
	if err := c.Start(); err != nil {
		k.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	k.fresh = false
	return c, ended
}

func (k *tuneKiller) exists(name string) bool {
	_, err := os.Stat(filepath.Join(k.dir, "t.db", "models", name))
	return err == nil
}

// begun reports that a tuning that started at a time is in a phase.
func (k *tuneKiller) begun(p tunePhase, started time.Time) bool {
	after := func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.ModTime().After(started)
	}
	models := filepath.Join(k.dir, "t.db", "models")
	switch p {
	case planning:
		return true
	case training:
		return k.exists("tuning/plan.json")
	case writing:
		return after(filepath.Join(models, "partial"))
	case reembedding, swapping:
		made, _ := filepath.Glob(filepath.Join(models, "????????????????"))
		return len(made) > 0 && after(made[0])
	}
	return after(models) && !k.exists("tuning") && !k.exists("partial")
}

// await returns when the phase has begun; false is that the run ended before.
func (k *tuneKiller) await(p tunePhase, started time.Time, done <-chan error) bool {
	for !k.begun(p, started) {
		select {
		case err := <-done:
			if err != nil {
				k.Fatalf("seed %d, %v: tune: %v", k.seed, k.killed, err)
			}
			return false
		case <-time.After(time.Millisecond):
		}
	}
	return true
}

// measure lets a run be, and remembers how long its phases took and what it made.
func (k *tuneKiller) measure() {
	last := time.Now()
	_, done := k.start()
	started := last
	for p := training; p < tunePhases; p++ {
		if !k.await(p, started, done) {
			break
		}
		now := time.Now()
		k.length[p-1], last = now.Sub(last), now
	}
	if err := <-done; err != nil {
		k.Fatal(err)
	}
	k.length[closing] = time.Since(last)
	k.length[reembedding] = k.length[swapping] // one sign tells of both
	k.length[swapping] /= 4
	k.model, k.new = k.active(), k.hits()
	if k.model == "base" || reflect.DeepEqual(k.old, k.new) {
		k.Fatalf("the run that was let be kept the model %s", k.model)
	}
	k.Logf("phases take %v", k.length)
	k.restore()
}

// active is the ID of the model in use, which is that of its fingerprint.
func (k *tuneKiller) active() string {
	for line := range bytes.Lines(k.must("model", "list", "-db", "t.db", "--json")) {
		var m struct {
			ID     string
			Active bool
		}
		if err := json.Unmarshal(line, &m); err != nil {
			k.Fatal(err)
		}
		if m.Active {
			return m.ID
		}
	}
	k.Fatal("no model is in use")
	return ""
}

// kill kills a tuning in a phase, at a moment drawn from how long it takes, and
// reports whether it was still alive.
func (k *tuneKiller) kill(p tunePhase) bool {
	started := time.Now()
	c, done := k.start()
	died := false
	if k.await(p, started, done) {
		time.Sleep(k.moment(p))
		_ = c.Process.Kill() // it may have ended
		err := <-done
		died = err != nil
		if died && c.ProcessState.Exited() {
			k.Fatalf("seed %d, %v: tune failed by itself: %v", k.seed, k.killed, err)
		}
	}
	if died {
		k.killed[p]++
	} else {
		k.late++
	}
	k.verify()
	return died
}

// moment is a time after the beginning of a phase.
func (k *tuneKiller) moment(p tunePhase) time.Duration {
	wait := time.Duration(k.random.Int64N(int64(k.length[p]) + 1))
	if p == swapping { // the last quarter, and a little beyond
		wait = 3*k.length[p] + wait*3/2
	}
	return wait
}

// verify looks at the database after a kill.
func (k *tuneKiller) verify() {
	k.Helper()
	if out := k.must("check", "-db", "t.db", "--json"); !bytes.Contains(out, []byte(`"ok":true`)) {
		k.Fatalf("seed %d, %v: %s", k.seed, k.killed, out)
	}
	got, model, want := k.hits(), k.active(), k.old
	switch model {
	case "base":
	case k.model:
		want = k.new
	default:
		k.Fatalf("seed %d, %v: the model %s, let be %s", k.seed, k.killed, model, k.model)
	}
	if !reflect.DeepEqual(got, want) {
		k.Errorf("seed %d, %v: with the model %s the hits are %v, want %v", k.seed, k.killed, model, got, want)
	}
	if model != "base" && !k.exists("tuning") {
		k.completed++
		k.restore()
	}
}

// complete lets the last run come to its end.
func (k *tuneKiller) complete() {
	if k.fresh {
		return
	}
	if _, done := k.start(); true {
		if err := <-done; err != nil {
			k.Fatalf("seed %d, %v: resumed at last: %v", k.seed, k.killed, err)
		}
	}
	if got := k.active(); got != k.model {
		k.Errorf("seed %d, %v: a resumed run made the model %s, let be %s", k.seed, k.killed, got, k.model)
	}
	k.completed++
}
