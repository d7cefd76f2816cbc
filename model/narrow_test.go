package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// structured is a model of random weights whose hidden states, like those of a
// language, lie near few directions: words are mixtures of a few vectors.
func structured(t *testing.T) (*Sentence, *Batch) {
	t.Helper()
	c := defaultConfig()
	c.VocabSize, c.HiddenSize, c.HiddenLayers, c.AttentionHeads, c.IntermediateSize, c.MaxPositionEmbeddings = 60, 48, 2, 6, 96, 12
	c.InitializerRange = 0.2
	e, err := NewEncoder(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 4))
	basis := (&random{r, c}).normal(10 * c.HiddenSize)
	words := newRows(c.VocabSize, c.HiddenSize)
	for i := range words.n {
		for k := range 10 {
			kernel.Axpy(words.row(i), float32(r.NormFloat64()), basis[k*c.HiddenSize:(k+1)*c.HiddenSize])
		}
	}
	if e.Embedding.Word, err = nn.NewTable(words.values, words.n, words.width); err != nil {
		t.Fatal(err)
	}
	for i := range e.Layers {
		for _, n := range [][]float32{e.Layers[i].AttentionNorm.Gamma, e.Layers[i].OutputNorm.Gamma, e.Layers[i].OutputNorm.Beta} {
			for k := range n {
				n[k] += float32(r.NormFloat64()) / 5
			}
		}
	}
	b := &Batch{}
	for range 300 {
		ids := make([]int32, 2+r.IntN(10))
		for i := range ids {
			ids[i] = int32(r.IntN(c.VocabSize))
		}
		b.Add(ids, make([]uint8, len(ids)))
	}
	return &Sentence{Name: "wide", Encoder: e, Pooling: Pooling{Modes: []PoolingMode{Mean}}, Normalize: true}, b
}

// cosines is the mean cosine of the vectors of two models of one dimension.
func cosines(t *testing.T, a, b *Sentence, batch *Batch) float64 {
	t.Helper()
	dim, sum := a.Dimension(), 0.0
	x, y := make([]float32, batch.Texts()*dim), make([]float32, batch.Texts()*dim)
	if err := a.Embed(&Workspace{}, batch, x); err != nil {
		t.Fatal(err)
	}
	if err := b.Embed(&Workspace{}, batch, y); err != nil {
		t.Fatal(err)
	}
	for i := range batch.Texts() {
		sum += float64(kernel.Dot(x[i*dim:(i+1)*dim], y[i*dim:(i+1)*dim]))
	}
	return sum / float64(batch.Texts())
}

func TestNarrow(t *testing.T) {
	s, b := structured(t)
	narrow, err := s.Narrow(32, b)
	if err != nil {
		t.Fatal(err)
	}
	c := narrow.Encoder.Config
	if c.HiddenSize != 32 || c.AttentionHeads != 4 || c.IntermediateSize != 64 || narrow.Dimension() != 48 || narrow.Digest != "" {
		t.Fatalf("%+v of dimension %d", c, narrow.Dimension())
	}
	// A model of the same shape that only its last projection was fitted to.
	random := *narrow
	if random.Encoder, err = NewEncoder(c, 7); err != nil {
		t.Fatal(err)
	}
	hidden := func(e *Encoder) rows {
		h, err := e.Forward(&Workspace{}, b)
		if err != nil {
			t.Fatal(err)
		}
		return rows{len(b.IDs), e.Config.HiddenSize, h}
	}
	random.Dense = []*Dense{{Linear: regress(hidden(random.Encoder), hidden(s.Encoder))}}
	ours, chance := cosines(t, s, narrow, b), cosines(t, s, &random, b)
	if ours < 0.9 || 1-ours > 0.7*(1-chance) {
		t.Errorf("mean cosine %.4f, of a random model with a fitted projection %.4f", ours, chance)
	}
	dir := t.TempDir()
	if err := narrow.Save(dir); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(dir)
	if err != nil || cosines(t, narrow, loaded, b) < 0.999999 {
		t.Errorf("saved and loaded it is another model (%v)", err)
	}
}

// TestNarrowIsTheSame has the same weights every time, and leaves the model as it is.
func TestNarrowIsTheSame(t *testing.T) {
	s, b := structured(t)
	before := tableValues(s.Encoder.Embedding.Word)
	var first []float32
	for range 2 {
		narrow, err := s.Narrow(16, b)
		if err != nil {
			t.Fatal(err)
		}
		var all []float32
		for _, tensor := range narrow.Encoder.tensors() {
			all = append(all, tensor.Data()...)
		}
		if first == nil {
			first = all
		} else if !slices.Equal(all, first) {
			t.Error("other weights")
		}
	}
	if !slices.Equal(tableValues(s.Encoder.Embedding.Word), before) {
		t.Error("the model has changed")
	}
}

// TestNarrowJoinsPoolings projects each part of a vector of several poolings.
func TestNarrowJoinsPoolings(t *testing.T) {
	s, b := structured(t)
	s.Pooling.Modes = []PoolingMode{CLS, Mean}
	narrow, err := s.Narrow(40, b)
	if err != nil {
		t.Fatal(err)
	}
	if c := cosines(t, s, narrow, b); narrow.Dimension() != 96 || c < 0.88 {
		t.Errorf("dimension %d, mean cosine %.4f", narrow.Dimension(), c)
	}
}

func TestNarrowRefuses(t *testing.T) {
	s, b := structured(t)
	for _, hidden := range []int{0, -8, 7, 12, 48, 64} {
		if _, err := s.Narrow(hidden, b); err == nil {
			t.Errorf("no error for %d of 48, with heads of 8", hidden)
		}
	}
	for _, none := range []*Batch{{}, {Starts: []int{0}}} {
		if _, err := s.Narrow(16, none); err == nil {
			t.Error("no error without a text")
		}
	}
	s.Encoder.Embedding.Norm.Gamma[0] = float32(math.NaN())
	if _, err := s.Narrow(16, b); err == nil {
		t.Error("no error for weights that are no numbers")
	}
}
