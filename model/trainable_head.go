package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// headTape is what the way back through the modules after pooling reads.
type headTape struct {
	inputs [][]float32 // of each Dense module, texts×In
	raw    [][]float32 // its result before the activation, texts×Out
	last   []float32   // the vectors before they are normalised
}

// head computes the vectors of pooled ones and keeps what Backward needs.
func (t *Trainable) head(tape *Tape, pooled []float32) []float32 {
	n := tape.batch.Texts()
	x := pooled
	for i := range t.dense {
		d := &t.dense[i]
		raw := make([]float32, n*d.Out)
		d.Forward(nn.Share{}, raw, x, n, nil)
		tape.head.inputs, tape.head.raw = append(tape.head.inputs, x), append(tape.head.raw, raw)
		y := append([]float32(nil), raw...)
		d.activation.Apply(y)
		if d.residual {
			kernel.Add(y, x)
		}
		x = y
	}
	tape.head.last = x
	vectors := append([]float32(nil), x...)
	if t.base.Normalize {
		dim := t.Dimension()
		for at := 0; at < len(vectors); at += dim {
			nn.Normalize(vectors[at : at+dim])
		}
	}
	return vectors
}

// headBackward returns the gradient of the pooled vectors.
func (t *Trainable) headBackward(tape *Tape, dvectors []float32) []float32 {
	n, dim := tape.batch.Texts(), t.Dimension()
	d := append([]float32(nil), dvectors...)
	if t.base.Normalize {
		for at := 0; at < len(d); at += dim {
			nn.NormalizeBackward(d[at:at+dim], tape.head.last[at:at+dim])
		}
	}
	scratch := &nn.ProjectionScratch{}
	for i := len(t.dense) - 1; i >= 0; i-- {
		m := &t.dense[i]
		var residual []float32
		if m.residual {
			residual = append(residual, d...)
		}
		m.activation.Backward(d, tape.head.raw[i])
		scratch.Reserve(&m.Projection, n)
		dx := make([]float32, n*m.In)
		m.Backward(nn.Share{}, scratch, dx, d, tape.head.inputs[i], n, residual)
		d = dx
	}
	return d
}

// poolingsBackward holds the way back through each pooling mode.
var poolingsBackward = map[PoolingMode]func(dx, dy, x []float32, skip int){
	CLS: nn.FirstPoolBackward, Max: nn.MaxPoolBackward, Mean: nn.MeanPoolBackward, MeanSqrtLen: nn.MeanSqrtPoolBackward,
	WeightedMean: nn.WeightedMeanPoolBackward, LastToken: nn.LastPoolBackward,
}

// poolBackward writes the gradient of a chunk's last hidden state x to d.
func (t *Trainable) poolBackward(d, x, dpooled []float32, c *chunk, prompt int) {
	h := t.Config().HiddenSize
	dim := t.base.Pooling.Dimension(h)
	if !t.base.Pooling.ExcludePrompt {
		prompt = 0
	}
	clear(d)
	for i := range len(c.starts) - 1 {
		from, to := c.starts[i]*h, c.starts[i+1]*h
		for k, mode := range t.base.Pooling.Modes {
			dy := dpooled[(c.text+i)*dim+k*h:][:h]
			poolingsBackward[mode](d[from:to], dy, x[from:to], prompt)
		}
	}
}
