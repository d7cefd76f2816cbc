package nn

import (
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Ignored is the class of a row that is not learnt from.
const Ignored = -1

// CrossEntropy is the mean of −log softmax(row)[class] over the rows of scores,
// n values each, whose class is not [Ignored]; weights, one a class, weigh the
// mean, nil alike. scores becomes the gradient.
func CrossEntropy(scores []float32, n int, classes []int, weights []float32) float64 {
	weight := func(class int) float64 {
		switch {
		case class == Ignored:
			return 0
		case weights == nil:
			return 1
		}
		return float64(weights[class])
	}
	total := 0.0
	for _, c := range classes {
		total += weight(c)
	}
	loss := 0.0
	for i, c := range classes {
		row := scores[i*n : (i+1)*n]
		w := weight(c) / max(total, math.SmallestNonzeroFloat32)
		if w == 0 {
			clear(row)
			continue
		}
		kernel.Softmax(row)
		loss -= w * math.Log(max(float64(row[c]), math.SmallestNonzeroFloat32))
		row[c]--
		kernel.Scale(row, float32(w))
	}
	return loss
}
