package bertsearch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
)

// coded are documents and pairs whose queries have a word of their own that the
// document does not: what the model does not know and can learn.
func coded(n int) (docs []Document, pairs []train.Pair) {
	animals := []string{"horse", "falcon", "salmon", "beetle", "otter", "raven", "lizard", "badger"}
	places := []string{"harbour", "castle", "meadow", "library", "tunnel", "glacier"}
	for i := range n {
		a, p := animals[i%len(animals)], places[i/len(animals)%len(places)]
		id := fmt.Sprintf("d%02d", i)
		docs = append(docs, Document{ID: id, Text: fmt.Sprintf("report %d: a %s was seen near the %s", i, a, p)})
		pairs = append(pairs, train.Pair{Query: fmt.Sprintf("animal %d of place %d, entry %d", i%len(animals), i/len(animals)%len(places), i), PositiveID: id})
	}
	return docs, pairs
}

// quick is a recipe for tests.
func quick(pairs []train.Pair) train.Options {
	return train.Options{Pairs: pairs, HeldOut: 0.25, CheckpointEvery: 1,
		Recipe: train.Recipe{Epochs: 1, MaxSteps: 3, Batch: 8, LearningRate: 2e-4, Layers: 1, Mixes: []float64{0.5, 1}}}
}

func TestTuneDryRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 0)
	docs, pairs := coded(40)
	mustPut(t, db, docs...)
	o := quick(pairs)
	o.DryRun = true
	steps := 0
	o.Progress = func(train.Progress) { steps++ }
	r, err := db.Tune(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Swapped || r.Model != "" || r.Reason == "" || r.Pairs != 30 || r.Questions != 10 || r.Steps != steps || steps == 0 {
		t.Errorf("report %+v after %d steps", r, steps)
	}
	if db.model() != db.base {
		t.Error("a dry run changed the model")
	}
	if left, err := os.ReadDir(filepath.Join(dir, modelsDir)); err != nil || len(left) != 0 {
		t.Errorf("a dry run left %v (%v)", left, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestTuneResumes interrupts a run after its second step, goes on in another
// process's place, and compares the weights with a run that was let be.
func TestTuneResumes(t *testing.T) {
	_, pairs := coded(40)
	outcome := func(interrupt bool) *model.Sentence {
		db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 0)
		docs, _ := coded(40)
		mustPut(t, db, docs...)
		o := quick(pairs)
		o.Recipe.TSDAE = 0.2 // whose decoder the checkpoint has to keep
		base := db.base.(*embed.BERT)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		if interrupt {
			o.Progress = func(p train.Progress) {
				if p.Step == 2 {
					stop()
				}
			}
			if _, err := db.Tune(ctx, o); !errors.Is(err, context.Canceled) {
				t.Fatalf("an interrupted run: %v", err)
			}
			o.Progress = nil
		} else {
			p, err := db.planned(t.Context(), base, o)
			if err != nil || len(p.Examples) != 30 {
				t.Fatal(p, err)
			}
		}
		p, err := db.planned(t.Context(), base, train.Options{Resume: true})
		if err != nil {
			t.Fatal(err)
		}
		judge := measurer{base: base, plan: p}
		result, err := train.Run(t.Context(), train.Model{Sentence: base.Model(), Tokens: base.Tokenizer()}, p.Examples, p.Recipe,
			train.Control{Measure: judge.values, Checkpoint: filepath.Join(db.tuneDir(), "checkpoint")})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if result.Steps != 3 || len(result.Losses) != 3 {
			t.Fatalf("%d steps, losses %v", result.Steps, result.Losses)
		}
		if result.Sentence == nil {
			return base.Model() // none of the mixes is better, in both runs or the test fails
		}
		return result.Sentence
	}
	first, second := outcome(false), outcome(true)
	for i := range first.Encoder.Layers {
		a, b := first.Encoder.Layers[i].OutputNorm, second.Encoder.Layers[i].OutputNorm
		if !slices.Equal(a.Gamma, b.Gamma) || !slices.Equal(a.Beta, b.Beta) {
			t.Errorf("layer %d differs after a resumed run", i)
		}
	}
}

func TestTuneKeepsABetterModel(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	db := openBuiltIn(t, dir, 30)
	report := TuneReport{Source: "labels"}
	var seen []train.Embedding
	watch := func(g train.Embedding) { seen = append(seen, g) }
	if err := db.keep(t.Context(), twisted(t, db.base.(*embed.BERT), 0), &report, watch); err != nil {
		t.Fatal(err)
	}
	if n := len(seen); n < 2 || seen[0].Done != 0 || seen[0].Total != 30 || seen[n-1].Done != 30 || seen[n-1].Remaining() != 0 {
		t.Errorf("progress of embedding: %+v", seen)
	}
	mustBeSound(t, db)
	if got, err := db.ModelReport(report.Model); err != nil || !got.Swapped || got.Source != "labels" {
		t.Errorf("report %+v, %v", got, err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := db.ExportModel(out); err != nil {
		t.Fatal(err)
	}
	exported, err := embed.Load(out, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := exported.At(db.model().Fingerprint()); !ok {
		t.Error("the exported model is another")
	}
	if _, err := os.Stat(filepath.Join(out, cardFile)); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestTuneRefuses(t *testing.T) {
	db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 10)
	_, pairs := coded(5)
	if _, err := db.Tune(t.Context(), train.Options{Pairs: pairs}); err == nil {
		t.Error("tuned on five pairs")
	}
	if _, err := db.Tune(t.Context(), train.Options{Resume: true}); !errors.Is(err, ErrNothingToResume) {
		t.Errorf("resumed nothing: %v", err)
	}
	for what, o := range map[string]train.Options{
		"ask for the encoder":            {Recipe: train.Recipe{TSDAE: 1}},
		"by rebuilding texts as well":    {Recipe: train.Recipe{TSDAE: 1}, Pairs: pairs, Adapter: true},
		"or a writer that makes them":    {Pairs: pairs, Writer: &asker{}},
		"0 pairs with 0 to hold out are": {Writer: &asker{}},
	} {
		if _, err := db.Tune(t.Context(), o); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %q", err, what)
		}
	}
	if err := db.Rollback(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("rolled back to nothing: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	words := openTest(t, nil)
	if _, err := words.Tune(t.Context(), train.Options{Pairs: pairs}); err == nil {
		t.Error("tuned a model that has no weights here")
	}
}

func TestPairsOfDocuments(t *testing.T) {
	long := "The first sentence is long enough to say something. The second one says more than that. And the third one ends it all."
	if p, ok := pairOf("A title", long, nil); !ok || p.Query != "A title" || p.Positive != long {
		t.Errorf("title: %+v, %v", p, ok)
	}
	code := "def add(a, b):\n    \"\"\"Returns the sum of two numbers.\n\n    More.\"\"\"\n    total = a + b\n    return total  # the sum that was asked for, as a number"
	p, ok := pairOf("", code, nil)
	if !ok || p.Query != "Returns the sum of two numbers." || p.Positive != "def add(a, b):\n    total = a + b\n    return total  # the sum that was asked for, as a number" {
		t.Errorf("code: %+v, %v", p, ok)
	}
	if _, ok := pairOf("", "short", nil); ok {
		t.Error("a pair of nothing")
	}
}

// TestTuneResumesAfterTheChange: a run that ended between the change of models
// and the removal of its plan is over, and resuming it only says so.
func TestTuneResumesAfterTheChange(t *testing.T) {
	db := openBuiltIn(t, filepath.Join(t.TempDir(), "db"), 30)
	report := TuneReport{Source: "labels", Steps: 7}
	if err := db.keep(t.Context(), twisted(t, db.base.(*embed.BERT), 0), &report, nil); err != nil {
		t.Fatal(err)
	}
	got, err := db.Tune(t.Context(), train.Options{Resume: true})
	if err != nil || !got.Swapped || got.Steps != 7 || got.Model != db.folder() {
		t.Errorf("resumed: %+v, %v", got, err)
	}
	if _, err := db.Tune(t.Context(), train.Options{Resume: true}); !errors.Is(err, ErrNothingToResume) {
		t.Errorf("resumed again: %v", err)
	}
	mustBeSound(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
