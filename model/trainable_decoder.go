package model

import (
	"fmt"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// trainableDecoder is a Decoder in training. A batch goes through it as a
// whole, and all that the way back reads is kept.
type trainableDecoder struct {
	config    Config
	embedding trainableEmbedding
	layers    []trainableDecoderLayer
	words     *trainableWords
	params    []*Param
	pass      pass
}

// trainableDecoderLayer is one layer of it: the encoder's, with cross-attention
// between the halves.
type trainableDecoderLayer struct {
	trainableLayer
	cross trainableCross
}

// newTrainableDecoder copies the parameters of d, under the names of
// EncoderDecoderModel's files. Its tables are those of shared, which lists them
// and has their gradients, or with nil its own.
func newTrainableDecoder(d *Decoder, shared *trainableEmbedding) *trainableDecoder {
	b := &trainableBuilder{}
	t := &trainableDecoder{config: d.Body.Config}
	if shared != nil {
		t.embedding = *shared
	} else {
		t.embedding = b.embedding(&d.Body.Embedding)
	}
	for i := range d.Cross {
		l := trainableDecoderLayer{trainableLayer: b.layer(fmt.Sprintf("encoder.layer.%d.", i), &d.Body.Layers[i])}
		l.causal = true
		l.cross = b.cross(crossName(i), &d.Cross[i])
		t.layers = append(t.layers, l)
	}
	for _, p := range b.params {
		p.Name = "bert." + p.Name
	}
	act, _ := activation(t.config.HiddenAct) // the model was loaded with it
	t.words = b.words(headNames{
		transform: "cls.predictions.transform.dense", norm: "cls.predictions.transform.LayerNorm", bias: "cls.predictions.bias",
	}, &d.Words, act, &t.embedding)
	for _, p := range b.params {
		p.Name = "decoder." + p.Name
	}
	t.pass.act, t.pass.heads, t.params = act, d.Body.heads(), b.params
	return t
}

func (t *trainableDecoder) projections() []*nn.Projection {
	list := []*nn.Projection{&t.words.transform, &t.words.decoder}
	for i := range t.layers {
		list = append(append(list, t.layers[i].projections()...), t.layers[i].cross.projections()...)
	}
	return list
}

// refresh packs the weights again.
func (t *trainableDecoder) refresh(team *nn.Team) {
	share(team, func(s nn.Share) {
		for _, p := range t.projections() {
			p.Refresh(s)
		}
	})
}

// inference packs a copy.
func (t *trainableDecoder) inference() (*Decoder, error) {
	d := &Decoder{Body: &Encoder{Config: t.config}, Words: *t.words.inference()}
	var err error
	if d.Body.Embedding, err = t.embedding.inference(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	for i := range t.layers {
		d.Body.Layers = append(d.Body.Layers, t.layers[i].inference())
		d.Cross = append(d.Cross, t.layers[i].cross.inference())
	}
	return d, nil
}

// decoderTape is what the way back through a decoder reads.
type decoderTape struct {
	chunk  chunk // the batch
	drop   kernel.Dropout
	seen   seen
	layers []keptDecoderLayer
	words  wordTape
}

type keptDecoderLayer struct {
	kept
	cross keptCross
}

// check reports batches that do not fit.
func (t *trainableDecoder) check(written, read *Batch) error {
	if err := written.check(t.config); err != nil {
		return fmt.Errorf("decoder: %w", err)
	}
	if written.Texts() != read.Texts() {
		return fmt.Errorf("model: %d texts to write and %d to read", written.Texts(), read.Texts())
	}
	return nil
}

// decoderStream is that of dropout in the decoder.
const decoderStream = 1 << 21

// write computes the scores of all words to follow each token of written,
// rows×vocabulary, and the tape that backward takes.
func (t *trainableDecoder) write(team *nn.Team, written *Batch, e seen, o ForwardOptions) ([]float32, *decoderTape) {
	k := t.keep(written, e, kernel.NewDropout(o.Dropout, o.Seed).Stream(decoderStream))
	return t.forward(team, k), k
}

// keep makes the memory of a tape.
func (t *trainableDecoder) keep(b *Batch, e seen, drop kernel.Dropout) *decoderTape {
	k := &decoderTape{chunk: chunk{starts: b.Starts, ids: b.IDs, types: b.Types}, drop: drop, seen: e}
	h := t.config.HiddenSize
	rows := func(width int) []float32 { return make([]float32, len(b.IDs)*width) }
	for range t.layers {
		k.layers = append(k.layers, keptDecoderLayer{
			kept{qkv: rows(3 * h), attended: rows(h), middle: rows(h), inner: rows(t.config.IntermediateSize), sum: rows(h)},
			keptCross{query: rows(h), pairs: make([]float32, e.rows()*2*h), attended: rows(h), middle: rows(h)},
		})
	}
	return k
}

// begin sets the pass to a tape.
func (t *trainableDecoder) begin(team *nn.Team, k *decoderTape) {
	t.pass.reserve(membersOf(team), k.chunk.rows(), t.config)
	t.pass.fit(k.chunk.rows(), t.config)
	t.pass.chunk, t.pass.drop = &k.chunk, k.drop
	for _, p := range t.projections() {
		t.pass.projections.Reserve(p, max(k.chunk.rows(), k.seen.rows()))
	}
}

// forward computes the scores of the words to follow each token, rows×vocabulary.
func (t *trainableDecoder) forward(team *nn.Team, k *decoderTape) []float32 {
	t.begin(team, k)
	p := &t.pass
	share(team, func(s nn.Share) {
		t.embedding.forward(s, p, p.x)
		for i := range t.layers {
			l, of := &t.layers[i], k.layers[i]
			l.attend(s, p, i, of.kept, p.x)
			l.cross.forward(s, p, i, of.cross, &k.seen)
			l.widen(s, p, of.kept)
			l.narrow(s, p, i, of.kept)
		}
	})
	return t.words.forward(team, &k.words, append([]float32(nil), p.x...))
}

// backward adds the gradients of the parameters and returns that of what the
// decoder saw: dscores is that of the scores.
func (t *trainableDecoder) backward(team *nn.Team, k *decoderTape, dscores []float32) []float32 {
	t.begin(team, k)
	p, e := &t.pass, &k.seen
	e.dhidden, e.dpairs = make([]float32, len(e.hidden)), make([]float32, e.rows()*2*t.config.HiddenSize)
	copy(p.d, t.words.backward(team, &p.projections, &k.words, dscores))
	share(team, func(s nn.Share) {
		for i := len(t.layers) - 1; i >= 0; i-- {
			l, of := &t.layers[i], k.layers[i]
			l.narrowBackward(s, p, i, of.kept, &l.cross.norm, of.cross.middle)
			l.outNorm.Forward(s, p.a, of.middle, k.chunk.rows())
			s.Wait()
			l.cross.backward(s, p, i, of.cross, e)
			l.outNorm.Backward(s, &p.norms, l.outNorm.grad, p.dsum, p.d, of.middle, k.chunk.rows())
			s.Wait()
			t.input(s, k, i)
			l.attendBackward(s, p, i, of.kept, true)
		}
		if t.embedding.trained {
			t.embedding.backward(s, p)
		}
	})
	return e.dhidden
}

// input computes the input of layer i again, into the pass's x.
func (t *trainableDecoder) input(s nn.Share, k *decoderTape, i int) {
	if i == 0 {
		t.embedding.forward(s, &t.pass, t.pass.x)
		return
	}
	t.layers[i-1].normalize(s, &t.pass, k.layers[i-1].kept)
}
