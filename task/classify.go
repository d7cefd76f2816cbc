package task

import (
	"cmp"
	"context"
	"slices"

	"github.com/bertsearch/bertsearch/model"
)

// Label is a label of a text.
type Label struct {
	Name        string
	Probability float32 // of a regression, the number itself
}

// Classify returns the labels of each text, the most probable first. A text that is too long is cut.
func (m *Model) Classify(ctx context.Context, texts ...string) ([][]Label, error) {
	if err := m.require(model.SequenceClassification); err != nil {
		return nil, err
	}
	s := m.spaces.Get().(*space)
	defer m.spaces.Put(s)
	out := make([][]Label, len(texts))
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m.tokens.Encode(&s.encoding, text, m.length)
		scores, err := m.textScores(s)
		if err != nil {
			return nil, err
		}
		m.model.Probabilities(scores)
		for j, p := range scores {
			out[i] = append(out[i], Label{m.model.Labels[j], p})
		}
		slices.SortStableFunc(out[i], func(a, b Label) int { return cmp.Compare(b.Probability, a.Probability) })
	}
	return out, nil
}

// textScores computes the scores of the text in s.encoding.
func (m *Model) textScores(s *space) ([]float32, error) {
	s.batch.Reset()
	s.batch.Add(s.encoding.IDs, s.encoding.Types)
	return m.model.TextScores(&s.work, &s.batch)
}

// Relevance is how well each passage answers the query, between 0 and 1, by a cross-encoder: a SequenceClassification
// that reads query and passage together and has one label, or two of which the second is "relevant". When ctx ends,
// those that are scored so far come back with its error: a re-ranking may use them.
func (m *Model) Relevance(ctx context.Context, query string, passages ...string) ([]float32, error) {
	if err := m.require(model.SequenceClassification); err != nil {
		return nil, err
	}
	s := m.spaces.Get().(*space)
	defer m.spaces.Put(s)
	out := make([]float32, 0, len(passages))
	for _, passage := range passages {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		m.tokens.EncodePair(&s.encoding, query, passage, m.length)
		scores, err := m.textScores(s)
		if err != nil {
			return out, err
		}
		if len(scores) == 1 {
			out = append(out, model.Sigmoid(scores[0]))
			continue
		}
		m.model.Probabilities(scores)
		out = append(out, scores[1])
	}
	return out, nil
}
