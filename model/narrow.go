package model

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// Narrow makes a model with a smaller hidden size that begins close to s: heads
// keep their size and are fewer, and so are the features inside a layer. A last
// Dense module brings the pooled vector back to s's size, so that the vectors of
// both can be compared.
//
// The tokens of the batch, some thousands, decide by least squares. Hidden states
// are projected onto the directions in which those of s are largest (PCA), turned
// so that their mean is 0, which layer normalisation then leaves alone. The
// weights of s's normalisations are taken into the matrices around them, as they
// are not diagonal in other directions (Ashkboos et al., "SliceGPT",
// arXiv:2401.15024, for models that normalise before a layer). From the first
// layer to the last, what reads hidden states reads the best guess at those of s
// from the narrow ones; of heads and inner features those stay whose outputs vary
// most, and what writes is fitted to s's next hidden states.
func (s *Sentence) Narrow(hidden int, b *Batch) (*Sentence, error) {
	c := s.Encoder.Config
	size := c.HiddenSize / c.AttentionHeads
	if hidden < size || hidden >= c.HiddenSize || hidden%size != 0 {
		return nil, fmt.Errorf("model: a hidden size of %d from %d: want less, and a multiple of %d, the size of a head", hidden, c.HiddenSize, size)
	}
	if err := b.check(c); err != nil {
		return nil, err
	}
	if len(b.IDs) == 0 {
		return nil, errors.New("model: there are no tokens to make a narrower model from")
	}
	narrow := c
	narrow.HiddenSize, narrow.AttentionHeads = hidden, hidden/size
	narrow.IntermediateSize = max(1, c.IntermediateSize*hidden/c.HiddenSize)
	n := &narrowing{wide: s.Encoder, narrow: &Encoder{Config: narrow}, batch: b}
	n.act, _ = activation(c.HiddenAct)
	if err := n.embedding(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	for i := range s.Encoder.Layers {
		n.layer(&s.Encoder.Layers[i])
	}
	copied := *s
	copied.Encoder, copied.Adapter, copied.Digest = n.narrow, nil, ""
	back := Dense{Linear: repeated(regress(n.y, n.x), len(s.Pooling.Modes)), Activation: kernel.None}
	copied.Dense = append([]*Dense{&back}, s.Dense...)
	return &copied, nil
}

// narrowing is the state of Narrow between two layers.
type narrowing struct {
	wide, narrow *Encoder
	batch        *Batch
	act          kernel.Activation
	x, y         rows // hidden states of the batch's tokens in the wide model and in the narrow one
}

// embedding makes the narrow tables and the first hidden states.
func (n *narrowing) embedding() error {
	e, h := n.wide.Embedding, n.narrow.Config.HiddenSize
	n.x = newRows(len(n.batch.IDs), n.wide.Config.HiddenSize)
	e.Sum(nn.Share{}, n.x.values, n.batch.IDs, n.batch.Types, n.batch.Starts, make([]float32, n.x.width))
	scale := n.x.deviation(e.Norm.Eps)
	e.Norm.Forward(nn.Share{}, n.x.values, n.x.values, n.x.n)
	p, err := n.directions()
	if err != nil {
		return err
	}
	narrow := &n.narrow.Embedding
	// A normalisation is linear but for its scale, which is much the same for all tokens.
	shorten := func(t nn.Table, shift float32) nn.Table {
		from := rows{t.Rows(), t.Dim(), tableValues(t)}
		for i := range from.n {
			weighted(from.row(i), e.Norm, shift)
		}
		made, failed := nn.NewTable(from.through(p, kernel.None).values, from.n, h)
		err = cmp.Or(err, failed)
		return made
	}
	narrow.Word, narrow.Position, narrow.Type = shorten(e.Word, 0), shorten(e.Position, 0), shorten(e.Type, scale)
	narrow.Norm = plain(e.Norm, h)
	if err != nil {
		return err
	}
	n.y = newRows(n.x.n, h)
	narrow.Forward(nn.Share{}, n.y.values, n.batch.IDs, n.batch.Types, n.batch.Starts, make([]float32, h))
	return nil
}

// directions is the projection of hidden states: onto the h-1 directions in which
// those of all layers are largest, and from there into the space of h values whose
// mean is 0, by the cosines of a discrete Fourier transform.
func (n *narrowing) directions() (nn.Linear, error) {
	wide, h := n.wide.Config.HiddenSize, n.narrow.Config.HiddenSize
	sum := n.x.products(n.x)
	x := n.x.copied()
	for i := range n.wide.Layers {
		for _, state := range n.wide.Layers[i].states(n, x) {
			sum.Add(sum, state.products(state))
			x = state
		}
	}
	symmetric := mat.NewSymDense(wide, nil)
	for i := range wide {
		for k := i; k < wide; k++ {
			symmetric.SetSym(i, k, sum.At(i, k))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(symmetric, true) {
		return nn.Linear{}, errors.New("the hidden states have no principal directions: are there weights that are no numbers?")
	}
	var vectors mat.Dense // a column each, the largest last
	eigen.VectorsTo(&vectors)
	weight := make([]float32, h*wide)
	for i := range h {
		for k := range h - 1 {
			turned := math.Sqrt(2/float64(h)) * math.Cos(math.Pi*(float64(i)+0.5)*float64(k+1)/float64(h))
			for j := range wide {
				weight[i*wide+j] += float32(turned * vectors.At(j, wide-1-k))
			}
		}
	}
	return nn.Linear{Weight: kernel.PackF32(weight, h, wide), Bias: make([]float32, h)}, nil
}

// states are the hidden states after attention and after the layer, of those before.
func (l *Layer) states(n *narrowing, x rows) []rows {
	a := n.attend(n.wide, x.through(l.QKV, kernel.None))
	middle := added(x, a.through(l.AttentionOut, kernel.None)).normalised(l.AttentionNorm)
	inner := middle.through(l.Intermediate, n.act)
	return []rows{middle, added(middle, inner.through(l.Output, kernel.None)).normalised(l.OutputNorm)}
}

// attend is attention over the batch.
func (n *narrowing) attend(e *Encoder, qkv rows) rows {
	out := newRows(qkv.n, qkv.width/3)
	var scratch kernel.Scratch
	nn.Attention{Heads: e.heads()}.Forward(nn.Share{}, out.values, qkv.values, n.batch.Starts, &scratch)
	return out
}

// layer makes the next layer, and the hidden states after it.
func (n *narrowing) layer(l *Layer) {
	h, wide := n.narrow.Config.HiddenSize, n.wide.Config.HiddenSize
	made := Layer{AttentionNorm: plain(l.AttentionNorm, h), OutputNorm: plain(l.OutputNorm, h)}

	a := n.attend(n.wide, n.x.through(l.QKV, kernel.None))
	kept := largest(importance(a, l.AttentionOut), wide/n.wide.Config.AttentionHeads, n.narrow.Config.AttentionHeads)
	var all []int
	for part := range 3 {
		for _, i := range kept {
			all = append(all, part*wide+i)
		}
	}
	guess, to := regress(n.y, n.x), regress(n.x, n.y)
	made.QKV = after(some(l.QKV, all), guess)
	b := n.attend(n.narrow, n.y.through(made.QKV, kernel.None))
	made.AttentionOut = n.write(a, b, to, l.AttentionOut, l.AttentionNorm, made.AttentionNorm)

	u := n.x.through(l.Intermediate, n.act)
	guess, to = regress(n.y, n.x), regress(n.x, n.y)
	made.Intermediate = after(some(l.Intermediate, largest(importance(u, l.Output), 1, n.narrow.Config.IntermediateSize)), guess)
	v := n.y.through(made.Intermediate, n.act)
	made.Output = n.write(u, v, to, l.Output, l.OutputNorm, made.OutputNorm)
	n.narrow.Layers = append(n.narrow.Layers, made)
}

// write finds what brings features b of the narrow model to its hidden states, so
// that they come close to what features a make of the wide ones through out, of
// which to makes narrow ones. Both hidden states become those after it.
func (n *narrowing) write(a, b rows, to, out nn.Linear, norm, narrowNorm nn.LayerNorm) nn.Linear {
	x := added(n.x, a.through(out, kernel.None))
	wanted := x.through(to, kernel.None)
	for i, v := range n.y.values {
		wanted.values[i] -= v
	}
	made := regress(b, wanted)
	n.y = added(n.y, b.through(made, kernel.None)).normalised(narrowNorm)
	n.x = x.normalised(norm)
	return made
}

// added is a + b.
func added(a, b rows) rows {
	out := a.copied()
	kernel.Add(out.values, b.values)
	return out
}

// normalised normalises r in place and returns it.
func (r rows) normalised(n nn.LayerNorm) rows {
	n.Forward(nn.Share{}, r.values, r.values, r.n)
	return r
}

// deviation is the harmonic mean over the rows of √(variance+eps).
func (r rows) deviation(eps float32) float32 {
	total := 0.0
	for i := range r.n {
		sum, squares := 0.0, 0.0
		for _, v := range r.row(i) {
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
		mean := sum / float64(r.width)
		total += 1 / math.Sqrt(max(squares/float64(r.width)-mean*mean, 0)+float64(eps))
	}
	return float32(float64(r.n) / total)
}

// weighted replaces x by what a normalisation makes of it but for the scale,
// with shift times its bias.
func weighted(x []float32, n nn.LayerNorm, shift float32) {
	mean := float32(0)
	for _, v := range x {
		mean += v / float32(len(x))
	}
	for i, v := range x {
		x[i] = (v-mean)*n.Gamma[i] + shift*n.Beta[i]
	}
}

// plain is a normalisation of h values whose weights are all the mean size of n's.
func plain(n nn.LayerNorm, h int) nn.LayerNorm {
	size := float32(0)
	for _, g := range n.Gamma {
		size += max(g, -g) / float32(len(n.Gamma))
	}
	made := nn.LayerNorm{Gamma: make([]float32, h), Beta: make([]float32, h), Eps: n.Eps}
	for i := range made.Gamma {
		made.Gamma[i] = size
	}
	return made
}

// importance is how much of what l makes of each feature varies: the feature's
// variance times the squared length of its column.
func importance(features rows, l nn.Linear) []float64 {
	mean, out := features.mean(), make([]float64, features.width)
	for i := range features.n {
		for k, v := range features.row(i) {
			d := float64(v) - mean[k]
			out[k] += d * d
		}
	}
	squares, row := make([]float64, features.width), make([]float32, features.width)
	for i := range l.Out() {
		l.Weight.Row(row, i)
		for k, v := range row {
			squares[k] += float64(v) * float64(v)
		}
	}
	for k := range out {
		out[k] *= squares[k]
	}
	return out
}

// largest are the features of the count groups of size that are largest, in order.
func largest(of []float64, size, count int) []int {
	groups := make([]int, len(of)/size)
	total := func(g int) (sum float64) {
		for _, v := range of[g*size : (g+1)*size] {
			sum += v
		}
		return sum
	}
	for g := range groups {
		groups[g] = g
	}
	slices.SortStableFunc(groups, func(a, b int) int { return cmp.Compare(total(b), total(a)) })
	groups = groups[:count]
	slices.Sort(groups)
	var features []int
	for _, g := range groups {
		for i := range size {
			features = append(features, g*size+i)
		}
	}
	return features
}

// repeated applies l to each of parts vectors that stand one after the other.
func repeated(l nn.Linear, parts int) nn.Linear {
	out, in := l.Out(), l.In()
	weight, bias := make([]float32, parts*out*parts*in), make([]float32, 0, parts*out)
	for part := range parts {
		for i := range out {
			l.Weight.Row(weight[(part*out+i)*parts*in+part*in:][:in], i)
		}
		bias = append(bias, l.Bias...)
	}
	return nn.Linear{Weight: kernel.PackF32(weight, parts*out, parts*in), Bias: bias}
}
