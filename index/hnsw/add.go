package hnsw

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"

	"github.com/bertsearch/bertsearch/index"
)

// newRow is a vector on its way into the graph.
type newRow struct {
	label  uint32
	vector []float32
	id     uint32
	height int
	tower  uint32 // place among the towers, or 0
}

// Add implements index.Vector. Searches see a large batch appear in parts.
func (x *Index) Add(labels []uint32, batch [][]float32) error {
	if err := index.CheckBatch(labels, batch, x.layout.dimension); err != nil {
		return err
	}
	x.writer.Lock()
	defer x.writer.Unlock()
	if err := x.settle(); err != nil {
		return err
	}
	if err := x.add(labels, batch); err != nil {
		return fmt.Errorf("hnsw: add: %w", err)
	}
	return x.damage()
}

// add is Add for vectors that have been checked.
func (x *Index) add(labels []uint32, batch [][]float32) error {
	defer x.guard()()
	fresh, err := x.prepare(labels, batch)
	if err != nil {
		return err
	}
	for rest := fresh; len(rest) > 0; {
		part := rest[:min(len(rest), max(leastPublished, x.set.Live()/4), mostPublished)]
		x.link(part)
		for _, r := range part {
			x.set.Publish(r.id, r.label, r.tower)
		}
		rest = rest[len(part):]
	}
	x.afterChange(len(fresh))
	return nil
}

// Rows are published in parts of a quarter of the graph within these bounds:
// rows that are linked and not published stand in the way of searches.
const (
	leastPublished = 256
	mostPublished  = 4096
)

// prepare takes a row for the last vector of each label and gives it its
// height.
func (x *Index) prepare(labels []uint32, batch [][]float32) ([]newRow, error) {
	last := make(map[uint32]int, len(labels))
	for i, label := range labels {
		last[label] = i
	}
	if err := x.set.Reserve(len(last)); err != nil {
		return nil, err
	}
	fresh := make([]newRow, 0, len(last))
	for i, label := range labels {
		if last[label] != i {
			continue
		}
		r := newRow{label: label, vector: batch[i], id: x.set.Take(), height: x.randomHeight()}
		if r.height > 0 {
			r.tower = x.towers.add(r.height)
		}
		x.set.Prepare(r.id, label, r.tower)
		fresh = append(fresh, r)
	}
	return fresh, nil
}

// randomHeight draws the top layer of a node: each layer has one in M of the
// nodes of the layer below.
func (x *Index) randomHeight() int {
	h := -math.Log(1-x.random.Float64()) / math.Log(float64(x.options.M))
	return min(int(h), maxHeight)
}

// serialRows is the size of a graph below which rows are linked one by one,
// so that workers do not each find it empty.
const serialRows = 256

// link links rows into the graph, with all workers once there is a graph.
func (x *Index) link(fresh []newRow) {
	x.each(len(fresh), func(w *walker, i int) { w.fill(&fresh[i]) })
	serial := min(len(fresh), max(0, serialRows-x.set.Live()))
	w := x.walkers.Get().(*walker)
	for i := range fresh[:serial] {
		w.insert(&fresh[i])
	}
	x.walkers.Put(w)
	rest := fresh[serial:]
	x.each(len(rest), func(w *walker, i int) { w.insert(&rest[i]) })
}

// workShare is the number of rows that a worker takes at a time.
const workShare = 16

// each calls f for 0 … n−1, in order if there is one worker.
func (x *Index) each(n int, f func(w *walker, i int)) {
	x.parallel(n, workShare, func(w *walker, from, to int) {
		for i := from; i < to; i++ {
			f(w, i)
		}
	})
}

// parallel calls f for shares of the numbers below n, in order if there is one
// worker.
func (x *Index) parallel(n, share int, f func(w *walker, from, to int)) {
	var next atomic.Int64
	work := func() {
		defer x.guard()()
		w := x.walkers.Get().(*walker)
		defer x.walkers.Put(w)
		for {
			from := int(next.Add(int64(share))) - share
			if from >= n {
				return
			}
			f(w, from, min(from+share, n))
		}
	}
	workers := min(x.options.Workers, (n+share-1)/share)
	var wait sync.WaitGroup
	for i := 1; i < workers; i++ {
		wait.Go(work)
	}
	work()
	wait.Wait()
}

