package kernel

import "math"

// TrainingScratch is the working memory of attention in training: three
// matrices of tokens×tokens for one head of one text. The zero value is ready; it
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
	Look
	step  int // tokens that are seen, filled up to whole tiles: keys and values beyond them are zero
	d     int // features of the head
	first int // column of the head within a row of width
	width int // features of all heads
	scale float32
	drop  Dropout
}

func newHeadTask(l Look, head int, drop Dropout, s *TrainingScratch) headTask {
	t := headTask{TrainingScratch: s, Look: l, step: (l.Seen + tileColumns - 1) / tileColumns * tileColumns,
		d: l.Heads.Size, first: head * l.Heads.Size, width: l.Heads.Width(),
		scale: float32(1 / math.Sqrt(float64(l.Heads.Size))), drop: drop.Stream(head)}
	s.weights = grow(s.weights, l.Rows*t.step)
	s.inverse = grow(s.inverse, l.Rows)
	return t
}

// tileColumns is the width of the widest tile.
const tileColumns = maxTilePanels * Panel

// sees is the number of tokens that token i looks at: the first ones.
func (t *headTask) sees(i int) int {
	if t.Causal {
		return min(i+1, t.Seen)
	}
	return t.Seen
}

// weigh computes exp((q·k-max)/√d) of every query with every key that it sees,
// 0 of the others, and the inverse of the rows' sums.
func (t *headTask) weigh(query, pairs []float32) {
	t.q = t.gather(t.q, query, t.QueryStride, t.Rows, t.Rows)
	t.k = t.gather(t.k, pairs, t.PairStride, t.Seen, t.step)
	t.score(t.weights, t.q, t.k)
	for i := range t.Rows {
		row, sees := t.weights[i*t.step:][:t.Seen], t.sees(i)
		t.inverse[i] = 1 / expRow(row[:sees], t.scale)
		clear(row[sees:])
	}
}

// slope computes the gradient of the products q·k, and makes weights those that
// the values were multiplied with.
func (t *headTask) slope(dout, pairs, out []float32) {
	t.slopes = grow(t.slopes, t.Rows*t.step)
	t.out = t.gather(t.out, out, t.width, t.Rows, t.Rows)
	t.dout = t.gather(t.dout, dout, t.width, t.Rows, t.Rows)
	t.v = t.gather(t.v, pairs[t.width:], t.PairStride, t.Seen, t.step)
	t.score(t.slopes, t.dout, t.v)
	for i := range t.Rows {
		sees := t.sees(i)
		p, g := t.weights[i*t.step:][:sees], t.slopes[i*t.step:][:t.Seen]
		clear(g[sees:])
		g = g[:sees]
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

// gather copies the head's columns of x, rows rows that stand stride elements
// apart, to dst, which has count rows of d; those beyond are zero.
func (t *headTask) gather(dst, x []float32, stride, rows, count int) []float32 {
	dst = grow(dst, count*t.d)
	for r := range rows {
		copy(dst[r*t.d:(r+1)*t.d], x[r*stride+t.first:])
	}
	clear(dst[rows*t.d:])
	return dst
}

// scatter copies x, rows rows of d values, to the head's columns of dst.
func (t *headTask) scatter(dst, x []float32, rows, stride int) {
	for r := range rows {
		copy(dst[r*stride+t.first:][:t.d], x[r*t.d:])
	}
}

// score computes dst = a·bᵀ, Rows×step: a has a row of d values a token that
// looks, b as many as step.
func (t *headTask) score(dst, a, b []float32) {
	t.packed.Resize(t.step, t.d)
	t.packed.SetRows(b, t.d, 0, t.packed.Panels())
	Linear(dst, a, t.Rows, &t.packed, Epilogue{})
}

// multiply returns a·b, rows×d: a is rows×k, b k×d. The result lives until the
// next product.
func (t *headTask) multiply(a []float32, rows, k int, b []float32) []float32 {
	t.product = grow(t.product, rows*t.d)
	t.packed.Resize(t.d, k)
	t.packed.SetTransposed(b, t.d, 0, t.packed.Panels())
	Linear(t.product, a, rows, &t.packed, Epilogue{})
	return t.product
}

// multiplyTransposed returns aᵀ·b, Seen×d, as multiply does: a is Rows×step, b
// has a row of d values a token that looks.
func (t *headTask) multiplyTransposed(a, b []float32) []float32 {
	t.turned = grow(t.turned, t.Seen*t.Rows)
	Transpose(t.turned, a, t.Rows, t.Seen, t.Rows, t.step)
	return t.multiply(t.turned, t.Seen, t.Rows, b)
}
