package kernel

import "math"

// AdamW holds the constants of one step of an optimiser. For each element, with
// its gradient g and its two moments,
//
//	m = Beta1·m + (1-Beta1)·g,  v = Beta2·v + (1-Beta2)·g²
//	x = Keep·x - Rate·m/(√(Spread·v) + Eps)
//
// (Loshchilov and Hutter, "Decoupled Weight Decay Regularization",
// arXiv:1711.05101).
type AdamW struct {
	Beta1, Beta2 float32
	Rate         float32 // learning rate over the correction of m
	Spread       float32 // one over the correction of v
	Eps          float32
	Keep         float32 // 1 - learning rate × weight decay
}

// Step changes x, and the moments m and v, by the gradients g; all have the
// length of x. It is within 2^-21 of the reference, relative to each element's
// change.
func (a *AdamW) Step(x, g, m, v []float32) {
	if len(x) > 0 {
		adamW(a, x, g[:len(x)], m[:len(x)], v[:len(x)])
	}
}

// generic is the reference of Step.
func (a *AdamW) generic(x, g, m, v []float32) {
	for i, grad := range g {
		m[i] = a.Beta1*m[i] + (1-a.Beta1)*grad
		v[i] = a.Beta2*v[i] + (1-a.Beta2)*grad*grad
		x[i] = a.Keep*x[i] - a.Rate*m[i]/(float32(math.Sqrt(float64(a.Spread*v[i])))+a.Eps)
	}
}
