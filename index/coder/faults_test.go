//go:build !windows

package coder_test

import (
	libraryrand "math/rand"
	"math/rand/v2"
	"testing"

	"github.com/coder/hnsw"

	"github.com/bertsearch/bertsearch/index"
	"github.com/bertsearch/bertsearch/index/coder"
	"github.com/bertsearch/bertsearch/index/indextest"
)

// TestLibraryPanicsAfterDeletes shows the fault that this package works
// around. When it fails, the library has been mended, and so can the package.
func TestLibraryPanicsAfterDeletes(t *testing.T) {
	v := indextest.Random(rand.New(rand.NewPCG(1, 2)), 200, 8)
	g := hnsw.NewGraph[int]()
	for i := range v {
		g.Add(hnsw.MakeNode(i, v[i]))
	}
	panicked := func(f func()) (yes bool) {
		defer func() { yes = recover() != nil }()
		f()
		return false
	}
	for i := range len(v) - 1 {
		g.Delete(i)
		if panicked(func() { g.Search(v[0], 5) }) {
			return
		}
	}
	t.Error("200 deletes did no harm")
}

// TestLibraryForgetsNeighbours shows the other fault: its recall. It is the
// reason why this engine is there to compare with and not to be used.
func TestLibraryForgetsNeighbours(t *testing.T) {
	const count = 2000
	all := indextest.Clustered(rand.New(rand.NewPCG(3, 4)), count+50, 64, 100)
	g := hnsw.NewGraph[int]()
	g.Rng = libraryrand.New(libraryrand.NewSource(1))
	for i, v := range all[:count] {
		g.Add(hnsw.MakeNode(i, v))
	}
	hits := 0
	for _, q := range all[count:] {
		var top index.Top
		top.Reset(10)
		for i, v := range all[:count] {
			var sum float32
			for j := range v {
				sum += v[j] * q[j]
			}
			top.Offer(index.Match{Label: uint32(i), Score: sum})
		}
		found := make(map[uint32]bool)
		for _, n := range g.Search(q, 10) {
			found[uint32(n.Key)] = true
		}
		for _, want := range top.Sorted() {
			if found[want.Label] {
				hits++
			}
		}
	}
	if recall := float64(hits) / 500; recall > 0.95 {
		t.Errorf("recall@10 is %.2f: the library has been mended", recall)
	}
}

// TestDeletesAreContained does to the package what breaks the library.
func TestDeletesAreContained(t *testing.T) {
	v := indextest.Random(rand.New(rand.NewPCG(5, 6)), 200, 8)
	x, err := coder.New(8, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range v {
		if err := x.Add([]uint32{uint32(i)}, v[i:i+1]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range v {
		x.Delete(uint32(i))
		found, err := x.Search(v[0], 5, index.SearchOptions{})
		if err != nil || len(found) != min(5, len(v)-1-i) {
			t.Fatalf("after %d deletes: %d matches, error %v", i+1, len(found), err)
		}
	}
}
