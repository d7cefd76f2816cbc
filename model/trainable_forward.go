package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// ForwardOptions say how a pass in training goes.
type ForwardOptions struct {
	Train   bool    // keep what Backward needs
	Dropout float32 // probability with which a value is left out
	Seed    uint64  // of what is left out: the same seed leaves out the same
	Memory  int64   // bytes a tape may keep; what is above is computed again; 0 is 576 MiB
}

// defaultMemory is what a tape may keep unless it is said, in bytes.
const defaultMemory = 576 << 20

// Forward computes the vectors of a batch, texts×Dimension, and with o.Train
// the tape that Backward takes. team nil works on the calling goroutine alone.
func (t *Trainable) Forward(team *nn.Team, b *Batch, o ForwardOptions) ([]float32, *Tape, error) {
	pooled, tape, err := t.forwardPooled(team, b, o)
	if err != nil {
		return nil, nil, err
	}
	vectors := t.head(tape, pooled)
	if !o.Train {
		return vectors, nil, nil
	}
	return vectors, tape, nil
}

// forwardPooled computes the pooled vectors of a batch, before the modules
// after pooling: texts×the pooling's dimension.
func (t *Trainable) forwardPooled(team *nn.Team, b *Batch, o ForwardOptions) ([]float32, *Tape, error) {
	pooled := make([]float32, b.Texts()*t.base.Pooling.Dimension(t.Config().HiddenSize))
	tape, err := t.forth(team, b, o, func(c *chunk, x []float32) { t.pool(pooled, c, x, b.Prompt) })
	return pooled, tape, err
}

// forth goes through the encoder. last is called with the last hidden state of
// each chunk, rows×H, which does not last.
func (t *Trainable) forth(team *nn.Team, b *Batch, o ForwardOptions, last func(c *chunk, x []float32)) (*Tape, error) {
	if err := b.check(t.Config()); err != nil {
		return nil, err
	}
	tape := &Tape{options: o}
	tape.cut(b, chunkRows)
	t.reserve(team, tape)
	for i := range tape.chunks {
		c := &tape.chunks[i]
		t.keep(c, o)
		share(team, func(s nn.Share) { t.encode(s, c, o) })
		last(c, t.space.pass.x)
	}
	return tape, nil
}

// keep gives a chunk of a pass in training its memory: the input of each
// trained layer's last normalisation, and the rest while memory lasts.
func (t *Trainable) keep(c *chunk, o ForwardOptions) {
	c.layers = make([]keptLayer, len(t.layers))
	if !o.Train {
		return
	}
	limit := o.Memory
	if limit == 0 {
		limit = defaultMemory
	}
	h, inner := t.Config().HiddenSize, t.Config().IntermediateSize
	for i := range c.layers {
		if i+1 < t.lowest {
			continue
		}
		c.layers[i].sum = take(&t.space.sums, c.rows()*h, t.space.rows*h)
		size := c.rows() * (5*h + inner)
		if i >= t.lowest && t.space.inUse+4*int64(size) <= limit {
			c.layers[i].rest = take(&t.space.rests, size, t.space.rows*(5*h+inner))
			t.space.inUse += 4 * int64(size)
		}
	}
}

// release takes a chunk's memory back.
func (t *Trainable) release(c *chunk) {
	for _, l := range c.layers {
		if l.sum != nil {
			t.space.sums = append(t.space.sums, l.sum)
		}
		if l.rest != nil {
			t.space.rests = append(t.space.rests, l.rest)
			t.space.inUse -= 4 * int64(len(l.rest))
		}
	}
	c.layers = nil
}

// take returns a piece of n values from a list of free ones, or a new one with
// room for most, so that it serves any chunk.
func take(free *[][]float32, n, most int) []float32 {
	for i, piece := range *free {
		if cap(piece) >= n {
			(*free)[i] = (*free)[len(*free)-1]
			*free = (*free)[:len(*free)-1]
			return piece[:n]
		}
	}
	return make([]float32, n, most)
}

// of is the memory of layer i of a chunk, in the scratch where nothing is kept.
func (t *Trainable) of(c *chunk, i int) kept {
	rows, h := c.rows(), t.Config().HiddenSize
	k := kept{sum: c.layers[i].sum}
	if k.sum == nil {
		k.sum = t.space.scratch.sum[:rows*h]
	}
	if rest := c.layers[i].rest; rest != nil {
		k.qkv, rest = rest[:3*rows*h], rest[3*rows*h:]
		k.attended, rest = rest[:rows*h], rest[rows*h:]
		k.middle, k.inner = rest[:rows*h], rest[rows*h:]
		return k
	}
	scratch := &t.space.scratch
	k.qkv, k.attended, k.middle = scratch.qkv[:3*rows*h], scratch.attended[:rows*h], scratch.middle[:rows*h]
	k.inner = scratch.inner[:rows*t.Config().IntermediateSize]
	return k
}

// begin sets the pass to a chunk. One member does so.
func (t *Trainable) begin(c *chunk, o ForwardOptions) {
	p := &t.space.pass
	p.chunk, p.drop = c, kernel.NewDropout(o.Dropout, o.Seed)
	p.heads = t.base.Encoder.heads()
	p.act, _ = activation(t.Config().HiddenAct) // the model was loaded with it
	p.fit(c.rows(), t.Config())
}

// encode runs the encoder over a chunk; the last hidden state is in the pass's x.
func (t *Trainable) encode(s nn.Share, c *chunk, o ForwardOptions) {
	p := &t.space.pass
	if s.Index() == 0 {
		t.begin(c, o)
	}
	s.Wait()
	t.embedding.forward(s, p, p.x)
	for i := range t.layers {
		t.layers[i].forward(s, p, i, t.of(c, i))
	}
}

// pool writes the pooled vectors of a chunk's texts to pooled, that of all.
func (t *Trainable) pool(pooled []float32, c *chunk, x []float32, prompt int) {
	h := t.Config().HiddenSize
	dim := t.base.Pooling.Dimension(h)
	for i := range len(c.starts) - 1 {
		out := pooled[(c.text+i)*dim:][:dim]
		t.base.Pooling.apply(out, x[c.starts[i]*h:c.starts[i+1]*h], h, prompt)
	}
}
