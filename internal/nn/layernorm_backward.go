package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// normBlock is the number of rows whose gradients of gamma and beta are added
// up by one member, before the sums of the blocks are added in order. It does
// not depend on the team, so neither does the result.
const normBlock = 32

// NormGradient is the gradient of a LayerNorm's parameters and the memory to
// compute it.
type NormGradient struct {
	Gamma, Beta []float32 // both nil when they are not trained
}

// NormScratch is the memory of LayerNorm.Backward, shared by a team.
type NormScratch struct {
	sums []float32 // for each block of rows the gradients of gamma and beta
}

// Reserve makes room for rows rows of n features.
func (m *NormScratch) Reserve(rows, n int) {
	if size := (rows + normBlock - 1) / normBlock * 2 * n; cap(m.sums) < size {
		m.sums = make([]float32, size)
	}
}

// Backward computes dx from dy, the gradient of the output, and x, the input of
// Forward, all rows×len(gamma), and adds to the gradients of gamma and beta. dx
// may be dy. Members share the rows, wait, and share the features.
func (l LayerNorm) Backward(s Share, m *NormScratch, grad NormGradient, dx, dy, x []float32, rows int) {
	n := len(l.Gamma)
	blocks := (rows + normBlock - 1) / normBlock
	first, last := s.Range(blocks)
	for b := first; b < last; b++ {
		from, to := b*normBlock*n, min((b+1)*normBlock, rows)*n
		var dgamma, dbeta []float32
		if grad.Gamma != nil {
			sums := m.sums[2*b*n : 2*(b+1)*n]
			clear(sums)
			dgamma, dbeta = sums[:n], sums[n:]
		}
		kernel.LayerNormBackward(dx[from:to], dgamma, dbeta, dy[from:to], x[from:to], l.Gamma, l.Eps)
	}
	s.Wait()
	if grad.Gamma == nil {
		return
	}
	first, last = s.Range(n)
	for b := range blocks {
		sums := m.sums[2*b*n : 2*(b+1)*n]
		kernel.Add(grad.Gamma[first:last], sums[first:last])
		kernel.Add(grad.Beta[first:last], sums[n+first:n+last])
	}
}
