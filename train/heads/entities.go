package heads

import (
	"context"
	"slices"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
	"github.com/bertsearch/bertsearch/tokenizer"
	"github.com/bertsearch/bertsearch/train/dataset"
)

// entities learns a tag for the first token of each word.
type entities struct{ trained }

func (n *entities) samples(examples []dataset.Example) ([]sample, error) {
	var encoding tokenizer.Encoding
	var out []sample
	for i := range examples {
		e := &examples[i]
		if e.Entities == nil {
			return nil, lineError(e, "it has no entities; give an empty list where there are none")
		}
		s := n.encode(&encoding, e)
		s.classes = slices.Repeat([]int{nn.Ignored}, len(s.ids))
		for _, w := range task.Words(e.Text, &encoding) {
			tag := n.tag(e.Entities, w)
			if s.classes[w.First] = slices.Index(n.model.Labels, tag); s.classes[w.First] < 0 {
				return nil, lineError(e, "the label of %q is none of the model's %q", tag, n.model.Labels)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// tag is that of a word: of the entity that its beginning is in.
func (n *entities) tag(list []dataset.Span, w task.Word) string {
	for _, x := range list {
		switch {
		case w.Start <= x.Start && x.Start < w.End:
			return "B-" + x.Label
		case x.Start < w.Start && w.Start < x.End:
			return "I-" + x.Label
		}
	}
	return "O"
}

func (n *entities) loss(s *model.TaskScores, b *batch) float64 {
	return nn.CrossEntropy(s.Tokens, len(n.model.Labels), b.classes, nil)
}

// measure is the F1 of entities with the same bytes and label.
func (n *entities) measure(ctx context.Context, w *model.TrainableTask, examples []dataset.Example) (Figures, error) {
	counts := make([]counter, len(examples))
	err := n.each(ctx, w, len(examples), func(m *task.Model, _ *model.TaskModel, _ *model.Workspace, i int) error {
		e := &examples[i]
		found, err := find(ctx, m, e)
		counts[i] = counter{wanted: len(e.Entities), found: len(found)}
		for _, x := range found {
			counts[i].right += count(slices.Contains(e.Entities, dataset.Span{Start: x.Start, End: x.End, Label: x.Label}))
		}
		return err
	})
	var all counter
	each := make([]float64, len(examples))
	for i, c := range counts {
		all = counter{all.wanted + c.wanted, all.found + c.found, all.right + c.right}
		if each[i] = c.f1(); c.wanted+c.found == 0 {
			each[i] = 1
		}
	}
	return Figures{"f1", all.values(), each}, err
}

// find finds the entities of a text, or of its words where they are known.
func find(ctx context.Context, m *task.Model, e *dataset.Example) ([]task.Entity, error) {
	if e.Words == nil {
		return m.Entities(ctx, e.Text)
	}
	words := make([]tokenizer.Span, len(e.Words))
	for i, w := range e.Words {
		words[i] = tokenizer.Span{Start: w.Start, End: w.End}
	}
	return m.EntitiesOf(ctx, e.Text, words)
}
