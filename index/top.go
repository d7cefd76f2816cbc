package index

import (
	"cmp"
	"slices"
)

// Top keeps the k best matches offered to it: a heap with the worst on top.
// Equal scores rank by label, so that the outcome does not depend on the
// order of the offers. The zero Top keeps nothing; see Reset.
type Top struct {
	k     int
	items []Match
}

// Reset empties t and makes it keep k matches.
func (t *Top) Reset(k int) {
	t.k, t.items = k, t.items[:0]
}

// Offer keeps m if it is among the k best so far.
func (t *Top) Offer(m Match) {
	if len(t.items) < t.k {
		t.items = append(t.items, m)
		t.up(len(t.items) - 1)
		return
	}
	if t.k == 0 || !Better(m, t.items[0]) {
		return
	}
	t.items[0] = m
	t.down(0)
}

// Merge offers all that other keeps.
func (t *Top) Merge(other *Top) {
	for _, m := range other.items {
		t.Offer(m)
	}
}

// Sorted returns a copy of the matches kept, best first.
func (t *Top) Sorted() []Match {
	out := slices.Clone(t.items)
	SortMatches(out)
	return out
}

func (t *Top) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !Better(t.items[parent], t.items[i]) {
			return
		}
		t.items[parent], t.items[i] = t.items[i], t.items[parent]
		i = parent
	}
}

func (t *Top) down(i int) {
	for {
		worst := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(t.items); child++ {
			if Better(t.items[worst], t.items[child]) {
				worst = child
			}
		}
		if worst == i {
			return
		}
		t.items[i], t.items[worst] = t.items[worst], t.items[i]
		i = worst
	}
}

// Better reports whether a ranks before b: by score, then by label.
func Better(a, b Match) bool {
	return a.Score > b.Score || a.Score == b.Score && a.Label < b.Label
}

// SortMatches sorts best first.
func SortMatches(m []Match) {
	slices.SortFunc(m, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Label, b.Label))
	})
}

// Unique drops all but the first match of each label, in place.
func Unique(m []Match) []Match {
	seen := make(map[uint32]bool, len(m))
	return slices.DeleteFunc(m, func(x Match) bool {
		repeated := seen[x.Label]
		seen[x.Label] = true
		return repeated
	})
}
