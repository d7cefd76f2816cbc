package kernel

import "testing"

func TestAddAxpyScale(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for n := range 70 {
			x, y := random(r, n), random(r, n+1)
			sum, scaled := append([]float32(nil), y...), append([]float32(nil), y...)
			Add(sum, x)
			Axpy(scaled, -2, x)
			Scale(scaled[:n], 4)
			for i, v := range x {
				// Powers of two leave one rounding, so that both are exact.
				if sum[i] != y[i]+v || scaled[i] != 4*(y[i]-2*v) {
					t.Fatalf("%d elements: element %d is %v, %v", n, i, sum[i], scaled[i])
				}
			}
			if sum[n] != y[n] || scaled[n] != y[n] {
				t.Fatalf("%d elements: the one behind changed", n)
			}
		}
	})
}
