package kernel

import "math"

// LayerNorm normalises each row of x to mean 0 and variance 1, then scales and
// shifts it: dst = (x-μ)/√(σ²+eps)·gamma + beta (Ba, Kiros and Hinton, "Layer
// Normalization", arXiv:1607.06450). Rows have len(gamma) elements; dst and x
// have as many rows as fit in x and may be the same slice.
func LayerNorm(dst, x, gamma, beta []float32, eps float32) {
	n := len(gamma)
	if n == 0 || len(x) < n {
		return
	}
	rows := len(x) / n
	layerNorm(dst[:rows*n], x[:rows*n], gamma, beta[:n], n, rows, eps)
}

// layerNormRows is the reference of LayerNorm.
func layerNormRows(dst, x, gamma, beta []float32, n, rows int, eps float32) {
	for at := 0; at < rows*n; at += n {
		layerNormGeneric(dst[at:at+n], x[at:at+n], gamma, beta, eps)
	}
}

// layerNormGeneric normalises one row.
func layerNormGeneric(dst, x, gamma, beta []float32, eps float32) {
	var sum float64
	for _, v := range x {
		sum += float64(v)
	}
	mean := sum / float64(len(x))
	var square float64
	for _, v := range x {
		d := float64(v) - mean
		square += d * d
	}
	inverse := 1 / math.Sqrt(square/float64(len(x))+float64(eps))
	for i, v := range x {
		dst[i] = float32((float64(v)-mean)*inverse*float64(gamma[i]) + float64(beta[i]))
	}
}
