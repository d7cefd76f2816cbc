package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// lookLoss is Σ w·O in float64, with attention weights multiplied by mask: what
// Look.Backward differentiates.
func lookLoss(l Look, query, pairs, w []float64, mask func(head, i, j int) float64) float64 {
	width, d := l.Heads.Width(), l.Heads.Size
	loss := 0.0
	for head := range l.Heads.Count {
		for i := range l.Rows {
			sees := l.Seen
			if l.Causal {
				sees = i + 1
			}
			p, sum := make([]float64, sees), 0.0
			for j := range p {
				s := 0.0
				for c := head * d; c < (head+1)*d; c++ {
					s += query[i*l.QueryStride+c] * pairs[j*l.PairStride+c]
				}
				p[j] = math.Exp(s / math.Sqrt(float64(d)))
				sum += p[j]
			}
			for j, x := range p {
				for c := head * d; c < (head+1)*d; c++ {
					loss += w[i*width+c] * x / sum * mask(head, i, j) * pairs[j*l.PairStride+width+c]
				}
			}
		}
	}
	return loss
}

// lookMask is the factor that drop gives to a weight.
func lookMask(l Look, drop Dropout) func(head, i, j int) float64 {
	return func(head, i, j int) float64 {
		row := slices.Repeat([]float32{1}, l.Seen)
		drop.Stream(head).Apply(row, i)
		return float64(row[j])
	}
}

// TestLook compares the result with the loss in float64, and each gradient with
// its central differences.
func TestLook(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, l := range []Look{
			{Heads: Heads{2, 16}, Rows: 5, Seen: 5, Causal: true, QueryStride: 96, PairStride: 96},
			{Heads: Heads{3, 7}, Rows: 33, Seen: 33, Causal: true, QueryStride: 21, PairStride: 42},
			{Heads: Heads{2, 32}, Rows: 3, Seen: 37, QueryStride: 64, PairStride: 128},
			{Heads: Heads{1, 5}, Rows: 40, Seen: 1, QueryStride: 9, PairStride: 10},
		} {
			for _, rate := range []float32{0, 0.3} {
				t.Run(fmt.Sprintf("%dx%d/%v", l.Rows, l.Seen, rate), func(t *testing.T) {
					query, pairs := random(r, l.Rows*l.QueryStride), random(r, l.Seen*l.PairStride)
					checkLook(t, l, query, pairs, random(r, l.Rows*l.Heads.Width()), NewDropout(rate, 9))
				})
			}
		}
	})
}

func checkLook(t *testing.T, l Look, query, pairs, dout []float32, drop Dropout) {
	t.Helper()
	var s TrainingScratch
	out, dquery, dpairs := make([]float32, len(dout)), make([]float32, len(query)), make([]float32, len(pairs))
	for head := range l.Heads.Count { // as members of a team share them
		l.Forward(out, query, pairs, head, head+1, drop, &s)
	}
	for head := range l.Heads.Count {
		l.Backward(dquery, dpairs, dout, query, pairs, out, head, head+1, drop, &s)
	}
	q, p, w, mask := widen(query), widen(pairs), widen(dout), lookMask(l, drop)
	got := 0.0
	for i, v := range out {
		got += float64(v) * w[i]
	}
	if want := lookLoss(l, q, p, w, mask); math.Abs(got-want) > 1e-4*(1+math.Abs(want)) {
		t.Fatalf("the result gives a loss of %v, want %v", got, want)
	}
	const step = 1e-5
	for _, x := range []struct {
		name  string
		value []float64
		grad  []float32
	}{{"query", q, dquery}, {"pair", p, dpairs}} {
		for i := 0; i < len(x.value); i += 1 + len(x.value)/60 {
			old := x.value[i]
			x.value[i] = old + step
			high := lookLoss(l, q, p, w, mask)
			x.value[i] = old - step
			want := (high - lookLoss(l, q, p, w, mask)) / (2 * step)
			x.value[i] = old
			if math.Abs(float64(x.grad[i])-want) > 2e-5*(1+math.Abs(want)) {
				t.Fatalf("gradient of %s %d is %v, want %v", x.name, i, x.grad[i], want)
			}
		}
	}
}
