package model

import (
	"fmt"
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// Decoding is a text on its way out of a decoder, token by token. It keeps the
// keys and values of the tokens so far, so that a token costs one row of each
// layer. It is used by one goroutine at a time.
type Decoding struct {
	decoder *Decoder
	seen    [][]float32 // of each layer, keys and values of the encoder's tokens, rows×2H
	own     [][]float32 // and of the tokens so far
	tokens  int
}

// Begin starts a text about an encoder's last hidden state, rows×its size.
func (d *Decoder) Begin(hidden []float32) *Decoding {
	d.pack.Do(d.words)
	g := &Decoding{decoder: d, own: make([][]float32, len(d.Cross))}
	for i := range d.Cross {
		w := d.Cross[i].KeyValue
		rows := len(hidden) / w.In()
		kv := make([]float32, rows*2*d.Body.Config.HiddenSize)
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
	return &f
}

// Next appends a token and returns the scores of all words to follow it, before
// softmax.
func (g *Decoding) Next(id int32) ([]float32, error) {
	return g.decoder.Next([]*Decoding{g}, []int32{id})
}

// Next appends a token to each of several different texts, which d has begun,
// and returns the scores of all words to follow, texts×vocabulary. Each row is
// what [Decoding.Next] of the text returns, to the bit; the weights are read
// once for all of them. After an error no text has changed.
func (d *Decoder) Next(texts []*Decoding, ids []int32) ([]float32, error) {
	c := d.Body.Config
	for i, g := range texts {
		if id := ids[i]; id < 0 || int(id) >= c.VocabSize || g.tokens >= c.Positions() {
			return nil, fmt.Errorf("model: decoder: token %d as number %d: the model has %d tokens and %d positions", id, g.tokens, c.VocabSize, c.Positions())
		}
	}
	n, h := len(texts), c.HiddenSize
	s := &decoderStep{
		decoder: d, texts: texts, rows: n, x: make([]float32, n*h), qkv: make([]float32, n*3*h), a: make([]float32, n*h),
		inner: make([]float32, n*c.IntermediateSize),
	}
	s.act, _ = activation(c.HiddenAct) // Validate has refused an unknown one
	s.embed(ids)
	for i := range d.Cross {
		s.layer(i)
	}
	return s.scores(), nil
}

// decoderStep is one token of each of several texts on their way through the
// decoder, a row each.
type decoderStep struct {
	decoder *Decoder
	texts   []*Decoding
	rows    int
	act     kernel.Activation
	x       []float32 // rows×H: the tokens at hand
	qkv     []float32 // rows×3H
	a       []float32 // rows×H
	inner   []float32 // rows×the intermediate size
	weights []float32 // of one head's attention
}

// embed makes the vectors of the tokens.
func (s *decoderStep) embed(ids []int32) {
	e, h := &s.decoder.Body.Embedding, s.decoder.Body.Config.HiddenSize
	for i, g := range s.texts {
		x, scratch := s.x[i*h:(i+1)*h], s.a[i*h:(i+1)*h]
		e.Word.Row(x, int(ids[i]))
		e.Position.AddRow(x, scratch, g.tokens)
		e.Type.AddRow(x, scratch, 0)
		g.tokens++
	}
	e.Norm.Forward(nn.Share{}, s.x, s.x, s.rows)
}

// layer computes layer i, in place:
//
//	x = LayerNorm(x + attention(x, tokens so far)·Out)
//	x = LayerNorm(x + attention(x, the encoder's)·Cross.Out)
//	x = LayerNorm(x + act(x·Intermediate)·Output)
func (s *decoderStep) layer(i int) {
	l, cross, alone := &s.decoder.Body.Layers[i], &s.decoder.Cross[i], nn.Share{}
	h := len(s.x) / s.rows
	l.QKV.Forward(alone, s.qkv, s.x, s.rows, nil, kernel.None)
	for k, g := range s.texts {
		row := s.qkv[k*3*h : (k+1)*3*h]
		g.own[i] = append(g.own[i], row[h:]...)
		s.attend(s.a[k*h:(k+1)*h], row[:h], g.own[i])
	}
	l.AttentionOut.Forward(alone, s.x, s.a, s.rows, s.x, kernel.None)
	l.AttentionNorm.Forward(alone, s.x, s.x, s.rows)
	cross.Query.Forward(alone, s.qkv[:s.rows*h], s.x, s.rows, nil, kernel.None)
	for k, g := range s.texts {
		s.attend(s.a[k*h:(k+1)*h], s.qkv[k*h:(k+1)*h], g.seen[i])
	}
	cross.Out.Forward(alone, s.x, s.a, s.rows, s.x, kernel.None)
	cross.Norm.Forward(alone, s.x, s.x, s.rows)
	l.Intermediate.Forward(alone, s.inner, s.x, s.rows, nil, s.act)
	l.Output.Forward(alone, s.x, s.inner, s.rows, s.x, kernel.None)
	l.OutputNorm.Forward(alone, s.x, s.x, s.rows)
}

// attend writes to a what query sees in kv, rows×2H, with softmax(q·k/√size)
// over the rows in each head.
func (s *decoderStep) attend(a, query, kv []float32) {
	h := len(query)
	rows, heads := len(kv)/(2*h), s.decoder.Body.heads()
	s.weights = grow(s.weights, rows)
	w, scale := s.weights, float32(1/math.Sqrt(float64(heads.Size)))
	clear(a)
	for n := range heads.Count {
		from, to := n*heads.Size, (n+1)*heads.Size
		for r := range rows {
			w[r] = kernel.Dot(query[from:to], kv[2*r*h+from:]) * scale
		}
		kernel.Softmax(w)
		for r := range rows {
			kernel.Axpy(a[from:to], w[r], kv[(2*r+1)*h+from:(2*r+1)*h+to])
		}
	}
}

// scores are those of all words for the tokens' vectors.
func (s *decoderStep) scores() []float32 {
	w, words := &s.decoder.Words, s.decoder.tokens
	w.Transform.Forward(nn.Share{}, s.a, s.x, s.rows, nil, s.act)
	w.Norm.Forward(nn.Share{}, s.a, s.a, s.rows)
	scores := make([]float32, s.rows*words.Out())
	words.Forward(nn.Share{}, scores, s.a, s.rows, nil, kernel.None)
	return scores
}
