package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

var vocabulary = strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] the a cat dog sat ran good bad in rome paris ann bob , . passage :")

// tinyModel is a model of sentences with random weights and a prompt of two
// tokens before passages, which pooling leaves out.
func tinyModel(t *testing.T) Model {
	t.Helper()
	tokens, err := tokenizer.NewWordPiece(vocabulary, tokenizer.Uncased())
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewEncoder(model.Config{
		ModelType: "bert", VocabSize: len(vocabulary), HiddenSize: 16, HiddenLayers: 2, AttentionHeads: 2, IntermediateSize: 24,
		MaxPositionEmbeddings: 64, TypeVocabSize: 2, HiddenAct: "gelu", LayerNormEps: 1e-12, InitializerRange: 0.2,
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	return Model{&model.Sentence{
		Encoder: e, Pooling: model.Pooling{Modes: []model.PoolingMode{model.Mean}, ExcludePrompt: true}, Normalize: true,
		Prompts: model.Prompts{Named: map[string]string{"passage": "passage: "}},
	}, tokens}
}

// randomText is n words.
func randomText(r *rand.Rand, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = vocabulary[5+r.IntN(13)]
	}
	return strings.Join(words, " ")
}

func newTinyDenoiser(t *testing.T, m Model) (*Denoiser, *model.Trainable) {
	t.Helper()
	w, err := m.Sentence.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDenoiser(m, w, 0, 40, 7)
	if err != nil {
		t.Fatal(err)
	}
	return d, w
}

// TestDenoiserLeavesTokensOut: the encoder reads the prompt and two fifths of
// the text, the decoder is to write the text without the prompt.
func TestDenoiserLeavesTokensOut(t *testing.T) {
	m := tinyModel(t)
	d, _ := newTinyDenoiser(t, m)
	r := rand.New(rand.NewPCG(1, 1))
	texts := []string{"cat", ""}
	for range 98 {
		texts = append(texts, randomText(r, 50)) // of which 36 are left by length, prompt and special tokens
	}
	parts, rows := d.parts(texts, 3)
	if again, _ := d.parts(texts, 3); !slices.Equal(again[1].damaged.IDs, parts[1].damaged.IDs) {
		t.Error("the same seed leaves out other tokens")
	}
	if other, _ := d.parts(texts, 4); slices.Equal(other[1].damaged.IDs, parts[1].damaged.IDs) {
		t.Error("another seed leaves out the same tokens")
	}
	begin, end := []int32{2, 20, 21}, int32(3) // [CLS] passage : … [SEP]
	left, all, n := 0, 0, 0
	for _, p := range parts {
		if len(p.classes) > rebuiltAtOnce || p.damaged.Prompt != 3 {
			t.Errorf("a part of %d tokens with a prompt of %d", len(p.classes), p.damaged.Prompt)
		}
		n += len(p.classes)
		for i := range p.whole.Texts() {
			damaged := p.damaged.IDs[p.damaged.Starts[i]:p.damaged.Starts[i+1]]
			from, to := p.whole.Starts[i], p.whole.Starts[i+1]
			text := p.whole.IDs[from+1 : to]
			if !slices.Equal(damaged[:3], begin) || damaged[len(damaged)-1] != end || p.whole.IDs[from] != 2 || p.classes[to-1] != int(end) {
				t.Fatalf("damaged %v, whole %v, wanted %v", damaged, text, p.classes[from:to])
			}
			for k, id := range text {
				if p.classes[from+k] != int(id) {
					t.Fatalf("after %v comes %d", text[:k], p.classes[from+k])
				}
			}
			damaged = damaged[3 : len(damaged)-1]
			if left, all = left+len(damaged), all+len(text); len(text) > 0 && len(damaged) == 0 {
				t.Error("nothing is left of a text")
			}
			for at := 0; len(damaged) > 0; damaged = damaged[1:] {
				k := slices.Index(text[at:], damaged[0])
				if k < 0 {
					t.Fatalf("%v is not of %v in its order", damaged, text)
				}
				at += k + 1
			}
		}
	}
	if share := float64(left) / float64(all); n != rows || all != 98*36+1 || math.Abs(share-0.4) > 0.03 {
		t.Errorf("%.3f of %d tokens are left, %d are to be written, %d said", share, all, n, rows)
	}
}

// TestDenoiserLearnsInParts compares the loss of texts that do not go through
// the model at once with that of each, and gradients with central differences.
func TestDenoiserLearnsInParts(t *testing.T) {
	d, w := newTinyDenoiser(t, tinyModel(t))
	r := rand.New(rand.NewPCG(2, 2))
	var texts []string
	for range 80 {
		texts = append(texts, randomText(r, 5+r.IntN(30)))
	}
	if parts, _ := d.parts(texts, 0); len(parts) < 2 {
		t.Fatal("they are one part")
	}
	const weight = 0.7
	want, tokens := 0.0, 0
	err := d.Judge(t.Context(), nil, texts, func(scores []float32, classes []int) {
		want += weight * float64(len(classes)) * nn.CrossEntropy(scores, len(scores)/len(classes), classes, nil)
		tokens += len(classes)
	})
	if err != nil {
		t.Fatal(err)
	}
	learn := func() float64 {
		loss, _, err := d.Learn(nil, texts, weight, model.ForwardOptions{Train: true})
		if err != nil {
			t.Fatal(err)
		}
		return loss
	}
	if got := learn(); math.Abs(got-want/float64(tokens)) > 1e-5 {
		t.Errorf("the loss is %v, that of the texts %v", got, want/float64(tokens))
	}
	for _, name := range []string{"embeddings.word_embeddings.weight", "encoder.layer.0.output.dense.weight", "decoder.bert.encoder.layer.1.crossattention.self.value.weight"} {
		all := slices.Concat(w.Params(), d.Params())
		p := all[slices.IndexFunc(all, func(p *model.Param) bool { return p.Name == name })]
		grad, at := slices.Clone(p.Grad), 0
		for i, g := range grad {
			if math.Abs(float64(g)) > math.Abs(float64(grad[at])) {
				at = i
			}
		}
		const step = 5e-3
		old := p.Value[at]
		change := func(to float32) float64 {
			p.Value[at] = to
			w.Refresh(nil)
			d.Refresh(nil)
			return learn()
		}
		want := (change(old+step) - change(old-step)) / (2 * step)
		change(old)
		if got := float64(grad[at]); math.Abs(got-want) > 0.02*math.Abs(want)+1e-4 {
			t.Errorf("%s: the gradient is %.5f, differences say %.5f", name, got, want)
		}
		for _, p := range all {
			clear(p.Grad)
		}
		learn()
	}
}

// TestRunRebuilds trains on pairs and on rebuilding their passages: in parts and
// as a whole, interrupted on one core and at a stretch on three.
func TestRunRebuilds(t *testing.T) {
	m := tinyModel(t)
	r := rand.New(rand.NewPCG(3, 3))
	var examples []Example
	for i := range 24 {
		examples = append(examples, Example{Query: fmt.Sprintf("%s %d", randomText(r, 2), i), Positive: randomText(r, 12)})
	}
	plain := Recipe{Epochs: 2, Batch: 4, LearningRate: 1e-3, Dropout: 0.1, Seed: 5, Mixes: []float64{1}}
	for name, change := range map[string]func(*Recipe){
		"all": func(*Recipe) {}, "last layer": func(r *Recipe) { r.Layers = 1 }, "low rank": func(r *Recipe) { r.LoRA = 2 },
	} {
		recipe := plain
		change(&recipe)
		without, err := Run(t.Context(), m, examples, recipe, Control{})
		if err != nil {
			t.Fatal(err)
		}
		recipe.TSDAE = 0.5
		whole, err := Run(t.Context(), m, examples, recipe, Control{Workers: 3})
		if err != nil {
			t.Fatal(err)
		}
		if first, last := whole.Losses[0], whole.Losses[11]; whole.Steps != 12 || first < without.Losses[0]+1 || last > first-0.2 || whole.Tokens < without.Tokens*3/2 {
			t.Errorf("%s: losses %v and %d tokens with rebuilding, %v and %d without", name, whole.Losses, whole.Tokens, without.Losses, without.Tokens)
		}
		ctx, stop := context.WithCancel(t.Context())
		c := Control{Workers: 1, Checkpoint: filepath.Join(t.TempDir(), "c"), Progress: func(p Progress) {
			if p.Step == 5 {
				stop()
			}
		}}
		if _, err := Run(ctx, m, examples, recipe, c); !errors.Is(err, context.Canceled) {
			t.Fatalf("%s: interrupted: %v", name, err)
		}
		c.Progress = nil
		resumed, err := Run(t.Context(), m, examples, recipe, c)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(resumed.Losses, whole.Losses) {
			t.Errorf("%s: losses %v after an interruption, %v without", name, resumed.Losses, whole.Losses)
		}
		text := parityBatch{[][]int32{{2, 7, 9, 13, 3}}}
		got, want, other := vectorsOf(t, resumed.Sentence, text), vectorsOf(t, whole.Sentence, text), vectorsOf(t, without.Sentence, text)
		if !slices.Equal(got, want) || slices.Equal(got, other) {
			t.Errorf("%s: the vector %v after an interruption, %v without, %v without rebuilding", name, got, want, other)
		}
	}
	plain.TSDAE = -1
	if _, err := Run(t.Context(), m, examples, plain, Control{}); err == nil || !strings.Contains(err.Error(), "weight of TSDAE is -1") {
		t.Errorf("a negative weight: %v", err)
	}
}
