package kernel

import (
	"math"
	"testing"
)

// sweep returns numbers of every exponent, both signs, denormals and zeros
// included, and many between -8 and 8.
func sweep() []float32 {
	r := source()
	x := []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.MaxFloat32, -math.MaxFloat32,
		math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32}
	for e := range uint32(255) {
		for range 40 {
			x = append(x, math.Float32frombits(r.Uint32()&0x807fffff|e<<23))
		}
	}
	for i := -80000; i <= 80000; i++ {
		x = append(x, float32(i)*1e-4)
	}
	return x
}

// TestActivation checks each activation against float64 within bound·|x|, and
// that large arguments are exact.
func TestActivation(t *testing.T) {
	for a, bound := range map[Activation]float64{GELU: 0x1p-22, GELUTanh: 0x1p-22, ReLU: 0, Tanh: 0x1p-22} {
		t.Run(a.String(), func(t *testing.T) {
			eachLevel(t, func(t *testing.T) {
				x := sweep()
				got := append([]float32(nil), x...)
				a.Apply(got)
				worst := 0.0
				for i, v := range x {
					want := exactActivation(a, float64(v))
					diff := math.Abs(float64(got[i]) - want)
					if rel := diff / math.Abs(float64(v)); rel > worst && diff > 2e-45 {
						worst = rel
					}
					if !(diff <= bound*math.Abs(float64(v))+2e-45) {
						t.Fatalf("%v(%v) = %v, want %v", a, v, got[i], want)
					}
					if a != Tanh && (v > 12 && got[i] != v || v < -120 && got[i] != 0) {
						t.Fatalf("%v(%v) = %v", a, v, got[i])
					}
				}
				t.Logf("worst error %.3g·|x|", worst)
			})
		})
	}
}

func exactActivation(a Activation, x float64) float64 {
	switch a {
	case GELU:
		return x / 2 * math.Erfc(-x/math.Sqrt2)
	case GELUTanh:
		return x / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	case ReLU:
		return max(x, 0)
	}
	return math.Tanh(x)
}

// TestActivationNaN checks that NaN passes through and +∞ stays.
func TestActivationNaN(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, a := range []Activation{GELU, GELUTanh, ReLU, Tanh} {
			x := []float32{float32(math.NaN()), float32(math.Inf(1)), 1}
			a.Apply(x)
			if x[0] == x[0] || a != Tanh && !math.IsInf(float64(x[1]), 1) {
				t.Errorf("%v of NaN, +∞ is %v", a, x[:2])
			}
		}
	})
}

// TestActivationPosition checks that an element has the same bits wherever it
// stands, and that the elements beyond a row stay as they are.
func TestActivationPosition(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, a := range []Activation{GELU, GELUTanh, ReLU, Tanh} {
			x := random(source(), 300)
			all := append([]float32(nil), x...)
			a.Apply(all)
			for n := 1; n < 70; n++ {
				some := append([]float32(nil), x...)
				a.rows(some[1:], n, 3, 90)
				for i, v := range some {
					want := x[i]
					if i >= 1 && (i-1)%90 < n && i < 1+3*90 {
						want = all[i]
					}
					if v != want {
						t.Fatalf("%v of rows of %d: element %d is %v, want %v", a, n, i, v, want)
					}
				}
			}
		}
	})
}

func TestSoftmax(t *testing.T) {
	inf := float32(math.Inf(1))
	eachLevel(t, func(t *testing.T) {
		r := source()
		for n := 1; n < 300; n++ {
			for _, spread := range []float32{0, 1e-40, 1, 30, 1000, 1e30} {
				x := random(r, n)
				Scale(x, spread)
				if n%7 == 3 {
					x[n/2] = -inf
				}
				checkSoftmax(t, x, 0.37)
			}
		}
		checkSoftmax(t, []float32{math.MaxFloat32, -math.MaxFloat32, 0}, 1)
		for _, n := range []int{1, 5, 16, 40} {
			x := make([]float32, n)
			for i := range x {
				x[i] = -inf
			}
			Softmax(x)
			if !sameBits(x, make([]float32, n)) {
				t.Errorf("softmax of nothing but -∞ is %v", x)
			}
			x[0] = float32(math.NaN())
			Softmax(x)
			if x[n-1] == x[n-1] {
				t.Errorf("NaN got lost in softmax: %v", x)
			}
		}
		Softmax(nil)
	})
}

// checkSoftmax checks expRow within the bound stated there.
func checkSoftmax(t *testing.T, x []float32, scale float32) {
	t.Helper()
	top := math.Inf(-1)
	for _, v := range x {
		top = max(top, float64(v))
	}
	got := append([]float32(nil), x...)
	sum := float64(expRow(got, scale))
	var want float64
	for i, v := range x {
		e := math.Exp(float64(scale) * (float64(v) - top))
		want += e
		// The error of the exponent grows with its size.
		bound := 2.5e-7*e*(1+math.Abs(math.Log(e+1e-300))) + 1.2e-38
		if !(math.Abs(float64(got[i])-e) <= bound) {
			t.Fatalf("exp(%v·(%v-%v)) = %v, want %v", scale, v, top, got[i], e)
		}
	}
	if !(math.Abs(sum-want) <= 5e-7*want) {
		t.Fatalf("sum of %d is %v, want %v", len(x), sum, want)
	}
}

func TestLayerNorm(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for n := 1; n < 130; n++ {
			const rows = 3
			gamma, beta := random(r, n), random(r, n)
			for _, scale := range []float32{1e-40, 1e-4, 1, 1e4, 1e16} {
				x, want := random(r, rows*n), make([]float32, rows*n)
				for i := range x {
					x[i] = x[i]*scale + scale
				}
				layerNormRows(want, x, gamma, beta, n, rows, 1e-12)
				LayerNorm(x, x, gamma, beta, 1e-12)
				for i := range x {
					// A row of one element is all rounding: 0·∞ at worst.
					if diff := math.Abs(float64(x[i] - want[i])); !(diff <= 2e-6*(1+math.Abs(float64(gamma[i%n])))*math.Sqrt(float64(n))) {
						t.Fatalf("%d elements around %v: element %d is %v, want %v", n, scale, i, x[i], want[i])
					}
				}
			}
		}
	})
}

func TestDecodeF16Lengths(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		want := random(source(), 100)
		data := make([]byte, 200)
		EncodeF16(data, want)
		for n := range want {
			got := make([]float32, n+1)
			DecodeF16(got, data[:2*n])
			for i := range n {
				if got[i] != Float32(Float16(want[i])) {
					t.Fatalf("%d of %d is %v, want about %v", i, n, got[i], want[i])
				}
			}
			if got[n] != 0 {
				t.Fatalf("decoding %d numbers wrote beyond them", n)
			}
		}
	})
}
