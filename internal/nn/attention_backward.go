package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// ForwardDropout is Forward with weights left out by drop, of which text i uses
// stream text+i. scratch belongs to the member. Members share the heads.
func (a Attention) ForwardDropout(s Share, dst, qkv []float32, starts []int, drop kernel.Dropout, text int, scratch *kernel.TrainingScratch) {
	width := a.Heads.Width()
	first, last := s.Range(a.Heads.Count)
	for i := range len(starts) - 1 {
		from, to := starts[i], starts[i+1]
		kernel.AttentionDropout(dst[from*width:to*width], qkv[from*3*width:to*3*width], to-from, a.Heads, first, last, drop.Stream(text+i), scratch)
		s.Yield()
	}
}

// Backward computes dqkv, rows×3·width, from dout, the gradient of the output,
// the input qkv and the output out, which are rows×width but for qkv. drop and
// text are those of the forward pass. The weights are computed again, for one head of one
// text at a time. scratch belongs to the member. Members share the heads.
func (a Attention) Backward(s Share, dqkv, dout, qkv, out []float32, starts []int, drop kernel.Dropout, text int, scratch *kernel.TrainingScratch) {
	width := a.Heads.Width()
	first, last := s.Range(a.Heads.Count)
	for i := range len(starts) - 1 {
		from, to := starts[i], starts[i+1]
		kernel.AttentionBackward(dqkv[from*3*width:to*3*width], dout[from*width:to*width], qkv[from*3*width:to*3*width],
			out[from*width:to*width], to-from, a.Heads, first, last, drop.Stream(text+i), scratch)
		s.Yield()
	}
}
