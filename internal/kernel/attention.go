package kernel

import (
	"fmt"
	"math"
)

// Heads is the shape of multi-head self-attention: Count heads of Size
// features each, Count×Size in all.
type Heads struct{ Count, Size int }

// Width is the number of features of all heads together.
func (h Heads) Width() int { return h.Count * h.Size }

// Scratch is the working memory of Attention. The zero value is ready; a
// Scratch grows to what it is used for and then allocates no more. It must not
// be used by two goroutines at once.
type Scratch struct {
	keys, values []float32 // of one head, packed
	queries      []float32 // of one tile, or pairs of bfloat16 of the head
	pairs        []float32 // pairs of bfloat16 of the keys, a row each
	scores       []float32 // of one tile with all keys
	inverse      []float32 // of the sum of each row of scores
	out          []float32 // of one tile, where heads are not whole panels
}

// Attention computes softmax(QKᵀ/√d)·V for the heads first to last-1 of one
// text (Vaswani et al., "Attention Is All You Need", arXiv:1706.03762). Each
// row of qkv, rows×3·width, is a token's query, key and value; dst is
// rows×width and only the columns of those heads are written. Every level is
// within 2^-20 of the reference, relative to the largest value of the head.
func Attention(dst, qkv []float32, rows int, h Heads, first, last int, s *Scratch) {
	checkAttention(dst, qkv, rows, h, first, last)
	for head := first; head < last && rows > 0 && h.Size > 0; head++ {
		attentionHead(dst, qkv, rows, h, head, s)
	}
}

// AttentionBF16 is Attention with queries, keys, values and weights rounded to
// bfloat16 before they are multiplied, where the chip multiplies them twice as
// fast (AVX512_BF16, level avx512vnni, heads of a multiple of 32 features);
// sums and the exponential stay float32. The error is below 2^-6 of the
// largest value of the head when scores are below 8. Elsewhere it is Attention.
func AttentionBF16(dst, qkv []float32, rows int, h Heads, first, last int, s *Scratch) {
	checkAttention(dst, qkv, rows, h, first, last)
	for head := first; head < last && rows > 0 && h.Size > 0; head++ {
		attentionHeadBF16(dst, qkv, rows, h, head, s)
	}
}

// checkAttention panics when a slice does not have its shape.
func checkAttention(dst, qkv []float32, rows int, h Heads, first, last int) {
	width := h.Width()
	if rows < 0 || len(qkv) < rows*3*width || len(dst) < rows*width || first < 0 || last > h.Count {
		panic(fmt.Sprintf("kernel: Attention of %d rows, %d heads of %d, heads [%d, %d): qkv has %d values, dst %d",
			rows, h.Count, h.Size, first, last, len(qkv), len(dst)))
	}
}

// attentionGeneric is the reference of Attention for one head.
func attentionGeneric(dst, qkv []float32, rows int, h Heads, head int, s *Scratch) {
	width, d := h.Width(), h.Size
	scale := float32(1 / math.Sqrt(float64(d)))
	s.scores = grow(s.scores, rows)
	for r := range rows {
		q := qkv[r*3*width+head*d:][:d]
		for t := range rows {
			s.scores[t] = dotGeneric(q, qkv[t*3*width+width+head*d:][:d])
		}
		inverse := 1 / expRowGeneric(s.scores, scale)
		out := dst[r*width+head*d:][:d]
		clear(out)
		for t, p := range s.scores {
			v := qkv[t*3*width+2*width+head*d:][:d]
			for i := range out {
				out[i] += p * inverse * v[i]
			}
		}
	}
}

// dotGeneric returns the sum of a[i]·b[i] in ascending order.
func dotGeneric(a, b []float32) float32 {
	var sum float32
	for i, v := range a {
		sum += v * b[i]
	}
	return sum
}

// grow returns s with length n, newly allocated when its capacity is less.
func grow(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
