package hnsw

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/bertsearch/bertsearch/index/indextest"
)

// TestCodesKeepDotProducts holds the codes to the margin that rescoring
// relies on, also for vectors that are as uneven as can be.
func TestCodesKeepDotProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, dimension := range []int{1, 20, 96, 384, 768, 1024} {
		c := newCoder(dimension)
		vectors := indextest.Random(r, 60, dimension)
		for i := range min(20, dimension) {
			unit := make([]float32, dimension)
			unit[i] = 1
			vectors = append(vectors, unit)
		}
		codes := make([][]int8, len(vectors))
		for i, v := range vectors {
			codes[i] = make([]int8, c.width)
			c.encode(codes[i], v, make([]float32, c.width))
		}
		unit := float64(c.scale) * math.Sqrt(float64(c.block))
		for i, a := range vectors {
			for j, b := range vectors {
				var want float64
				for k := range a {
					want += float64(a[k]) * float64(b[k])
				}
				var got int
				for k := range codes[i] {
					got += int(codes[i][k]) * int(codes[j][k])
				}
				// Long vectors in few dimensions are clipped.
				if slack := float64(c.margin()) / unit / unit; dimension >= 96 && math.Abs(float64(got)/unit/unit-want) > slack+0.02*math.Abs(want) {
					t.Fatalf("dimension %d: %g for %g, margin %g", dimension, float64(got)/unit/unit, want, slack)
				}
			}
		}
	}
}

func TestCandidateOrder(t *testing.T) {
	scores := []int32{math.MinInt32, -7, -1, 0, 1, 8, math.MaxInt32}
	for i, s := range scores {
		c := newCandidate(s, 1<<31-1)
		if c.score() != s || c.id() != 1<<31-1 {
			t.Errorf("score %d, id %#x", c.score(), c.id())
		}
		if i > 0 && c <= newCandidate(scores[i-1], 0)|expanded {
			t.Errorf("%d does not rank above %d", s, scores[i-1])
		}
	}
}

// TestPool compares with sorting.
func TestPool(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var p pool
	for range 200 {
		limit := 1 + r.IntN(20)
		p.reset(limit)
		var all []candidate
		for i := range 50 {
			c := newCandidate(int32(r.IntN(30)-15), uint32(i))
			all = append(all, c)
			p.add(c)
			if r.IntN(3) == 0 {
				if id, ok := p.take(); ok && p.items[p.next-1].id() != id {
					t.Fatal("take left the wrong place")
				}
			}
		}
		sortCandidates(all)
		for i, c := range p.items {
			if c.score() != all[i].score() {
				t.Fatalf("place %d of %d has score %d, want %d", i, limit, c.score(), all[i].score())
			}
		}
		for range limit {
			p.take()
		}
		if _, ok := p.take(); ok {
			t.Fatal("more candidates than the pool holds")
		}
	}
}

func TestFrontier(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var f frontier
	var all []candidate
	for i := range 300 {
		c := newCandidate(int32(r.IntN(100)), uint32(i))
		all = append(all, c)
		f.push(c)
	}
	sortCandidates(all)
	for i, want := range all {
		if got := f.pop(); got != want {
			t.Fatalf("pop %d is %d, want %d", i, got, want)
		}
	}
}
