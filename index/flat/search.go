package flat

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/internal/rows"
	"github.com/bertsearch/bertsearch/internal/kernel"
)

// batch is the number of rows that go to the kernel at a time.
const batch = 64

// shareFloor is the number of float32 below which part of a scan is not worth
// a goroutine of its own (about 50 µs of work).
const shareFloor = 1 << 19

// searcher is what one goroutine needs to scan rows.
type searcher struct {
	query  []float32 // padded
	top    index.Top
	ids    [batch]uint32
	scores [batch]float32
	count  int
}

func newSearcher(dimension int) *searcher {
	return &searcher{query: make([]float32, stride(dimension)/4)}
}

// Search implements index.Vector.
func (x *Index) Search(query []float32, k int, o index.SearchOptions) ([]index.Match, error) {
	if err := index.CheckQuery(query, x.dimension); err != nil {
		return nil, err
	}
	if k <= 0 || x.set.Live() == 0 {
		return nil, nil
	}
	defer x.set.Leave(x.set.Enter())
	for attempt := 0; ; attempt++ {
		replaced := x.set.Replaced()
		found := x.scan(query, k, o.Filter)
		if x.set.Replaced() == replaced {
			return found, nil
		}
		// A vector was replaced meanwhile, and may have been seen twice, or
		// in neither place.
		found = index.Unique(found)
		if len(found) == k || attempt == attempts {
			return found, nil
		}
	}
}

// attempts is how often a scan that came short because vectors were being
// replaced is repeated.
const attempts = 3

// scan looks at every row once, on several cores if there is much to look at.
func (x *Index) scan(query []float32, k int, filter *roaring.Bitmap) []index.Match {
	used := uint64(x.set.Used())
	parts := uint64(max(1, min(x.workers, int(used)*x.dimension/shareFloor)))
	searchers := make([]*searcher, parts)
	var wait sync.WaitGroup
	for part := range parts {
		s := x.scratch.Get().(*searcher)
		searchers[part] = s
		copy(s.query, query)
		s.top.Reset(k)
		from, to := uint32(used*part/parts), uint32(used*(part+1)/parts)
		if part == parts-1 {
			s.scan(x.set, from, to, filter)
			break
		}
		wait.Go(func() { s.scan(x.set, from, to, filter) })
	}
	wait.Wait()
	best := &searchers[0].top
	for _, s := range searchers[1:] {
		best.Merge(&s.top)
	}
	found := best.Sorted()
	for _, s := range searchers {
		x.scratch.Put(s)
	}
	return found
}

// scan offers the live rows from from to to that the filter lets through.
func (s *searcher) scan(set *rows.Set, from, to uint32, filter *roaring.Bitmap) {
	view := set.View()
	for id := from; id < to; id++ {
		head := view.Head(id)
		if head.Dead() || filter != nil && !filter.Contains(head.Label()) {
			continue
		}
		s.ids[s.count] = id
		if s.count++; s.count == batch {
			s.flush(view)
		}
	}
	s.flush(view)
}

// flush compares the query with the rows gathered.
func (s *searcher) flush(view *rows.View) {
	ids := s.ids[:s.count]
	s.count = 0
	kernel.DotRows(s.scores[:], s.query, view.Column(vectors), ids)
	for i, id := range ids {
		s.top.Offer(index.Match{Label: view.Head(id).Label(), Score: s.scores[i]})
	}
}
