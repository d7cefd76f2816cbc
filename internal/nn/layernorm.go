package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// LayerNorm is y = (x-μ)/√(σ²+eps)·gamma + beta over each row.
type LayerNorm struct {
	Gamma, Beta []float32
	Eps         float32
}

// Forward normalises rows rows of x, rows×len(gamma), into dst, which may be
// x. Members share the rows.
func (l LayerNorm) Forward(s Share, dst, x []float32, rows int) {
	n := len(l.Gamma)
	first, last := s.Range(rows)
	kernel.LayerNorm(dst[first*n:last*n], x[first*n:last*n], l.Gamma, l.Beta, l.Eps)
}
