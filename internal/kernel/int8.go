package kernel

import (
	"fmt"
	"math"
)

// PackedInt8 is an N×K weight matrix as signed bytes with a scale for each
// output row. Element (n, k) stands at (n/16)·K'·16 + (k/4)·64 + (n%16)·4 + k%4,
// where K' is K rounded up to a multiple of 4; N is padded to whole panels and
// what is padded is zero. A PackedInt8 is read-only.
type PackedInt8 struct {
	n, k  int
	data  []byte    // as int8
	scale []float32 // of each output row, padded with zeros
	sum   []float32 // of the bytes of each output row, padded with zeros
}

// Int8Pays reports whether products of bytes are faster than those of float32 at
// the active level. They are exact at every level.
func Int8Pays() bool { return active == AVX512VNNI }

// PackInt8 quantises w, n×k row-major, to whole numbers from -127 to 127, the
// largest of each row being ±127.
func PackInt8(w []float32, n, k int) *PackedInt8 {
	p := newInt8(n, k)
	p.data = make([]byte, panels(n)*Panel*roundUp(k, 4))
	row := make([]byte, k)
	for i := range n {
		p.scale[i] = RoundInt8(row, w[i*k:(i+1)*k])
		for j, v := range row {
			p.data[p.at(i, j)] = v
		}
	}
	p.addUp()
	return p
}

// RoundInt8 writes x as signed bytes from -127 to 127 to dst and returns their
// scale: the largest in size becomes ±127.
func RoundInt8(dst []byte, x []float32) float32 {
	var largest float32
	for _, v := range x {
		largest = max(largest, v, -v)
	}
	if largest < leastRange {
		clear(dst[:len(x)])
		return 0
	}
	inverse := 127 / largest
	for i, v := range x {
		dst[i] = byte(int8(math.RoundToEven(float64(v * inverse))))
	}
	return largest / 127
}

// WidenInt8 writes the numbers that signed bytes of a scale stand for to dst.
// RoundInt8, and PackInt8, make of them the same bytes and the same scale, if the
// scale is one that RoundInt8 has returned.
func WidenInt8(dst []float32, bytes []byte, scale float32) {
	largest := scale * 127
	for _, v := range []float32{math.Nextafter32(largest, 0), math.Nextafter32(largest, math.MaxFloat32)} {
		if largest/127 != scale && v/127 == scale {
			largest = v
		}
	}
	for i, b := range bytes {
		switch q := int8(b); q {
		case 127:
			dst[i] = largest
		case -127:
			dst[i] = -largest
		default:
			dst[i] = float32(q) * scale
		}
	}
}

// Int8 returns the matrix as PackInt8 packs it, at every level the same bytes.
// Where there is assembly for it, a model is quantised in a few milliseconds.
func (p *Packed) Int8() *PackedInt8 {
	if q := packInt8(p); q != nil {
		return q
	}
	w := make([]float32, p.n*p.k)
	for i := range p.n {
		p.Row(w[i*p.k:(i+1)*p.k], i)
	}
	return PackInt8(w, p.n, p.k)
}

// PackedFromInt8 wraps bytes that are already packed, with the scale of each
// output row. Both are used in place and must not change.
func PackedFromInt8(data []byte, scale []float32, n, k int) (*PackedInt8, error) {
	if n <= 0 || k <= 0 || len(data) != panels(n)*Panel*roundUp(k, 4) || len(scale) != n {
		return nil, fmt.Errorf("kernel: %d bytes and %d scales are not a packed %d×%d matrix of int8",
			len(data), len(scale), n, k)
	}
	p := newInt8(n, k)
	p.data = data
	copy(p.scale, scale)
	p.addUp()
	return p, nil
}

func newInt8(n, k int) *PackedInt8 {
	size := roundUp(n, maxTilePanels*Panel)
	return &PackedInt8{n: n, k: k, scale: make([]float32, size), sum: make([]float32, size)}
}

// at returns the place of element (n, k).
func (p *PackedInt8) at(n, k int) int {
	return n/Panel*Panel*roundUp(p.k, 4) + k/4*4*Panel + n%Panel*4 + k%4
}

