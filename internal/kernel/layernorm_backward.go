package kernel

import "math"

// LayerNormBackward is the way back through LayerNorm for rows of len(gamma)
// elements: from dy, the gradient of the output, and the input x it computes
// dx, which may be dy. With x̂ = (x-μ)/√(σ²+eps) and g = dy·gamma,
//
//	dx = (g - mean(g) - x̂·mean(g·x̂))/√(σ²+eps)
//
// and dgamma gains Σ dy·x̂, dbeta Σ dy, rows in ascending order; the two are nil
// when nobody wants them.
func LayerNormBackward(dx, dgamma, dbeta, dy, x, gamma []float32, eps float32) {
	n := len(gamma)
	for at := 0; n > 0 && at+n <= len(x); at += n {
		layerNormBackward(dx[at:at+n], dgamma, dbeta, dy[at:at+n], x[at:at+n], gamma, eps)
	}
}

// layerNormBackwardGeneric is the reference for one row.
func layerNormBackwardGeneric(dx, dgamma, dbeta, dy, x, gamma []float32, eps float32) {
	var sum, square, mean, slope float64
	for _, v := range x {
		sum += float64(v)
	}
	n := float64(len(x))
	centre := sum / n
	for _, v := range x {
		square += (float64(v) - centre) * (float64(v) - centre)
	}
	inverse := 1 / math.Sqrt(square/n+float64(eps))
	for i, v := range dy {
		g := float64(v) * float64(gamma[i])
		mean += g / n
		slope += g * (float64(x[i]) - centre) * inverse / n
	}
	for i, v := range dy {
		hat := (float64(x[i]) - centre) * inverse
		if dgamma != nil {
			dgamma[i] += float32(float64(v) * hat)
			dbeta[i] += v
		}
		dx[i] = float32((float64(v)*float64(gamma[i]) - mean - hat*slope) * inverse)
	}
}
