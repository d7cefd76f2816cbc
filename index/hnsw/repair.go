package hnsw

import "slices"

// repair takes dead rows out of the graph. One sweep goes over all rows and
// links those that had dead neighbours with these neighbours' own neighbours
// instead (FreshDiskANN, arXiv:2105.09613, section 5.2); after it nothing
// leads to the rows that were dead when it began, and they can be used again.
// The work is spread over the changes that made it necessary.
type repair struct {
	gone []uint32 // the rows that the sweep takes out; none between sweeps
	bits []uint64 // the same as a set
	next uint32   // the first row not swept yet
	end  uint32
	dead []uint32 // died since, for the sweep after
}

// A sweep begins when there are repairFloor dead rows and one for every
// repairShare live ones. Each changed label pays for repairRate rows, so that
// a sweep ends before the next is due.
const (
	repairFloor = 64
	repairShare = 10
	repairRate  = 4 * repairShare
)

// leaving reports whether the sweep under way takes a row out.
func (r *repair) leaving(id uint32) bool {
	return int(id/64) < len(r.bits) && r.bits[id/64]>>(id%64)&1 != 0
}

// repairSome does the part of a sweep that a change of some labels pays for.
func (x *Index) repairSome(labels int) {
	r := &x.repair
	r.dead = append(r.dead, x.set.Buried()...)
	if len(r.gone) == 0 {
		if len(r.dead) < max(repairFloor, x.set.Live()/repairShare) {
			return
		}
		x.beginSweep()
	}
	x.sweep(uint32(min(labels, int(r.end)) * repairRate))
}

// repairAll takes all dead rows out.
func (x *Index) repairAll() {
	r := &x.repair
	r.dead = append(r.dead, x.set.Buried()...)
	for len(r.gone) > 0 || len(r.dead) > 0 {
		if len(r.gone) == 0 {
			x.beginSweep()
		}
		x.sweep(r.end)
	}
}

func (x *Index) beginSweep() {
	r := &x.repair
	r.gone, r.dead = r.dead, nil
	r.next, r.end = 0, x.set.Used()
	r.bits = make([]uint64, (r.end+63)/64)
	for _, id := range r.gone {
		r.bits[id/64] |= 1 << (id % 64)
	}
	if e := entry(x.entry.Load()); e != noEntry && r.leaving(e.id()) {
		x.entry.Store(uint64(x.highest()))
	}
}

// highest finds the entry for when the present one leaves.
func (x *Index) highest() entry {
	best := noEntry
	v := x.set.View()
	for id := range x.set.Used() {
		h := v.Head(id)
		if h.Dead() {
			continue
		}
		if height := x.towers.height(h.Extra()); best == noEntry || height > best.height() {
			best = newEntry(id, height)
		}
	}
	return best
}

// sweep repairs the next rows, and ends the sweep after the last.
func (x *Index) sweep(count uint32) {
	r := &x.repair
	from, to := r.next, min(r.end, r.next+count)
	if entry(x.entry.Load()) == noEntry {
		to = r.end // nothing is left to repair
	} else {
		x.each(int(to-from), func(w *walker, i int) { w.mend(from + uint32(i)) })
	}
	r.next = to
	if to < r.end {
		return
	}
	v := x.set.View()
	for _, id := range r.gone {
		if tower := v.Head(id).Extra(); tower != 0 {
			x.towers.remove(tower)
		}
		x.set.Retire(id)
	}
	*r = repair{dead: r.dead}
}

// mend replaces the leaving neighbours of a row in every layer.
func (w *walker) mend(id uint32) {
	w.begin()
	head := w.view.Head(id)
	if head.Retired() || w.x.repair.leaving(id) {
		return
	}
	height := w.x.towers.height(head.Extra())
	for layer := 0; layer <= height; layer++ {
		w.mendLayer(id, layer)
	}
}

func (w *walker) mendLayer(id uint32, layer int) {
	l := w.linksAt(id, layer)
	before := l.appendTo(w.ids[:0])
	w.ids = before
	if !slices.ContainsFunc(before, w.x.repair.leaving) {
		return
	}
	w.start = append(w.start[:0], before...)
	w.inherit(id, layer)
	candidates := w.rank(id, w.ids)
	if len(candidates) == 0 {
		w.searchAgain(id, layer)
		candidates = w.alive(w.pool.items, id)
	}
	chosen := w.choose(candidates, len(l))
	w.setLinks(id, layer, chosen)
	w.backlinks = append(w.backlinks[:0], chosen...)
	for _, other := range w.backlinks {
		if !slices.Contains(w.start, other) {
			w.linkBack(other, id, layer)
		}
	}
}

// inherit gathers the neighbours in w.start that stay and the neighbours of
// those that leave.
func (w *walker) inherit(id uint32, layer int) {
	w.visited.reset(w.view.Capacity)
	w.visited.mark(id)
	ids := w.ids[:0]
	for _, neighbour := range w.start {
		if !w.x.repair.leaving(neighbour) {
			if w.visited.mark(neighbour) {
				ids = append(ids, neighbour)
			}
			continue
		}
		l := w.linksAt(neighbour, layer)
		for i := range l {
			second := l[i].Load()
			if second == noNode {
				break
			}
			if !w.x.repair.leaving(second) && w.visited.mark(second) {
				ids = append(ids, second)
			}
		}
	}
	w.ids = ids
}

// searchAgain fills the pool for a row all of whose neighbours leave.
func (w *walker) searchAgain(id uint32, layer int) {
	w.setRow(id)
	from := entry(w.x.entry.Load())
	if from.height() < layer {
		w.pool.reset(0)
		return
	}
	w.beam(w.descend(from, layer), layer, w.x.options.EfConstruction)
	w.start = w.start[:0]
}
