package summary

import (
	"math"
	"slices"
	"testing"
)

// at is a unit vector in the plane.
func at(degrees float64) []float32 {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return []float32{float32(cos), float32(sin)}
}

func TestRankIsAFixedPoint(t *testing.T) {
	vectors := [][]float32{at(0), at(20), at(50), at(95), at(200)}
	ranks := Rank(vectors, nil)
	sum := 0.0
	for i, r := range ranks {
		sum += r
		// r = 0.15/n + 0.85·Σ_j r_j·w_ji/Σ_k w_jk, from the definition.
		want := (1 - DefaultDamping) / 5
		for j := range vectors {
			total := 1e-6
			for k := range vectors {
				if k != j {
					total += math.Max(dot(vectors[j], vectors[k]), 0)
				}
			}
			weight := math.Max(dot(vectors[j], vectors[i]), 0)
			if i == j {
				weight = 1e-6
			}
			want += DefaultDamping * ranks[j] * weight / total
		}
		if math.Abs(r-want) > 1e-7 {
			t.Errorf("sentence %d has rank %g, want %g", i, r, want)
		}
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("ranks sum to %g", sum)
	}
	if best := slices.Index(ranks, slices.Max(ranks)); best != 1 && best != 2 {
		t.Errorf("sentence %d is the most central of %v", best, ranks)
	}
}

func TestChoose(t *testing.T) {
	// Two near copies, one sentence between all, and another matter.
	vectors := [][]float32{at(80), at(10), at(11), at(30), at(-15)}
	if got := Choose(vectors, 1, nil); !slices.Equal(got, []int{3}) {
		t.Errorf("the most central: %v", got)
	}
	if got := Choose(vectors, 2, &Options{Novelty: .9}); got[0] != 0 {
		t.Errorf("for novelty, the other matter comes second and stands first: %v", got)
	}
	if got := Choose(vectors, 2, &Options{Novelty: -1}); slices.Contains(got, 0) {
		t.Errorf("without novelty the central ones win: %v", got)
	}
	if got := Choose(vectors, 1, &Options{Query: at(85), Damping: .1}); !slices.Equal(got, []int{0}) {
		t.Errorf("nearest to the query: %v", got)
	}
	if got := Choose(vectors, 9, nil); !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("more than there are: %v", got)
	}
	if Choose(nil, 3, nil) != nil || Choose(vectors, 0, nil) != nil {
		t.Error("nothing to choose, and something was")
	}
}

func TestChooseUnrelated(t *testing.T) {
	if got := Choose([][]float32{{1, 0}, {-1, 0}}, 1, nil); len(got) != 1 {
		t.Errorf("sentences that are like no other: %v", got)
	}
}
