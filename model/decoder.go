package model

import (
	"fmt"
	"math"
	"math/rand/v2"

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

// Decoding is a text on its way out of a decoder, token by token. It keeps the
// keys and values of the tokens so far, so that a token costs one row of each
// layer. It is used by one goroutine at a time.
type Decoding struct {
	decoder *Decoder
	seen    [][]float32 // of each layer, keys and values of the encoder's tokens, rows×2H
	own     [][]float32 // and of the tokens so far
	tokens  int
	x       []float32 // H: the token at hand
	qkv     []float32 // 3H
	a       []float32 // H
	inner   []float32 // the intermediate size
	weights []float32 // of one head's attention
}

// Begin starts a text about an encoder's last hidden state, rows×its size.
func (d *Decoder) Begin(hidden []float32) *Decoding {
	c := d.Body.Config
	g := &Decoding{
		decoder: d, own: make([][]float32, len(d.Cross)), x: make([]float32, c.HiddenSize), qkv: make([]float32, 3*c.HiddenSize),
		a: make([]float32, c.HiddenSize), inner: make([]float32, c.IntermediateSize),
	}
	for i := range d.Cross {
		w := d.Cross[i].KeyValue
		rows := len(hidden) / w.In()
		kv := make([]float32, rows*2*c.HiddenSize)
		w.Forward(nn.Share{}, kv, hidden, rows, nil, kernel.None)
		g.seen = append(g.seen, kv)
	}
	return g
}

// Fork returns a copy that goes on by itself.
func (g *Decoding) Fork() *Decoding {
	f := *g
	f.own = make([][]float32, len(g.own))
	for i := range g.own {
		f.own[i] = append([]float32(nil), g.own[i]...)
	}
	f.x, f.qkv, f.a = make([]float32, len(g.x)), make([]float32, len(g.qkv)), make([]float32, len(g.a))
	f.inner, f.weights = make([]float32, len(g.inner)), nil
	return &f
}

// Next appends a token and returns the scores of all words to follow it, before
// softmax.
func (g *Decoding) Next(id int32) ([]float32, error) {
	c := g.decoder.Body.Config
	if id < 0 || int(id) >= c.VocabSize || g.tokens >= c.Positions() {
		return nil, fmt.Errorf("model: decoder: token %d as number %d: the model has %d tokens and %d positions", id, g.tokens, c.VocabSize, c.Positions())
	}
	e := &g.decoder.Body.Embedding
	e.Word.Row(g.x, int(id))
	e.Position.AddRow(g.x, g.a, g.tokens)
	e.Type.AddRow(g.x, g.a, 0)
	e.Norm.Forward(nn.Share{}, g.x, g.x, 1)
	g.tokens++
	act, _ := activation(c.HiddenAct) // Validate has refused an unknown one
	for i := range g.decoder.Cross {
		g.layer(i, act)
	}
	return g.decoder.Words.scores(e.Word, g.x, act), nil
}

// layer computes layer i of the token at hand, in place:
//
//	x = LayerNorm(x + attention(x, tokens so far)·Out)
//	x = LayerNorm(x + attention(x, the encoder's)·Cross.Out)
//	x = LayerNorm(x + act(x·Intermediate)·Output)
func (g *Decoding) layer(i int, act kernel.Activation) {
	l, cross, alone := &g.decoder.Body.Layers[i], &g.decoder.Cross[i], nn.Share{}
	h := len(g.x)
	l.QKV.Forward(alone, g.qkv, g.x, 1, nil, kernel.None)
	g.own[i] = append(g.own[i], g.qkv[h:]...)
	g.attend(g.qkv[:h], g.own[i])
	l.AttentionOut.Forward(alone, g.x, g.a, 1, g.x, kernel.None)
	l.AttentionNorm.Forward(alone, g.x, g.x, 1)
	cross.Query.Forward(alone, g.qkv[:h], g.x, 1, nil, kernel.None)
	g.attend(g.qkv[:h], g.seen[i])
	cross.Out.Forward(alone, g.x, g.a, 1, g.x, kernel.None)
	cross.Norm.Forward(alone, g.x, g.x, 1)
	l.Intermediate.Forward(alone, g.inner, g.x, 1, nil, act)
	l.Output.Forward(alone, g.x, g.inner, 1, g.x, kernel.None)
	l.OutputNorm.Forward(alone, g.x, g.x, 1)
}

// attend writes to a what query sees in kv, rows×2H, with softmax(q·k/√size)
// over the rows in each head.
func (g *Decoding) attend(query, kv []float32) {
	h := len(query)
	rows, heads := len(kv)/(2*h), g.decoder.Body.heads()
	if cap(g.weights) < rows {
		g.weights = make([]float32, 2*rows)
	}
	w, scale := g.weights[:rows], float32(1/math.Sqrt(float64(heads.Size)))
	clear(g.a)
	for n := range heads.Count {
		from, to := n*heads.Size, (n+1)*heads.Size
		for r := range rows {
			w[r] = kernel.Dot(query[from:to], kv[2*r*h+from:]) * scale
		}
		kernel.Softmax(w)
		for r := range rows {
			kernel.Axpy(g.a[from:to], w[r], kv[(2*r+1)*h+from:(2*r+1)*h+to])
		}
	}
}

// scores are those of all words for a token's vector x, H values.
func (w *WordHead) scores(words nn.Table, x []float32, act kernel.Activation) []float32 {
	y, row := make([]float32, len(x)), make([]float32, len(x))
	w.Transform.Forward(nn.Share{}, y, x, 1, nil, act)
	w.Norm.Forward(nn.Share{}, y, y, 1)
	scores := make([]float32, words.Rows())
	for id := range scores {
		words.Row(row, id)
		scores[id] = kernel.Dot(y, row) + w.Bias[id]
	}
	return scores
}
