package kernel

import "math"

// TrainingScratch is the working memory of attention in training: three
// matrices of rows×rows for one head of one text. The zero value is ready; it
// grows to what it is used for. It must not be used by two goroutines at once.
type TrainingScratch struct {
	q, k, v, out, dout []float32 // of one head, a row of d values a token
	weights, slopes    []float32 // rows×step
	turned             []float32 // one of them transposed
	inverse            []float32 // of the sum of each row of weights
	product            []float32
	packed             Packed
}

// headTask is the attention of one head of one text in training.
type headTask struct {
	*TrainingScratch
	rows  int // tokens
	step  int // tokens, filled up to whole tiles: keys and values beyond rows are zero
	d     int // features of the head
	first int // column of the head within a row of width
	width int // features of all heads
	scale float32
	drop  Dropout
}

func newHeadTask(rows int, h Heads, head int, drop Dropout, s *TrainingScratch) headTask {
	t := headTask{TrainingScratch: s, rows: rows, step: (rows + tileColumns - 1) / tileColumns * tileColumns,
		d: h.Size, first: head * h.Size, width: h.Width(),
		scale: float32(1 / math.Sqrt(float64(h.Size))), drop: drop.Stream(head)}
	s.weights = grow(s.weights, rows*t.step)
	s.inverse = grow(s.inverse, rows)
	return t
}

// tileColumns is the width of the widest tile.
const tileColumns = maxTilePanels * Panel

// AttentionDropout is Attention with weights left out by drop after the
// softmax, as BERT is trained.
func AttentionDropout(dst, qkv []float32, rows int, h Heads, first, last int, drop Dropout, s *TrainingScratch) {
	checkAttention(dst, qkv, rows, h, first, last)
	for head := first; head < last && rows > 0 && h.Size > 0; head++ {
		t := newHeadTask(rows, h, head, drop, s)
		t.weigh(qkv)
		for i := range rows {
			row := t.weights[i*t.step:][:rows]
			Scale(row, t.inverse[i])
			t.drop.Apply(row, i)
		}
		t.v = t.gather(t.v, qkv[2*t.width:], 3*t.width, t.step)
		t.scatter(dst, t.multiply(t.weights, t.step, t.v), t.width)
	}
}

// AttentionBackward is the way back through Attention, or AttentionDropout when
// drop is active, for the heads first to last-1 of one text: from dout, the
// gradient of the output, the input qkv and the output out it computes the
// columns of those heads of dqkv. The shapes are qkv's and out's. With
// S = QKᵀ/√d, P = softmax(S), M the mask and O = (P·M)V,
//
//	dV = (P·M)ᵀ·dO,  dS = P·(M·(dO·Vᵀ) - rowsum(dO·O)),  dQ = dS·K/√d,  dK = dSᵀ·Q/√d
//
// where P is computed again, a head at a time (Dao et al., "FlashAttention",
// arXiv:2205.14135, has the row sum).
func AttentionBackward(dqkv, dout, qkv, out []float32, rows int, h Heads, first, last int, drop Dropout, s *TrainingScratch) {
	checkAttention(out, qkv, rows, h, first, last)
	checkAttention(dout, dqkv, rows, h, first, last)
	for head := first; head < last && rows > 0 && h.Size > 0; head++ {
		t := newHeadTask(rows, h, head, drop, s)
		t.weigh(qkv)
		t.slope(dout, qkv, out)
		t.scatter(dqkv[2*t.width:], t.multiplyTransposed(t.weights, t.dout), 3*t.width)
		t.scatter(dqkv, t.multiply(t.slopes, t.step, t.k), 3*t.width)
		t.scatter(dqkv[t.width:], t.multiplyTransposed(t.slopes, t.q), 3*t.width)
	}
}

// weigh computes exp((q·k-max)/√d) of every query with every key, and the
// inverse of the rows' sums.
func (t *headTask) weigh(qkv []float32) {
	t.q = t.gather(t.q, qkv, 3*t.width, t.rows)
	t.k = t.gather(t.k, qkv[t.width:], 3*t.width, t.step)
	t.score(t.weights, t.q, t.k)
	for i := range t.rows {
		t.inverse[i] = 1 / expRow(t.weights[i*t.step:][:t.rows], t.scale)
	}
}

// slope computes the gradient of the products q·k, and makes weights those that
// the values were multiplied with.
func (t *headTask) slope(dout, qkv, out []float32) {
	t.slopes = grow(t.slopes, t.rows*t.step)
	t.out = t.gather(t.out, out, t.width, t.rows)
	t.dout = t.gather(t.dout, dout, t.width, t.rows)
	t.v = t.gather(t.v, qkv[2*t.width:], 3*t.width, t.step)
	t.score(t.slopes, t.dout, t.v)
	for i := range t.rows {
		p, g := t.weights[i*t.step:][:t.rows], t.slopes[i*t.step:][:t.rows]
		t.drop.Apply(g, i)
		delta := Dot(t.dout[i*t.d:(i+1)*t.d], t.out[i*t.d:])
		scoresBackward(p, g, t.inverse[i], delta, t.scale)
		t.drop.Apply(p, i)
	}
}

// scoresBackwardGeneric makes p·inverse of p and scale·p·(g-delta) of g.
func scoresBackwardGeneric(p, g []float32, inverse, delta, scale float32) {
	for i, v := range p {
		v *= inverse
		p[i] = v
		g[i] = v * scale * (g[i] - delta)
	}
}

// gather copies the head's columns of x, whose rows stand stride elements
// apart, to dst, which has count rows of d; those beyond the text's are zero.
func (t *headTask) gather(dst, x []float32, stride, count int) []float32 {
	dst = grow(dst, count*t.d)
	for r := range t.rows {
		copy(dst[r*t.d:(r+1)*t.d], x[r*stride+t.first:])
	}
	clear(dst[t.rows*t.d:])
	return dst
}

// scatter copies x, a row of d values a token, to the head's columns of dst.
func (t *headTask) scatter(dst, x []float32, stride int) {
	for r := range t.rows {
		copy(dst[r*stride+t.first:][:t.d], x[r*t.d:])
	}
}

// score computes dst = a·bᵀ, rows×step: a has a row of d values a token, b as
// many as step.
func (t *headTask) score(dst, a, b []float32) {
	t.packed.Resize(t.step, t.d)
	t.packed.SetRows(b, t.d, 0, t.packed.Panels())
	Linear(dst, a, t.rows, &t.packed, Epilogue{})
}

// multiply returns a·b, a row of d values a token: a is rows×k, b k×d. The
// result lives until the next product.
func (t *headTask) multiply(a []float32, k int, b []float32) []float32 {
	t.product = grow(t.product, t.rows*t.d)
	t.packed.Resize(t.d, k)
	t.packed.SetTransposed(b, t.d, 0, t.packed.Panels())
	Linear(t.product, a, t.rows, &t.packed, Epilogue{})
	return t.product
}

// multiplyTransposed returns aᵀ·b as multiply does: a is rows×step, b has a row
// of d values a token.
func (t *headTask) multiplyTransposed(a, b []float32) []float32 {
	t.turned = grow(t.turned, t.rows*t.rows)
	Transpose(t.turned, a, t.rows, t.rows, t.rows, t.step)
	return t.multiply(t.turned, t.rows, b)
}
