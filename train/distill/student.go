// Package distill makes small models from large ones: a student with fewer of
// its teacher's layers, or narrower ones, learns to give texts the vectors that
// the teacher gives them (Hinton et al. 2015, arXiv:1503.02531; Reimers and
// Gurevych 2020, arXiv:2004.09813, for sentence embeddings), or vectors that are
// as alike as the teacher's are. Texts need no labels.
package distill

import (
	"fmt"

	"github.com/bertsearch/bertsearch/model"
)

// Student is a model with some of a teacher's layers, spread evenly from the first
// to the last, and of a hidden size, which it begins with as [model.Sentence.Narrow]
// says, from the tokens of the batch. One of the teacher's own size shares its
// weights, which must not change, and needs no batch. It learns vectors or
// scores: a narrower one that learns vectors has a Dense module at the end that
// gives them the teacher's dimension, one that learns scores has not.
func Student(teacher *model.Sentence, layers, hidden int, learn Target, b *model.Batch) (*model.Sentence, error) {
	e, err := teacher.Encoder.Spread(layers)
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	s := *teacher
	s.Encoder, s.Adapter, s.Digest = e, nil, ""
	s.Name = fmt.Sprintf("%s, %d layers", teacher.Name, layers)
	if hidden == e.Config.HiddenSize {
		return &s, nil
	}
	narrow, err := s.Narrow(hidden, b)
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	narrow.Name = fmt.Sprintf("%s of %d", s.Name, hidden)
	if learn == Scores {
		narrow.Dense = nil
	}
	return narrow, nil
}
