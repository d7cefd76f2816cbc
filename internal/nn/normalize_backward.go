package nn

import "math"

// NormalizeBackward replaces dy, the gradient of y = x/|x|, by that of x:
// (dy - y·(y·dy))/|x|. A vector of zeros, which Normalize leaves alone, leaves
// its gradient alone.
func NormalizeBackward(dy, x []float32) {
	var square, dot float64
	for i, v := range x {
		square += float64(v) * float64(v)
		dot += float64(v) * float64(dy[i])
	}
	if square == 0 {
		return
	}
	norm := math.Sqrt(square)
	for i, v := range x {
		dy[i] = float32((float64(dy[i]) - float64(v)*dot/square) / norm)
	}
}
