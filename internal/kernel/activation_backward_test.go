package kernel

import (
	"math"
	"testing"
)

// TestActivationBackward compares each derivative with central differences of
// the exact function.
func TestActivationBackward(t *testing.T) {
	for _, a := range []Activation{GELU, GELUTanh, ReLU, Tanh} {
		t.Run(a.String(), func(t *testing.T) {
			eachLevel(t, func(t *testing.T) {
				worst := 0.0
				var x, grad []float32
				for i := -90000; i <= 90000; i++ {
					x, grad = append(x, float32(i)*1e-4), append(grad, 2)
				}
				a.Backward(grad, x)
				for i, v := range x {
					const step = 1e-5
					want := (exactActivation(a, float64(v)+step) - exactActivation(a, float64(v)-step)) / (2 * step)
					if a == ReLU && v == 0 {
						want = 0
					}
					diff := math.Abs(float64(grad[i])/2 - want)
					worst = max(worst, diff)
					if !(diff <= 0x1p-21) {
						t.Fatalf("the derivative at %v is %v, want %v", v, grad[i]/2, want)
					}
				}
				t.Logf("worst error %.3g", worst)
			})
		})
	}
}

// TestActivationBackwardFar checks arguments far out, and that elements have
// the same bits wherever they stand.
func TestActivationBackwardFar(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, a := range []Activation{GELU, GELUTanh, ReLU, Tanh} {
			far := []float32{30, 1e20, math.MaxFloat32, float32(math.Inf(1))}
			for _, v := range far {
				grad := []float32{3, 3}
				a.Backward(grad, []float32{v, -v})
				want := [2]float32{3, 0}
				if a == Tanh {
					want[0] = 0
				}
				if [2]float32(grad) != want {
					t.Errorf("%v at ±%v gives %v of 3, want %v", a, v, grad, want)
				}
			}
			x, grad := random(source(), 100), random(source(), 100)
			all := append([]float32(nil), grad...)
			a.Backward(all, x)
			for n := 1; n < 70; n++ {
				some := append([]float32(nil), grad...)
				a.Backward(some[3:3+n], x[3:3+n])
				if !sameBits(some[3:3+n], all[3:3+n]) || !sameBits(some[3+n:], grad[3+n:]) {
					t.Fatalf("%v of %d elements differs from all of them", a, n)
				}
			}
		}
	})
}
