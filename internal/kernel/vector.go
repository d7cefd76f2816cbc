package kernel

// Add adds x to dst, element by element.
func Add(dst, x []float32) {
	for i, v := range x {
		dst[i] += v
	}
}

// Axpy adds a·x to dst, element by element.
func Axpy(dst []float32, a float32, x []float32) {
	for i, v := range x {
		dst[i] += a * v
	}
}

// Scale multiplies each element of x by a.
func Scale(x []float32, a float32) {
	for i := range x {
		x[i] *= a
	}
}
