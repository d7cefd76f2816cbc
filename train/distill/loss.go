package distill

import (
	"math"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// loss is how far vectors, one after the other, are from what is learnt of those
// wanted, a unit vector a text. vectors becomes its gradient with respect to them.
func (t Target) loss(vectors []float32, wanted [][]float32) float64 {
	if t == Scores {
		return unlike(vectors, wanted)
	}
	return apart(vectors, wanted)
}

// apart is the mean over the texts of the squared distance between the unit
// vectors that the student gives and those wanted, 2 − 2·cosine.
func apart(vectors []float32, wanted [][]float32) float64 {
	loss, n := 0.0, float32(len(wanted))
	lengths := unit(vectors, len(wanted))
	slopes := make([]float32, len(vectors))
	for i, want := range wanted {
		x := part(vectors, i, len(wanted))
		loss += 2 - 2*float64(kernel.Dot(x, want))
		kernel.Axpy(part(slopes, i, len(wanted)), -2/n, want)
	}
	backward(vectors, slopes, lengths)
	return loss / float64(n)
}

// unlike is the mean over the pairs of texts of the squared difference between
// the cosine that the student gives and that of the vectors wanted, which may
// have any dimension (Park et al., "Relational Knowledge Distillation",
// arXiv:1904.05068).
func unlike(vectors []float32, wanted [][]float32) float64 {
	n := len(wanted)
	lengths := unit(vectors, n)
	slopes := make([]float32, len(vectors))
	weight := 2 / float64(max(n*(n-1), 1))
	loss := 0.0
	for i := range n {
		for j := range i {
			x, y := part(vectors, i, n), part(vectors, j, n)
			miss := float64(kernel.Dot(x, y)) - float64(kernel.Dot(wanted[i], wanted[j]))
			loss += weight * miss * miss
			kernel.Axpy(part(slopes, i, n), float32(2*weight*miss), y)
			kernel.Axpy(part(slopes, j, n), float32(2*weight*miss), x)
		}
	}
	backward(vectors, slopes, lengths)
	return loss
}

// part is vector i of n.
func part(vectors []float32, i, n int) []float32 {
	dim := len(vectors) / n
	return vectors[i*dim : (i+1)*dim]
}

// unit scales n vectors to length 1 and returns the lengths they had; one of 0 stays.
func unit(vectors []float32, n int) []float32 {
	lengths := make([]float32, n)
	for i := range lengths {
		x := part(vectors, i, n)
		if lengths[i] = float32(math.Sqrt(float64(kernel.Dot(x, x)))); lengths[i] > 0 {
			kernel.Scale(x, 1/lengths[i])
		}
	}
	return lengths
}

// backward replaces unit vectors by the gradient with respect to the vectors that
// had these lengths, of that with respect to the unit vectors.
func backward(vectors, slopes, lengths []float32) {
	for i, length := range lengths {
		x, slope := part(vectors, i, len(lengths)), part(slopes, i, len(lengths))
		if length == 0 {
			clear(x)
			continue
		}
		along := kernel.Dot(x, slope)
		for k, v := range x {
			x[k] = (slope[k] - along*v) / length
		}
	}
}
