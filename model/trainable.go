package model

import (
	"fmt"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// Trainable is a sentence model whose weights can be changed: float32 copies of
// every parameter and a gradient beside each that is trained.
//
// A step is Forward, Backward, a change of the parameters' values and Refresh.
// The results have the same bits on any number of cores. A Trainable is used by
// one goroutine at a time.
type Trainable struct {
	base      Sentence // what is not trained: name, pooling, prompts, length, the pooler
	embedding trainableEmbedding
	layers    []trainableLayer
	dense     []trainableDense
	params    []*Param
	lowest    int // the lowest layer that is trained; layers below have no way back
	space     trainingSpace
}

// Param is one trained tensor. Whoever changes Value calls Refresh.
type Param struct {
	Name        string    // as in the files of the model; those of a Dense module after its number
	Value, Grad []float32 // row-major, of one length
	Shape       []int
	Decay       bool    // weight decay applies: neither a bias nor of a layer normalisation
	Rate        float64 // of the learning rate; 0 is all of it
}

// TrainableOptions say what of a model is trained.
type TrainableOptions struct {
	Layers int   // only the last so many layers, and what follows the encoder; 0 is everything
	LoRA   *LoRA // low-rank updates of the layers' projections instead of their weights; embeddings and normalisations stay
}

// LoRA is the size of low-rank updates: W + Alpha/Rank·B·A (Hu et al., "LoRA:
// Low-Rank Adaptation of Large Language Models", arXiv:2106.09685).
type LoRA struct {
	Rank  int
	Alpha float32
	Seed  uint64 // of A's first values; B begins as zeros
}

// Trainable makes a copy of the model that can be trained; o nil trains
// everything that the embedding depends on.
func (s *Sentence) Trainable(o *TrainableOptions) (*Trainable, error) {
	if o == nil {
		o = &TrainableOptions{}
	}
	c := s.Encoder.Config
	if o.Layers < 0 || o.Layers > c.HiddenLayers {
		return nil, fmt.Errorf("model: train the last %d of %d layers", o.Layers, c.HiddenLayers)
	}
	if l := o.LoRA; l != nil && (l.Rank < 1 || l.Rank > c.HiddenSize) {
		return nil, fmt.Errorf("model: LoRA of rank %d, want 1 to %d", l.Rank, c.HiddenSize)
	}
	t := newTrainable(s, *o)
	t.Refresh(nil)
	return t, nil
}

// Params lists what is trained, always in the same order.
func (t *Trainable) Params() []*Param { return t.params }

// Dimension is the number of values of a vector.
func (t *Trainable) Dimension() int {
	if n := len(t.dense); n > 0 {
		return t.dense[n-1].Out
	}
	return t.base.Pooling.Dimension(t.Config().HiddenSize)
}

// Config is the encoder's configuration.
func (t *Trainable) Config() Config { return t.base.Encoder.Config }

// ZeroGrad sets every gradient to zero.
func (t *Trainable) ZeroGrad() {
	for _, p := range t.params {
		clear(p.Grad)
	}
}

// Refresh takes over values that have changed: it packs the weights again.
// team nil does so on the calling goroutine.
func (t *Trainable) Refresh(team *nn.Team) {
	share(team, func(s nn.Share) {
		for i := range t.layers {
			for _, p := range t.layers[i].projections() {
				p.Refresh(s)
			}
		}
		for i := range t.dense {
			t.dense[i].Refresh(s)
		}
	})
}

// Sentence returns the model as it is now, packed for inference and independent
// of t. Its Digest is empty: that is of files, which Save and Load give it.
func (t *Trainable) Sentence() (*Sentence, error) {
	e := &Encoder{Config: t.Config(), Pooler: t.base.Encoder.Pooler}
	var err error
	if e.Embedding, err = t.embedding.inference(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	for i := range t.layers {
		e.Layers = append(e.Layers, t.layers[i].inference())
	}
	s := t.base
	s.Encoder, s.Dense, s.Adapter, s.Digest = e, nil, nil, "" // an adapter is of the weights it was learnt for
	for i := range t.dense {
		s.Dense = append(s.Dense, t.dense[i].inference())
	}
	return &s, nil
}

// Release gives back the memory that passes have left for the next one. No
// [Tape] may be in use.
func (t *Trainable) Release() { t.space = trainingSpace{} }

// share does work on team, or alone when there is none.
func share(team *nn.Team, work func(nn.Share)) {
	if team == nil {
		work(nn.Share{})
		return
	}
	team.Do(work)
}

// inferenceLinear packs a copy of p.
func inferenceLinear(p *nn.Projection) nn.Linear {
	l := nn.Linear{Weight: kernel.PackF32(p.Merged(), p.Out, p.In)}
	if p.Bias != nil {
		l.Bias = append(l.Bias, p.Bias...)
	}
	return l
}

// inferenceNorm copies n.
func inferenceNorm(n nn.LayerNorm) nn.LayerNorm {
	n.Gamma, n.Beta = append([]float32(nil), n.Gamma...), append([]float32(nil), n.Beta...)
	return n
}
