package model

import "github.com/bertsearch/bertsearch/internal/nn"

// Backward adds the gradient of a loss to those of the parameters: dvectors,
// texts×Dimension, is its gradient with respect to the vectors that Forward
// returned with the tape, which is used up. Parameters must not have changed in
// between.
func (t *Trainable) Backward(team *nn.Team, tape *Tape, dvectors []float32) {
	t.backwardPooled(team, tape, t.headBackward(tape, dvectors))
}

// backwardPooled is Backward for the gradient of what forwardPooled returned.
func (t *Trainable) backwardPooled(team *nn.Team, tape *Tape, dpooled []float32) {
	t.back(team, tape, func(p *pass, c *chunk) { t.poolBackward(p.d, p.x, dpooled, c, tape.batch.Prompt) })
}

// back goes back through the encoder. last writes the gradient of a chunk's
// last hidden state, which is the pass's x, to the pass's d.
func (t *Trainable) back(team *nn.Team, tape *Tape, last func(*pass, *chunk)) {
	t.reserve(team, tape)
	for i := len(tape.chunks) - 1; i >= 0; i-- {
		c := &tape.chunks[i]
		share(team, func(s nn.Share) { t.encodeBackward(s, tape, c, last) })
		t.release(c)
	}
	tape.chunks = nil
}

// encodeBackward is the way back through the encoder for one chunk. What a
// layer's input was follows from what the layer below kept.
func (t *Trainable) encodeBackward(s nn.Share, tape *Tape, c *chunk, last func(*pass, *chunk)) {
	p := &t.space.pass
	if s.Index() == 0 {
		t.begin(c, tape.options)
	}
	s.Wait()
	t.input(s, c, len(t.layers))
	if s.Index() == 0 {
		last(p, c)
	}
	s.Wait()
	for i := len(t.layers) - 1; i >= t.lowest; i-- {
		t.input(s, c, i)
		k := t.of(c, i)
		if c.layers[i].rest == nil {
			t.layers[i].attend(s, p, i, k, p.x)
			t.layers[i].widen(s, p, k)
		}
		t.layers[i].backward(s, p, i, k, i > t.lowest || t.embedding.trained)
	}
	if t.embedding.trained {
		t.embedding.backward(s, p)
	}
}

// input computes the input of layer i again, into the pass's x; that of the
// layer after the last is the encoder's result.
func (t *Trainable) input(s nn.Share, c *chunk, i int) {
	p := &t.space.pass
	if i == 0 {
		t.embedding.forward(s, p, p.x)
		return
	}
	t.layers[i-1].normalize(s, p, t.of(c, i-1))
}
