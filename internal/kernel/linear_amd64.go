//go:build !purego

package kernel

import "unsafe"

// linear is LinearPanels at the active level.
func linear(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int) {
	switch {
	case active >= AVX512:
		linearTiled(dst, x, rows, w, e, first, last, tiling{14, 2})
	case active == AVX2:
		linearTiled(dst, x, rows, w, e, first, last, tiling{6, 1})
	default:
		linearGeneric(dst, x, rows, w, e, first, last)
	}
}

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
