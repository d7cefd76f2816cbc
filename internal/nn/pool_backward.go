package nn

import (
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// The ways back through the poolings add the gradient of one text's token
// vectors to dx, n×dim: dy is the gradient of the pooled vector, dim values, x
// and skip are those of the pooling.

// MeanPoolBackward is the way back through MeanPool.
func MeanPoolBackward(dx, dy, _ []float32, skip int) {
	if n := len(dx)/len(dy) - skip; n > 0 {
		addToRows(dx, dy, skip, 1/float32(n))
	}
}

// MeanSqrtPoolBackward is the way back through MeanSqrtPool.
func MeanSqrtPoolBackward(dx, dy, _ []float32, skip int) {
	if n := len(dx)/len(dy) - skip; n > 0 {
		addToRows(dx, dy, skip, float32(1/math.Sqrt(float64(n))))
	}
}

// addToRows adds a·dy to the rows of dx from skip on.
func addToRows(dx, dy []float32, skip int, a float32) {
	dim := len(dy)
	for at := skip * dim; at+dim <= len(dx); at += dim {
		kernel.Axpy(dx[at:at+dim], a, dy)
	}
}

// WeightedMeanPoolBackward is the way back through WeightedMeanPool.
func WeightedMeanPoolBackward(dx, dy, _ []float32, skip int) {
	dim := len(dy)
	n := len(dx) / dim
	total := (n*(n+1) - skip*(skip+1)) / 2
	for row := skip; row < n; row++ {
		kernel.Axpy(dx[row*dim:(row+1)*dim], float32(row+1)/float32(total), dy)
	}
}

// MaxPoolBackward is the way back through MaxPool: the gradient of a feature
// goes to the first token that has its largest value.
func MaxPoolBackward(dx, dy, x []float32, skip int) {
	dim := len(dy)
	n := len(x) / dim
	if skip >= n {
		return
	}
	for i, v := range dy {
		best := skip
		for row := skip + 1; row < n; row++ {
			if x[row*dim+i] > x[best*dim+i] {
				best = row
			}
		}
		dx[best*dim+i] += v
	}
}

// FirstPoolBackward is the way back through FirstPool.
func FirstPoolBackward(dx, dy, _ []float32, skip int) {
	dim := len(dy)
	if (skip+1)*dim > len(dx) {
		skip = 0 // as there: a text of nothing but its prompt
	}
	if dim <= len(dx) {
		kernel.Add(dx[skip*dim:], dy)
	}
}

// LastPoolBackward is the way back through LastPool.
func LastPoolBackward(dx, dy, _ []float32, _ int) {
	if dim := len(dy); dim <= len(dx) {
		kernel.Add(dx[len(dx)-dim:], dy)
	}
}
