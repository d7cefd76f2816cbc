package indextest

import (
	"math"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/bertsearch/bertsearch/index"
)

// model is what an index should hold, and answers as it should.
type model map[uint32][]float32

// nearest returns the exact answer.
func (m model) nearest(q []float32, k int, filter *roaring.Bitmap) []index.Match {
	var top index.Top
	top.Reset(k)
	for label, v := range m {
		if filter == nil || filter.Contains(label) {
			top.Offer(index.Match{Label: label, Score: dot(q, v)})
		}
	}
	return top.Sorted()
}

func dot(a, b []float32) float32 {
	var sum float64
	for i, x := range a {
		sum += float64(x) * float64(b[i])
	}
	return float32(sum)
}

// scoreSlack is how far a float32 sum may be from the exact one.
const scoreSlack = 1e-5

// checkAnswer reports what is wrong with any engine's answer, exact or not:
// too few, unknown or forbidden labels, wrong scores, wrong order, repeats.
func (m model) checkAnswer(t *testing.T, q []float32, k int, filter *roaring.Bitmap, found []index.Match) {
	t.Helper()
	if want := len(m.nearest(q, k, filter)); len(found) != want {
		t.Fatalf("%d matches, want %d (k %d, %d labels)", len(found), want, k, len(m))
	}
	seen := make(map[uint32]bool)
	for i, f := range found {
		v, ok := m[f.Label]
		switch {
		case !ok:
			t.Fatalf("label %d is not in the index", f.Label)
		case filter != nil && !filter.Contains(f.Label):
			t.Fatalf("label %d is not in the filter", f.Label)
		case seen[f.Label]:
			t.Fatalf("label %d came twice", f.Label)
		case math.Abs(float64(f.Score-dot(q, v))) > scoreSlack:
			t.Fatalf("label %d has score %g, want %g", f.Label, f.Score, dot(q, v))
		case i > 0 && index.Better(f, found[i-1]):
			t.Fatalf("match %d is better than the one before", i)
		}
		seen[f.Label] = true
	}
}

// checkExact reports scores that are not those of the exact answer.
func (m model) checkExact(t *testing.T, q []float32, k int, filter *roaring.Bitmap, found []index.Match) {
	t.Helper()
	m.checkAnswer(t, q, k, filter, found)
	for i, want := range m.nearest(q, k, filter) {
		if math.Abs(float64(found[i].Score-want.Score)) > scoreSlack {
			t.Fatalf("match %d has score %g, the exact one has %g", i, found[i].Score, want.Score)
		}
	}
}
