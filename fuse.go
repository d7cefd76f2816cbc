package bertsearch

import (
	"errors"
	"sync"

	"github.com/bertsearch/bertsearch/internal/fusion"
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/store"
)

// defaultWeight is the share of the dense side in Convex.
const defaultWeight = 0.5

// fuse gives the candidates, which carry the raw scores of both sides, one
// score, and returns them best first.
func (s *search) fuse(list []candidate) ([]candidate, error) {
	raw := make([]fusion.Candidate, len(list))
	for i, c := range list {
		raw[i] = fusion.Candidate{Dense: c.explain.Dense.score(), Keyword: c.explain.Keyword.score()}
	}
	scores, err := s.combine(raw)
	if err != nil {
		return nil, err
	}
	ordered := make([]candidate, len(list))
	for place, i := range fusion.Order(scores) {
		c := list[i]
		c.score = scores[i].Value
		c.explain.Dense.set(scores[i].Dense)
		c.explain.Keyword.set(scores[i].Keyword)
		ordered[place] = c
	}
	return ordered, nil
}

// combine applies the query's rule.
func (s *search) combine(raw []fusion.Candidate) ([]fusion.Score, error) {
	switch s.q.Fusion {
	case RRF:
		return fusion.RRF(raw), nil
	case Convex:
		if s.q.Weight == 0 {
			return fusion.Convex(raw, defaultWeight), nil
		}
		return fusion.Convex(raw, s.q.Weight), nil
	}
	mean, err := s.db.background.mean(s.reader)
	if err != nil {
		return nil, err
	}
	background := 0.0
	if mean != nil {
		background = float64(kernel.Dot(s.vector, mean))
	}
	return fusion.Auto(raw, background), nil
}

// score is the raw score, 0 from a side that has none.
func (c *Contribution) score() float64 {
	if c == nil {
		return 0
	}
	return c.Score
}

// set notes how the raw score entered the combination.
func (c *Contribution) set(p fusion.Part) {
	if c != nil {
		c.Rank, c.Normalised = p.Rank, p.Normalised
	}
}

// backgroundSample is how many vectors the mean of a collection is taken from:
// enough that the cosine with any query is off by a few thousandths at most.
const backgroundSample = 1024

// background is the mean vector of the collection, kept until the store changes.
type background struct {
	mu     sync.Mutex
	known  bool
	change uint64
	vector []float32
}

// mean returns the mean of the collection's vectors, from an even sample of
// them, nil if there are none.
func (b *background) mean(r *store.Reader) ([]float32, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known && b.change == r.LastChange() {
		return b.vector, nil
	}
	vector, err := meanOfSample(r)
	if err != nil {
		return nil, err
	}
	b.known, b.change, b.vector = true, r.LastChange(), vector
	return vector, nil
}

// meanOfSample reads at most backgroundSample vectors, evenly over the numbers
// that passages ever had. Passages that are gone are left out.
func meanOfSample(r *store.Reader) ([]float32, error) {
	var sum []float32
	var v store.Vector
	limit := r.PassageLimit()
	step := max(1, limit/backgroundSample)
	count := 0
	for passage := uint64(1); passage < limit; passage += step {
		err := r.Vector(uint32(passage), &v)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if sum == nil {
			sum = make([]float32, len(v.Values))
		}
		kernel.Add(sum, v.Values)
		count++
	}
	if count > 0 {
		kernel.Scale(sum, 1/float32(count))
	}
	return sum, nil
}
