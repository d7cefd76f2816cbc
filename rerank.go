package bertsearch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Reranker says how well passages answer a query, each with a number, higher
// being better. When ctx ends it returns those of the first passages, as many as
// it got to. It may be called by several goroutines at a time. A [task.Model] of
// a cross-encoder is one.
type Reranker interface {
	Relevance(ctx context.Context, query string, passages ...string) ([]float32, error)
}

// DefaultRerank is how many hits are ranked again when [Rerank.Documents] is zero.
const DefaultRerank = 50

// Rerank ranks the best hits of a query again, by a model that reads the query
// and a hit's passage together: slower than any index, and more exact.
type Rerank struct {
	Model Reranker
	// Documents is how many of the best hits are read; zero means [DefaultRerank].
	Documents int
	// Budget bounds the time for that. What it does not suffice for keeps its
	// order, after what was read. Zero is no bound.
	Budget time.Duration
}

// validate reports a setting that makes no sense for q.
func (r *Rerank) validate(q *Query) error {
	switch {
	case r.Model == nil:
		return fmt.Errorf("%w: a re-ranking needs a model", ErrInvalidQuery)
	case r.Documents < 0 || r.Budget < 0:
		return fmt.Errorf("%w: a re-ranking of %d documents in %s: want neither below 0", ErrInvalidQuery, r.Documents, r.Budget)
	case q.Text == "":
		return fmt.Errorf("%w: a re-ranking needs the query's text", ErrInvalidQuery)
	}
	return nil
}

// findReranked answers a query as Find does without Rerank, for as many hits as
// are ranked again, and ranks those.
func (db *DB) findReranked(ctx context.Context, q Query) (Answer, error) {
	start, r := time.Now(), q.Rerank
	if err := r.validate(&q); err != nil {
		return Answer{}, fmt.Errorf("search: %w", err)
	}
	k, documents := cmp.Or(q.K, DefaultK), cmp.Or(r.Documents, DefaultRerank)
	wide := q
	wide.Rerank, wide.Offset, wide.K = nil, 0, max(k+q.Offset, documents)
	if q.K < 0 || q.Offset < 0 {
		wide = q // for Find to refuse
		wide.Rerank = nil
	}
	answer, err := db.Find(ctx, wide)
	if err != nil {
		return Answer{}, err
	}
	answer.Reranked, err = r.rank(ctx, q.Text, answer.Hits[:min(documents, len(answer.Hits))])
	if err != nil {
		return Answer{}, fmt.Errorf("search: rerank: %w", err)
	}
	answer.Hits = answer.Hits[min(q.Offset, len(answer.Hits)):min(q.Offset+k, len(answer.Hits))]
	for i := range answer.Hits {
		answer.Hits[i].Rank = q.Offset + i + 1
	}
	answer.Took = time.Since(start)
	return answer, nil
}

// rank reads hits from the first on until the budget is spent, puts those read
// in the order of what the model says, and returns their number.
func (r *Rerank) rank(ctx context.Context, query string, hits []Hit) (int, error) {
	limited := ctx
	if r.Budget > 0 {
		var stop context.CancelFunc
		limited, stop = context.WithTimeout(ctx, r.Budget)
		defer stop()
	}
	read := make([]atomic.Bool, len(hits))
	errs := make([]error, min(runtime.GOMAXPROCS(0), len(hits)))
	var next atomic.Int64
	var workers sync.WaitGroup
	for w := range errs {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(hits) && limited.Err() == nil; i = int(next.Add(1)) - 1 {
				scores, err := r.Model.Relevance(limited, query, hits[i].Passage.Text)
				if len(scores) == 1 {
					hits[i].Relevance = float64(scores[0])
					read[i].Store(true)
				} else if limited.Err() == nil {
					errs[w] = cmp.Or(err, errors.New("the model judges nothing"))
					return
				}
			}
		})
	}
	workers.Wait()
	if err := errors.Join(append(errs, ctx.Err())...); err != nil {
		return 0, err
	}
	n := 0
	for n < len(hits) && read[n].Load() {
		n++
	}
	for i := range hits[n:] {
		hits[n+i].Relevance = 0 // one beyond a gap is not ranked by it
	}
	slices.SortStableFunc(hits[:n], func(a, b Hit) int { return cmp.Compare(b.Relevance, a.Relevance) })
	return n, nil
}
