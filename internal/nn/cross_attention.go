package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// CrossAttention is attention in training from each text of one batch to the
// text of the same number in another. starts and seen hold the first row of
// each text of the two, and their numbers of rows.
type CrossAttention struct{ Heads kernel.Heads }

// Forward reads q, rows×width, and kv, seen rows×2·width, and writes dst,
// rows×width, with weights left out by drop, of which text i uses stream i.
// scratch belongs to the member. Members share the heads.
func (a CrossAttention) Forward(s Share, dst, q, kv []float32, starts, seen []int, drop kernel.Dropout, scratch *kernel.TrainingScratch) {
	width := a.Heads.Width()
	first, last := s.Range(a.Heads.Count)
	for i := range len(starts) - 1 {
		from, to := starts[i]*width, starts[i+1]*width
		a.look(starts, seen, i).Forward(dst[from:to], q[from:to], kv[seen[i]*2*width:seen[i+1]*2*width], first, last, drop.Stream(i), scratch)
		s.Yield()
	}
}

// Backward computes dq and dkv, of the shapes of q and kv, from dout, the
// gradient of the output, the inputs and the output out. drop is that of the
// forward pass. scratch belongs to the member. Members share the heads.
func (a CrossAttention) Backward(s Share, dq, dkv, dout, q, kv, out []float32, starts, seen []int, drop kernel.Dropout, scratch *kernel.TrainingScratch) {
	width := a.Heads.Width()
	first, last := s.Range(a.Heads.Count)
	for i := range len(starts) - 1 {
		from, to := starts[i]*width, starts[i+1]*width
		other, end := seen[i]*2*width, seen[i+1]*2*width
		a.look(starts, seen, i).Backward(dq[from:to], dkv[other:end], dout[from:to], q[from:to], kv[other:end], out[from:to],
			first, last, drop.Stream(i), scratch)
		s.Yield()
	}
}

// look is the attention of text i to its other.
func (a CrossAttention) look(starts, seen []int, i int) kernel.Look {
	width := a.Heads.Width()
	return kernel.Look{Heads: a.Heads, Rows: starts[i+1] - starts[i], Seen: seen[i+1] - seen[i], QueryStride: width, PairStride: 2 * width}
}
