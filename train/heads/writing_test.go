package heads

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// backwards is a job that learns to write the words of a text from the last to
// the first.
func backwards(t *testing.T) Job {
	t.Helper()
	tokens, err := tokenizer.NewWordPiece(vocabulary, tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewEncoder(model.Config{
		ModelType: "bert", VocabSize: len(vocabulary), HiddenSize: 32, HiddenLayers: 1, AttentionHeads: 4, IntermediateSize: 64,
		MaxPositionEmbeddings: 16, TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.1, HiddenDropout: 0.02,
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWriter(e, tokens, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(6, 6))
	j := Job{Kind: Writing, Writer: w, Tokens: tokens, Recipe: Recipe{
		LearningRate: 4e-3, Epochs: 14, Seed: 3, HeldOut: 0.1, Length: 16, Written: 16, Patience: -1,
	}}
	for i := range 800 {
		words := make([]string, 3+r.IntN(2))
		for k := range words {
			words[k] = vocabulary[5+r.IntN(12)]
		}
		e := dataset.Example{Text: strings.Join(words, " "), Line: i + 1}
		slices.Reverse(words)
		e.Pair = strings.Join(words, " ")
		j.Train = append(j.Train, e)
	}
	return j
}

// TestWritingLearns teaches a tiny model to turn texts around, saves it, and
// lets what is loaded write texts that were held out.
func TestWritingLearns(t *testing.T) {
	job := backwards(t)
	r, err := Run(context.Background(), job, Control{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if r.After.Value() < -0.1 || r.After.Values["accuracy"] < 0.97 || r.After.Values["perplexity"] > 1.1 {
		t.Errorf("learnt %v, from %v", r.After.Values, r.Before.Values)
	}
	dir := t.TempDir()
	if err := errors.Join(r.Writer.Save(dir), r.Tokenizer.Save(dir)); err != nil {
		t.Fatal(err)
	}
	loaded, err := task.LoadWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	now, err := task.NewWriter(r.Writer, r.Tokenizer)
	if err != nil {
		t.Fatal(err)
	}
	_, held := Split(job.Train, job.Recipe.HeldOut, job.Recipe.Seed)
	right := 0
	for _, e := range held {
		got, err := loaded.Write(context.Background(), e.Text, model.GenerateOptions{Beams: 2})
		if err != nil {
			t.Fatal(err)
		}
		if same, err := now.Write(context.Background(), e.Text, model.GenerateOptions{Beams: 2}); err != nil || same != got {
			t.Errorf("%q: saved %q, before %q (%v)", e.Text, got, same, err)
		}
		right += count(got == e.Pair)
	}
	if right < len(held)*9/10 {
		t.Errorf("%d of %d held-out texts are turned around", right, len(held))
	}
}

func TestWritingResumes(t *testing.T) {
	job := backwards(t)
	job.Recipe.Epochs, job.Recipe.Smoothing, job.Train = 1, 0.1, job.Train[:200]
	resumes(t, job)
}

// resumes interrupts a run on one core, and compares it with one on three that
// nobody interrupted. It returns the results.
func resumes(t *testing.T, job Job) (got, want *Result) {
	t.Helper()
	want, err := Run(context.Background(), job, Control{Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c := Control{Workers: 1, Checkpoint: filepath.Join(t.TempDir(), "c"), Progress: func(p train.Progress) {
		if p.Step == 5 {
			cancel()
		}
	}}
	if _, err := Run(ctx, job, c); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	c.Progress = nil
	got, err = Run(context.Background(), job, c)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Losses, want.Losses) || !slices.Equal(got.Measured, want.Measured) {
		t.Errorf("losses %v, want %v", got.Losses, want.Losses)
	}
	return got, want
}

func TestWritingRefuses(t *testing.T) {
	job := backwards(t)
	job.Train[3].Pair = ""
	if _, err := Run(context.Background(), job, Control{}); err == nil || !strings.Contains(err.Error(), "line 4: there is no text to write") {
		t.Errorf("without a target: %v", err)
	}
	if _, err := NewWriter(job.Writer.Encoder, job.Tokens, 2, 1); err == nil || !strings.Contains(err.Error(), "2 layers of 1") {
		t.Errorf("more layers than there are: %v", err)
	}
}

// TestSmoothedEntropy compares with central differences of a plain sum.
func TestSmoothedEntropy(t *testing.T) {
	const n, share = 5, 0.2
	scores, classes := []float32{1, -2, 0.5, 3, 0, 2, 2, -1, 0, 1}, []int{3, 0}
	plain := func(x []float32) (loss float64) {
		for i, c := range classes {
			sum := 0.0
			for _, v := range x[i*n : (i+1)*n] {
				sum += math.Exp(float64(v))
			}
			for k, v := range x[i*n : (i+1)*n] {
				want := share / n
				if k == c {
					want += 1 - share
				}
				loss -= want * (float64(v) - math.Log(sum)) / float64(len(classes))
			}
		}
		return loss
	}
	grad := slices.Clone(scores)
	if loss := smoothedEntropy(grad, n, classes, share); math.Abs(loss-plain(scores)) > 1e-6 {
		t.Errorf("loss %v, want %v", loss, plain(scores))
	}
	for i := range scores {
		const step = 1e-2
		x := slices.Clone(scores)
		x[i] += step
		high := plain(x)
		x[i] -= 2 * step
		if want := (high - plain(x)) / (2 * step); math.Abs(float64(grad[i])-want) > 1e-4 {
			t.Errorf("gradient %d is %v, want %v", i, grad[i], want)
		}
	}
}
