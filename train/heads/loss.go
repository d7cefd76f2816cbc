package heads

import (
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/model"
)

// ignored is the class of a row that is not learnt from.
const ignored = -1

// crossEntropy is the mean of −log softmax(row)[class] over the rows of scores,
// n values each, whose class is not ignored; weights, one a class, weigh the
// mean, nil alike. scores becomes the gradient.
func crossEntropy(scores []float32, n int, classes []int, weights []float32) float64 {
	weight := func(class int) float64 {
		switch {
		case class == ignored:
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

// binaryCrossEntropy is the mean of −t·log σ(s) − (1−t)·log(1−σ(s)) over all
// scores s and their targets t. scores becomes the gradient.
func binaryCrossEntropy(scores, targets []float32) float64 {
	loss, n := 0.0, float64(len(scores))
	for i, s := range scores {
		x, t := float64(s), float64(targets[i])
		loss += max(x, 0) - x*t + math.Log1p(math.Exp(-math.Abs(x)))
		scores[i] = float32((float64(model.Sigmoid(s)) - t) / n)
	}
	return loss / n
}

// squaredError is the mean of (s−t)². scores becomes the gradient.
func squaredError(scores, targets []float32) float64 {
	loss, n := 0.0, float64(len(scores))
	for i, s := range scores {
		d := float64(s - targets[i])
		loss += d * d
		scores[i] = float32(2 * d / n)
	}
	return loss / n
}