// fill writes a row's code and vector.
func (w *walker) fill(r *newRow) {
	w.begin()
	l := &w.x.layout
	if r.id < w.x.saved {
		// Damage stays known: whoever reads the block next is told.
		stride := int64(4 * l.floats)
		_ = w.x.file.Settle(vectorSection, int64(r.id)*stride, int64(r.id+1)*stride)
	}
	copy(l.vector(w.view, r.id), r.vector)
	w.x.coder.encode(w.query.code, r.vector, w.work)
	store(l.code(w.view, r.id), w.query.code)
	l.bottomLinks(w.view, r.id).erase()
}

// insert links a row that is filled.
func (w *walker) insert(r *newRow) {
	w.begin()
	w.setRow(r.id)
	if from := entry(w.x.entry.Load()); from != noEntry {
		start := w.descend(from, r.height)
		for layer := min(r.height, from.height()); layer >= 0; layer-- {
			w.beam(start, layer, w.x.options.EfConstruction)
			start = w.connect(r.id, layer, start[:0])
		}
		w.start = start
	}
	w.x.raiseEntry(newEntry(r.id, r.height))
}

// connect links a row with the best of the pool, both ways, and appends those
// it found to start, where the walk in the layer below begins.
func (w *walker) connect(id uint32, layer int, start []uint32) []uint32 {
	candidates := w.alive(w.pool.items, id)
	for _, c := range candidates[:min(len(candidates), entryPoints)] {
		start = append(start, c.id())
	}
	if len(start) == 0 {
		start = append(start, w.pool.items[0].id())
	}
	chosen := w.choose(candidates, w.x.options.M)
	w.setLinks(id, layer, chosen)
	w.backlinks = append(w.backlinks[:0], chosen...)
	for _, other := range w.backlinks {
		w.linkBack(other, id, layer)
	}
	return start
}

// setLinks replaces the links of a row.
func (w *walker) setLinks(id uint32, layer int, chosen []uint32) {
	w.x.lock(id)
	defer w.x.unlock(id)
	w.linksAt(id, layer).set(chosen)
}

// entryPoints is the number of candidates that a walk in the layer below
// begins at.
const entryPoints = 8

// alive drops the rows that are being repaired away and the row itself.
func (w *walker) alive(items []candidate, self uint32) []candidate {
	w.candidates = w.candidates[:0]
	for _, c := range items {
		if id := c.id(); id != self && !w.x.repair.leaving(id) {
			w.candidates = append(w.candidates, c)
		}
	}
	return w.candidates
}

// linkBack adds id to the links of another row, which gives up the least
// useful of them if it has no room.
func (w *walker) linkBack(other, id uint32, layer int) {
	w.x.lock(other)
	defer w.x.unlock(other)
	l := w.linksAt(other, layer)
	ids := l.appendTo(w.ids[:0])
	w.ids = ids
	for _, neighbour := range ids {
		if neighbour == id {
			return
		}
	}
	if len(ids) < len(l) {
		l[len(ids)].Store(id)
		return
	}
	w.ids = append(ids, id)
	l.set(w.choose(w.rank(other, w.ids), len(l)))
}

// rank sorts rows by nearness to another row.
func (w *walker) rank(to uint32, ids []uint32) []candidate {
	q := &w.choice.query
	q.fromRow(w.x.layout.code(w.view, to))
	w.choice.scores = w.dots(q, ids, w.choice.scores)
	w.candidates = w.candidates[:0]
	for i, id := range ids {
		if id != to && !w.x.repair.leaving(id) {
			w.candidates = append(w.candidates, newCandidate(w.choice.scores[i], id))
		}
	}
	sortCandidates(w.candidates)
	return w.candidates
}

// raiseEntry makes e the entry if it is higher than the present one.
func (x *Index) raiseEntry(e entry) {
	x.entryMu.Lock()
	defer x.entryMu.Unlock()
	if now := entry(x.entry.Load()); now == noEntry || e.height() > now.height() {
		x.entry.Store(uint64(e))
	}
}

func (x *Index) lock(id uint32)   { x.locks[id%lockCount].Lock() }
func (x *Index) unlock(id uint32) { x.locks[id%lockCount].Unlock() }
