package keyword

import (
	"container/heap"
	"slices"
)

// top keeps the k best of the matches added to it, in a heap with the worst first.
type top struct {
	k    int
	heap worstFirst
}

// wants says whether a match of that score could be among the best.
func (t *top) wants(score float64) bool {
	return len(t.heap) < t.k || score >= t.heap[0].Score
}

func (t *top) add(m Match) {
	switch {
	case len(t.heap) < t.k:
		heap.Push(&t.heap, m)
	case compareMatches(m, t.heap[0]) < 0:
		t.heap[0] = m
		heap.Fix(&t.heap, 0)
	}
}

// sorted empties t and returns its matches, best first.
func (t *top) sorted() []Match {
	matches := []Match(t.heap)
	t.heap = nil
	slices.SortFunc(matches, compareMatches)
	return matches
}

type worstFirst []Match

func (h worstFirst) Len() int           { return len(h) }
func (h worstFirst) Less(i, j int) bool { return compareMatches(h[i], h[j]) > 0 }
func (h worstFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *worstFirst) Push(x any)        { *h = append(*h, x.(Match)) }
func (h *worstFirst) Pop() any {
	last := len(*h) - 1
	m := (*h)[last]
	*h = (*h)[:last]
	return m
}
