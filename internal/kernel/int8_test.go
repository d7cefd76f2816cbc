package kernel

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// set quantises x, rows×k.
func set(q *Quantized, x []float32, rows, k int) {
	q.Resize(rows, k)
	q.SetRows(x, 0, rows)
}

func TestQuantize(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for k := 1; k < 100; k++ {
			for _, scale := range []float32{0, 1e-40, 1e-20, 1, 1e30} {
				const rows = 3
				x := random(r, rows*k)
				for i := range x {
					x[i] = (x[i] + 0.5) * scale
				}
				var q, want Quantized
				set(&q, x, rows, k)
				level := active
				active = Generic
				set(&want, x, rows, k)
				active = level
				for i := range rows {
					if q.scale[i] != want.scale[i] || q.zero[i] != want.zero[i] {
						t.Fatalf("row %d of %d: scale %v, zero %v; want %v, %v", i, k, q.scale[i], q.zero[i], want.scale[i], want.zero[i])
					}
					for j := range k {
						// A tie that the reference rounds twice may differ.
						got, wanted := int(q.data[i*q.stride+j]), int(want.data[i*q.stride+j])
						if got-wanted > 1 || wanted-got > 1 {
							t.Fatalf("row %d of %d, element %d (%v): %d, want %d", i, k, j, x[i*k+j], got, wanted)
						}
						value := float64(q.scale[i]) * float64(float32(got)-q.zero[i])
						if math.Abs(value-float64(x[i*k+j])) > 0.51*float64(q.scale[i])+1e-30 {
							t.Fatalf("%v became %v in steps of %v", x[i*k+j], value, q.scale[i])
						}
					}
				}
			}
		}
	})
}

func TestLinearInt8(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, s := range shapes {
			rows, n, k := s[0], s[1], s[2]
			t.Run(fmt.Sprintf("%dx%dx%d", rows, n, k), func(t *testing.T) {
				w := PackInt8(random(r, n*k), n, k)
				bias, residual := random(r, n), random(r, rows*n)
				var x Quantized
				set(&x, random(r, rows*k), rows, k)
				for _, e := range []Epilogue{{}, {Bias: bias}, {Residual: residual}, {Bias: bias, Residual: residual, Activation: ReLU},
					{Bias: bias, Residual: residual, Activation: GELU}} {
					bound := 1e-5 // the sums are exact; the epilogue rounds
					if e.Activation == GELU {
						bound = 0x1p-12
					}
					want, got := make([]float32, rows*n), make([]float32, rows*n)
					linearInt8Generic(want, &x, w, e, 0, w.Panels())
					LinearInt8(got, &x, w, e)
					for i := range got {
						if math.Abs(float64(got[i]-want[i])) > 1e-6*math.Abs(float64(want[i]))+bound {
							t.Fatalf("element %d: %v, want %v", i, got[i], want[i])
						}
					}
				}
			})
		}
	})
}

// TestQuantizeParts checks that rows quantised apart have the same bits.
func TestQuantizeParts(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		const rows, k = 9, 50
		x := random(source(), rows*k)
		var whole, parts Quantized
		set(&whole, x, rows, k)
		parts.Resize(rows, k)
		parts.SetRows(x, 4, 9)
		parts.SetRows(x, 0, 4)
		parts.SetRows(x, 4, 4)
		if !bytes.Equal(parts.data, whole.data) || !sameBits(parts.scale, whole.scale) || !sameBits(parts.zero, whole.zero) {
			t.Error("rows quantised apart differ")
		}
	})
}

// TestLinearInt8Close checks the product of bytes against that of the numbers
// they stand for.
func TestLinearInt8Close(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		const rows, n, k = 20, 64, 384
		x, w := random(r, rows*k), random(r, n*k)
		want, _ := product(x, w, rows, n, k)
		var q Quantized
		set(&q, x, rows, k)
		got := make([]float32, rows*n)
		LinearInt8(got, &q, PackInt8(w, n, k), Epilogue{})
		var dot, a, b float64
		for i := range got {
			dot += float64(got[i]) * want[i]
			a += float64(got[i]) * float64(got[i])
			b += want[i] * want[i]
		}
		if cosine := dot / math.Sqrt(a*b); cosine < 0.9999 {
			t.Errorf("cosine to the exact product: %v", cosine)
		}
	})
}

