package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// textTape is what the way back through the head over first tokens reads,
// texts×H each.
type textTape struct {
	input  []float32 // vectors of the first tokens
	raw    []float32 // before tanh
	active []float32 // what Output reads
}

// headDropout is the dropout of a head, or none: stream 1 is that of what the
// dense layer reads, 2 of what the output reads.
func (t *TrainableTask) headDropout(tape *TaskTape, stream int) kernel.Dropout {
	if !t.drops() {
		return kernel.Dropout{}
	}
	return layerStream(tape.drop, len(t.encoder.layers), stream)
}

// denseDropout is that before the dense layer, which only RoBERTa has.
func (t *TrainableTask) denseDropout(tape *TaskTape) kernel.Dropout {
	if t.model.Dense == nil {
		return kernel.Dropout{}
	}
	return t.headDropout(tape, 1)
}

// textForward computes output(dropout(tanh(dense(first token)))), texts×scores.
func (t *TrainableTask) textForward(team *nn.Team, tape *TaskTape) []float32 {
	h, texts, k := t.Config().HiddenSize, tape.batch.Texts(), &tape.text
	k.input, k.raw, k.active = make([]float32, texts*h), make([]float32, texts*h), make([]float32, texts*h)
	for i := range texts {
		copy(k.input[i*h:(i+1)*h], tape.hidden[tape.batch.Starts[i]*h:])
	}
	scores := make([]float32, texts*t.output.Out)
	share(team, func(s nn.Share) {
		nn.Dropout(s, t.denseDropout(tape), k.input, texts, h, 0)
		s.Wait()
		t.dense.Forward(s, k.raw, k.input, texts, nil)
		s.Wait()
		nn.Activate(s, k.active, k.raw, kernel.Tanh)
		s.Wait()
		nn.Dropout(s, t.headDropout(tape, 2), k.active, texts, h, 0)
		s.Wait()
		t.output.Forward(s, scores, k.active, texts, nil)
	})
	return scores
}

// textBackward adds to dhidden the gradient of the first tokens' vectors.
func (t *TrainableTask) textBackward(team *nn.Team, tape *TaskTape, dscores, dhidden []float32) {
	h, texts, k := t.Config().HiddenSize, tape.batch.Texts(), &tape.text
	d, dinput := make([]float32, texts*h), make([]float32, texts*h)
	share(team, func(s nn.Share) {
		t.output.Backward(s, &t.scratch, d, dscores, k.active, texts, nil)
		s.Wait()
		nn.Dropout(s, t.headDropout(tape, 2), d, texts, h, 0)
		s.Wait()
		nn.ActivateBackward(s, d, k.raw, kernel.Tanh)
		s.Wait()
		t.dense.Backward(s, &t.scratch, dinput, d, k.input, texts, nil)
		s.Wait()
		nn.Dropout(s, t.denseDropout(tape), dinput, texts, h, 0)
	})
	for i := range texts {
		kernel.Add(dhidden[tape.batch.Starts[i]*h:], dinput[i*h:(i+1)*h])
	}
}

// tokenForward computes output(dropout(hidden)), rows×scores.
func (t *TrainableTask) tokenForward(team *nn.Team, tape *TaskTape) []float32 {
	h, rows := t.Config().HiddenSize, len(tape.batch.IDs)
	scores := make([]float32, rows*t.output.Out)
	share(team, func(s nn.Share) {
		nn.Dropout(s, t.headDropout(tape, 2), tape.hidden, rows, h, 0)
		s.Wait()
		t.output.Forward(s, scores, tape.hidden, rows, nil)
	})
	return scores
}

// tokenBackward writes the gradient of all tokens' vectors to dhidden.
func (t *TrainableTask) tokenBackward(team *nn.Team, tape *TaskTape, dscores, dhidden []float32) {
	h, rows := t.Config().HiddenSize, len(tape.batch.IDs)
	share(team, func(s nn.Share) {
		t.output.Backward(s, &t.scratch, dhidden, dscores, tape.hidden, rows, nil)
		s.Wait()
		nn.Dropout(s, t.headDropout(tape, 2), dhidden, rows, h, 0)
	})
}
