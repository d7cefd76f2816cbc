package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// Forward runs the encoder over a batch and returns the last hidden state, a
// row of HiddenSize values a token. The result lives in w until its next use.
// A text's rows have the same bits whatever else is in the batch, and on any
// number of cores. Errors say which token or text does not fit the model.
func (e *Encoder) Forward(w *Workspace, b *Batch) ([]float32, error) {
	if err := b.check(e.Config); err != nil {
		return nil, err
	}
	w.reserve(e.Config, len(b.IDs))
	if w.team == nil {
		e.run(nn.Alone(w.Yield), w, b)
	} else {
		w.team.Do(func(s nn.Share) { e.run(s, w, b) })
	}
	return w.hidden, nil
}

// run is one member's part of a pass.
func (e *Encoder) run(s nn.Share, w *Workspace, b *Batch) {
	own := &w.members[s.Index()]
	e.Embedding.Forward(s, w.hidden, b.IDs, b.Types, b.Starts, own.row)
	s.Wait()
	act, _ := activation(e.Config.HiddenAct) // Validate has refused an unknown one
	for i := range e.Layers {
		if e.int8 != nil {
			e.runInt8(s, w, own, i, b.Starts, act)
			continue
		}
		e.Layers[i].run(s, w, own, b.Starts, e.heads(), act)
	}
}

// run computes one layer over w.hidden, in place:
//
//	a = LayerNorm(x + attention(x·QKV)·Out)
//	y = LayerNorm(a + act(a·Intermediate)·Output)
func (l *Layer) run(s nn.Share, w *Workspace, own *memberSpace, starts []int, heads kernel.Heads, act kernel.Activation) {
	rows := starts[len(starts)-1]
	x, a := w.hidden, w.attended
	l.QKV.Forward(s, w.qkv, x, rows, nil, kernel.None)
	s.Wait()
	nn.Attention{Heads: heads}.Forward(s, a, w.qkv, starts, &own.attention)
	s.Wait()
	l.AttentionOut.Forward(s, x, a, rows, x, kernel.None)
	s.Wait()
	l.AttentionNorm.Forward(s, x, x, rows)
	s.Wait()
	l.Intermediate.Forward(s, w.inner, x, rows, nil, act)
	s.Wait()
	l.Output.Forward(s, x, w.inner, rows, x, kernel.None)
	s.Wait()
	l.OutputNorm.Forward(s, x, x, rows)
	s.Wait()
}

// Pool computes BERT's pooler output for each text of the batch whose last
// hidden state is given, tanh(W·h₀ + b), into dst, texts×HiddenSize. The
// encoder must have a pooler.
func (e *Encoder) Pool(dst, hidden []float32, b *Batch) {
	h := e.Config.HiddenSize
	for i := range b.Texts() {
		first := hidden[b.Starts[i]*h:][:h]
		e.Pooler.Forward(nn.Share{}, dst[i*h:(i+1)*h], first, 1, nil, kernel.Tanh)
	}
}
