package nn

import "github.com/bertsearch/bertsearch/internal/kernel"

// Attention is multi-head self-attention within each text of a batch,
// softmax(QKᵀ/√d)·V (Vaswani et al. 2017). Because texts are packed there is
// no mask: a token sees exactly the tokens of its own text.
type Attention struct {
	Heads kernel.Heads
	BF16  bool // multiply in bfloat16 where the chip can, see kernel.AttentionBF16
}

// Forward reads qkv, rows×3·width, and writes dst, rows×width. starts holds
// the first row of each text and the number of rows. scratch belongs to the
// member. Members share the heads.
func (a Attention) Forward(s Share, dst, qkv []float32, starts []int, scratch *kernel.Scratch) {
	width, compute := a.Heads.Width(), kernel.Attention
	if a.BF16 {
		compute = kernel.AttentionBF16
	}
	first, last := s.Range(a.Heads.Count)
	for i := range len(starts) - 1 {
		from, to := starts[i], starts[i+1]
		compute(dst[from*width:to*width], qkv[from*3*width:to*3*width], to-from, a.Heads, first, last, scratch)
		s.Yield()
	}
}
