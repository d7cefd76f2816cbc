//go:build !purego

package kernel

import "unsafe"

// tilingNEON is the largest tile of the assembly.
var tilingNEON = tiling{rows: 6, panels: 1}

// tileF32NEON computes 1 to 6 rows by one panel of float32.
//
//go:noescape
func tileF32NEON(t *tile, rows int)

// tileF16NEON computes 1 to 6 rows by one panel of binary16.
//
//go:noescape
func tileF16NEON(t *tile, rows int)

// linear is LinearPanels at the active level.
func linear(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int) {
	if active == NEON {
		linearTiled(dst, x, rows, w, e, first, last, tilingNEON)
		return
	}
	linearGeneric(dst, x, rows, w, e, first, last)
}

// runTile computes a tile at the active level.
func runTile(t *tile, rows int, f16 bool) {
	if f16 {
		tileF16NEON(t, rows)
		return
	}
	tileF32NEON(t, rows)
}

// attentionHead is Attention of one head at the active level.
func attentionHead(dst, qkv []float32, rows int, h Heads, head int, s *Scratch) {
	if active == NEON {
		attentionTiled(dst, qkv, rows, h, head, s, tilingNEON)
		return
	}
	attentionGeneric(dst, qkv, rows, h, head, s)
}

// attentionHeadBF16 is AttentionBF16 of one head: here Attention.
func attentionHeadBF16(dst, qkv []float32, rows int, h Heads, head int, s *Scratch) {
	attentionHead(dst, qkv, rows, h, head, s)
}

// transpose8 leaves all columns to the caller: there is no assembly for it.
func transpose8(_, _ []float32, _, _ int) int { return 0 }

// copy16 writes 16 elements of each row of x, stride elements apart, as rows
// of a panel.
func copy16(dst, x []float32, stride, rows int) {
	for r := range rows {
		*(*[Panel]float32)(dst[r*Panel:]) = [Panel]float32(x[r*stride:])
	}
}

// scaleRows multiplies n elements of row r by factors[r], for rows that stand
// stride elements apart.
func scaleRows(x []float32, n, rows, stride int, factors []float32) {
	for r := range rows {
		Scale(x[r*stride:][:n], factors[r])
	}
}

// linearInt8 is LinearInt8Panels at the active level.
func linearInt8(dst []float32, x *Quantized, w *PackedInt8, e Epilogue, first, last int) {
	switch {
	case active == NEON && hasDotProduct:
		linearInt8Sums(dst, x, w, e, first, last, tilingNEON, sumSDOT)
	case active == NEON:
		linearInt8Sums(dst, x, w, e, first, last, tilingNEON, sumF32)
	default:
		linearInt8Generic(dst, x, w, e, first, last)
	}
}

// tileInt8NEON computes the sums of 1 to 6 rows by one panel of bytes, 128
// subtracted from each byte of x.
//
//go:noescape
func tileInt8NEON(t *tile, rows int)

// sumSDOT computes a tile of sums with SDOT, which multiplies signed bytes: the
// 128 taken from each byte of x come back as 128 times the sum of the weights.
func sumSDOT(p *int8Sums, r, rows, n int) {
	p.tile.x = (*float32)(bytePointer(p.x.data, r*p.x.stride))
	p.xStride = uintptr(p.x.stride)
	p.k = uintptr((p.w.k + 3) / 4)
	p.panel = bytePointer(p.w.data, n*Panel*roundUp(p.w.k, 4))
	p.dst, p.dstStride = (*float32)(unsafe.Pointer(&p.sums[0])), 4*Panel
	tileInt8NEON(&p.tile, rows)
	for i := range rows {
		for j := range Panel {
			p.sums[i*Panel+j] += 128 * int32(p.w.sum[n*Panel+j])
		}
	}
}

// packInt8 is Packed.Int8 by assembly: there is none for arm64.
func packInt8(*Packed) *PackedInt8 { return nil }

// quantize is Quantized.SetRows of all rows at the active level.
func quantize(q *Quantized, x []float32) { quantizeGeneric(q, x) }

// activate is Activation.rows at the active level.
func activate(a Activation, x []float32, n, rows, stride int) {
	activateGeneric(a, x, n, rows, stride)
}

// expRow is the exponential of a softmax row at the active level.
func expRow(row []float32, scale float32) float32 { return expRowGeneric(row, scale) }

// layerNorm is LayerNorm of rows of n elements at the active level.
func layerNorm(dst, x, gamma, beta []float32, n, rows int, eps float32) {
	layerNormRows(dst, x, gamma, beta, n, rows, eps)
}

// decodeF16 converts as many numbers as assembly can: none.
func decodeF16([]float32, []byte) int { return 0 }

// axpy is Axpy without assembly.
func axpy(dst []float32, a float32, x []float32) { axpyGeneric(dst, a, x) }

// multiplyAdds has no loop to run.
func multiplyAdds(int) float64 { return 0 }