func TestLinearInt8RowsAlone(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		const rows, n, k = 31, 72, 100
		x, w := random(r, rows*k), PackInt8(random(r, n*k), n, k)
		e := Epilogue{Bias: random(r, n), Activation: GELU}
		var q Quantized
		set(&q, x, rows, k)
		all := make([]float32, rows*n)
		LinearInt8(all, &q, w, e)
		split := make([]float32, rows*n)
		for i := range w.Panels() {
			LinearInt8Panels(split, &q, w, e, i, i+1)
		}
		if !sameBits(split, all) {
			t.Fatal("panels one by one have other bits")
		}
		for count := 1; count < rows; count++ {
			some := make([]float32, count*n)
			set(&q, x[k:], count, k)
			LinearInt8(some, &q, w, e)
			if !sameBits(some, all[n:n+count*n]) {
				t.Fatalf("%d of %d rows have other bits", count, rows)
			}
		}
	})
}

func TestPackInt8(t *testing.T) {
	const n, k = 21, 7
	w := random(source(), n*k)
	clear(w[3*k : 4*k]) // a row of zeros has no scale
	p := PackInt8(w, n, k)
	row := make([]float32, k)
	for i := range n {
		p.Row(row, i)
		for j, v := range row {
			if math.Abs(float64(v-w[i*k+j])) > 0.501*float64(p.scale[i]) {
				t.Fatalf("element %d, %d: %v, want about %v", i, j, v, w[i*k+j])
			}
		}
	}
	again, err := PackedFromInt8(p.data, p.scale[:n], n, k)
	if err != nil || !sameBits(again.sum, p.sum) {
		t.Errorf("wrapping packed bytes: %v", err)
	}
	if _, err := PackedFromInt8(p.data[1:], p.scale[:n], n, k); err == nil {
		t.Error("a wrong size went unnoticed")
	}
}

// BenchmarkLinearInt8 counts a multiplication and an addition as two
// operations, as for float32; quantisation of the activations is included.
func BenchmarkLinearInt8(b *testing.B) {
	withLevel(b, supported[len(supported)-1])
	for _, rows := range []int{12, 237, 2000} {
		for _, s := range benchShapes {
			n, k := s[0], s[1]
			b.Run(fmt.Sprintf("%dx%dx%d", rows, n, k), func(b *testing.B) {
				r := source()
				w := PackInt8(random(r, n*k), n, k)
				x, dst := random(r, rows*k), make([]float32, rows*n)
				e := Epilogue{Bias: random(r, n)}
				var q Quantized
				for b.Loop() {
					set(&q, x, rows, k)
					LinearInt8(dst, &q, w, e)
				}
				b.ReportMetric(2*float64(rows)*float64(n)*float64(k)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GOPS")
			})
		}
	}
}

// TestWidenInt8 rounds rows whose largest elements have every kind of fraction,
// widens them and rounds them again: nothing may change, bytes or scale.
func TestWidenInt8(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	const n, k = 2000, 19
	w := make([]float32, n*k)
	for i := range w {
		w[i] = float32(r.NormFloat64() * math.Pow(2, float64(r.IntN(60)-30)))
	}
	clear(w[:k])
	bytes, wide := make([]byte, k), make([]float32, n*k)
	scales := make([]float32, n)
	for i := range n {
		scales[i] = RoundInt8(bytes, w[i*k:(i+1)*k])
		WidenInt8(wide[i*k:(i+1)*k], bytes, scales[i])
	}
	first, again := PackF32(w, n, k).Int8(), PackF32(wide, n, k).Int8()
	if !slices.Equal(first.data, again.data) || !slices.Equal(first.scale, again.scale) || !slices.Equal(first.scale[:n], scales) {
		t.Error("rounding, widening and rounding again is not rounding")
	}
	got := make([]float32, 3)
	WidenInt8(got, []byte{0x80, 0xff, 2}, 0.5) // a byte that RoundInt8 never writes
	if !slices.Equal(got, []float32{-64, -0.5, 1}) {
		t.Errorf("-128, -1 and 2 by a scale of 0.5 are %v", got)
	}
}
