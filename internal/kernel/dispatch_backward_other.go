//go:build purego || !amd64

package kernel

// transpose is Transpose without assembly.
func transpose(dst, x []float32, rows, columns, dstStride, xStride int) {
	transposeGeneric(dst, x, 0, 0, rows, columns, dstStride, xStride)
}

// copyPanel copies 16 elements of each row of x without assembly.
func copyPanel(dst, x []float32, stride, rows int) { copyPanelGeneric(dst, x, stride, rows) }
