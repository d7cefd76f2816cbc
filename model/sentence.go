package model

import (
	"github.com/bertsearch/bertsearch/internal/nn"
)

// Sentence is a sentence embedding model: an encoder, a pooling and the
// modules after it, with the prompts and the length that belong to it.
type Sentence struct {
	Name      string // for people: of the folder, or what the model was published as
	Encoder   *Encoder
	Pooling   Pooling
	Dense     []*Dense // projections of the pooled vector, in order
	Normalize bool     // the last step makes the vector's length 1
	Adapter   *Adapter // maps the vectors of queries; nil for most models
	Prompts   Prompts
	MaxLength int    // tokens of a text, special ones included; 0 when the files of the model leave it to the tokenizer
	Digest    string // identifies the weights: the SHA-256 of the files they came from, in hexadecimal; the adapter is not among them
}

// Dimension is the number of values of an embedding.
func (s *Sentence) Dimension() int {
	if n := len(s.Dense); n > 0 {
		return s.Dense[n-1].Linear.Out()
	}
	return s.Pooling.Dimension(s.Encoder.Config.HiddenSize)
}

// Parameters is the number of weights, the adapter's left out.
func (s *Sentence) Parameters() int {
	n := s.Encoder.Parameters()
	for _, d := range s.Dense {
		n += d.Linear.Out()*d.Linear.In() + len(d.Linear.Bias)
	}
	return n
}

// Embed computes the embedding of each text of b, in order, into dst,
// texts×Dimension, without the adapter of queries. Equal texts get equal bits, whatever else is in the batch.
func (s *Sentence) Embed(w *Workspace, b *Batch, dst []float32) error {
	hidden, err := s.Encoder.Forward(w, b)
	if err != nil {
		return err
	}
	h, dim := s.Encoder.Config.HiddenSize, s.Dimension()
	for i := range b.Texts() {
		out := dst[i*dim : (i+1)*dim]
		s.finish(w, out, hidden[b.Starts[i]*h:b.Starts[i+1]*h], b.Prompt)
	}
	return nil
}

// finish makes out of one text's token vectors x.
func (s *Sentence) finish(w *Workspace, out, x []float32, skip int) {
	h := s.Encoder.Config.HiddenSize
	if len(s.Dense) == 0 {
		s.Pooling.apply(out, x, h, skip)
	} else {
		w.pooled = grow(w.pooled, s.Pooling.Dimension(h))
		s.Pooling.apply(w.pooled, x, h, skip)
		for _, d := range s.Dense {
			w.projected = grow(w.projected, d.Linear.Out())
			d.Forward(w.projected, w.pooled)
			w.pooled, w.projected = w.projected, w.pooled
		}
		copy(out, w.pooled)
	}
	if s.Normalize {
		nn.Normalize(out)
	}
}
