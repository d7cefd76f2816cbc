package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// trainableWords is a WordHead in training. The decoder's weights, and their
// gradient, are those of the encoder's table of words.
type trainableWords struct {
	transform nn.Projection
	act       kernel.Activation
	norm      trainableNorm
	decoder   nn.Projection // H → vocabulary
	norms     nn.NormScratch
}

// words copies the head of words.
func (b *trainableBuilder) words(n headNames, m *TaskModel, encoder *Trainable) *trainableWords {
	w := &trainableWords{transform: b.projection(n.transform, m.Words.Transform, 1), act: m.wordActivation()}
	w.norm = b.norm(n.norm, m.Words.Norm)
	e := &encoder.embedding
	w.decoder = nn.Projection{Out: e.Word.Rows(), In: e.Word.Dim(), Weight: e.word, WeightGrad: e.grad.Word}
	w.decoder.Bias = append([]float32(nil), m.Words.Bias...)
	w.decoder.BiasGrad = b.add(n.bias, w.decoder.Bias, false, len(w.decoder.Bias))
	return w
}

func (w *trainableWords) inference() *WordHead {
	return &WordHead{
		Transform: inferenceLinear(&w.transform), Norm: inferenceNorm(w.norm.LayerNorm),
		Bias: append([]float32(nil), w.decoder.Bias...),
	}
}

// wordTape is what the way back through the head of words reads, asked rows×H
// each.
type wordTape struct {
	input      []float32 // vectors of the tokens
	raw        []float32 // before the activation
	active     []float32 // before the normalisation
	normalized []float32 // what the decoder reads
}

// forward computes the scores of all words for the rows of the tape.
func (w *trainableWords) forward(team *nn.Team, tape *TaskTape) []float32 {
	h, n, k := w.transform.In, len(tape.rows), &tape.words
	for _, buffer := range []*[]float32{&k.input, &k.raw, &k.active, &k.normalized} {
		*buffer = make([]float32, n*h)
	}
	for i, row := range tape.rows {
		copy(k.input[i*h:(i+1)*h], tape.hidden[row*h:])
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

// backward adds to dhidden the gradient of the tokens' vectors.
func (w *trainableWords) backward(team *nn.Team, m *nn.ProjectionScratch, tape *TaskTape, dscores, dhidden []float32) {
	h, n, k := w.transform.In, len(tape.rows), &tape.words
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
	for i, row := range tape.rows {
		kernel.Add(dhidden[row*h:], dinput[i*h:(i+1)*h])
	}
}
