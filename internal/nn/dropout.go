package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// Dropout leaves out elements of x, rows×n, in place; row numbers begin at
// first, so that parts of a batch have the masks that they have in the whole.
// The way back is the same function of the gradient. Members share the rows.
func Dropout(s Share, drop kernel.Dropout, x []float32, rows, n, first int) {
	from, to := s.Range(rows)
	for r := from; r < to; r++ {
		drop.Apply(x[r*n:(r+1)*n], first+r)
	}
}
