package keyword

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	index "github.com/blevesearch/bleve_index_api"
)

// Match is a document that holds a word of the query.
type Match struct {
	Number uint32
	Score  float64 // BM25, above 0 and below the bound of the query
}

// compare is cmp.Compare under a name that reads well beside compareMatches.
func compare(a, b float64) int { return cmp.Compare(a, b) }

// compareMatches orders the best first, ties by number.
func compareMatches(a, b Match) int {
	if a.Score != b.Score {
		return compare(b.Score, a.Score)
	}
	return cmp.Compare(a.Number, b.Number)
}

// Search returns the k documents with the highest scores, best first. A
// document matches if it holds at least one term of the query; the query is
// plain text without any syntax. With a filter only the documents in it count:
// if k of them match, k are returned. A nil filter lets all through.
func (x *Index) Search(ctx context.Context, query string, k int, filter *roaring.Bitmap) ([]Match, error) {
	if k <= 0 {
		return nil, nil
	}
	var matches []Match
	err := x.read(func(r index.IndexReader) error {
		s, err := x.statistics(ctx, r, query)
		if err != nil {
			return err
		}
		a := newAccumulator()
		defer a.release()
		if err := a.addAll(ctx, r, s); err != nil {
			return err
		}
		matches, err = a.best(r, k, filter)
		return err
	})
	return matches, err
}

// Scores returns the score of each of the documents, in their order; 0 for one
// that holds no term of the query or is not in the index.
func (x *Index) Scores(ctx context.Context, query string, numbers []uint32) ([]float64, error) {
	scores := make([]float64, len(numbers))
	err := x.read(func(r index.IndexReader) error {
		s, err := x.statistics(ctx, r, query)
		if err != nil {
			return err
		}
		a := newAccumulator()
		defer a.release()
		if err := a.addAll(ctx, r, s); err != nil {
			return err
		}
		for i, number := range numbers {
			if scores[i], err = a.score(r, number); err != nil {
				return err
			}
		}
		return nil
	})
	return scores, err
}

// accumulator sums the scores of all documents term by term. Its place i is
// the document that scorch numbers i in the snapshot at hand.
type accumulator struct{ scores []float64 }

var accumulators = sync.Pool{New: func() any { return new(accumulator) }}

func newAccumulator() *accumulator { return accumulators.Get().(*accumulator) }

func (a *accumulator) release() {
	clear(a.scores)
	a.scores = a.scores[:0]
	accumulators.Put(a)
}

func (a *accumulator) addAll(ctx context.Context, r index.IndexReader, s Statistics) error {
	for _, t := range s.Terms {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := a.add(r, t, s.AverageLength); err != nil {
			return err
		}
	}
	return nil
}

// add adds what one term is worth to each document that holds it.
func (a *accumulator) add(r index.IndexReader, t Term, averageLength float64) error {
	postings, err := r.TermFieldReader(context.Background(), []byte(t.Text), textField, true, true, false)
	if err != nil {
		return err
	}
	defer func() { _ = postings.Close() }()
	var p index.TermFieldDoc
	for {
		next, err := postings.Next(p.Reset())
		if err != nil {
			return err
		}
		if next == nil {
			return nil
		}
		i := next.ID.Value()
		if i > math.MaxUint32 {
			return fmt.Errorf("%w: a posting names document %d", ErrCorrupt, i)
		}
		if i >= uint64(len(a.scores)) {
			a.grow(int(i) + 1)
		}
		// The norm is one over the root of the length, in single precision.
		length := math.Round(1 / (next.Norm * next.Norm))
		a.scores[i] += t.Weight() * saturation(float64(next.Freq), length, averageLength)
	}
}

func (a *accumulator) grow(n int) {
	a.scores = slices.Grow(a.scores, n-len(a.scores))[:n]
}

func (a *accumulator) score(r index.IndexReader, number uint32) (float64, error) {
	id, err := r.InternalID(name(number))
	if err != nil || id == nil {
		return 0, err
	}
	if i := id.Value(); i < uint64(len(a.scores)) {
		return a.scores[i], nil
	}
	return 0, nil
}

// best returns the k best documents that the filter lets through. A filter
// smaller than half of the matches is walked itself; a wider one is asked
// only about documents that would be among the best so far.
func (a *accumulator) best(r index.IndexReader, k int, filter *roaring.Bitmap) ([]Match, error) {
	top := top{k: k}
	if filter != nil && filter.GetCardinality() < uint64(a.matches()/2) {
		for it := filter.Iterator(); it.HasNext(); {
			number := it.Next()
			score, err := a.score(r, number)
			if err != nil {
				return nil, err
			}
			if score > 0 {
				top.add(Match{number, score})
			}
		}
		return top.sorted(), nil
	}
	var id index.IndexInternalID
	for i, score := range a.scores {
		if score == 0 || !top.wants(score) {
			continue
		}
		id = index.NewIndexInternalID(id, uint64(i))
		number, err := numberOf(r, id)
		if err != nil {
			return nil, err
		}
		if filter == nil || filter.Contains(number) {
			top.add(Match{number, score})
		}
	}
	return top.sorted(), nil
}

func (a *accumulator) matches() int {
	n := 0
	for _, score := range a.scores {
		if score != 0 {
			n++
		}
	}
	return n
}

func numberOf(r index.IndexReader, id index.IndexInternalID) (uint32, error) {
	name, err := r.ExternalID(id)
	if err != nil {
		return 0, err
	}
	if len(name) != 4 {
		return 0, fmt.Errorf("%w: a document is named %q", ErrCorrupt, name)
	}
	return binary.BigEndian.Uint32([]byte(name)), nil
}
