package hnsw

import "github.com/RoaringBitmap/roaring/v2"

// frontier is a heap of rows to expand, the best on top.
type frontier []candidate

func (f *frontier) push(c candidate) {
	h := append(*f, c)
	i := len(h) - 1
	for i > 0 && h[(i-1)/2] < c {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = c
	*f = h
}

func (f *frontier) pop() candidate {
	h := *f
	best, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*f = h
	i := 0
	for child := 1; child < len(h); child = 2*i + 1 {
		if child+1 < len(h) && h[child+1] > h[child] {
			child++
		}
		if h[child] <= last {
			break
		}
		h[i] = h[child]
		i = child
	}
	if len(h) > 0 {
		h[i] = last
	}
	return best
}

// filtered is beam in the bottom layer where only live rows that the filter
// lets through count, while the walk passes through all. It leaves the pool
// empty when it has compared more rows than the plan allows, so that a scan
// takes over.
func (w *walker) filtered(p plan, filter *roaring.Bitmap) {
	w.pool.reset(p.ef)
	w.visited.reset(w.view.Capacity)
	w.frontier = w.frontier[:0]
	w.ids = append(w.ids[:0], w.start...)
	for _, id := range w.ids {
		w.visited.mark(id)
	}
	w.keepMatching(filter)
	for len(w.frontier) > 0 {
		c := w.frontier.pop()
		if floor, full := w.pool.floor(); full && c < floor {
			return
		}
		if w.compare > p.budget {
			w.pool.reset(0)
			return
		}
		w.unvisited(w.x.layout.bottomLinks(w.view, c.id()))
		w.keepMatching(filter)
	}
}

// keepMatching scores the gathered rows, offers those that match to the pool
// and all that may lead to better ones to the frontier.
func (w *walker) keepMatching(filter *roaring.Bitmap) {
	for i, s := range w.compareIDs() {
		id := w.ids[i]
		c := newCandidate(s, id)
		if floor, full := w.pool.floor(); full && c < floor {
			continue
		}
		w.frontier.push(c)
		if h := w.view.Head(id); !h.Dead() && filter.Contains(h.Label()) {
			w.pool.add(c)
		}
	}
}
