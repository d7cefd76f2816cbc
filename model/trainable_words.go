package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// trainableWords is a WordHead in training. The decoder's weights, and their
// gradient, are those of the table of words that its tokens come from.
type trainableWords struct {
	transform nn.Projection
	act       kernel.Activation
	norm      trainableNorm
	decoder   nn.Projection // H → vocabulary
	norms     nn.NormScratch
}

// words copies a head of words, whose decoder is the table of words in e.
func (b *trainableBuilder) words(n headNames, head *WordHead, act kernel.Activation, e *trainableEmbedding) *trainableWords {
	w := &trainableWords{transform: b.projection(n.transform, head.Transform, 1), act: act}
	w.norm = b.norm(n.norm, head.Norm)
	w.decoder = nn.Projection{Out: e.Word.Rows(), In: e.Word.Dim(), Weight: e.word, WeightGrad: e.grad.Word}
	w.decoder.Bias = append([]float32(nil), head.Bias...)
	w.decoder.BiasGrad = b.add(n.bias, w.decoder.Bias, false, len(w.decoder.Bias))
	return w
}

func (w *trainableWords) inference() *WordHead {
	return &WordHead{
		Transform: inferenceLinear(&w.transform), Norm: inferenceNorm(w.norm.LayerNorm),
		Bias: append([]float32(nil), w.decoder.Bias...),
	}
}

// wordTape is what the way back through the head of words reads, a row of H a
// token.
type wordTape struct {
	input      []float32 // vectors of the tokens
	raw        []float32 // before the activation
	active     []float32 // before the normalisation
	normalized []float32 // what the decoder reads
}

// forward computes the scores of all words, rows×vocabulary, for the vectors of
// tokens in input, rows×H, which the tape keeps.
func (w *trainableWords) forward(team *nn.Team, k *wordTape, input []float32) []float32 {
	n := len(input) / w.transform.In
	k.input = input
	for _, buffer := range []*[]float32{&k.raw, &k.active, &k.normalized} {
		*buffer = make([]float32, len(input))
	}
	scores := make([]float32, n*w.decoder.Out)
	share(team, func(s nn.Share) {
		w.transform.Forward(s, k.raw, k.input, n, nil)
		s.Wait()
		nn.Activate(s, k.active, k.raw, w.act)
		s.Wait()
		w.norm.Forward(s, k.normalized, k.active, n)
		s.Wait()
		w.decoder.Forward(s, scores, k.normalized, n, nil)
	})
	return scores
}

// backward adds the gradients of the head and returns that of its input: dscores
// is that of its scores.
func (w *trainableWords) backward(team *nn.Team, m *nn.ProjectionScratch, k *wordTape, dscores []float32) []float32 {
	h := w.transform.In
	n := len(k.input) / h
	d, dinput := make([]float32, n*h), make([]float32, n*h)
	w.norms.Reserve(n, h)
	share(team, func(s nn.Share) {
		w.decoder.Backward(s, m, d, dscores, k.normalized, n, nil)
		s.Wait()
		w.norm.Backward(s, &w.norms, w.norm.grad, d, d, k.active, n)
		s.Wait()
		nn.ActivateBackward(s, d, k.raw, w.act)
		s.Wait()
		w.transform.Backward(s, m, dinput, d, k.input, n, nil)
	})
	return dinput
}
