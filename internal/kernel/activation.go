package kernel

import (
	"fmt"
	"math"
)

// Activation is a function applied to each element. At every level it is within
// 2^-22·|x| of the exact value for any x, and x or 0 exactly where |x| is large
// (GELU from 6 on).
type Activation int

// The activations of BERT and its relatives.
const (
	None     Activation = iota
	GELU                // x·Φ(x) with the exact normal distribution (erf), "gelu"
	GELUTanh            // the tanh approximation, "gelu_new" and "gelu_pytorch_tanh"
	ReLU                // max(x, 0)
	Tanh                // tanh, as the pooler uses
)

var activationNames = [...]string{"none", "gelu", "gelu_tanh", "relu", "tanh"}

// String returns the activation's name.
func (a Activation) String() string {
	if a < 0 || int(a) >= len(activationNames) {
		return fmt.Sprintf("Activation(%d)", int(a))
	}
	return activationNames[a]
}

// Apply replaces each x by a(x).
func (a Activation) Apply(x []float32) { a.rows(x, len(x), 1, 0) }

// rows replaces n elements of each of the rows of x, which stand stride
// elements apart.
func (a Activation) rows(x []float32, n, rows, stride int) {
	if a == None || n == 0 || rows == 0 {
		return
	}
	activate(a, x[:(rows-1)*stride+n], n, rows, stride)
}

// activateGeneric is the reference of Activation.rows.
func activateGeneric(a Activation, x []float32, n, rows, stride int) {
	for r := range rows {
		a.generic(x[r*stride:][:n])
	}
}

// generic is the reference for one row, computed in float64.
func (a Activation) generic(x []float32) {
	switch a {
	case GELU:
		for i, v := range x {
			x[i] = gelu(v)
		}
	case GELUTanh:
		for i, v := range x {
			x[i] = geluTanh(v)
		}
	case ReLU:
		for i, v := range x {
			x[i] = max(v, 0)
		}
	case Tanh:
		for i, v := range x {
			x[i] = float32(math.Tanh(float64(v)))
		}
	}
}

// gelu returns x·Φ(x), Φ(x) = (1 + erf(x/√2))/2 (Hendrycks and Gimpel,
// "Gaussian Error Linear Units", arXiv:1606.08415).
func gelu(v float32) float32 {
	x := float64(v)
	if math.IsInf(x, -1) {
		return 0 // the limit; the product would be -∞·0
	}
	return float32(x * 0.5 * math.Erfc(-x/math.Sqrt2))
}

// geluTanh returns the approximation x/2·(1 + tanh(√(2/π)(x + 0.044715x³)))
// of the same paper.
func geluTanh(v float32) float32 {
	x := float64(v)
	if math.IsInf(x, -1) {
		return 0
	}
	y := math.Sqrt(2/math.Pi) * (x + 0.044715*x*x*x)
	return float32(x / (1 + math.Exp(-2*y)))
}
