package hnsw

import (
	"cmp"
	"slices"
)

// pool keeps the best candidates of a walk, sorted, best first, and which of
// them have been expanded. For the few hundred that a search keeps, moving a
// part of an array costs less than keeping two heaps.
type pool struct {
	items []candidate
	limit int
	next  int // no candidate before it waits to be expanded
}

// candidate is a score and a row in one word that orders by score: the score,
// its sign flipped, above the row, above the mark of an expanded one.
type candidate uint64

const expanded candidate = 1

func newCandidate(score int32, id uint32) candidate {
	return candidate(uint32(score)^1<<31)<<32 | candidate(id)<<1
}

func (c candidate) score() int32 { return int32(uint32(c>>32) ^ 1<<31) }
func (c candidate) id() uint32   { return uint32(c) >> 1 }

// sortCandidates sorts best first.
func sortCandidates(c []candidate) {
	slices.SortFunc(c, func(a, b candidate) int { return cmp.Compare(b, a) })
}

func (p *pool) reset(limit int) {
	p.items, p.limit, p.next = p.items[:0], limit, 0
}

// floor is the worst candidate of a full pool.
func (p *pool) floor() (c candidate, full bool) {
	if len(p.items) < p.limit || p.limit == 0 {
		return 0, false
	}
	return p.items[len(p.items)-1], true
}

// add keeps c if it is among the best.
func (p *pool) add(c candidate) {
	n := len(p.items)
	if n == p.limit {
		if c <= p.items[n-1] {
			return
		}
		n--
	} else {
		p.items = append(p.items, c)
	}
	at := search(p.items[:n], c)
	copy(p.items[at+1:], p.items[at:n])
	p.items[at] = c
	p.next = min(p.next, at)
}

// search returns how many of the sorted items are better than c.
func search(items []candidate, c candidate) int {
	low, count := 0, len(items)
	for count > 0 {
		half := count / 2
		if items[low+half] > c {
			low += half + 1
			count -= half + 1
		} else {
			count = half
		}
	}
	return low
}

// take returns the best candidate not expanded yet, and marks it.
func (p *pool) take() (id uint32, ok bool) {
	for ; p.next < len(p.items); p.next++ {
		if c := &p.items[p.next]; *c&expanded == 0 {
			*c |= expanded
			p.next++
			return c.id(), true
		}
	}
	return 0, false
}
