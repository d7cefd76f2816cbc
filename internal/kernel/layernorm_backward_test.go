package kernel

import (
	"math"
	"testing"
)

// normLoss is Σ w·LayerNorm(x) in float64.
func normLoss(x, w, gamma, beta []float64, eps float64) float64 {
	n := len(gamma)
	loss := 0.0
	for at := 0; at < len(x); at += n {
		row := x[at : at+n]
		mean, square := 0.0, 0.0
		for _, v := range row {
			mean += v / float64(n)
		}
		for _, v := range row {
			square += (v - mean) * (v - mean) / float64(n)
		}
		for i, v := range row {
			loss += w[at+i] * ((v-mean)/math.Sqrt(square+eps)*gamma[i] + beta[i])
		}
	}
	return loss
}

// TestLayerNormBackward compares with central differences.
func TestLayerNormBackward(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, n := range []int{2, 7, 16, 21, 48, 100, 384} {
			const rows, eps = 3, 1e-5
			x, dy, gamma, beta := random(r, rows*n), random(r, rows*n), random(r, n), random(r, n)
			dx, dgamma, dbeta := make([]float32, rows*n), ones(n), ones(n)
			LayerNormBackward(dx, dgamma, dbeta, dy, x, gamma, eps)
			X, W, G, B := widen(x), widen(dy), widen(gamma), widen(beta)
			slope := func(v *float64) float64 {
				const step = 1e-5
				old := *v
				*v = old + step
				high := normLoss(X, W, G, B, eps)
				*v = old - step
				low := normLoss(X, W, G, B, eps)
				*v = old
				return (high - low) / (2 * step)
			}
			check := func(what string, i int, got float32, want float64) {
				t.Helper()
				if math.Abs(float64(got)-want) > 1e-4*(1+math.Abs(want)) {
					t.Fatalf("%d elements: %s %d is %v, want %v", n, what, i, got, want)
				}
			}
			for i := range X {
				check("dx", i, dx[i], slope(&X[i]))
			}
			for i := range G {
				check("dgamma", i, dgamma[i], 1+slope(&G[i]))
				check("dbeta", i, dbeta[i], 1+slope(&B[i]))
			}
			again := append([]float32(nil), dy...)
			LayerNormBackward(again, nil, nil, again, x, gamma, eps)
			if !sameBits(again, dx) {
				t.Errorf("%d elements: in place, without gradients of gamma, dx has other bits", n)
			}
		}
	})
}
