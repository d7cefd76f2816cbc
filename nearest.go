package bertsearch

import (
	"context"
	"errors"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/internal/kernel"
)

// nearest returns the k passages nearest to the query. A vector index is used
// before all of its file has been verified; where a search meets damage the
// store answers, exactly, while the index is rebuilt.
func (s *search) nearest(k int) ([]index.Match, error) {
	found, err := s.db.vectors.index.search(s.vector, k, s.passages(), s.serving.generation)
	if !errors.Is(err, index.ErrCorrupt) {
		return found, err
	}
	s.db.vectors.mend(err)
	return s.compareAll(k)
}

// compareAll compares the query with every vector of the store that the filter
// lets through.
func (s *search) compareAll(k int) ([]index.Match, error) {
	var top index.Top
	top.Reset(k)
	filter := s.passages()
	for v, err := range s.reader.VectorsOf(s.serving.generation) {
		if err != nil {
			return nil, err
		}
		if filter == nil || filter.Contains(v.Passage) {
			top.Offer(index.Match{Label: v.Passage, Score: kernel.Dot(s.vector, v.Values)})
		}
	}
	return top.Sorted(), nil
}

// mend rebuilds an index in which a search met damage. It returns at once; Close
// waits for the end.
func (f *follower[T]) mend(damage error) {
	if !f.mending.CompareAndSwap(false, true) {
		return
	}
	f.db.options.Logger.Warn("the "+f.name+" is damaged and is rebuilt", "reason", damage)
	go func() {
		defer f.mending.Store(false)
		if f.db.enter() != nil {
			return // the next time it is opened
		}
		defer f.db.leave()
		if err := f.renew(context.Background()); err != nil {
			f.db.options.Logger.Warn("the "+f.name+" could not be rebuilt", "reason", err)
		}
	}()
}
