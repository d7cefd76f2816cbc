package heads

import (
	"context"
	"fmt"

	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// objective is how one kind learns: what of an example goes through the model,
// what the loss is, and how good the model is.
type objective interface {
	// samples makes what is learnt from of examples. An error names the line.
	samples(examples []dataset.Example) ([]sample, error)
	// batch packs samples; seed is of what is drawn at random.
	batch(samples []sample, seed uint64) *batch
	// loss returns that of the scores of a batch, which become its gradient.
	loss(s *model.TaskScores, b *batch) float64
	// measure judges a model on examples.
	measure(ctx context.Context, w *model.TrainableTask, examples []dataset.Example) (Figures, error)
}

// sample is an example in tokens.
type sample struct {
	ids     []int32
	types   []uint8
	classes []int     // of the text, of each token, or the first and last token of an answer
	targets []float32 // of the text, where it is numbers that are learnt
	group   int       // of [Next], its document
}

// batch is samples that go through the model together.
type batch struct {
	model.Batch
	classes []int     // as the samples', one after the other
	targets []float32 // the same
	rows    []int     // whose words are guessed
}

// pack puts samples one after the other.
func pack(samples []sample) *batch {
	b := &batch{}
	for _, s := range samples {
		b.Add(s.ids, s.types)
		b.classes, b.targets = append(b.classes, s.classes...), append(b.targets, s.targets...)
	}
	return b
}

// trained is what objectives share.
type trained struct {
	model   *model.TaskModel
	tokens  *tokenizer.Tokenizer
	recipe  Recipe
	workers int
}

// encode makes the tokens of an example.
func (t *trained) encode(e *tokenizer.Encoding, x *dataset.Example) sample {
	if x.Pair == "" {
		t.tokens.Encode(e, x.Text, t.recipe.Length)
	} else {
		t.tokens.EncodePair(e, x.Text, x.Pair, t.recipe.Length)
	}
	return sample{ids: append([]int32(nil), e.IDs...), types: append([]uint8(nil), e.Types...)}
}

// batch packs samples as they are.
func (t *trained) batch(samples []sample, _ uint64) *batch { return pack(samples) }

// newObjective is the objective of a kind.
func newObjective(k Kind, t trained) (objective, error) {
	task, err := k.task()
	if err != nil {
		return nil, err
	}
	if task != t.model.Task {
		return nil, fmt.Errorf("heads: the model is for %s, and %s needs one for %s", t.model.Task, k, task)
	}
	switch k {
	case Entities:
		return &entities{trained: t}, nil
	case Answers:
		return &answers{trained: t}, nil
	case Words:
		return newWords(t)
	case Next:
		return &next{labels: labels{trained: t, kind: k}}, nil
	}
	return &labels{trained: t, kind: k}, nil
}

// lineError is an error of an example.
func lineError(e *dataset.Example, format string, args ...any) error {
	place := fmt.Sprintf("the example of line %d", e.Line)
	if e.File != "" {
		place = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	return fmt.Errorf("heads: %s: %w", place, fmt.Errorf(format, args...))
}
