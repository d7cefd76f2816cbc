package nn

import (
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Normalize scales x to length 1; a vector of zeros stays as it is.
func Normalize(x []float32) {
	var square float64
	for _, v := range x {
		square += float64(v) * float64(v)
	}
	if norm := math.Sqrt(square); norm > 0 {
		kernel.Scale(x, float32(1/norm))
	}
}
