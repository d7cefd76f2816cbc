package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// LinearInt8 is y = x·Wᵀ + b with x and W rounded to bytes: W with a scale for
// each output, x with one for each row, so that a row's result does not depend
// on the rows around it.
type LinearInt8 struct {
	Weight *kernel.PackedInt8
	Bias   []float32 // out values, or nil
}

// NewLinearInt8 rounds the matrix of l to bytes.
func NewLinearInt8(l Linear) LinearInt8 {
	return LinearInt8{l.Weight.Int8(), l.Bias}
}

// In is the number of features of x.
func (l LinearInt8) In() int { return l.Weight.Columns() }

// Out is the number of features of y.
func (l LinearInt8) Out() int { return l.Weight.Rows() }

// Quantize rounds rows rows of x, rows×in, to bytes in q, which has that shape.
// Members share the rows.
func (l LinearInt8) Quantize(s Share, q *kernel.Quantized, x []float32, rows int) {
	first, last := s.Range(rows)
	q.SetRows(x, first, last)
}

// Forward computes dst = act(x·Wᵀ + b + residual) for the rows of x, of which
// Quantize has made bytes: dst is rows×out, residual rows×out or nil. Members
// share the output columns.
func (l LinearInt8) Forward(s Share, dst []float32, x *kernel.Quantized, residual []float32, act kernel.Activation) {
	first, last := s.Range(l.Weight.Panels())
	e := kernel.Epilogue{Bias: l.Bias, Residual: residual, Activation: act}
	kernel.LinearInt8Panels(dst, x, l.Weight, e, first, last)
}
