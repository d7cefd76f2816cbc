package distill

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/eval"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/train"
)

// fromRandom runs a recipe from random weights in place of those of Narrow.
func fromRandom(t *testing.T, teacher *embed.BERT, texts []string, recipe Recipe) *Result {
	t.Helper()
	ctx := context.Background()
	d, err := newRun(teacher, texts, recipe, Control{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.team.Close()
	student, err := d.weights.Sentence()
	if err != nil {
		t.Fatal(err)
	}
	if student.Encoder, err = model.NewEncoder(student.Encoder.Config, 5); err != nil {
		t.Fatal(err)
	}
	if d.weights, err = student.Trainable(nil); err != nil {
		t.Fatal(err)
	}
	d.optimizer = train.NewAdamW(d.weights.Params(), train.AdamWOptions{Decay: 0.01})
	if err := d.steps(ctx); err != nil {
		t.Fatal(err)
	}
	r, err := d.finish(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// beginsBetter compares a narrower student with one of random weights, which has
// its last projection, before the first step and after the last.
func beginsBetter(t *testing.T, teacher *embed.BERT, texts []string, recipe Recipe) {
	t.Helper()
	ours, err := Run(context.Background(), teacher, texts, recipe, Control{})
	if err != nil {
		t.Fatal(err)
	}
	random := fromRandom(t, teacher, texts, recipe)
	t.Logf("narrow %+v, then %+v; random %+v, then %+v", ours.Before, ours.After, random.Before, random.After)
	if ours.Before.Cosine < random.Before.Cosine+0.2 || ours.After.Cosine < random.After.Cosine+0.05 || ours.After.Scores < random.After.Scores {
		t.Error("random weights are as good a start")
	}
}

func TestNarrowIsAGoodStart(t *testing.T) {
	beginsBetter(t, tinyTeacher(t), tinyTexts(), Recipe{Hidden: 16, MaxSteps: 10, LearningRate: 1e-3, Seed: 1})
}

// TestParityNarrow does so with the built-in model and the first lines of SciFact.
func TestParityNarrow(t *testing.T) {
	shared := os.Getenv("BERTSEARCH_SHARED")
	if shared == "" {
		t.Skip("parity: BERTSEARCH_SHARED not set")
	}
	dataset, err := eval.OpenBEIR(filepath.Join(shared, "data", "scifact"))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for d, err := range dataset.Corpus() {
		if err != nil {
			t.Fatal(err)
		}
		if texts = append(texts, d.Title+" "+d.Text[:min(len(d.Text), 200)]); len(texts) == 300 {
			break
		}
	}
	teacher, err := embed.Default(nil)
	if err != nil {
		t.Fatal(err)
	}
	beginsBetter(t, teacher, texts, Recipe{Hidden: 192, MaxSteps: 15, Batch: 16, Seed: 1})
}
