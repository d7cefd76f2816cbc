//go:build (amd64 || arm64) && !purego

package kernel

import "math"

// headPass is the attention of one head of one text by tiles. Queries go in
// tiles of rows; the scores of one tile against all keys are the largest
// thing in memory.
type headPass struct {
	*Scratch
	tile
	tiling
	rows  int // tokens
	d     int // features of the head
	width int // features of all heads
	step  int // elements from one row of scores to the next
	scale float32
}

// attentionTiled is Attention for one head by tiles of the given shape. Sums
// over features and over keys are each one accumulation in ascending order, so
// a text's result does not depend on how its rows fall into tiles.
func attentionTiled(dst, qkv []float32, rows int, h Heads, head int, s *Scratch, shape tiling) {
	width, d := h.Width(), h.Size
	group := shape.panels * Panel
	p := headPass{Scratch: s, tiling: shape, rows: rows, d: d, width: width,
		step: roundUp(rows, group), scale: float32(1 / math.Sqrt(float64(d)))}
	if p.step*4%(aliasBytes/2) == 0 {
		p.step += group
	}
	high := share(rows, shape.rows)
	s.scores = grow(s.scores, high*p.step)
	s.inverse = grow(s.inverse, high)
	s.out = grow(s.out, high*roundUp(d, group))
	s.queries = grow(s.queries, high*d)
	p.packKeys(qkv[width+head*d:])
	p.packValues(qkv[2*width+head*d:])
	for r := 0; r < rows; r += high {
		n := min(high, rows-r)
		p.weigh(qkv[r*3*width+head*d:], n)
		p.mix(dst[r*width+head*d:], n)
	}
}

// packKeys writes the keys, rows of d at distance 3·width, in panels of 16
// keys, d×16 each. Keys that fill up the last panels are zero.
func (p *headPass) packKeys(k []float32) {
	n := roundUp(p.rows, p.panels*Panel)
	p.keys = grow(p.keys, n*p.d)
	clear(p.keys[p.rows/Panel*Panel*p.d:])
	stride := 3 * p.width
	for r := 0; r < p.rows; r += Panel / 2 {
		out := p.keys[r/Panel*Panel*p.d+r%Panel:]
		done := 0
		if r+Panel/2 <= p.rows {
			done = transpose8(out, k[r*stride:], stride, p.d)
		}
		for i := range min(Panel/2, p.rows-r) {
			for j := done; j < p.d; j++ {
				out[j*Panel+i] = k[(r+i)*stride+j]
			}
		}
	}
}

// packValues writes the values, rows of d at distance 3·width, in panels of 16
// features, rows×16 each. Features that fill up the last panels are zero.
func (p *headPass) packValues(v []float32) {
	n := roundUp(p.d, p.panels*Panel)
	p.values = grow(p.values, n*p.rows)
	if n != p.d {
		clear(p.values)
	}
	stride := 3 * p.width
	for i := 0; i < p.d; i += Panel {
		out := p.values[i*p.rows:]
		if i+Panel <= p.d {
			copy16(out, v[i:], stride, p.rows)
			continue
		}
		for r := range p.rows {
			copy(out[r*Panel:], v[r*stride+i:r*stride+p.d])
		}
	}
}

// weigh computes exp((q·k-max)/√d) of n queries with all keys, and the
// inverse of their sums.
func (p *headPass) weigh(q []float32, n int) {
	stride := 3 * p.width
	if 4*stride%aliasBytes == 0 {
		for i := range n {
			copy(p.queries[i*p.d:][:p.d], q[i*stride:])
		}
		q, stride = p.queries, p.d
	}
	p.x, p.xStride, p.k = &q[0], uintptr(4*stride), uintptr(p.d)
	p.dstStride = uintptr(4 * p.step)
	p.next = uintptr(4 * Panel * p.d)
	for i := 0; i < p.rows; i += p.panels * Panel {
		p.panel = pointer(&p.keys[i*p.d])
		p.dst = &p.scores[i]
		runTile(&p.tile, n, false)
	}
	for i := range n {
		p.inverse[i] = 1 / expRow(p.scores[i*p.step:][:p.rows], p.scale)
	}
}

// mix writes the weighted means of the values to n rows of dst.
func (p *headPass) mix(dst []float32, n int) {
	p.x, p.xStride, p.k = &p.scores[0], uintptr(4*p.step), uintptr(p.rows)
	p.next = uintptr(4 * Panel * p.rows)
	wide := roundUp(p.d, p.panels*Panel)
	out, stride := dst, p.width
	if wide != p.d {
		out, stride = p.out, wide
	}
	p.dstStride = uintptr(4 * stride)
	for i := 0; i < p.d; i += p.panels * Panel {
		p.panel = pointer(&p.values[i*p.rows])
		p.dst = &out[i]
		runTile(&p.tile, n, false)
	}
	scaleRows(out, p.d, n, stride, p.inverse)
	if wide != p.d {
		for i := range n {
			copy(dst[i*p.width:][:p.d], out[i*stride:])
		}
	}
}
