package align

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func unit(v []float32) []float32 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

func cosine(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// slowScore is the margin straight from its formula.
func slowScore(left, right [][]float32, i, j, k int) float64 {
	mean := func(v []float32, others [][]float32) float64 {
		var all []float64
		for _, o := range others {
			all = append(all, cosine(v, o))
		}
		slices.Sort(all)
		slices.Reverse(all)
		sum := 0.0
		for _, x := range all[:min(k, len(all))] {
			sum += x
		}
		return sum / float64(min(k, len(all)))
	}
	return cosine(left[i], right[j]) / (mean(left[i], right)/2 + mean(right[j], left)/2)
}

func TestMineAgainstTheFormula(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 7))
	const n, dim = 150, 24
	var left, right [][]float32
	for range n {
		v, w := make([]float32, dim), make([]float32, dim)
		for d := range v {
			v[d] = float32(random.NormFloat64()) + 1
			w[d] = v[d] + 0.1*float32(random.NormFloat64())
		}
		left, right = append(left, unit(v)), append(right, unit(w))
	}
	right = slices.Concat(right[n/2:], right[:n/2]) // another order
	pairs := Mine(left, right, nil)
	found := 0
	for at, p := range pairs {
		if (p.Left+n-n/2)%n == p.Right {
			found++
		}
		if want := slowScore(left, right, p.Left, p.Right, DefaultNeighbours); math.Abs(want-float64(p.Score)) > 1e-4 {
			t.Errorf("pair %v scores %g by the formula", p, want)
		}
		if at > 0 && p.Score > pairs[at-1].Score {
			t.Errorf("pair %d is better than the one before", at)
		}
	}
	if found < n-2 {
		t.Errorf("%d of %d pairs found", found, n)
	}
}

// A hub is near to every left sentence, nearer even than their own partners; the margin is not taken in by it.
func TestMineSeesThroughAHub(t *testing.T) {
	left := [][]float32{unit([]float32{1, 0, 0, 1}), unit([]float32{0, 1, 0, 1}), unit([]float32{0, 0, 1, 1})}
	right := [][]float32{unit([]float32{.3, .3, .3, 1}), unit([]float32{1, 0, 0, 0}), unit([]float32{0, 1, 0, 0}), unit([]float32{0, 0, 1, 0})}
	if cosine(left[0], right[0]) < cosine(left[0], right[1]) {
		t.Fatal("the hub is no hub")
	}
	pairs := Mine(left, right, &Options{Neighbours: 3})
	for _, p := range pairs {
		if p.Right != p.Left+1 {
			t.Errorf("%v, want right sentence %d", p, p.Left+1)
		}
	}
	if len(pairs) != 3 {
		t.Errorf("%d pairs", len(pairs))
	}
}

func TestMineSmall(t *testing.T) {
	one := [][]float32{{1, 0}}
	if p := Mine(one, one, nil); len(p) != 1 || p[0] != (Pair{0, 0, 1, 1}) {
		t.Errorf("one and one: %v", p)
	}
	if p := Mine(one, one, &Options{Threshold: 1.1}); len(p) != 0 {
		t.Errorf("below the threshold: %v", p)
	}
	if p := Mine(nil, one, nil); p != nil {
		t.Errorf("nothing: %v", p)
	}
}
