package kernel

import (
	"fmt"
	"math"
	"testing"
)

// product is the matrix product in float64, and the sum of the absolute
// values of its terms, which bounds the rounding error.
func product(x, w []float32, rows, n, k int) (dst, magnitude []float64) {
	dst, magnitude = make([]float64, rows*n), make([]float64, rows*n)
	for r := range rows {
		for c := range n {
			for i := range k {
				v := float64(x[r*k+i]) * float64(w[c*k+i])
				dst[r*n+c] += v
				magnitude[r*n+c] += math.Abs(v)
			}
		}
	}
	return dst, magnitude
}

// shapes are rows, N, K: odd ones, single ones, and those of real models.
var shapes = [][3]int{
	{1, 1, 1}, {1, 16, 1}, {2, 17, 3}, {3, 15, 2}, {1, 33, 64}, {13, 32, 31}, {14, 48, 33},
	{15, 64, 7}, {27, 96, 40}, {29, 31, 1024}, {5, 1, 384}, {7, 2, 384}, {40, 80, 128}, {12, 384, 384},
}

func TestLinear(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, s := range shapes {
			rows, n, k := s[0], s[1], s[2]
			x, w, bias, residual := random(r, rows*k), random(r, n*k), random(r, n), random(r, rows*n)
			t.Run(fmt.Sprintf("%dx%dx%d", rows, n, k), func(t *testing.T) {
				want, magnitude := product(x, w, rows, n, k)
				got := make([]float32, rows*n)
				Linear(got, x, rows, PackF32(w, n, k), Epilogue{})
				compare(t, got, want, magnitude)

				for i := range want {
					want[i] += float64(bias[i%n]) + float64(residual[i])
					magnitude[i] += math.Abs(want[i])
				}
				copy(got, residual)
				Linear(got, x, rows, PackF32(w, n, k), Epilogue{Bias: bias, Residual: got})
				compare(t, got, want, magnitude)
			})
		}
	})
}

func TestLinearF16(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, s := range shapes {
			rows, n, k := s[0], s[1], s[2]
			x, w := random(r, rows*k), random(r, n*k)
			packed := PackF16(w, n, k)
			for i, v := range w {
				w[i] = Float32(Float16(v))
			}
			// One byte in front leaves the data unaligned.
			data := append([]byte{0}, packed.f16...)
			packed, err := PackedF16(data[1:], n, k)
			if err != nil {
				t.Fatal(err)
			}
			want, magnitude := product(x, w, rows, n, k)
			got := make([]float32, rows*n)
			Linear(got, x, rows, packed, Epilogue{})
			compare(t, got, want, magnitude)
		}
	})
}

// compare checks got within the error of a float32 accumulation.
func compare(t *testing.T, got []float32, want, magnitude []float64) {
	t.Helper()
	for i := range got {
		if diff := math.Abs(float64(got[i]) - want[i]); !(diff <= 4e-6*magnitude[i]+1e-37) {
			t.Fatalf("element %d: %v, want %v (off by %.2g of %.2g)", i, got[i], want[i], diff, magnitude[i])
		}
	}
}

// TestLinearRowsAlone checks that a row has the same bits alone and among
// others, and that a product split by panels is the whole product.
func TestLinearRowsAlone(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, s := range [][3]int{{31, 80, 100}, {29, 70, 1024}, {64, 33, 384}} {
			rows, n, k := s[0], s[1], s[2]
			x, w := random(r, rows*k), random(r, n*k)
			for _, p := range []*Packed{PackF32(w, n, k), PackF16(w, n, k)} {
				e := Epilogue{Bias: random(r, n), Activation: GELU}
				all := make([]float32, rows*n)
				Linear(all, x, rows, p, e)
				for count := 1; count < rows; count++ {
					some := make([]float32, count*n)
					Linear(some, x[k:], count, p, e)
					if rows > count && !sameBits(some, all[n:n+count*n]) {
						t.Fatalf("%d of %d rows have other bits", count, rows)
					}
				}
				split := make([]float32, rows*n)
				for i := range p.Panels() {
					LinearPanels(split, x, rows, p, e, i, i+1)
				}
				if !sameBits(split, all) {
					t.Fatal("panels one by one have other bits")
				}
			}
		}
	})
}

func TestLinearWrongShape(t *testing.T) {
	w := PackF32(make([]float32, 6), 2, 3)
	x, dst := make([]float32, 12), make([]float32, 8)
	for name, f := range map[string]func(){
		"x":        func() { Linear(dst, x[:11], 4, w, Epilogue{}) },
		"dst":      func() { Linear(dst[:7], x, 4, w, Epilogue{}) },
		"bias":     func() { Linear(dst, x, 4, w, Epilogue{Bias: x[:1]}) },
		"residual": func() { Linear(dst, x, 4, w, Epilogue{Residual: x[:7]}) },
		"panels":   func() { LinearPanels(dst, x, 4, w, Epilogue{}, 0, 2) },
		"rows":     func() { Linear(dst, x, -1, w, Epilogue{}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a wrong shape of %s went unnoticed", name)
				}
			}()
			f()
		}()
	}
	Linear(nil, nil, 0, w, Epilogue{})
}

func TestPackedWrongSize(t *testing.T) {
	for _, c := range []struct{ bytes, n, k int }{{0, 0, 0}, {63, 1, 2}, {65, 1, 2}, {64, -1, 2}, {64, 1, -2}} {
		if _, err := PackedF16(make([]byte, c.bytes), c.n, c.k); err == nil {
			t.Errorf("%d bytes were taken for %d×%d", c.bytes, c.n, c.k)
		}
	}
}

func TestPackedRow(t *testing.T) {
	const n, k = 35, 9
	w := random(source(), n*k)
	p, h := PackF32(w, n, k), PackF16(w, n, k)
	row := make([]float32, k)
	for i := range n {
		p.Row(row, i)
		if !sameBits(row, w[i*k:(i+1)*k]) {
			t.Fatalf("row %d: %v, want %v", i, row, w[i*k:(i+1)*k])
		}
		h.Row(row, i)
		for j, v := range row {
			if v != Float32(Float16(w[i*k+j])) {
				t.Fatalf("binary16 row %d, column %d: %v, want about %v", i, j, v, w[i*k+j])
			}
		}
	}
}
