package bertsearch

import (
	"context"

	"github.com/bertsearch/bertsearch/index/keyword"
)

// searchBoth ranks the candidates of both sides by one score. Each candidate
// is scored by both sides, also where only one of them found it.
func (s *search) searchBoth(ctx context.Context) ([]candidate, error) {
	wanted := s.depth
	s.depth = max(wanted, hybridDepth)
	dense, err := s.searchVectors()
	if err != nil {
		return nil, err
	}
	words, err := s.searchWords(ctx)
	if err != nil {
		return nil, err
	}
	list := merge(dense, words)
	if err := s.completeDense(list); err != nil {
		return nil, err
	}
	if err := s.completeKeyword(ctx, list); err != nil {
		return nil, err
	}
	return s.fuse(list)
}

// merge joins the candidates of both sides, the dense ones first.
func merge(dense, words []candidate) []candidate {
	place := make(map[uint32]int, len(dense))
	for i, c := range dense {
		place[c.document] = i
	}
	for _, c := range words {
		if i, both := place[c.document]; both {
			dense[i].explain.Keyword = c.explain.Keyword
		} else {
			dense = append(dense, c)
		}
	}
	return dense
}

// completeDense scores what only the keyword side found. A document without
// passages has no dense side.
func (s *search) completeDense(list []candidate) error {
	for i := range list {
		c := &list[i]
		if c.explain.Dense != nil {
			continue
		}
		score, passage, ok, err := s.denseScore(c.document)
		if err != nil {
			return err
		}
		if ok {
			c.passage = passage
			c.explain.Dense = &Contribution{Score: score}
		}
	}
	return nil
}

// completeKeyword scores what only the dense side found. A document without
// any of the words has no keyword side.
func (s *search) completeKeyword(ctx context.Context, list []candidate) error {
	var missing []int
	var numbers []uint32
	for i, c := range list {
		if c.explain.Keyword == nil {
			missing = append(missing, i)
			numbers = append(numbers, c.document)
		}
	}
	return s.db.words.index.with(func(x *keyword.Index) error {
		scores, err := x.Scores(ctx, s.words, numbers)
		if err != nil {
			return err
		}
		for j, i := range missing {
			if scores[j] > 0 {
				list[i].explain.Keyword = &Contribution{Score: scores[j]}
			}
		}
		return nil
	})
}
