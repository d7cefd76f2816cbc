package heads

import (
	"math"
	"slices"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/model"
)

// smoothedEntropy is [nn.CrossEntropy] with wanted probabilities of 1−share for the
// class and share for all n alike (Szegedy et al. 2016, arXiv:1512.00567).
// scores becomes the gradient.
func smoothedEntropy(scores []float32, n int, classes []int, share float64) float64 {
	if share == 0 {
		return nn.CrossEntropy(scores, n, classes, nil)
	}
	loss, rows, even := 0.0, float64(len(classes)), share/float64(n)
	for i, c := range classes {
		row := scores[i*n : (i+1)*n]
		mean, of := 0.0, float64(row[c])
		for _, x := range row {
			mean += float64(x) / float64(n)
		}
		high := float64(slices.Max(row))
		kernel.Softmax(row) // whose largest value is exp(high)/sum
		sum := high - math.Log(float64(slices.Max(row)))
		loss += (sum - (1-share)*of - share*mean) / rows
		for k, p := range row {
			row[k] = float32((float64(p) - even) / rows)
		}
		row[c] -= float32((1 - share) / rows)
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
