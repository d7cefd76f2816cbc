package model

import (
	"math/rand/v2"
	"sync"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// Decoder is the second half of the Transformer (Vaswani et al.,
// arXiv:1706.03762) in BERT's form: each token sees those before it, and what an
// encoder made of another text. It is safe for concurrent use.
type Decoder struct {
	Body  *Encoder         // embeddings, self-attention and the layers' second halves
	Cross []CrossAttention // between the two, one a layer
	Words WordHead         // scores of the next token

	pack   sync.Once
	tokens nn.Linear // H → vocabulary: the table of words and their bias, packed when the first text is begun
}

// CrossAttention looks from a decoder's tokens at an encoder's. H is the hidden
// size, E the encoder's.
type CrossAttention struct {
	Query    nn.Linear // H → H, of the decoder's tokens
	KeyValue nn.Linear // E → 2H: key and value, one above the other, of the encoder's
	Out      nn.Linear // H → H
	Norm     nn.LayerNorm
}

// NewDecoder makes a decoder of an encoder's weights, which it shares (Rothe et
// al., arXiv:1907.12461). Its tokens see an encoder with hidden size seen. Where
// that is its own, the cross-attention of a layer begins as the layer's
// self-attention, which already knows how to find a token by another, and the
// words' transform as the identity: such a decoder learns to copy in a tenth of
// the steps that random ones take. Where it is not, both are random.
func NewDecoder(e *Encoder, seen int, seed uint64) *Decoder {
	c := e.Config
	h := c.HiddenSize
	r := &random{rand.New(rand.NewPCG(seed, 2)), c}
	d := &Decoder{Body: e, Words: WordHead{Transform: r.linear(h, h), Norm: r.norm(), Bias: make([]float32, c.VocabSize)}}
	if seen == h {
		d.Words.Transform.Weight = identity(h)
	}
	for i := range e.Layers {
		cross := CrossAttention{r.linear(h, h), r.linear(2*h, seen), r.linear(h, h), r.norm()}
		if seen == h {
			cross = e.Layers[i].lookingElsewhere()
		}
		d.Cross = append(d.Cross, cross)
	}
	return d
}

// lookingElsewhere is cross-attention with the weights of the layer's
// self-attention.
func (l *Layer) lookingElsewhere() CrossAttention {
	h := l.QKV.In()
	rows := func(from, to int) nn.Linear {
		w := make([]float32, (to-from)*h)
		for i := from; i < to; i++ {
			l.QKV.Weight.Row(w[(i-from)*h:][:h], i)
		}
		return nn.Linear{Weight: kernel.PackF32(w, to-from, h), Bias: l.QKV.Bias[from:to]}
	}
	return CrossAttention{Query: rows(0, h), KeyValue: rows(h, 3*h), Out: l.AttentionOut, Norm: l.AttentionNorm}
}

// identity is the matrix that changes nothing, n×n.
func identity(n int) *kernel.Packed {
	w := make([]float32, n*n)
	for i := range n {
		w[i*n+i] = 1
	}
	return kernel.PackF32(w, n, n)
}

// words packs the table of words for products.
func (d *Decoder) words() {
	table := d.Body.Embedding.Word
	rows := make([]float32, table.Rows()*table.Dim())
	for i := range table.Rows() {
		table.Row(rows[i*table.Dim():(i+1)*table.Dim()], i)
	}
	d.tokens = nn.Linear{Weight: kernel.PackF32(rows, table.Rows(), table.Dim()), Bias: d.Words.Bias}
}
