package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// pieceWork is about how many multiplications are done between two yields: a
// millisecond of one core.
const pieceWork = 32 << 20

// multiply is kernel.LinearPanels, with yields between blocks of rows. It
// computes the same bits in any number of blocks.
func (s Share) multiply(dst, x []float32, rows int, w *kernel.Packed, e kernel.Epilogue, first, last int) {
	if s.yield == nil {
		kernel.LinearPanels(dst, x, rows, w, e, first, last)
		return
	}
	in, out := w.Columns(), w.Rows()
	each := in * kernel.Panel * max(last-first, 1) // multiplications of a row
	pieces := min(max(rows*each/pieceWork, 1), max(rows/kernel.Panel, 1))
	residual := e.Residual
	for i := range pieces {
		from, to := rows*i/pieces, rows*(i+1)/pieces
		if residual != nil {
			e.Residual = residual[from*out:]
		}
		kernel.LinearPanels(dst[from*out:], x[from*in:], to-from, w, e, first, last)
		s.yield()
	}
}
