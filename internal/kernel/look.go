package kernel

import "fmt"

// Look is attention in training: the tokens of one text look at those of
// another or, causal, at those of their own that are not after them. Queries
// are rows of QueryStride values, keys and values those of PairStride, the
// value Heads.Width values after its key.
type Look struct {
	Heads                   Heads
	Rows                    int  // tokens that look
	Seen                    int  // tokens that are looked at
	Causal                  bool // token i sees those from 0 to i
	QueryStride, PairStride int
}

// SelfLook is the attention of a text of rows tokens to itself, of which a row
// holds query, key and value, as Attention reads it; the pairs begin a width
// after the queries.
func SelfLook(rows int, h Heads, causal bool) Look {
	return Look{Heads: h, Rows: rows, Seen: rows, Causal: causal, QueryStride: 3 * h.Width(), PairStride: 3 * h.Width()}
}

// check panics when a slice does not have its shape: out is Rows×width.
func (l Look) check(out, query, pairs []float32, first, last int) {
	width := l.Heads.Width()
	if l.Rows < 0 || l.Seen < 0 || len(out) < l.Rows*width || first < 0 || last > l.Heads.Count ||
		l.Rows > 0 && len(query) < (l.Rows-1)*l.QueryStride+width || l.Seen > 0 && len(pairs) < (l.Seen-1)*l.PairStride+2*width {
		panic(fmt.Sprintf("kernel: %+v of heads [%d, %d): query has %d values, pairs %d, out %d", l, first, last, len(query), len(pairs), len(out)))
	}
}

// Forward computes softmax(QKᵀ/√d)·V for the heads first to last-1, with
// weights left out by drop after the softmax, as BERT is trained. dst is
// Rows×width, and only the columns of those heads are written.
func (l Look) Forward(dst, query, pairs []float32, first, last int, drop Dropout, s *TrainingScratch) {
	l.check(dst, query, pairs, first, last)
	for head := first; head < last && l.Rows > 0 && l.Seen > 0 && l.Heads.Size > 0; head++ {
		t := newHeadTask(l, head, drop, s)
		t.weigh(query, pairs)
		for i := range l.Rows {
			row := t.weights[i*t.step:][:t.sees(i)]
			Scale(row, t.inverse[i])
			t.drop.Apply(row, i)
		}
		t.v = t.gather(t.v, pairs[t.width:], l.PairStride, l.Seen, t.step)
		t.scatter(dst, t.multiply(t.weights, l.Rows, t.step, t.v), l.Rows, t.width)
	}
}

// Backward is the way back through Forward for the heads first to last-1: from
// dout, the gradient of the output, the inputs query and pairs and the output
// out it computes the columns of those heads of dquery and dpairs. The shapes
// are those of Forward. With S = QKᵀ/√d, P = softmax(S), M the mask and
// O = (P·M)V,
//
//	dV = (P·M)ᵀ·dO,  dS = P·(M·(dO·Vᵀ) - rowsum(dO·O)),  dQ = dS·K/√d,  dK = dSᵀ·Q/√d
//
// where P is computed again, a head at a time (Dao et al., "FlashAttention",
// arXiv:2205.14135, has the row sum).
func (l Look) Backward(dquery, dpairs, dout, query, pairs, out []float32, first, last int, drop Dropout, s *TrainingScratch) {
	l.check(out, query, pairs, first, last)
	l.check(dout, dquery, dpairs, first, last)
	for head := first; head < last && l.Rows > 0 && l.Seen > 0 && l.Heads.Size > 0; head++ {
		t := newHeadTask(l, head, drop, s)
		t.weigh(query, pairs)
		t.slope(dout, pairs, out)
		t.scatter(dpairs[t.width:], t.multiplyTransposed(t.weights, t.dout), l.Seen, l.PairStride)
		t.scatter(dquery, t.multiply(t.slopes, l.Rows, t.step, t.k), l.Rows, l.QueryStride)
		t.scatter(dpairs, t.multiplyTransposed(t.slopes, t.q), l.Seen, l.PairStride)
	}
}
