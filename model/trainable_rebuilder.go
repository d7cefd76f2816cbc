package model

import "github.com/bertsearch/bertsearch/internal/nn"

// Rebuilder is a decoder in training that writes texts again from the pooled
// vectors that a sentence model has of them: TSDAE (Wang, Reimers and Gurevych
// 2021, arXiv:2104.06979). Its cross-attention sees that one vector of a text,
// before any Dense module and before it is normalised, so that what a text says
// has to be in there. Only the encoder is of use afterwards.
type Rebuilder struct {
	encoder *Trainable
	decoder *trainableDecoder
}

// Rebuilder puts a decoder of some of the encoder's layers behind t, made by
// [NewDecoder].
//
// As in the paper the decoder begins as a copy of the encoder, and the two have
// one table of words, of positions and of types. The paper ties the layers too.
// Here they are the decoder's own: an encoder that has been taught to tell texts
// apart is not made to continue them as well, and it may be trained in part or by
// low-rank updates, while a decoder has to be trained as a whole.
func (t *Trainable) Rebuilder(layers int, seed uint64) (*Rebuilder, error) {
	body, err := t.base.Encoder.Spread(layers)
	if err != nil {
		return nil, err
	}
	seen := t.base.Pooling.Dimension(t.Config().HiddenSize)
	r := &Rebuilder{encoder: t, decoder: newTrainableDecoder(NewDecoder(body, seen, seed), &t.embedding)}
	r.Refresh(nil)
	return r, nil
}

// Params lists what is trained of the decoder alone, always in the same order.
func (r *Rebuilder) Params() []*Param { return r.decoder.params }

// Refresh takes over values of the decoder, or of the tables, that have changed.
func (r *Rebuilder) Refresh(team *nn.Team) { r.decoder.refresh(team) }

// Forward computes the scores of all words to follow each token of whole,
// rows×vocabulary, from the vector of the text of the same number in damaged,
// and with o.Train the tape that Backward takes. o.Memory bounds what is kept of
// the encoder; the decoder keeps all. whole must not change until then.
func (r *Rebuilder) Forward(team *nn.Team, damaged, whole *Batch, o ForwardOptions) ([]float32, *Seq2SeqTape, error) {
	if err := r.decoder.check(whole, damaged); err != nil {
		return nil, nil, err
	}
	pooled, encoder, err := r.encoder.forwardPooled(team, damaged, o)
	if err != nil {
		return nil, nil, err
	}
	one := make([]int, damaged.Texts()+1) // row of each text
	for i := range one {
		one[i] = i
	}
	scores, tape := r.decoder.write(team, whole, seen{starts: one, hidden: pooled}, o)
	if !o.Train {
		return scores, nil, nil
	}
	return scores, &Seq2SeqTape{encoder, tape}, nil
}

// Backward adds the gradient of a loss to those of the encoder's parameters and
// the decoder's: dscores is its gradient with respect to the scores that Forward
// returned with the tape, which is used up.
func (r *Rebuilder) Backward(team *nn.Team, tape *Seq2SeqTape, dscores []float32) {
	r.encoder.backwardPooled(team, tape.encoder, r.decoder.backward(team, tape.decoder, dscores))
}