// addUp sums the bytes of each output row.
func (p *PackedInt8) addUp() {
	step := Panel * roundUp(p.k, 4)
	for i := range p.Panels() {
		var sums [Panel]int32
		panel := p.data[i*step : (i+1)*step]
		for at, v := range panel {
			sums[at/4%Panel] += int32(int8(v))
		}
		for j, s := range sums {
			p.sum[i*Panel+j] = float32(s)
		}
	}
}

// Rows returns N, the number of output features.
func (p *PackedInt8) Rows() int { return p.n }

// Columns returns K, the number of input features.
func (p *PackedInt8) Columns() int { return p.k }

// Panels returns the number of panels, ⌈N/16⌉.
func (p *PackedInt8) Panels() int { return panels(p.n) }

// Row writes output row n of the matrix, K values, to dst.
func (p *PackedInt8) Row(dst []float32, n int) {
	for i := range dst[:p.k] {
		dst[i] = float32(int8(p.data[p.at(n, i)])) * p.scale[n]
	}
}

// Bytes writes output row n of the matrix, K signed bytes, to dst and returns
// their scale.
func (p *PackedInt8) Bytes(dst []byte, n int) float32 {
	for i := range dst[:p.k] {
		dst[i] = p.data[p.at(n, i)]
	}
	return p.scale[n]
}

// LinearInt8 computes dst = x·Wᵀ with the epilogue e, as Linear does. The
// products of bytes are added up exactly, so that every level and every number
// of rows gives the same sums. GELU is within 2^-12 at every level, for its
// result will be rounded to a byte.
func LinearInt8(dst []float32, x *Quantized, w *PackedInt8, e Epilogue) {
	LinearInt8Panels(dst, x, w, e, 0, w.Panels())
}

// LinearInt8Panels computes only the outputs of panels first to last-1 of w.
func LinearInt8Panels(dst []float32, x *Quantized, w *PackedInt8, e Epilogue, first, last int) {
	switch {
	case x.k != w.k || len(dst) < x.rows*w.n:
		panic(fmt.Sprintf("kernel: LinearInt8 of %d×%d activations with a %d×%d matrix: dst has %d values",
			x.rows, x.k, w.n, w.k, len(dst)))
	case e.Bias != nil && len(e.Bias) < w.n, e.Residual != nil && len(e.Residual) < x.rows*w.n:
		panic(fmt.Sprintf("kernel: LinearInt8 of %d rows with a %d×%d matrix: bias has %d values, residual %d",
			x.rows, w.n, w.k, len(e.Bias), len(e.Residual)))
	case first < 0 || last < first || last > w.Panels():
		panic(fmt.Sprintf("kernel: LinearInt8 of panels [%d, %d) of %d", first, last, w.Panels()))
	}
	if x.rows > 0 && first < last {
		linearInt8(dst, x, w, e, first, last)
	}
}

// linearInt8Generic is the reference of LinearInt8Panels.
func linearInt8Generic(dst []float32, x *Quantized, w *PackedInt8, e Epilogue, first, last int) {
	for r := range x.rows {
		row := x.data[r*x.stride:][:x.k]
		end := min(last*Panel, w.n)
		for n := first * Panel; n < end; n++ {
			var sum int32
			for k, v := range row {
				sum += int32(v) * int32(int8(w.data[w.at(n, k)]))
			}
			v := dequantize(sum, x.zero[r], w.sum[n], x.scale[r]*w.scale[n], e.bias(n))
			if e.Residual != nil {
				v += e.Residual[r*w.n+n]
			}
			dst[r*w.n+n] = v
		}
		e.Activation.Apply(dst[r*w.n+first*Panel : r*w.n+end])
	}
}

// dequantize returns scale·(sum - zero·weights) + bias, each of the two steps
// rounded once.
func dequantize(sum int32, zero, weights, scale, bias float32) float32 {
	v := float32(math.FMA(-float64(zero), float64(weights), float64(float32(sum))))
	return float32(math.FMA(float64(v), float64(scale), float64(bias)))
}

// bias returns the bias of output n.
func (e Epilogue) bias(n int) float32 {
	if e.Bias == nil {
		return 0
	}
	return e.Bias[n]
}
