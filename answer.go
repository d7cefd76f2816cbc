package bertsearch

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/bertsearch/bertsearch/task"
)

// A Reader finds the part of a passage that answers a question. It is called by
// several goroutines at a time. A [task.Model] for answers is one.
type Reader interface {
	Answer(ctx context.Context, question, passage string) (task.Answer, error)
}

// An Extract is a part of a document that answers a question.
type Extract struct {
	ID   string // of the document
	Rank int    // of its hit
	Text string
	// Start and End are bytes of the document's text.
	Start, End int
	// Score is how much the model prefers it to no answer; above 0.
	Score float64
}

// Extracts reads the passage of each hit, on all cores, and returns what answers
// the question, best first: none, where the model says of every passage that it
// does not. The best has the greatest score divided by the square root of its
// hit's rank, for the scores of two passages compare poorly, and the search has
// an opinion too (as BERTserini adds both: Yang et al. 2019, arXiv:1902.01718).
func Extracts(ctx context.Context, m Reader, question string, hits []Hit) ([]Extract, error) {
	answers := make([]task.Answer, len(hits))
	err := onAllCores(ctx, len(hits), func(i int) (err error) {
		if answers[i], err = m.Answer(ctx, question, hits[i].Passage.Text); err != nil {
			return fmt.Errorf("answer: document %q: %w", hits[i].ID, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var found []Extract
	for i, a := range answers {
		if h := hits[i]; a.Found() {
			found = append(found, Extract{
				ID: h.ID, Rank: h.Rank, Text: h.Passage.Text[a.Start:a.End],
				Start: h.Passage.Start + a.Start, End: h.Passage.Start + a.End, Score: float64(a.Score),
			})
		}
	}
	weight := func(e Extract) float64 { return e.Score / math.Sqrt(float64(max(e.Rank, 1))) }
	slices.SortStableFunc(found, func(a, b Extract) int { return cmp.Compare(weight(b), weight(a)) })
	return found, nil
}
