package kernel

import (
	"math"
	"testing"
)

// TestAdamW compares a few steps with float64.
func TestAdamW(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, n := range []int{1, 7, 8, 21, 100} {
			x, m, v := random(r, n), make([]float32, n), make([]float32, n)
			want, first, second := widen(x), make([]float64, n), make([]float64, n)
			for step := 1.0; step <= 4; step++ {
				g := random(r, n)
				g[0] = 0
				a := AdamW{Beta1: 0.9, Beta2: 0.999, Rate: float32(0.01 / (1 - math.Pow(0.9, step))),
					Spread: float32(1 / (1 - math.Pow(0.999, step))), Eps: 1e-8, Keep: 0.999}
				a.Step(x, g, m, v)
				for i, grad := range widen(g) {
					first[i] = 0.9*first[i] + 0.1*grad
					second[i] = 0.999*second[i] + 0.001*grad*grad
					change := 0.01 / (1 - math.Pow(0.9, step)) * first[i] / (math.Sqrt(second[i]/(1-math.Pow(0.999, step))) + 1e-8)
					want[i] = 0.999*want[i] - change
					if math.Abs(float64(x[i])-want[i]) > 1e-6*(1+math.Abs(want[i])) {
						t.Fatalf("%d elements, step %v: element %d is %v, want %v", n, step, i, x[i], want[i])
					}
				}
			}
		}
	})
}
