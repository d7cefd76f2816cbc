//go:build !purego

package kernel

// transpose is Transpose at the active level: squares of 8 by assembly, what is
// left at the edges in Go.
func transpose(dst, x []float32, rows, columns, dstStride, xStride int) {
	r, c := rows/8*8, columns/8*8
	if active < AVX2 || r == 0 || c == 0 {
		transposeGeneric(dst, x, 0, 0, rows, columns, dstStride, xStride)
		return
	}
	transposeAVX2(&dst[0], &x[0], r, c, 4*dstStride, 4*xStride)
	transposeGeneric(dst, x, r, 0, rows, columns, dstStride, xStride)
	transposeGeneric(dst, x, 0, c, r, columns, dstStride, xStride)
}

// copyPanel copies 16 elements of each row of x at the active level.
func copyPanel(dst, x []float32, stride, rows int) {
	if active < AVX2 || rows == 0 {
		copyPanelGeneric(dst, x, stride, rows)
		return
	}
	_, _ = dst[rows*Panel-1], x[(rows-1)*stride+Panel-1]
	copy16AVX2(&dst[0], &x[0], 4*stride, rows)
}
