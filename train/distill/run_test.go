package distill

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
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
	recipe := Recipe{Layers: 2, Epochs: 12, LearningRate: 3e-3, Seed: 1}
	r, err := Run(context.Background(), teacher, tinyTexts(), recipe, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.After < 0.9 || r.After < r.Before || r.Student.Encoder.Config.HiddenLayers != 2 || r.HeldOut != 20 {
		t.Errorf("cosine %.3f before and %.3f after, %d layers", r.Before, r.After, r.Student.Encoder.Config.HiddenLayers)
	}
	again, err := Run(context.Background(), teacher, tinyTexts(), recipe, nil)
	if err != nil || !slices.Equal(again.Losses, r.Losses) {
		t.Errorf("the same run again has other losses (%v)", err)
	}
	dir := t.TempDir()
	if err := r.Student.Save(dir); err != nil {
		t.Fatal(err)
	}
	if s, err := model.Load(dir); err != nil || len(s.Encoder.Layers) != 2 {
		t.Errorf("saved: %v", err)
	}
}

func TestStudentLayers(t *testing.T) {
	teacher := tinyTeacher(t).Model()
	for n, want := range map[int][]int{1: {2}, 2: {0, 2}, 3: {0, 1, 2}} {
		s, err := Student(teacher, n)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range s.Encoder.Layers {
			if l.QKV.Weight != teacher.Encoder.Layers[want[i]].QKV.Weight {
				t.Errorf("layer %d of %d is not the teacher's %d", i, n, want[i])
			}
		}
	}
	for _, n := range []int{0, 4} {
		if _, err := Student(teacher, n); err == nil {
			t.Errorf("%d layers of 3", n)
		}
	}
	if _, err := Run(context.Background(), tinyTeacher(t), []string{"a"}, Recipe{}, nil); err == nil {
		t.Error("a run without texts")
	}
}

// TestApart compares the gradient with differences.
func TestApart(t *testing.T) {
	x, want := []float32{1, 2, -1, 0.5, 0, 3}, [][]float32{{1, 0, 0}, {0, 0.6, 0.8}}
	grad := slices.Clone(x)
	apart(grad, want)
	for i := range x {
		const step = 1.0 / 256
		above, below := slices.Clone(x), slices.Clone(x)
		above[i] += step
		below[i] -= step
		if d := (apart(above, want) - apart(below, want)) / (2 * step); math.Abs(d-float64(grad[i])) > 1e-4 {
			t.Errorf("gradient %d is %v, by differences %v (%s)", i, grad[i], d, fmt.Sprint(x))
		}
	}
}
