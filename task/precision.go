package task

import (
	"context"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/probe"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/tokenizer"
)

// mostError is the greatest distance between the scores of probe texts in int8
// and in f32, as a share of how far those in f32 are spread, with which a model
// is used in int8.
const mostError = 0.05

// probes is how many of the probe texts are tried: those that take no time.
const probes = 12

// Int8 returns a model that computes as m does, but multiplies the encoder's
// matrices in bytes: about three times as fast where the chip can. Its
// fingerprint is another.
func (m *Model) Int8() *Model { return m.with(m.exact.Int8()) }

// with is m that computes with t.
func (m *Model) with(t *model.TaskModel) *Model {
	return &Model{model: t, exact: m.exact, tokens: m.tokens, length: m.length, spaces: sync.Pool{New: newSpace}}
}

// Settle returns m in f32 or in int8: the latter if this processor multiplies
// bytes fast, and the scores of some texts come out nearly the same.
func (m *Model) Settle(ctx context.Context) (*Model, error) {
	exact := m.with(m.exact)
	if !kernel.Int8Pays() || m.exact.Task == model.MaskedLM {
		return exact, nil
	}
	rounded := m.Int8()
	want, err := exact.probe(ctx)
	if err != nil {
		return nil, err
	}
	got, err := rounded.probe(ctx)
	if err != nil {
		return nil, err
	}
	if distance := floats.Distance(got, want, 2); distance > mostError*spread(want) {
		return exact, nil
	}
	return rounded, nil
}

// spread is the distance of scores to their mean.
func spread(scores []float64) float64 {
	mean := slices.Repeat([]float64{stat.Mean(scores, nil)}, len(scores))
	return floats.Distance(scores, mean, 2)
}

// At returns m in the precision that has a fingerprint. It reports false where
// neither has.
func (m *Model) At(fingerprint string) (*Model, bool) {
	switch fingerprint {
	case m.fingerprint(false):
		return m.with(m.exact), true
	case m.fingerprint(true):
		return m.Int8(), true
	}
	return nil, false
}

// probe is the scores of the probe texts, in pairs where the model reads pairs.
func (m *Model) probe(ctx context.Context) ([]float64, error) {
	score := m.model.TokenScores
	switch m.model.Task {
	case model.SequenceClassification, model.NextSentencePrediction, model.PreTraining:
		score = m.model.TextScores
	}
	var e tokenizer.Encoding
	var w model.Workspace
	var scores []float64
	for i, text := range probe.Texts[:probes] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if m.model.Task == model.QuestionAnswering || len(m.model.Labels) == 1 {
			m.tokens.EncodePair(&e, text, probe.Texts[probes-1-i], m.length)
		} else {
			m.tokens.Encode(&e, text, m.length)
		}
		var b model.Batch
		b.Add(e.IDs, e.Types)
		found, err := score(&w, &b)
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			scores = append(scores, float64(x))
		}
	}
	return scores, nil
}
