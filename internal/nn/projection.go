package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// Projection is a Linear in training: y = x·Wᵀ + b with weights that change,
// row-major, beside the packed copies that the products read. Refresh makes the
// copies; it must be called before the first pass and after each change.
type Projection struct {
	Out, In    int
	Weight     []float32 // out×in
	Bias       []float32 // out, or nil
	WeightGrad []float32 // as Weight, or nil: it is frozen
	BiasGrad   []float32 // as Bias, or nil
	LowRank    *LowRank  // added to Weight, or nil
	Frozen     bool      // nothing goes back through it: the transposed copy is not made

	forward    *kernel.Packed // W, out×in
	transposed *kernel.Packed // Wᵀ, in×out
}

// Refresh packs the weights. Members share the panels.
func (p *Projection) Refresh(s Share) {
	if s.Index() == 0 && p.forward == nil {
		p.forward = kernel.NewPacked(p.Out, p.In)
		if !p.Frozen {
			p.transposed = kernel.NewPacked(p.In, p.Out)
		}
	}
	w := p.Weight
	if p.LowRank != nil {
		w = p.LowRank.merge(s, p.Weight, p.Out, p.In)
	}
	s.Wait()
	first, last := s.panels(p.forward.Panels())
	p.forward.SetRows(w, p.In, first, last)
	if p.transposed != nil {
		first, last = s.panels(p.transposed.Panels())
		p.transposed.SetTransposed(w, p.In, first, last)
	}
	s.Wait()
}

// Forward computes dst = x·Wᵀ + b + residual for rows rows, as Linear does.
func (p *Projection) Forward(s Share, dst, x []float32, rows int, residual []float32) {
	first, last := s.panels(p.forward.Panels())
	s.multiply(dst, x, rows, p.forward, kernel.Epilogue{Bias: p.Bias, Residual: residual}, first, last)
}

// Backward adds the gradients of the parameters and, unless dx is nil, computes
// dx = dy·W + residual: dy is rows×out, x, the input, and dx are rows×in,
// residual as dx or nil. dx must not overlap dy or x. Members share the work
// and may not touch dy or x until they have waited.
func (p *Projection) Backward(s Share, m *ProjectionScratch, dx, dy, x []float32, rows int, residual []float32) {
	if p.WeightGrad != nil {
		m.weight.Add(s, p.WeightGrad, dy, x, rows, p.Out, p.In)
	}
	if p.BiasGrad != nil {
		BiasGradient(s, p.BiasGrad, dy, rows)
	}
	if p.LowRank != nil {
		p.LowRank.backward(s, m, dy, x, rows, p.Out, p.In)
	}
	if dx != nil {
		BackwardInput(s, dx, dy, rows, p.transposed, residual)
	}
}

// ProjectionScratch is the memory of Projection.Backward, shared by a team.
type ProjectionScratch struct {
	weight  WeightGradient
	lowRank lowRankScratch
}

// Reserve makes room for rows rows through p.
func (m *ProjectionScratch) Reserve(p *Projection, rows int) {
	if p.LowRank != nil {
		m.lowRank.reserve(p.LowRank, rows, p.Out)
		m.weight.Reserve(rows, p.LowRank.Parts*p.LowRank.Rank, p.In)
	}
	m.weight.Reserve(rows, p.Out, p.In)
}

// Merged returns the weights that Forward uses, out×in: with the low-rank
// update as it was at the last Refresh.
func (p *Projection) Merged() []float32 {
	if p.LowRank != nil {
		return p.LowRank.merged
	}
	return p.Weight
}
