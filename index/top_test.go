package index_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/index"
)

// TestTopLikeSorting offers matches in any order, in two parts, with equal
// scores among them, and compares with sorting all.
func TestTopLikeSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		all := make([]index.Match, r.IntN(60))
		for i := range all {
			all[i] = index.Match{Label: uint32(i), Score: float32(r.IntN(12))}
		}
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		k := r.IntN(20)
		var top, other index.Top
		top.Reset(k)
		other.Reset(k)
		for i, m := range all {
			if i%3 == 0 {
				other.Offer(m)
			} else {
				top.Offer(m)
			}
		}
		top.Merge(&other)
		index.SortMatches(all)
		if got, want := top.Sorted(), all[:min(k, len(all))]; !slices.Equal(got, want) {
			t.Fatalf("k %d: %v, want %v", k, got, want)
		}
	}
}

func TestTopWithoutReset(t *testing.T) {
	var top index.Top
	top.Offer(index.Match{Label: 1, Score: 1})
	if found := top.Sorted(); len(found) != 0 {
		t.Errorf("a zero Top kept %v", found)
	}
}

func TestUniqueKeepsTheFirst(t *testing.T) {
	got := index.Unique([]index.Match{{Label: 3, Score: 9}, {Label: 1, Score: 8}, {Label: 3, Score: 7}, {Label: 1, Score: 6}})
	if want := []index.Match{{Label: 3, Score: 9}, {Label: 1, Score: 8}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
