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

// labels learns labels or numbers of texts and pairs.
type labels struct {
	trained
	kind    Kind
	weights []float32 // of the labels
}

func (l *labels) samples(examples []dataset.Example) ([]sample, error) {
	var encoding tokenizer.Encoding
	var out []sample
	for i := range examples {
		e := &examples[i]
		if (l.kind == Classify) != (e.Pair == "") {
			return nil, lineError(e, "%s takes %s", l.kind, map[bool]string{
				true: "one text, and this has two: for both want pair, else say which are text and label", false: "two texts, and this has one: say which they are"}[l.kind == Classify])
		}
		s := l.encode(&encoding, e)
		if err := l.aim(&s, e); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if l.recipe.Balance && l.model.Problem == model.SingleLabel {
		l.balance(out)
	}
	return out, nil
}

// aim sets what a sample is to give.
func (l *labels) aim(s *sample, e *dataset.Example) error {
	if l.model.Problem == model.Regression {
		score, err := l.score(e)
		s.targets = []float32{float32(score)}
		return err
	}
	s.targets = make([]float32, len(l.model.Labels))
	for _, name := range e.Labels {
		i := slices.Index(l.model.Labels, name)
		if i < 0 {
			return lineError(e, "the label %q is none of the model's %q", name, l.model.Labels)
		}
		s.targets[i] = 1
		s.classes = []int{i}
	}
	if l.model.Problem == model.SingleLabel {
		if s.targets = nil; len(e.Labels) != 1 {
			return lineError(e, "it has %d labels, want 1", len(e.Labels))
		}
		return nil
	}
	if s.classes = nil; e.Labels == nil {
		return lineError(e, "it has no labels")
	}
	return nil
}

// score is the number that an example is to give: of a passage for a query 1
// for a label that says so.
func (l *labels) score(e *dataset.Example) (float64, error) {
	switch {
	case e.Score != nil && (l.kind != Rerank || *e.Score >= 0 && *e.Score <= 1):
		return *e.Score, nil
	case e.Score != nil:
		return 0, lineError(e, "the score is %g, want 0 to 1", *e.Score)
	case l.kind == Rerank && len(e.Labels) == 1:
		if i := slices.Index([]string{"0", "1", "false", "true", "no", "yes", "irrelevant", "relevant"}, e.Labels[0]); i >= 0 {
			return float64(i % 2), nil
		}
		return 0, lineError(e, "the label is %q, want 0 or 1", e.Labels[0])
	}
	return 0, lineError(e, "it has no score")
}

// balance weighs each label by examples/(labels·examples with it).
func (l *labels) balance(samples []sample) {
	counts := make([]float32, len(l.model.Labels))
	for _, s := range samples {
		counts[s.classes[0]]++
	}
	l.weights = make([]float32, len(counts))
	for i, n := range counts {
		l.weights[i] = float32(len(samples)) / (float32(len(counts)) * max(n, 1))
	}
}

func (l *labels) loss(s *model.TaskScores, b *batch) float64 {
	switch {
	case l.kind == Rerank || l.model.Problem == model.MultiLabel:
		return binaryCrossEntropy(s.Texts, b.targets)
	case l.model.Problem == model.Regression:
		return squaredError(s.Texts, b.targets)
	}
	return nn.CrossEntropy(s.Texts, len(s.Texts)/b.Texts(), b.classes, l.weights)
}

func (l *labels) measure(ctx context.Context, w *model.TrainableTask, examples []dataset.Example) (Figures, error) {
	samples, err := l.samples(examples)
	if err != nil {
		return Figures{}, err
	}
	scores, err := l.scores(ctx, w, samples)
	switch {
	case err != nil:
		return Figures{}, err
	case l.kind == Rerank:
		return rankings(examples, samples, scores), nil
	case l.model.Problem == model.Regression:
		return correlations(samples, scores), nil
	case l.model.Problem == model.MultiLabel:
		return overlaps(samples, scores), nil
	}
	return agreements(samples, scores), nil
}

// scores are those of each sample.
func (l *labels) scores(ctx context.Context, w *model.TrainableTask, samples []sample) ([][]float32, error) {
	scores := make([][]float32, len(samples))
	return scores, l.each(ctx, w, len(samples), func(_ *task.Model, m *model.TaskModel, space *model.Workspace, i int) (err error) {
		scores[i], err = m.TextScores(space, &pack(samples[i:i+1]).Batch)
		return err
	})
}
