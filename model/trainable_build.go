package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// newTrainable copies the parameters of s.
func newTrainable(s *Sentence, o TrainableOptions) *Trainable {
	e := s.Encoder
	b := &trainableBuilder{lora: o.LoRA}
	if b.lora != nil {
		b.random = rand.New(rand.NewPCG(b.lora.Seed, 0x10a))
	}
	t := &Trainable{base: *s}
	if o.Layers > 0 {
		t.lowest = len(e.Layers) - o.Layers
	}
	b.frozen = o.Layers > 0 || o.LoRA != nil
	t.embedding = b.embedding(&e.Embedding)
	t.layers = make([]trainableLayer, len(e.Layers))
	for i := range e.Layers {
		b.frozen = i < t.lowest
		t.layers[i] = b.layer(fmt.Sprintf("encoder.layer.%d.", i), &e.Layers[i])
	}
	b.frozen, b.lora = false, nil
	for i, d := range s.Dense {
		linear := b.projection(fmt.Sprintf("dense.%d.linear", i), d.Linear, 1)
		t.dense = append(t.dense, trainableDense{Projection: linear, activation: d.Activation, residual: d.Residual})
	}
	t.params = b.params
	return t
}

// trainableBuilder copies parameters and lists those that are trained.
type trainableBuilder struct {
	params []*Param
	frozen bool // what follows is not trained
	lora   *LoRA
	random *rand.Rand
}

// add lists a trained tensor and returns its gradient.
func (b *trainableBuilder) add(name string, value []float32, decay bool, shape ...int) []float32 {
	p := &Param{Name: name, Value: value, Grad: make([]float32, len(value)), Shape: shape, Decay: decay}
	b.params = append(b.params, p)
	return p.Grad
}

func (b *trainableBuilder) embedding(e *nn.Embedding) trainableEmbedding {
	t := trainableEmbedding{Embedding: *e, trained: !b.frozen}
	dim := e.Word.Dim()
	for _, table := range []struct {
		name   string
		of     *nn.Table
		values *[]float32
		grad   *[]float32
	}{
		{"word", &t.Word, &t.word, &t.grad.Word},
		{"position", &t.Position, &t.position, &t.grad.Position},
		{"token_type", &t.Type, &t.kind, &t.grad.Type},
	} {
		rows := table.of.Rows()
		*table.values = tableValues(*table.of)
		*table.of, _ = nn.NewTable(*table.values, rows, dim) // of the size of the one that is copied
		if !b.frozen {
			*table.grad = b.add("embeddings."+table.name+"_embeddings.weight", *table.values, true, rows, dim)
		}
	}
	t.grad.Dim = dim
	t.norm = b.norm("embeddings.LayerNorm", e.Norm)
	t.Norm = t.norm.LayerNorm
	return t
}

func (b *trainableBuilder) layer(name string, l *Layer) trainableLayer {
	self := name + "attention.self."
	t := trainableLayer{qkv: b.stacked(l.QKV, self+"query", self+"key", self+"value")}
	t.out = b.projection(name+"attention.output.dense", l.AttentionOut, 1)
	t.outNorm = b.norm(name+"attention.output.LayerNorm", l.AttentionNorm)
	t.inner = b.projection(name+"intermediate.dense", l.Intermediate, 1)
	t.output = b.projection(name+"output.dense", l.Output, 1)
	t.outputNorm = b.norm(name+"output.LayerNorm", l.OutputNorm)
	return t
}

// norm copies a layer normalisation; low-rank updates leave it alone.
func (b *trainableBuilder) norm(name string, n nn.LayerNorm) trainableNorm {
	t := trainableNorm{LayerNorm: inferenceNorm(n)}
	if !b.frozen && b.lora == nil {
		t.grad.Gamma = b.add(name+".weight", t.Gamma, false, len(t.Gamma))
		t.grad.Beta = b.add(name+".bias", t.Beta, false, len(t.Beta))
	}
	return t
}

