package bertsearch

import (
	"context"
	"fmt"
	"math"

	"github.com/bertsearch/bertsearch/embed"
	"github.com/bertsearch/bertsearch/model"
	"github.com/bertsearch/bertsearch/task"
)

// A Head reads documents and says something of them in fields; see [DB.Enrich].
// It is used by several goroutines at a time.
type Head interface {
	// Fingerprint identifies all that the fields depend on.
	Fingerprint() string
	// Fields are those of a document, each under name or a name that begins
	// with name and a dot.
	Fields(ctx context.Context, name string, d Document) (map[string]any, error)
}

// NewHead makes a [Head] of a model that classifies texts or finds names.
//
// A classification with the name "topic" writes topic, the most probable label,
// and topic.probability. Where several labels may hold, both are lists, of those
// with a probability of one half or more. A regression writes the number.
//
// A model of names writes, with the name "entities" and for each label of its
// own, entities.LABEL, the names found, each once; and entities.spans, a list of
// {"label", "text", "start", "end", "score"} in the order of the text, where
// start and end are bytes of the document's text.
func NewHead(m *task.Model) (Head, error) {
	switch m.Task() {
	case model.SequenceClassification:
		return labelHead{m}, nil
	case model.TokenClassification:
		return entityHead{m}, nil
	}
	return nil, fmt.Errorf("enrich: a model for %s says nothing of a document alone: want one for %s or %s",
		m.Task(), model.SequenceClassification, model.TokenClassification)
}

// labelHead writes labels.
type labelHead struct{ *task.Model }

func (h labelHead) Fields(ctx context.Context, name string, d Document) (map[string]any, error) {
	found, err := h.Classify(ctx, embed.PassageText(d.Title, d.Text))
	if err != nil {
		return nil, err
	}
	labels, probability := found[0], name+".probability"
	switch h.Problem() {
	case model.Regression:
		return map[string]any{name: number(labels[0].Probability)}, nil
	case model.MultiLabel:
		names, values := []any{}, []any{}
		for _, l := range labels {
			if l.Probability >= 0.5 {
				names, values = append(names, l.Name), append(values, number(l.Probability))
			}
		}
		return map[string]any{name: names, probability: values}, nil
	}
	return map[string]any{name: labels[0].Name, probability: number(labels[0].Probability)}, nil
}

// entityHead writes entities.
type entityHead struct{ *task.Model }

func (h entityHead) Fields(ctx context.Context, name string, d Document) (map[string]any, error) {
	found, err := h.Entities(ctx, d.Text)
	if err != nil {
		return nil, err
	}
	spans, names, seen := []any{}, map[string]any{}, map[string]bool{}
	for _, e := range found {
		text := d.Text[e.Start:e.End]
		spans = append(spans, map[string]any{
			"label": e.Label, "text": text, "start": int64(e.Start), "end": int64(e.End), "score": number(e.Score),
		})
		if key := e.Label + "\x00" + text; !seen[key] {
			list, _ := names[e.Label].([]any)
			names[e.Label], seen[key] = append(list, text), true
		}
	}
	return map[string]any{name: names, name + ".spans": spans}, nil
}

// number is f with the digits that it has, and no more in float64.
func number(f float32) float64 { return math.Round(float64(f)*1e6) / 1e6 }
