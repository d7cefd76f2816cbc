//go:build amd64 && !purego

package kernel

import "math"

// bf16Pass is the attention of one head of one text by tiles, in pairs of
// bfloat16. A pair is two terms of a sum: in q·k feature i and feature i+d/2,
// in the mean of the values token t and token t+half, so that pairs are made
// from two vectors without a shuffle.
type bf16Pass struct {
	*Scratch
	tile
	rows   int     // tokens
	half   int     // pairs of tokens
	d      int     // features of the head
	width  int     // features of all heads
	stride int     // elements from one row of qkv to the next
	step   int     // elements from one row of scores to the next
	factor float32 // log2(e)/√d: what scores are multiplied with before 2 to their power
}

// attentionBF16 is AttentionBF16 for one head, whose features are whole tiles.
func attentionBF16(dst, qkv []float32, rows int, h Heads, head int, s *Scratch) {
	width, d := h.Width(), h.Size
	p := bf16Pass{Scratch: s, rows: rows, half: (rows + 1) / 2, d: d, width: width, stride: 3 * width,
		step: roundUp(rows+1, maxTilePanels*Panel), factor: float32(math.Log2E / math.Sqrt(float64(d)))}
	if p.step*4%(aliasBytes/2) == 0 {
		p.step += maxTilePanels * Panel
	}
	high := share(rows, maxTileRows)
	s.scores = grow(s.scores, high*p.step)
	s.inverse = grow(s.inverse, high)
	p.packQueries(qkv[head*d:])
	p.packKeys(qkv[width+head*d:])
	p.packValues(qkv[2*width+head*d:])
	for r := 0; r < rows; r += high {
		n := min(high, rows-r)
		p.weigh(r, n)
		p.mix(dst[r*width+head*d:], n)
	}
}

// packQueries writes d/2 pairs for each query.
func (p *bf16Pass) packQueries(q []float32) {
	n := p.d / 2
	p.queries = grow(p.queries, p.rows*n)
	pairAVX512(&p.queries[0], &q[0], &q[n], n, p.rows, 4*n, 4*p.stride)
}

// packKeys writes panels of 16 keys, d/2×16 pairs each. Keys that fill up the
// last panels are zero.
func (p *bf16Pass) packKeys(k []float32) {
	n := p.d / 2
	padded := roundUp(p.rows, maxTilePanels*Panel)
	p.pairs = grow(p.pairs, padded*n)
	clear(p.pairs[p.rows*n:])
	pairAVX512(&p.pairs[0], &k[0], &k[n], n, p.rows, 4*n, 4*p.stride)
	p.keys = grow(p.keys, padded*n)
	for r := 0; r < padded; r += Panel / 2 {
		transpose8(p.keys[r/Panel*Panel*n+r%Panel:], p.pairs[r*n:], n, n)
	}
}

// packValues writes panels of 16 features, half×16 pairs each. Of an odd number
// of tokens the last is paired with zeros.
func (p *bf16Pass) packValues(v []float32) {
	var zeros [Panel]float32
	p.values = grow(p.values, p.half*p.d)
	whole := p.rows / 2
	for i := 0; i < p.d; i += Panel {
		out := p.values[i*p.half:]
		if whole > 0 {
			pairAVX512(&out[0], &v[i], &v[p.half*p.stride+i], Panel, whole, 4*Panel, 4*p.stride)
		}
		if whole < p.half {
			pairAVX512(&out[whole*Panel], &v[whole*p.stride+i], &zeros[0], Panel, 1, 0, 0)
		}
	}
}

// weigh computes exp((q·k-max)/√d) of the n queries from r on with all keys, as
// pairs, and the inverse of their sums.
func (p *bf16Pass) weigh(r, n int) {
	pairs := p.d / 2
	p.x, p.xStride, p.k = &p.queries[r*pairs], uintptr(4*pairs), uintptr(pairs)
	p.dstStride, p.scale = uintptr(4*p.step), nil
	p.next = uintptr(4 * Panel * pairs)
	for i := 0; i < p.rows; i += maxTilePanels * Panel {
		p.panel = pointer(&p.keys[i*pairs])
		p.dst = &p.scores[i]
		runTileBF16(&p.tile, n)
	}
	weighAVX512(&p.scores[0], p.rows, p.half, n, 4*p.step, p.factor, &p.inverse[0])
}

// mix writes the weighted means of the values to n rows of dst.
func (p *bf16Pass) mix(dst []float32, n int) {
	p.x, p.xStride, p.k = &p.scores[0], uintptr(4*p.step), uintptr(p.half)
	p.dstStride, p.scale = uintptr(4*p.width), &p.inverse[0]
	p.next = uintptr(4 * Panel * p.half)
	for i := 0; i < p.d; i += maxTilePanels * Panel {
		p.panel = pointer(&p.values[i*p.half])
		p.dst = &dst[i]
		runTileBF16(&p.tile, n)
	}
}
