package model

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// trainableLayer is a Layer in training.
type trainableLayer struct {
	causal     bool // a token sees none after it
	qkv, out   nn.Projection
	outNorm    trainableNorm
	inner      nn.Projection
	output     nn.Projection
	outputNorm trainableNorm
}

func (l *trainableLayer) projections() []*nn.Projection {
	return []*nn.Projection{&l.qkv, &l.out, &l.inner, &l.output}
}

// inference packs a copy.
func (l *trainableLayer) inference() Layer {
	return Layer{
		QKV: inferenceLinear(&l.qkv), AttentionOut: inferenceLinear(&l.out), AttentionNorm: inferenceNorm(l.outNorm.LayerNorm),
		Intermediate: inferenceLinear(&l.inner), Output: inferenceLinear(&l.output), OutputNorm: inferenceNorm(l.outputNorm.LayerNorm),
	}
}

// kept is what the way back through a layer reads, for the rows of a chunk. H
// is the hidden size, I the intermediate size.
type kept struct {
	qkv      []float32 // rows×3H
	attended []float32 // rows×H: attention's result
	middle   []float32 // rows×H: before the first normalisation
	inner    []float32 // rows×I: before the activation
	sum      []float32 // rows×H: before the second normalisation
}

// attention is that of the layer's tokens to each other.
func (l *trainableLayer) attention(p *pass) nn.TrainingAttention {
	return nn.TrainingAttention{Heads: p.heads, Causal: l.causal}
}

// attend computes the first half of layer i from its input x, rows×H:
//
//	middle = x + dropout(attention(x·QKV)·Out),  a = LayerNorm(middle)
//
// a is left in p.a.
func (l *trainableLayer) attend(s nn.Share, p *pass, i int, k kept, x []float32) {
	c := p.chunk
	l.qkv.Forward(s, k.qkv, x, c.rows(), nil)
	s.Wait()
	if p.drop.Active() || l.causal {
		l.attention(p).Forward(s, k.attended, k.qkv, c.starts, layerStream(p.drop, i, weightStream), c.text, &p.own(s).training)
	} else {
		nn.Attention{Heads: p.heads}.Forward(s, k.attended, k.qkv, c.starts, &p.own(s).attention)
	}
	s.Wait()
	p.project(s, &l.out, k.middle, k.attended, x, layerStream(p.drop, i, attentionStream))
	l.outNorm.Forward(s, p.a, k.middle, c.rows())
	s.Wait()
}

// widen computes the input of the activation, inner = a·Inner, from p.a.
func (l *trainableLayer) widen(s nn.Share, p *pass, k kept) {
	l.inner.Forward(s, k.inner, p.a, p.chunk.rows(), nil)
	s.Wait()
}

// narrow computes the second half of layer i from p.a and inner into p.x:
//
//	sum = a + dropout(act(inner)·Output),  y = LayerNorm(sum)
func (l *trainableLayer) narrow(s nn.Share, p *pass, i int, k kept) {
	nn.Activate(s, p.active, k.inner, p.act)
	s.Wait()
	p.project(s, &l.output, k.sum, p.active, p.a, layerStream(p.drop, i, innerStream))
	l.normalize(s, p, k)
}

// forward computes layer i from its input p.x, which becomes its output.
func (l *trainableLayer) forward(s nn.Share, p *pass, i int, k kept) {
	l.attend(s, p, i, k, p.x)
	l.widen(s, p, k)
	l.narrow(s, p, i, k)
}

// normalize computes the layer's output from what was kept, into p.x.
func (l *trainableLayer) normalize(s nn.Share, p *pass, k kept) {
	l.outputNorm.Forward(s, p.x, k.sum, p.chunk.rows())
	s.Wait()
}

// project computes dst = residual + dropout(x·Wᵀ + b) and waits.
func (p *pass) project(s nn.Share, w *nn.Projection, dst, x, residual []float32, drop kernel.Dropout) {
	rows := p.chunk.rows()
	if !drop.Active() {
		w.Forward(s, dst, x, rows, residual)
		s.Wait()
		return
	}
	w.Forward(s, dst, x, rows, nil)
	s.Wait()
	nn.Dropout(s, drop, dst, rows, w.Out, p.chunk.row)
	first, last := s.Range(rows)
	kernel.Add(dst[first*w.Out:], residual[first*w.Out:last*w.Out])
	s.Wait()
}

// backward adds the gradients of layer i: p.d, rows×H, is the gradient of its
// output and becomes that of its input p.x, if anything below is trained.
func (l *trainableLayer) backward(s nn.Share, p *pass, i int, k kept, below bool) {
	l.narrowBackward(s, p, i, k, &l.outNorm, k.middle)
	l.attendBackward(s, p, i, k, below)
}

// narrowBackward is the way back from the layer's output, whose gradient is
// p.d, to middle, that of which is left in p.dsum: the input of the
// normalisation norm that comes before the inner layer.
func (l *trainableLayer) narrowBackward(s nn.Share, p *pass, i int, k kept, norm *trainableNorm, middle []float32) {
	rows := p.chunk.rows()
	l.outputNorm.Backward(s, &p.norms, l.outputNorm.grad, p.dsum, p.d, k.sum, rows)
	nn.Activate(s, p.active, k.inner, p.act)
	norm.Forward(s, p.a, middle, rows)
	s.Wait()
	l.output.Backward(s, &p.projections, p.dinner, p.dropped(s, layerStream(p.drop, i, innerStream)), p.active, rows, nil)
	s.Wait()
	nn.ActivateBackward(s, p.dinner, k.inner, p.act)
	s.Wait()
	l.inner.Backward(s, &p.projections, p.d, p.dinner, p.a, rows, p.dsum)
	s.Wait()
	norm.Backward(s, &p.norms, norm.grad, p.dsum, p.d, middle, rows)
	s.Wait()
}

// attendBackward is the way back from middle, whose gradient is p.dsum.
func (l *trainableLayer) attendBackward(s nn.Share, p *pass, i int, k kept, below bool) {
	c := p.chunk
	l.out.Backward(s, &p.projections, p.d, p.dropped(s, layerStream(p.drop, i, attentionStream)), k.attended, c.rows(), nil)
	s.Wait()
	l.attention(p).Backward(s, p.dqkv, p.d, k.qkv, k.attended, c.starts, layerStream(p.drop, i, weightStream), c.text, &p.own(s).training)
	s.Wait()
	var dx []float32
	if below {
		dx = p.d
	}
	l.qkv.Backward(s, &p.projections, dx, p.dqkv, p.x, c.rows(), p.dsum)
	s.Wait()
}

// dropped returns p.dsum with drop applied: a copy, if that changes anything,
// for which members wait.
func (p *pass) dropped(s nn.Share, drop kernel.Dropout) []float32 {
	if !drop.Active() {
		return p.dsum
	}
	rows := p.chunk.rows()
	h := len(p.dsum) / rows
	first, last := s.Range(rows)
	copy(p.masked[first*h:last*h], p.dsum[first*h:last*h])
	nn.Dropout(s, drop, p.masked, rows, h, p.chunk.row)
	s.Wait()
	return p.masked
}
