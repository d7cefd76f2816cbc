package distill

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train"
)

// tinyTeacher has three layers of random weights.
func tinyTeacher(t *testing.T) *embed.BERT {
	t.Helper()
	words := strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] a b c d e f g h")
	tokens, err := tokenizer.NewWordPiece(words, tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewEncoder(model.Config{
		ModelType: "bert", VocabSize: len(words), HiddenSize: 32, HiddenLayers: 3, AttentionHeads: 2, IntermediateSize: 64,
		MaxPositionEmbeddings: 16, TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.3,
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := embed.New(&model.Sentence{Name: "tiny", Digest: "tiny", Encoder: e, Pooling: model.Pooling{Modes: []model.PoolingMode{model.Mean}}, Normalize: true}, tokens,
		&embed.Options{Precision: embed.F32})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tinyTexts() (texts []string) {
	for i := range 200 {
		texts = append(texts, strings.Join([]string{string(rune('a' + i%8)), string(rune('a' + i/8%8)), string(rune('a' + i/3%8))}, " "))
	}
	return texts
}

func TestStudentLearns(t *testing.T) {
	teacher := tinyTeacher(t)
	for _, c := range []struct {
		recipe            Recipe
		dimension, layers int
		least             Likeness
	}{
		{Recipe{Layers: 2, Epochs: 12, LearningRate: 3e-3, Seed: 1}, 32, 2, Likeness{0.9, 0.8}},
		{Recipe{Hidden: 16, Epochs: 12, LearningRate: 3e-3, Seed: 1}, 32, 3, Likeness{0.9, 0.8}},
		{Recipe{Layers: 2, Epochs: 12, LearningRate: 3e-3, Seed: 1, Learn: Scores}, 32, 2, Likeness{0, 0.9}},
		{Recipe{Hidden: 16, Layers: 2, Epochs: 12, LearningRate: 3e-3, Seed: 1, Learn: Scores}, 16, 2, Likeness{0, 0.6}},
	} {
		r, err := Run(context.Background(), teacher, tinyTexts(), c.recipe, Control{})
		if err != nil {
			t.Fatal(err)
		}
		if r.After.Cosine < c.least.Cosine || r.After.Scores < c.least.Scores || r.After.Scores < r.Before.Scores ||
			len(r.Student.Encoder.Layers) != c.layers || r.Student.Dimension() != c.dimension || r.HeldOut != 20 {
			t.Errorf("%+v: %+v before and %+v after, %d layers, dimension %d", c.recipe, r.Before, r.After, len(r.Student.Encoder.Layers), r.Student.Dimension())
		}
		dir := t.TempDir()
		if err := r.Student.Save(dir); err != nil {
			t.Fatal(err)
		}
		if s, err := model.Load(dir); err != nil || len(s.Encoder.Layers) != c.layers || s.Dimension() != c.dimension {
			t.Errorf("saved: %v", err)
		}
	}
}

// weightsOf is all that a student is made of.
func weightsOf(t *testing.T, r *Result) []float32 {
	t.Helper()
	w, err := r.Student.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []float32
	for _, p := range w.Params() {
		all = append(all, p.Value...)
	}
	return all
}

// TestRunsAreTheSame runs on one core, on three, and in pieces.
func TestRunsAreTheSame(t *testing.T) {
	for _, recipe := range []Recipe{{Layers: 2, Epochs: 2, Seed: 1}, {Hidden: 16, Epochs: 2, Learn: Scores, Seed: 2}} {
		whole, err := Run(context.Background(), tinyTeacher(t), tinyTexts(), recipe, Control{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		want := weightsOf(t, whole)
		wide, err := Run(context.Background(), tinyTeacher(t), tinyTexts(), recipe, Control{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(wide.Losses, whole.Losses) || !slices.Equal(weightsOf(t, wide), want) {
			t.Error("three cores give another student")
		}
		pieces := inPieces(t, recipe)
		if !slices.Equal(pieces.Losses, whole.Losses) || pieces.Before != whole.Before || pieces.After != whole.After || !slices.Equal(weightsOf(t, pieces), want) {
			t.Error("an interrupted run gives another student")
		}
	}
}

// inPieces interrupts a run after every fifth step.
func inPieces(t *testing.T, recipe Recipe) *Result {
	t.Helper()
	path := filepath.Join(t.TempDir(), "checkpoint")
	for interruptions := 0; ; interruptions++ {
		ctx, cancel := context.WithCancel(context.Background())
		done := 0
		r, err := Run(ctx, tinyTeacher(t), tinyTexts(), recipe, Control{Checkpoint: path, Progress: func(p train.Progress) {
			if done++; done == 5 && p.Step < p.Steps {
				cancel()
			}
		}})
		cancel()
		if err == nil {
			if interruptions < 2 {
				t.Errorf("%d interruptions", interruptions)
			}
			return r
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

func TestCheckpointOfAnotherRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	control := Control{Checkpoint: path}
	if _, err := Run(context.Background(), tinyTeacher(t), tinyTexts(), Recipe{Layers: 1, MaxSteps: 2}, control); err != nil {
		t.Fatal(err)
	}
	for _, recipe := range []Recipe{{Layers: 1, MaxSteps: 3}, {Layers: 1, MaxSteps: 2, Learn: Scores}, {Layers: 1, MaxSteps: 2, Seed: 3}} {
		if _, err := Run(context.Background(), tinyTeacher(t), tinyTexts(), recipe, control); !errors.Is(err, train.ErrCheckpoint) {
			t.Errorf("%+v goes on from the checkpoint of another run: %v", recipe, err)
		}
	}
}

func TestStudentLayers(t *testing.T) {
	teacher := tinyTeacher(t).Model()
	for n, want := range map[int][]int{1: {2}, 2: {0, 2}, 3: {0, 1, 2}} {
		s, err := Student(teacher, n, 32, Vectors, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range s.Encoder.Layers {
			if l.QKV.Weight != teacher.Encoder.Layers[want[i]].QKV.Weight {
				t.Errorf("layer %d of %d is not the teacher's %d", i, n, want[i])
			}
		}
	}
}

func TestWrongRecipes(t *testing.T) {
	for _, c := range []struct {
		texts  []string
		recipe Recipe
		want   string
	}{
		{[]string{"a"}, Recipe{}, "nothing to learn from"},
		{tinyTexts(), Recipe{Layers: 4}, "4 layers of 3"},
		{tinyTexts(), Recipe{Layers: -1}, "-1 layers of 3"},
		{tinyTexts(), Recipe{Hidden: 24}, "a multiple of 16"},
		{tinyTexts(), Recipe{Hidden: 48}, "want less"},
		{tinyTexts(), Recipe{Learn: "words"}, `no target "words"`},
		{tinyTexts(), Recipe{Learn: Scores, Batch: 1}, "2 texts or more"},
		{tinyTexts(), Recipe{LearningRate: 2}, "a recipe of"},
	} {
		if _, err := Run(context.Background(), tinyTeacher(t), c.texts, c.recipe, Control{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.recipe, err, c.want)
		}
	}
}

// TestLosses compares gradients with differences.
func TestLosses(t *testing.T) {
	x := []float32{1, 2, -1, 0.5, 0, 3, -0.5, 1, 1}
	for target, wanted := range map[Target][][]float32{
		Vectors: {{1, 0, 0}, {0, 0.6, 0.8}, {0, 0, 1}},
		Scores:  {{1, 0}, {0.6, 0.8}, {0, 1}}, // of another dimension
	} {
		grad := slices.Clone(x)
		target.loss(grad, wanted)
		for i := range x {
			const step = 1.0 / 256
			above, below := slices.Clone(x), slices.Clone(x)
			above[i] += step
			below[i] -= step
			if d := (target.loss(above, wanted) - target.loss(below, wanted)) / (2 * step); math.Abs(d-float64(grad[i])) > 1e-4 {
				t.Errorf("%s: gradient %d is %v, by differences %v (%s)", target, i, grad[i], d, fmt.Sprint(x))
			}
		}
	}
	zero := []float32{0, 0}
	if loss := Vectors.loss(zero, [][]float32{{1, 0}}); loss != 2 || zero[0] != 0 {
		t.Errorf("a vector of zeros has the loss %v and the gradient %v", loss, zero)
	}
	if one := []float32{3, 4}; Scores.loss(one, [][]float32{{1, 0}}) != 0 || one[0] != 0 {
		t.Error("a text alone has scores")
	}
}
