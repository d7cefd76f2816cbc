package heads

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// rebuilding is a job that learns texts of four choices between two words each.
func rebuilding(t *testing.T) Job {
	t.Helper()
	e, tokens := tiny(t)
	s := &model.Sentence{
		Encoder: e, Pooling: model.Pooling{Modes: []model.PoolingMode{model.CLS, model.Mean}}, Normalize: true, MaxLength: 20,
		Prompts: model.Prompts{Named: map[string]string{"query": "a "}},
	}
	return Job{Kind: Denoise, Sentence: s, Tokens: tokens, Train: slices.Concat(examples(Words), examples(Words), examples(Words)), Recipe: Recipe{
		LearningRate: 1e-3, Epochs: 30, Seed: 3, HeldOut: 0.1, Length: 24, Patience: -1,
	}}
}

// TestDenoisingLearns: a decoder that knew which texts there are, and nothing of
// the one at hand, would have 4·ln 2 of 8 tokens to guess, a log likelihood of
// −0.35; one that is told the words that are left has −0.21.
func TestDenoisingLearns(t *testing.T) {
	job := rebuilding(t)
	r, err := Run(context.Background(), job, Control{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.After.Value(); got < -0.3 || got > -0.15 || r.Before.Value() > -2 || len(r.After.Each) != r.HeldOut {
		t.Errorf("learnt %v, from %v", r.After.Values, r.Before.Values)
	}
	dir := t.TempDir()
	if err := errors.Join(r.Sentence.Save(dir), r.Tokenizer.Save(dir)); err != nil {
		t.Fatal(err)
	}
	loaded, err := model.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(loaded.Pooling, job.Sentence.Pooling) || !loaded.Normalize || loaded.MaxLength != 20 || loaded.Prompts.Query() != "a " {
		t.Errorf("the folder has pooling %v, length %d, prompts %v", loaded.Pooling, loaded.MaxLength, loaded.Prompts)
	}
	if near, far := cosine(t, loaded, job.Tokens, "the cat", "the dog"), cosine(t, job.Sentence, job.Tokens, "the cat", "the dog"); near == far {
		t.Error("the encoder is as it was")
	}
}

// cosine is that of two texts, by a model whose vectors have length 1.
func cosine(t *testing.T, s *model.Sentence, tokens *tokenizer.Tokenizer, texts ...string) float32 {
	t.Helper()
	b := &model.Batch{}
	for _, text := range texts {
		var e tokenizer.Encoding
		tokens.Encode(&e, text, 0)
		b.Add(e.IDs, e.Types)
	}
	n := s.Dimension()
	v := make([]float32, 2*n)
	if err := s.Embed(&model.Workspace{}, b, v); err != nil {
		t.Fatal(err)
	}
	sum := float32(0)
	for i := range n {
		sum += v[i] * v[n+i]
	}
	return sum
}

func TestDenoisingResumes(t *testing.T) {
	job := rebuilding(t)
	job.Recipe.Epochs, job.Train = 1, job.Train[:160]
	got, want := resumes(t, job)
	if a, b := got.Sentence.Encoder.Layers[0].OutputNorm, want.Sentence.Encoder.Layers[0].OutputNorm; !slices.Equal(a.Gamma, b.Gamma) {
		t.Error("the weights are others")
	}
}

func TestDenoisingRefuses(t *testing.T) {
	job := rebuilding(t)
	job.Recipe.Decoder = 2
	if _, err := Run(context.Background(), job, Control{}); err == nil || !strings.Contains(err.Error(), "2 layers of 1") {
		t.Errorf("more layers than there are: %v", err)
	}
	if _, err := New(Denoise, job.Sentence.Encoder, []dataset.Example{{Text: "a"}}, 1); err == nil || !strings.Contains(err.Error(), `"tsdae" has no head`) {
		t.Errorf("a head: %v", err)
	}
}
