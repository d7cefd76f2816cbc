package heads

import (
	"context"
	"errors"
	"math/rand/v2"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// next learns whether one sentence follows another (Devlin et al. 2019, section
// 3.1): of a document's sentences every one with the next, or as often with one
// of another document. Class 0 is "it follows", as in BERT.
type next struct{ labels }

func (n *next) samples(examples []dataset.Example) ([]sample, error) {
	documents := sentences(examples)
	if len(documents) < 2 {
		return nil, errors.New("heads: want two documents or more to learn which sentences follow each other")
	}
	r := rand.New(rand.NewPCG(n.recipe.Seed, 0x4e5))
	var encoding tokenizer.Encoding
	var out []sample
	for d, document := range documents {
		for i := range len(document) - 1 {
			e := dataset.Example{Text: document[i], Pair: document[i+1]}
			class := r.IntN(2)
			if class == 1 {
				other := documents[(d+1+r.IntN(len(documents)-1))%len(documents)]
				e.Pair = other[r.IntN(len(other))]
			}
			s := n.encode(&encoding, &e)
			s.classes = []int{class}
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("heads: no document has two sentences")
	}
	return out, nil
}

// sentences are those of each document: examples of one group are one.
func sentences(examples []dataset.Example) (documents [][]string) {
	group := ""
	for i, e := range examples {
		if i == 0 || e.Group == "" || e.Group != group {
			documents = append(documents, nil)
		}
		group = e.Group
		last := &documents[len(documents)-1]
		for _, s := range embed.Sentences(e.Text) {
			*last = append(*last, e.Text[s.Start:s.End])
		}
	}
	return documents
}

func (n *next) loss(s *model.TaskScores, b *batch) float64 {
	return crossEntropy(s.Texts, 2, b.classes, nil)
}

func (n *next) measure(ctx context.Context, w *model.TrainableTask, examples []dataset.Example) (Figures, error) {
	samples, err := n.samples(examples)
	if err != nil {
		return Figures{}, err
	}
	scores, err := n.scores(ctx, w, samples)
	if err != nil {
		return Figures{}, err
	}
	return agreements(samples, scores), nil
}
