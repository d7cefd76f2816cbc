package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// BackwardInput computes dx = dy·W + residual for rows rows: dy is rows×out, dx
// rows×in, residual rows×in or nil. transposed is Wᵀ, in×out, packed. Members
// share the columns of dx.
func BackwardInput(s Share, dx, dy []float32, rows int, transposed *kernel.Packed, residual []float32) {
	first, last := s.panels(transposed.Panels())
	s.multiply(dx, dy, rows, transposed, kernel.Epilogue{Residual: residual}, first, last)
}

// WeightGradient is the memory of dW = dyᵀ·x, shared by a team. The zero value
// is ready and grows to what it is used for.
type WeightGradient struct {
	turned []float32     // dyᵀ, out×rows
	packed kernel.Packed // xᵀ, in×rows
}

// Reserve makes room for products of up to rows rows of at most out and in
// features, so that members need not.
func (g *WeightGradient) Reserve(rows, out, in int) {
	g.turned = reserve(g.turned, rows*out)
	g.packed.Resize(in, rows)
}

// Add adds dyᵀ·x to dw, out×in: dy is rows×out, x rows×in. Each element gains
// one sum over the rows in ascending order. Members share the rows of both
// inputs to prepare them, then the columns of dw; they wait for each other
// before the first, for g is in use until then, and in between.
func (g *WeightGradient) Add(s Share, dw, dy, x []float32, rows, out, in int) {
	s.Wait()
	if s.Index() == 0 {
		g.packed.Resize(in, rows)
	}
	first, last := s.Range(out)
	kernel.Transpose(g.turned[first*rows:], dy[first:], rows, last-first, rows, out)
	s.Wait()
	first, last = s.panels(g.packed.Panels())
	g.packed.SetTransposed(x, in, first, last)
	e := kernel.Epilogue{Residual: dw}
	s.multiply(dw, g.turned, out, &g.packed, e, first, last)
}

// BiasGradient adds the sum over the rows of dy, rows×out, to db. Members share
// the columns.
func BiasGradient(s Share, db, dy []float32, rows int) {
	out := len(db)
	first, last := s.Range(out)
	for r := range rows {
		kernel.Add(db[first:last], dy[r*out+first:r*out+last])
	}
}

// panels is Range for the panels of a matrix product: members get whole tiles,
// which are two panels wide, but for the last.
func (s Share) panels(n int) (first, last int) {
	first, last = s.Range((n + 1) / 2)
	return min(2*first, n), min(2*last, n)
}
