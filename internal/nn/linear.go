package nn

import (
	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Linear is y = x·Wᵀ + b: W is out×in, b is out values or nil.
type Linear struct {
	Weight *kernel.Packed
	Bias   []float32
}

// In is the number of features of x.
func (l Linear) In() int { return l.Weight.Columns() }

// Out is the number of features of y.
func (l Linear) Out() int { return l.Weight.Rows() }

// Forward computes dst = act(x·Wᵀ + b + residual) for rows rows: x is rows×in,
// dst rows×out, residual rows×out or nil. Members share the output columns.
func (l Linear) Forward(s Share, dst, x []float32, rows int, residual []float32, act kernel.Activation) {
	first, last := s.Range(l.Weight.Panels())
	e := kernel.Epilogue{Bias: l.Bias, Residual: residual, Activation: act}
	s.multiply(dst, x, rows, l.Weight, e, first, last)
}