// projection copies a linear layer of parts parts one above the other.
func (b *trainableBuilder) projection(name string, l nn.Linear, parts int) nn.Projection {
	p := b.copied(l)
	switch {
	case b.frozen:
	case b.lora != nil:
		p.LowRank = b.lowRank(p.Out, p.In, parts)
		b.addLowRank(p.LowRank, p.Out, p.In, []string{name})
	default:
		p.WeightGrad = b.add(name+".weight", p.Weight, true, p.Out, p.In)
		if p.Bias != nil {
			p.BiasGrad = b.add(name+".bias", p.Bias, false, p.Out)
		}
	}
	return p
}

// stacked copies linear layers of one shape that are one above the other here,
// and tensors of these names in the model's files.
func (b *trainableBuilder) stacked(l nn.Linear, names ...string) nn.Projection {
	p := b.copied(l)
	h, in := p.Out/len(names), p.In
	switch {
	case b.frozen:
	case b.lora != nil:
		p.LowRank = b.lowRank(p.Out, p.In, len(names))
		b.addLowRank(p.LowRank, p.Out, p.In, names)
	default:
		p.WeightGrad, p.BiasGrad = make([]float32, len(p.Weight)), make([]float32, len(p.Bias))
		for i, name := range names {
			w, v := i*h*in, i*h
			b.params = append(b.params,
				&Param{Name: name + ".weight", Value: p.Weight[w : w+h*in], Grad: p.WeightGrad[w : w+h*in], Shape: []int{h, in}, Decay: true},
				&Param{Name: name + ".bias", Value: p.Bias[v : v+h], Grad: p.BiasGrad[v : v+h], Shape: []int{h}})
		}
	}
	return p
}

// copied copies a linear layer's weights, row-major.
func (b *trainableBuilder) copied(l nn.Linear) nn.Projection {
	p := nn.Projection{Out: l.Out(), In: l.In(), Frozen: b.frozen}
	p.Weight = make([]float32, p.Out*p.In)
	for i := range p.Out {
		l.Weight.Row(p.Weight[i*p.In:(i+1)*p.In], i)
	}
	if l.Bias != nil {
		p.Bias = append(p.Bias, l.Bias...)
	}
	return p
}

// lowRank makes an update of zero: A is uniform within ±1/√in, B zeros.
func (b *trainableBuilder) lowRank(out, in, parts int) *nn.LowRank {
	rank := b.lora.Rank
	l := &nn.LowRank{Rank: rank, Parts: parts, Scale: b.lora.Alpha / float32(rank)}
	l.A, l.AGrad = make([]float32, parts*rank*in), make([]float32, parts*rank*in)
	l.B, l.BGrad = make([]float32, out*rank), make([]float32, out*rank)
	bound := float32(1 / math.Sqrt(float64(in)))
	for i := range l.A {
		l.A[i] = (2*b.random.Float32() - 1) * bound
	}
	return l
}

// addLowRank lists A and B of each part.
func (b *trainableBuilder) addLowRank(l *nn.LowRank, out, in int, names []string) {
	a, inside := l.Rank*in, out/len(names)
	for i, name := range names {
		from, to := i*a, (i+1)*a
		first, last := i*inside*l.Rank, (i+1)*inside*l.Rank
		b.params = append(b.params,
			&Param{Name: name + ".lora_A.weight", Value: l.A[from:to], Grad: l.AGrad[from:to], Shape: []int{l.Rank, in}, Decay: true},
			&Param{Name: name + ".lora_B.weight", Value: l.B[first:last], Grad: l.BGrad[first:last], Shape: []int{inside, l.Rank}, Decay: true})
	}
}

// tableValues copies a table.
func tableValues(t nn.Table) []float32 {
	v := make([]float32, t.Rows()*t.Dim())
	for i := range t.Rows() {
		t.Row(v[i*t.Dim():(i+1)*t.Dim()], i)
	}
	return v
}

// trainableNorm is a layer normalisation and its gradients, if it is trained.
type trainableNorm struct {
	nn.LayerNorm
	grad nn.NormGradient
}

// trainableDense is a Dense module in training.
type trainableDense struct {
	nn.Projection
	activation kernel.Activation
	residual   bool
}

func (d *trainableDense) inference() *Dense {
	return &Dense{Linear: inferenceLinear(&d.Projection), Activation: d.activation, Residual: d.residual}
}
