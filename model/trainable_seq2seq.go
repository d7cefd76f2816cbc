package model

import (
	"errors"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// TrainableSeq2Seq is a Seq2Seq whose weights can be changed, as [Trainable] is
// a sentence model: a step is Forward, Backward, a change of the parameters'
// values and Refresh.
type TrainableSeq2Seq struct {
	model   Seq2Seq // what is not trained
	encoder *Trainable
	decoder *trainableDecoder
	params  []*Param
}

// Trainable makes a copy of the model that can be trained; o says what of the
// encoder, nil everything. All of the decoder is trained.
func (m *Seq2Seq) Trainable(o *TrainableOptions) (*TrainableSeq2Seq, error) {
	if m.Encoder.int8 != nil {
		return nil, errors.New("model: a model whose matrices are int8 is not trained: load it in float32")
	}
	encoder, err := (&Sentence{Encoder: m.Encoder, Pooling: Pooling{Modes: []PoolingMode{CLS}}}).Trainable(o)
	if err != nil {
		return nil, err
	}
	for _, p := range encoder.params {
		p.Name = "encoder." + p.Name
	}
	t := &TrainableSeq2Seq{model: *m, encoder: encoder, decoder: newTrainableDecoder(m.Decoder, nil)}
	t.params = append(append(t.params, encoder.params...), t.decoder.params...)
	t.Refresh(nil)
	return t, nil
}

// Params lists what is trained, always in the same order, under the names of
// the model's files.
func (t *TrainableSeq2Seq) Params() []*Param { return t.params }

// ZeroGrad sets every gradient to zero.
func (t *TrainableSeq2Seq) ZeroGrad() {
	for _, p := range t.params {
		clear(p.Grad)
	}
}

// Refresh takes over values that have changed: it packs the weights again.
func (t *TrainableSeq2Seq) Refresh(team *nn.Team) {
	t.encoder.Refresh(team)
	t.decoder.refresh(team)
}

// Seq2Seq returns the model as it is now, packed for inference and independent
// of t. Its Digest is empty: that is of files.
func (t *TrainableSeq2Seq) Seq2Seq() (*Seq2Seq, error) {
	s, err := t.encoder.Sentence()
	if err != nil {
		return nil, err
	}
	m := t.model
	m.Encoder, m.Digest = s.Encoder, ""
	m.Decoder, err = t.decoder.inference()
	return &m, err
}

// Seq2SeqTape is what Forward keeps for Backward.
type Seq2SeqTape struct {
	encoder *Tape
	decoder *decoderTape
}

// Forward computes the scores of all words to follow each token of written,
// its rows×vocabulary, where text i was made of text i of read, and with
// o.Train the tape that Backward takes. o.Memory bounds what is kept of the
// encoder; the decoder keeps all. written must not change until then.
func (t *TrainableSeq2Seq) Forward(team *nn.Team, read, written *Batch, o ForwardOptions) ([]float32, *Seq2SeqTape, error) {
	if err := t.decoder.check(written, read); err != nil {
		return nil, nil, err
	}
	hidden, encoder, err := t.encoder.ForwardTokens(team, read, o)
	if err != nil {
		return nil, nil, err
	}
	scores, tape := t.decoder.write(team, written, seen{starts: append([]int(nil), read.Starts...), hidden: hidden}, o)
	if !o.Train {
		return scores, nil, nil
	}
	return scores, &Seq2SeqTape{encoder, tape}, nil
}

// Backward adds the gradient of a loss to those of the parameters: dscores is
// its gradient with respect to the scores that Forward returned with the tape,
// which is used up.
func (t *TrainableSeq2Seq) Backward(team *nn.Team, tape *Seq2SeqTape, dscores []float32) {
	t.encoder.BackwardTokens(team, tape.encoder, t.decoder.backward(team, tape.decoder, dscores))
}
