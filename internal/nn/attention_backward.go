package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// TrainingAttention is Attention in training, with weights left out by dropout.
type TrainingAttention struct {
	Heads  kernel.Heads
	Causal bool // a token sees itself and those before it
}

// Forward reads qkv, rows×3·width, and writes dst, rows×width, with weights
// left out by drop, of which text i uses stream text+i. starts holds the first
// row of each text and the number of rows. scratch belongs to the member.
// Members share the heads.
func (a TrainingAttention) Forward(s Share, dst, qkv []float32, starts []int, drop kernel.Dropout, text int, scratch *kernel.TrainingScratch) {
	width := a.Heads.Width()
	first, last := s.Range(a.Heads.Count)
	for i := range len(starts) - 1 {
		from, to := starts[i], starts[i+1]
		x := qkv[from*3*width : to*3*width]
		kernel.SelfLook(to-from, a.Heads, a.Causal).Forward(dst[from*width:to*width], x, x[width:], first, last, drop.Stream(text+i), scratch)
		s.Yield()
	}
}

// Backward computes dqkv, rows×3·width, from dout, the gradient of the output,
// the input qkv and the output out, which are rows×width but for qkv. drop and
// text are those of the forward pass. The weights are computed again, for one head of one
// text at a time. scratch belongs to the member. Members share the heads.
func (a TrainingAttention) Backward(s Share, dqkv, dout, qkv, out []float32, starts []int, drop kernel.Dropout, text int, scratch *kernel.TrainingScratch) {
	width := a.Heads.Width()
	first, last := s.Range(a.Heads.Count)
	for i := range len(starts) - 1 {
		from, to := starts[i], starts[i+1]
		x, dx := qkv[from*3*width:to*3*width], dqkv[from*3*width:to*3*width]
		kernel.SelfLook(to-from, a.Heads, a.Causal).Backward(dx, dx[width:], dout[from*width:to*width], x, x[width:],
			out[from*width:to*width], first, last, drop.Stream(text+i), scratch)
		s.Yield()
	}
}
