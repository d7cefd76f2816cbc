package model

import (
	"errors"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
)

// trainableEmbedding is the encoder's input in training: its tables read the
// values that change.
type trainableEmbedding struct {
	nn.Embedding
	norm                 trainableNorm
	word, position, kind []float32
	grad                 nn.EmbeddingGradient
	trained              bool
}

// forward writes the embeddings of the pass's chunk to dst, rows×H.
func (e *trainableEmbedding) forward(s nn.Share, p *pass, dst []float32) {
	c := p.chunk
	e.Sum(s, dst, c.ids, c.types, c.starts, p.own(s).row)
	s.Wait()
	e.Norm.Forward(s, dst, dst, c.rows())
	nn.Dropout(s, p.drop.Stream(embeddingStream), dst, c.rows(), e.Word.Dim(), c.row)
	s.Wait()
}

// backward adds the gradients of the tables and the normalisation: p.d is the
// gradient of forward's result and is overwritten, and so is p.x.
func (e *trainableEmbedding) backward(s nn.Share, p *pass) {
	c := p.chunk
	nn.Dropout(s, p.drop.Stream(embeddingStream), p.d, c.rows(), e.Word.Dim(), c.row)
	e.Sum(s, p.x, c.ids, c.types, c.starts, p.own(s).row)
	s.Wait()
	e.norm.Backward(s, &p.norms, e.norm.grad, p.d, p.d, p.x, c.rows())
	s.Wait()
	e.grad.Add(s, p.d, c.ids, c.types, c.starts)
	s.Wait()
}

// inference copies the tables and the normalisation.
func (e *trainableEmbedding) inference() (nn.Embedding, error) {
	copied := e.Embedding
	copied.Norm = inferenceNorm(e.Norm)
	var errs []error
	for _, t := range []*nn.Table{&copied.Word, &copied.Position, &copied.Type} {
		var err error
		*t, err = nn.NewTable(tableValues(*t), t.Rows(), t.Dim())
		errs = append(errs, err)
	}
	return copied, errors.Join(errs...)
}

// The streams of dropout: one of the embeddings and three a layer.
const (
	embeddingStream = iota
	weightStream    // of a layer's attention weights
	attentionStream // of what attention adds
	innerStream     // of what the inner layer adds
)

// layerStream is the stream of the given kind of layer i.
func layerStream(drop kernel.Dropout, i, kind int) kernel.Dropout { return drop.Stream(3*i + kind) }
