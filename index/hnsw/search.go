package hnsw

import (
	"fmt"
	"math"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Search implements index.Vector.
func (x *Index) Search(q []float32, k int, o index.SearchOptions) (found []index.Match, err error) {
	if err := index.CheckQuery(q, x.layout.dimension); err != nil {
		return nil, err
	}
	live := x.set.Live()
	if k = min(k, live); k <= 0 || o.Filter != nil && o.Filter.IsEmpty() {
		return nil, nil
	}
	if err := x.damage(); err != nil {
		return nil, err
	}
	defer x.set.Leave(x.set.Enter())
	w := x.walkers.Get().(*walker)
	defer x.walkers.Put(w)
	defer x.guardWith(func(fault error) { err = fmt.Errorf("hnsw: search: %w", fault) })()
	w.begin()
	w.setVector(q)
	ef := max(k, x.efSearch())
	if o.Ef > 0 {
		ef = max(k, o.Ef)
	}
	return w.search(k, ef, live, o.Filter)
}

// search answers by the way that is estimated to be the cheapest, and by an
// exact scan where another came short of k.
func (w *walker) search(k, ef, live int, filter *roaring.Bitmap) ([]index.Match, error) {
	replaced := w.x.set.Replaced()
	p := w.x.plan(ef, live, filter)
	if p.walk {
		w.walk(p, filter)
		if w.doubt {
			if err := w.x.damage(); err != nil {
				return nil, err
			}
		}
		if err := w.rescore(k); err != nil {
			return nil, err
		}
		found := w.answer(replaced)
		if len(found) == k {
			return found, nil
		}
	}
	w.top.Reset(k)
	if err := w.scan(filter); err != nil {
		return nil, err
	}
	return w.answer(replaced), nil
}

// answer is what the top holds; labels that were replaced during the search
// may be in it twice.
func (w *walker) answer(replaced uint64) []index.Match {
	found := w.top.Sorted()
	if w.x.set.Replaced() != replaced {
		found = index.Unique(found)
	}
	return found
}

// walk fills the pool by a walk through the graph.
func (w *walker) walk(p plan, filter *roaring.Bitmap) {
	from := entry(w.x.entry.Load())
	if from == noEntry || from.id() >= w.view.Capacity {
		w.pool.reset(0)
		return
	}
	began := time.Now()
	w.descend(from, 0)
	if filter != nil {
		w.filtered(p, filter)
		return
	}
	w.beam(w.start, 0, p.ef)
	w.x.effort.note(w.compare, p.ef)
	w.x.cost.walk.note(time.Since(began), w.compare)
}

// rescore takes the live rows of the pool, scores with the float32 vectors
// those whose codes leave it open whether they are among the k best, and
// keeps these in the top.
func (w *walker) rescore(k int) error {
	w.top.Reset(k)
	w.ids = w.ids[:0]
	floor := int32(math.MinInt32)
	for _, c := range w.pool.items {
		if c.score() < floor {
			break
		}
		if w.view.Head(c.id()).Dead() {
			continue
		}
		w.ids = append(w.ids, c.id())
		if len(w.ids) == k {
			floor = c.score() - w.x.margin
		}
	}
	return w.score()
}

// score offers the gathered rows to the top with their exact scores.
func (w *walker) score() error {
	if err := w.x.believe(w.ids); err != nil {
		return err
	}
	w.offer(&w.top, w.ids)
	w.scanned += len(w.ids)
	w.ids = w.ids[:0]
	return nil
}

// offer scores rows against the query for a top.
func (w *walker) offer(top *index.Top, ids []uint32) {
	if len(w.floats) < len(ids) {
		w.floats = make([]float32, 2*len(ids))
	}
	kernel.DotRows(w.floats, w.vector, w.view.Column(vectors), ids)
	for i, id := range ids {
		top.Offer(index.Match{Label: w.view.Head(id).Label(), Score: w.floats[i]})
	}
}

// scanBatch is the number of rows that a scan scores at a time.
const scanBatch = 64

// scan offers every live row that the filter lets through to the top: by the
// filter's labels, or over the rows, whichever are fewer.
func (w *walker) scan(filter *roaring.Bitmap) error {
	w.ids, w.scanned = w.ids[:0], 0
	began := time.Now()
	defer func() { w.x.cost.scan.note(time.Since(began), w.scanned) }()
	used := min(w.x.set.Used(), w.view.Capacity)
	if filter != nil && filter.GetCardinality() < uint64(used) {
		return w.scanLabels(filter)
	}
	for id := range used {
		h := w.view.Head(id)
		if h.Dead() || filter != nil && !filter.Contains(h.Label()) {
			continue
		}
		if err := w.gather(id); err != nil {
			return err
		}
	}
	return w.score()
}

func (w *walker) scanLabels(filter *roaring.Bitmap) error {
	for labels := filter.Iterator(); labels.HasNext(); {
		id, ok := w.x.set.Table.Find(labels.Next())
		if !ok || id >= w.view.Capacity || w.view.Head(id).Dead() {
			continue
		}
		if err := w.gather(id); err != nil {
			return err
		}
	}
	return w.score()
}

// gather keeps a row for the next call of score, and calls it for a batch.
func (w *walker) gather(id uint32) error {
	if w.ids = append(w.ids, id); len(w.ids) < scanBatch {
		return nil
	}
	return w.score()
}
