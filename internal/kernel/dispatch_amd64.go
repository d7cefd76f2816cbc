//go:build !purego

package kernel

import (
	"math"
	"unsafe"
)

// The largest tiles of the assembly.
var (
	tilingAVX512 = tiling{rows: 14, panels: 2}
	tilingAVX2   = tiling{rows: 6, panels: 1}
)

// linear is LinearPanels at the active level.
func linear(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int) {
	switch {
	case active >= AVX512:
		linearTiled(dst, x, rows, w, e, first, last, tilingAVX512)
	case active == AVX2:
		linearTiled(dst, x, rows, w, e, first, last, tilingAVX2)
	default:
		linearGeneric(dst, x, rows, w, e, first, last)
	}
}

// linearInt8 is LinearInt8Panels at the active level.
func linearInt8(dst []float32, x *Quantized, w *PackedInt8, e Epilogue, first, last int) {
	switch active {
	case AVX512VNNI:
		linearInt8Tiled(dst, x, w, e, first, last, tilingAVX512)
	case AVX512:
		linearInt8Sums(dst, x, w, e, first, last, tiling{tilingAVX512.rows, 1}, sumF32)
	case AVX2:
		linearInt8Sums(dst, x, w, e, first, last, tilingAVX2, sumF32)
	default:
		linearInt8Generic(dst, x, w, e, first, last)
	}
}

// quantize is Quantized.SetRows of all rows at the active level.
func quantize(q *Quantized, x []float32) {
	if active >= AVX512 {
		quantizeRowsAVX512(&q.data[0], &x[0], q.k, q.rows, q.stride, &q.scale[0], &q.zero[0])
		return
	}
	quantizeGeneric(q, x)
}

// packInt8 is Packed.Int8 by assembly, or nil where that cannot do it.
func packInt8(p *Packed) *PackedInt8 {
	if active < AVX512 || p.k%4 != 0 {
		return nil
	}
	q := newInt8(p.n, p.k)
	bytes := Panel * p.k
	q.data = make([]byte, p.Panels()*bytes)
	round := packInt8F32AVX512
	if p.f16 != nil {
		round = packInt8F16AVX512
	}
	for i := range p.Panels() {
		round(&q.data[i*bytes], (*byte)(p.panel(i)), p.k/4, &q.scale[i*Panel], &q.sum[i*Panel])
	}
	return q
}

// runTileInt8 computes a tile of bytes.
func runTileInt8(t *tile, rows int) { tileInt8VNNI((*byte)(unsafe.Pointer(t)), rows) }

// runTile computes a tile at the active level.
func runTile(t *tile, rows int, f16 bool) {
	p := (*byte)(unsafe.Pointer(t))
	switch {
	case active >= AVX512 && f16:
		tileF16AVX512(p, rows)
	case active >= AVX512:
		tileF32AVX512(p, rows)
	case f16:
		tileF16AVX2(p, rows)
	default:
		tileF32AVX2(p, rows)
	}
}

// attentionHead is Attention of one head at the active level.
func attentionHead(dst, qkv []float32, rows int, h Heads, head int, s *Scratch) {
	switch {
	case active >= AVX512:
		attentionTiled(dst, qkv, rows, h, head, s, tilingAVX512)
	case active == AVX2:
		attentionTiled(dst, qkv, rows, h, head, s, tilingAVX2)
	default:
		attentionGeneric(dst, qkv, rows, h, head, s)
	}
}

// attentionHeadBF16 is AttentionBF16 of one head at the active level.
func attentionHeadBF16(dst, qkv []float32, rows int, h Heads, head int, s *Scratch) {
	if active == AVX512VNNI && hasBF16 && h.Size%(maxTilePanels*Panel) == 0 {
		attentionBF16(dst, qkv, rows, h, head, s)
		return
	}
	attentionHead(dst, qkv, rows, h, head, s)
}

