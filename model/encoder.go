// Package model computes BERT (Devlin et al., "BERT: Pre-training of Deep
// Bidirectional Transformers for Language Understanding", arXiv:1810.04805)
// and the sentence embeddings that Sentence-Transformers builds on it (Reimers
// and Gurevych, arXiv:1908.10084). It reads and writes their folders.
//
// A [Sentence] is an [Encoder] and what turns its token vectors into one
// vector a text. Weights are read-only after loading; a [Workspace] holds the
// memory of a forward pass, one a goroutine.
package model

import (
	"fmt"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// Encoder is a BERT encoder's weights. It is safe for concurrent use.
type Encoder struct {
	Config    Config
	Embedding nn.Embedding
	Layers    []Layer
	Pooler    *nn.Linear // hidden → hidden over the first token, tanh; nil when the model has none

	int8 []layerInt8 // what multiplies in place of the matrices of Layers; nil: they themselves
}

// Layer is one block of the encoder. H is the hidden size, I the intermediate
// size.
type Layer struct {
	QKV           nn.Linear // H → 3H: query, key and value, one above the other
	AttentionOut  nn.Linear // H → H
	AttentionNorm nn.LayerNorm
	Intermediate  nn.Linear // H → I, then the activation
	Output        nn.Linear // I → H
	OutputNorm    nn.LayerNorm
}

// heads is the shape of the encoder's attention.
func (e *Encoder) heads() kernel.Heads {
	return kernel.Heads{Count: e.Config.AttentionHeads, Size: e.Config.HiddenSize / e.Config.AttentionHeads}
}

// Spread is an encoder with n of e's layers, spread evenly from the first to the
// last, and everything else of it. It shares e's weights.
func (e *Encoder) Spread(n int) (*Encoder, error) {
	if n < 1 || n > len(e.Layers) {
		return nil, fmt.Errorf("model: %d layers of %d", n, len(e.Layers))
	}
	some := *e
	some.Config.HiddenLayers, some.Layers, some.int8 = n, nil, nil
	for i := range n {
		at := len(e.Layers) - 1
		if n > 1 {
			at = i * (len(e.Layers) - 1) / (n - 1)
		}
		some.Layers = append(some.Layers, e.Layers[at])
	}
	return &some, nil
}

// Parameters is the number of weights.
func (e *Encoder) Parameters() int {
	h, i := e.Config.HiddenSize, e.Config.IntermediateSize
	n := (e.Config.VocabSize+e.Config.Positions()+e.Config.TypeVocabSize+2)*h +
		e.Config.HiddenLayers*(4*h*(h+1)+i*(h+1)+h*(i+1)+4*h)
	if e.Pooler != nil {
		n += h * (h + 1)
	}
	return n
}
