package kernel

// Add adds x to the first elements of dst.
func Add(dst, x []float32) { axpy(dst[:len(x)], 1, x) }

// Axpy adds a·x to the first elements of dst, rounding once or twice.
func Axpy(dst []float32, a float32, x []float32) { axpy(dst[:len(x)], a, x) }

// Scale multiplies each element of x by a.
func Scale(x []float32, a float32) {
	for i := range x {
		x[i] *= a
	}
}

// axpyGeneric is the reference of Axpy.
func axpyGeneric(dst []float32, a float32, x []float32) {
	for i, v := range x {
		dst[i] += a * v
	}
}
