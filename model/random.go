package model

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// NewEncoder makes an encoder that has learnt nothing: matrices are normal with
// the standard deviation that the configuration names, biases 0, as in BERT.
func NewEncoder(c Config, seed uint64) (*Encoder, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	r := &random{rand.New(rand.NewPCG(seed, 1)), c}
	h, inner := c.HiddenSize, c.IntermediateSize
	e := &Encoder{Config: c}
	var errs [3]error
	e.Embedding.Word, errs[0] = nn.NewTable(r.normal(c.VocabSize*h), c.VocabSize, h)
	e.Embedding.Position, errs[1] = nn.NewTable(r.normal(c.Positions()*h), c.Positions(), h)
	e.Embedding.Type, errs[2] = nn.NewTable(r.normal(c.TypeVocabSize*h), c.TypeVocabSize, h)
	e.Embedding.Norm = r.norm()
	for range c.HiddenLayers {
		e.Layers = append(e.Layers, Layer{
			QKV: r.linear(3*h, h), AttentionOut: r.linear(h, h), AttentionNorm: r.norm(),
			Intermediate: r.linear(inner, h), Output: r.linear(h, inner), OutputNorm: r.norm(),
		})
	}
	return e, errors.Join(errs[:]...)
}

// random draws the weights of a model.
type random struct {
	*rand.Rand
	config Config
}

func (r *random) normal(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64() * r.config.InitializerRange)
	}
	return x
}

func (r *random) linear(out, in int) nn.Linear {
	return nn.Linear{Weight: kernel.PackF32(r.normal(out*in), out, in), Bias: make([]float32, out)}
}

// norm changes nothing but the scale.
func (r *random) norm() nn.LayerNorm {
	gamma := make([]float32, r.config.HiddenSize)
	for i := range gamma {
		gamma[i] = 1
	}
	return nn.LayerNorm{Gamma: gamma, Beta: make([]float32, r.config.HiddenSize), Eps: float32(r.config.LayerNormEps)}
}
