//go:build purego || !amd64

package kernel

// transpose is Transpose without assembly.
func transpose(dst, x []float32, rows, columns, dstStride, xStride int) {
	transposeGeneric(dst, x, 0, 0, rows, columns, dstStride, xStride)
}

// copyPanel copies 16 elements of each row of x without assembly.
func copyPanel(dst, x []float32, stride, rows int) { copyPanelGeneric(dst, x, stride, rows) }

// activateBackward is Activation.Backward without assembly.
func activateBackward(a Activation, grad, x []float32) { a.backwardGeneric(grad, x) }

// layerNormBackward is LayerNormBackward of one row without assembly.
func layerNormBackward(dx, dgamma, dbeta, dy, x, gamma []float32, eps float32) {
	layerNormBackwardGeneric(dx, dgamma, dbeta, dy, x, gamma, eps)
}

// scoresBackward is the softmax's part of Look.Backward without assembly.
func scoresBackward(p, g []float32, inverse, delta, scale float32) {
	scoresBackwardGeneric(p, g, inverse, delta, scale)
}

// adamW is AdamW.Step without assembly.
func adamW(a *AdamW, x, g, m, v []float32) { a.generic(x, g, m, v) }
