package bertsearch

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/bertsearch/bertsearch/index/keyword"
	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/store"
)

// hybridDepth is the least number of candidates that each side gives to the
// combination. More than 30 were measured to change nothing in the first ten hits.
const hybridDepth = 100

// candidate is a document that may become a hit.
type candidate struct {
	document uint32
	passage  int // the best one's position in the document, -1 if not known
	score    float64
	explain  Explanation
}

// rank fills s.ranked with at least the hits asked for, best first.
func (s *search) rank(ctx context.Context) error {
	s.depth = s.q.Offset + s.q.K
	if s.skip != 0 {
		s.depth++
	}
	var err error
	switch {
	case s.q.Like != "" && s.vector == nil && s.words == "":
		// a document without text is like no other
	case s.vector == nil && s.words == "":
		s.ranked, err = s.filtered()
	case s.q.Mode == Dense:
		s.ranked, err = s.searchVectors()
	case s.q.Mode == Keyword:
		s.ranked, err = s.searchWords(ctx)
	default:
		s.ranked, err = s.searchBoth(ctx)
	}
	s.ranked = slices.DeleteFunc(s.ranked, func(c candidate) bool {
		return c.document == s.skip || s.q.MinScore != 0 && c.score < s.q.MinScore
	})
	return err
}

// filtered lists the filter's matches in number order, all with the same score.
func (s *search) filtered() ([]candidate, error) {
	var list []candidate
	for it := s.filter.documents.Iterator(); it.HasNext() && len(list) < s.depth; {
		list = append(list, candidate{document: it.Next(), score: 1})
	}
	return list, nil
}

// searchVectors ranks documents by their nearest passage. As several nearest
// passages may be of one document, it asks for more until there are enough.
func (s *search) searchVectors() ([]candidate, error) {
	counts, err := s.reader.Counts()
	if err != nil || counts.Documents == 0 {
		return nil, err
	}
	for k := s.depth * (1 + counts.Passages/counts.Documents); ; k *= 2 {
		found, err := s.nearest(k)
		if err != nil {
			return nil, err
		}
		list := make([]candidate, 0, s.depth)
		seen := make(map[uint32]bool, s.depth)
		for _, m := range found {
			document, passage, err := s.reader.PassageDocument(m.Label)
			if errors.Is(err, store.ErrNotFound) {
				continue // the index is ahead of this snapshot
			}
			if err != nil {
				return nil, err
			}
			if !seen[document] {
				seen[document] = true
				list = append(list, candidate{document: document, passage: passage, score: float64(m.Score)})
			}
		}
		if len(list) >= s.depth || len(found) < k {
			return explainSide(list, func(e *Explanation) **Contribution { return &e.Dense }), nil
		}
	}
}

// searchWords ranks documents by BM25.
func (s *search) searchWords(ctx context.Context) ([]candidate, error) {
	var list []candidate
	err := s.db.words.index.with(func(x *keyword.Index) error {
		found, err := x.Search(ctx, s.words, s.depth, s.documents())
		for _, m := range found {
			list = append(list, candidate{document: m.Number, passage: -1, score: m.Score})
		}
		return err
	})
	return explainSide(list, func(e *Explanation) **Contribution { return &e.Keyword }), err
}

// explainSide notes rank and score of candidates that are in order.
func explainSide(list []candidate, side func(*Explanation) **Contribution) []candidate {
	for i := range list {
		*side(&list[i].explain) = &Contribution{Rank: i + 1, Score: list[i].score, Normalised: list[i].score}
	}
	return list
}

// denseScore returns the cosine between the query and the nearest passage of a
// document, and which passage that is; ok is false if it has none.
func (s *search) denseScore(document uint32) (score float64, passage int, ok bool, err error) {
	passages, err := s.reader.Passages(document)
	if err != nil {
		return 0, 0, false, err
	}
	score = math.Inf(-1)
	var v store.Vector
	for i, p := range passages {
		if err := s.reader.Vector(p.Number, &v); err != nil {
			return 0, 0, false, err
		}
		if d := float64(kernel.Dot(s.vector, v.Values)); d > score {
			score, passage = d, i
		}
	}
	return score, passage, len(passages) > 0, nil
}

// meanVector returns the normalised mean of a document's passage vectors, nil
// if it has none.
func meanVector(r *store.Reader, d *store.Document) ([]float32, error) {
	var mean []float32
	var v store.Vector
	for _, p := range d.Passages {
		if err := r.Vector(p.Number, &v); err != nil {
			return nil, err
		}
		if mean == nil {
			mean = make([]float32, len(v.Values))
		}
		for i, x := range v.Values {
			mean[i] += x
		}
	}
	if length := math.Sqrt(float64(kernel.Dot(mean, mean))); length > 0 {
		for i := range mean {
			mean[i] = float32(float64(mean[i]) / length)
		}
	}
	return mean, nil
}
