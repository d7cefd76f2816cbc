// Package distill makes small models from large ones: a student with some of
// its teacher's layers learns to give texts the vectors that the teacher gives
// them (Hinton et al. 2015, arXiv:1503.02531; Reimers and Gurevych 2020,
// arXiv:2004.09813, for sentence embeddings). Texts need no labels.
package distill

import (
	"fmt"

	"github.com/bertsearch/bertsearch/model"
)

// Student is a model with n of a teacher's layers, spread evenly from the first
// to the last, and everything else of it. It shares the teacher's weights, which
// must not change.
func Student(teacher *model.Sentence, n int) (*model.Sentence, error) {
	e, err := teacher.Encoder.Spread(n)
	if err != nil {
		return nil, fmt.Errorf("distill: %w", err)
	}
	s := *teacher
	s.Name = fmt.Sprintf("%s, %d layers", teacher.Name, n)
	s.Encoder, s.Digest = e, ""
	return &s, nil
}
