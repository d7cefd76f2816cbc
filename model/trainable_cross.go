package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// trainableCross is a CrossAttention in training.
type trainableCross struct {
	query, pairs, out nn.Projection // pairs: keys and values
	norm              trainableNorm
}

// cross copies a layer's cross-attention.
func (b *trainableBuilder) cross(name string, c *CrossAttention) trainableCross {
	return trainableCross{
		query: b.projection(name+"self.query", c.Query, 1), pairs: b.stacked(c.KeyValue, name+"self.key", name+"self.value"),
		out: b.projection(name+"output.dense", c.Out, 1), norm: b.norm(name+"output.LayerNorm", c.Norm),
	}
}

func (c *trainableCross) projections() []*nn.Projection {
	return []*nn.Projection{&c.query, &c.pairs, &c.out}
}

// inference packs a copy.
func (c *trainableCross) inference() CrossAttention {
	return CrossAttention{
		Query: inferenceLinear(&c.query), KeyValue: inferenceLinear(&c.pairs), Out: inferenceLinear(&c.out), Norm: inferenceNorm(c.norm.LayerNorm),
	}
}

// seen is what a decoder in training looks at: an encoder's last hidden state.
type seen struct {
	starts  []int     // first row of each text, and the number of rows
	hidden  []float32 // rows×E
	dhidden []float32 // its gradient, on the way back
	dpairs  []float32 // rows×2H: gradient of one layer's keys and values
}

func (e *seen) rows() int { return e.starts[len(e.starts)-1] }

// keptCross is what the way back through cross-attention reads.
type keptCross struct {
	query    []float32 // rows×H
	pairs    []float32 // the encoder's rows×2H
	attended []float32 // rows×H: attention's result
	middle   []float32 // rows×H: before the normalisation
}

// crossStream is that of dropout in cross-attention, whose streams are numbered
// as a layer's own.
const crossStream = 1 << 20

func (c *trainableCross) drop(p *pass, i, kind int) kernel.Dropout {
	return layerStream(p.drop.Stream(crossStream), i, kind)
}

// forward computes from a, which stands in p.a and makes way for the result,
// in layer i:
//
//	middle = a + dropout(attention(a·Query, hidden·Pairs)·Out),  b = LayerNorm(middle)
func (c *trainableCross) forward(s nn.Share, p *pass, i int, k keptCross, e *seen) {
	rows := p.chunk.rows()
	c.query.Forward(s, k.query, p.a, rows, nil)
	c.pairs.Forward(s, k.pairs, e.hidden, e.rows(), nil)
	s.Wait()
	attention := nn.CrossAttention{Heads: p.heads}
	attention.Forward(s, k.attended, k.query, k.pairs, p.chunk.starts, e.starts, c.drop(p, i, weightStream), &p.own(s).training)
	s.Wait()
	p.project(s, &c.out, k.middle, k.attended, p.a, c.drop(p, i, attentionStream))
	c.norm.Forward(s, p.a, k.middle, rows)
	s.Wait()
}

// backward is the way back from middle, whose gradient is p.dsum, to a, which
// stands in p.a: its gradient is left in p.d, and e.dhidden gains that of what
// is seen.
func (c *trainableCross) backward(s nn.Share, p *pass, i int, k keptCross, e *seen) {
	rows := p.chunk.rows()
	c.out.Backward(s, &p.projections, p.d, p.dropped(s, c.drop(p, i, attentionStream)), k.attended, rows, nil)
	s.Wait()
	dquery := p.dqkv[:len(k.query)]
	attention := nn.CrossAttention{Heads: p.heads}
	attention.Backward(s, dquery, e.dpairs, p.d, k.query, k.pairs, k.attended, p.chunk.starts, e.starts, c.drop(p, i, weightStream), &p.own(s).training)
	s.Wait()
	c.pairs.Backward(s, &p.projections, e.dhidden, e.dpairs, e.hidden, e.rows(), e.dhidden)
	s.Wait()
	c.query.Backward(s, &p.projections, p.d, dquery, p.a, rows, p.dsum)
	s.Wait()
}
