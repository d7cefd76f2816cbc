package nn

import (
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// The poolings reduce the token vectors of one text, x of n×dim, to one vector
// dst of dim values. The first skip tokens, those of a prompt, are left out; a
// text with no token left gives zeros.

// MeanPool is the mean over the tokens.
func MeanPool(dst, x []float32, skip int) {
	n := sumRows(dst, x, skip)
	if n > 0 {
		kernel.Scale(dst, 1/float32(n))
	}
}

// MeanSqrtPool is the sum over the tokens divided by the square root of their
// number.
func MeanSqrtPool(dst, x []float32, skip int) {
	n := sumRows(dst, x, skip)
	if n > 0 {
		kernel.Scale(dst, float32(1/math.Sqrt(float64(n))))
	}
}

// sumRows adds the rows from skip on and returns their number.
func sumRows(dst, x []float32, skip int) int {
	dim := len(dst)
	clear(dst)
	n := 0
	for at := skip * dim; at+dim <= len(x); at += dim {
		kernel.Add(dst, x[at:at+dim])
		n++
	}
	return n
}

// WeightedMeanPool weighs each token by its position, counted from 1 with the
// prompt included (Muennighoff, "SGPT", arXiv:2202.08904).
func WeightedMeanPool(dst, x []float32, skip int) {
	dim := len(dst)
	clear(dst)
	total := 0
	for row := skip; (row+1)*dim <= len(x); row++ {
		kernel.Axpy(dst, float32(row+1), x[row*dim:(row+1)*dim])
		total += row + 1
	}
	if total > 0 {
		kernel.Scale(dst, 1/float32(total))
	}
}

// MaxPool is the largest value of each feature.
func MaxPool(dst, x []float32, skip int) {
	dim := len(dst)
	clear(dst)
	for row := skip; (row+1)*dim <= len(x); row++ {
		for i, v := range x[row*dim : (row+1)*dim] {
			if row == skip || v > dst[i] {
				dst[i] = v
			}
		}
	}
}

// FirstPool is the first token, [CLS] where no prompt is skipped.
func FirstPool(dst, x []float32, skip int) {
	clear(dst)
	dim := len(dst)
	if (skip+1)*dim > len(x) {
		skip = 0 // a text of nothing but its prompt
	}
	if dim <= len(x) {
		copy(dst, x[skip*dim:(skip+1)*dim])
	}
}

// LastPool is the last token.
func LastPool(dst, x []float32, _ int) {
	clear(dst)
	if dim := len(dst); dim <= len(x) {
		copy(dst, x[len(x)-dim:])
	}
}
