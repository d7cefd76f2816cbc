//go:build purego || !(amd64 || arm64)

package kernel

// linear is LinearPanels without assembly.
func linear(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int) {
	linearGeneric(dst, x, rows, w, e, first, last)
}

// linearInt8 is LinearInt8Panels without assembly.
func linearInt8(dst []float32, x *Quantized, w *PackedInt8, e Epilogue, first, last int) {
	linearInt8Generic(dst, x, w, e, first, last)
}

// packInt8 is Packed.Int8 by assembly: there is none.
func packInt8(*Packed) *PackedInt8 { return nil }

// quantize is Quantized.SetRows of all rows without assembly.
func quantize(q *Quantized, x []float32) { quantizeGeneric(q, x) }

// attentionHead is Attention of one head without assembly.
func attentionHead(dst, qkv []float32, rows int, h Heads, head int, s *Scratch) {
	attentionGeneric(dst, qkv, rows, h, head, s)
}

// attentionHeadBF16 is AttentionBF16 of one head: here Attention.
func attentionHeadBF16(dst, qkv []float32, rows int, h Heads, head int, s *Scratch) {
	attentionHead(dst, qkv, rows, h, head, s)
}

// activate is Activation.rows without assembly.
func activate(a Activation, x []float32, n, rows, stride int) {
	activateGeneric(a, x, n, rows, stride)
}

// expRow is the exponential of a softmax row without assembly.
func expRow(row []float32, scale float32) float32 { return expRowGeneric(row, scale) }

// layerNorm is LayerNorm of rows of n elements without assembly.
func layerNorm(dst, x, gamma, beta []float32, n, rows int, eps float32) {
	layerNormRows(dst, x, gamma, beta, n, rows, eps)
}

// decodeF16 converts as many numbers as assembly can: none.
func decodeF16([]float32, []byte) int { return 0 }

// axpy is Axpy without assembly.
func axpy(dst []float32, a float32, x []float32) { axpyGeneric(dst, a, x) }

// multiplyAdds has no loop to run.
func multiplyAdds(int) float64 { return 0 }
