package heads

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/model/minilm"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// TestParityMaskedWords learns masked words from nothing, on Python's
// enhancement proposals, and compares each loss with PyTorch's on the same
// batches.
func TestParityMaskedWords(t *testing.T) {
	python, shared := os.Getenv("BERTSEARCH_PYTHON"), os.Getenv("BERTSEARCH_SHARED")
	if python == "" || shared == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, an interpreter with transformers, or BERTSEARCH_SHARED not set")
	}
	_, tokens, err := minilm.Load()
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewEncoder(model.Config{
		ModelType: "bert", VocabSize: tokens.Size(), HiddenSize: 64, HiddenLayers: 2, AttentionHeads: 4, IntermediateSize: 128,
		MaxPositionEmbeddings: 64, TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.02, PositionEmbeddingType: "absolute",
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	examples := proposals(t, filepath.Join(shared, "data", "python-peps"), 800)
	m, err := New(Words, e, examples, 1)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := curves(t, python, Job{Kind: Words, Model: m, Tokens: tokens, Train: examples, Recipe: Recipe{
		LearningRate: 2e-3, Length: 64, Dropout: -1, HeldOut: -1, Seed: 5, MaxSteps: 100, Batch: 24,
	}})
	worst := 0.0
	for i, loss := range ours {
		worst = max(worst, math.Abs(loss-theirs[i])/theirs[i])
	}
	first, last := ours[0], ours[len(ours)-1]
	t.Logf("%d steps, loss %.3f to %.3f, PyTorch %.3f to %.3f, at most %.2g apart", len(ours), first, last, theirs[0], theirs[len(theirs)-1], worst)
	if !(worst < 0.02) || !(last < first-1) {
		t.Errorf("losses are up to %.2g apart, and fall from %.3f to %.3f", worst, first, last)
	}
}

// proposals are paragraphs of Python's enhancement proposals, n at most.
func proposals(t *testing.T, dir string, n int) (examples []dataset.Example) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".rst") || len(examples) >= n {
			return err
		}
		text, err := os.ReadFile(path)
		for _, s := range embed.Sentences(string(text)) {
			if sentence := string(text[s.Start:s.End]); len(sentence) > 60 && len(examples) < n {
				examples = append(examples, dataset.Example{Text: sentence, Group: path, Line: len(examples) + 1})
			}
		}
		return err
	})
	if err != nil || len(examples) == 0 {
		t.Fatalf("no text in %s (%v)", dir, err)
	}
	return examples
}
