//go:build purego || !amd64

package kernel

// linear is LinearPanels without assembly.
func linear(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int) {
	linearGeneric(dst, x, rows, w, e, first, last)
}