// runTileBF16 computes a tile of pairs of bfloat16.
func runTileBF16(t *tile, rows int) { tileBF16AVX512((*byte)(unsafe.Pointer(t)), rows) }

// transpose8 writes 8 rows of x, stride elements apart, as rows of 8 that are a
// panel apart, and returns how many of n columns the assembly did.
func transpose8(dst, x []float32, stride, n int) int {
	n = n / 8 * 8
	if n > 0 {
		transpose8AVX2(&dst[0], &x[0], 4*stride, n)
	}
	return n
}

// copy16 writes 16 elements of each row of x, stride elements apart, as rows
// of a panel.
func copy16(dst, x []float32, stride, rows int) { copy16AVX2(&dst[0], &x[0], 4*stride, rows) }

// scaleRows multiplies n elements of row r by factors[r], for rows that stand
// stride elements apart.
func scaleRows(x []float32, n, rows, stride int, factors []float32) {
	if active >= AVX512 {
		scaleRowsAVX512(&x[0], n, rows, 4*stride, &factors[0])
		return
	}
	scaleRowsAVX2(&x[0], n, rows, 4*stride, &factors[0])
}

// activate is Activation.rows at the active level.
func activate(a Activation, x []float32, n, rows, stride int) {
	if active < AVX2 || a == Tanh {
		activateGeneric(a, x, n, rows, stride)
		return
	}
	p, bytes := &x[0], 4*stride
	switch {
	case a == GELU && active >= AVX512:
		geluAVX512(p, n, rows, bytes)
	case a == GELU:
		geluAVX2(p, n, rows, bytes)
	case a == GELUTanh && active >= AVX512:
		geluTanhAVX512(p, n, rows, bytes)
	case a == GELUTanh:
		geluTanhAVX2(p, n, rows, bytes)
	case a == ReLU && active >= AVX512:
		reluAVX512(p, n, rows, bytes)
	case a == ReLU:
		reluAVX2(p, n, rows, bytes)
	}
}

// expRow is the exponential of a softmax row at the active level. The assembly
// leaves alone, with a sum of zero, a row in which it finds nothing above -∞.
func expRow(row []float32, scale float32) float32 {
	var sum float32
	switch {
	case active >= AVX512:
		sum = expRowAVX512(&row[0], len(row), scale*math.Log2E)
	case active == AVX2:
		sum = expRowAVX2(&row[0], len(row), scale*math.Log2E)
	}
	if sum == 0 {
		return expRowGeneric(row, scale)
	}
	return sum
}

// layerNorm is LayerNorm of rows of n elements at the active level.
func layerNorm(dst, x, gamma, beta []float32, n, rows int, eps float32) {
	switch {
	case active >= AVX512:
		layerNormAVX512(&dst[0], &x[0], &gamma[0], &beta[0], n, rows, eps)
	case active == AVX2:
		layerNormAVX2(&dst[0], &x[0], &gamma[0], &beta[0], n, rows, eps)
	default:
		layerNormRows(dst, x, gamma, beta, n, rows, eps)
	}
}

// decodeF16 converts as many numbers as the assembly can and returns how many.
func decodeF16(dst []float32, src []byte) int {
	n := len(src) / 16 * 8
	if active < AVX2 || n == 0 {
		return 0
	}
	decodeF16AVX2(&dst[0], &src[0], n)
	return n
}

// axpy is Axpy at the active level.
func axpy(dst []float32, a float32, x []float32) {
	if active < AVX2 || len(x) == 0 {
		axpyGeneric(dst, a, x)
		return
	}
	axpyAVX2(&dst[0], &x[0], len(x), a)
}

// multiplyAdds runs n rounds of multiply-adds at the active level and returns
// the number of operations.
func multiplyAdds(n int) float64 {
	switch {
	case active >= AVX512:
		peakAVX512(n)
		return 2 * 24 * 16 * float64(n)
	case active == AVX2:
		peakAVX2(n)
		return 2 * 12 * 8 * float64(n)
	}
	return 0
}
