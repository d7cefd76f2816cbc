package kernel

import "fmt"

// NewPacked returns an n×k float32 matrix of zeros, to be filled by SetRows or
// SetTransposed. While it is being filled nobody else may use it.
func NewPacked(n, k int) *Packed {
	p := new(Packed)
	p.Resize(n, k)
	return p
}

// Resize makes p an n×k float32 matrix in the memory that it has, if that is
// enough. Its elements are undefined but for the padding, which is zero.
func (p *Packed) Resize(n, k int) {
	p.n, p.k, p.f16 = n, k, nil
	p.f32 = grow(p.f32, PackedSize(n, k))
	if n%Panel != 0 {
		clear(p.f32[n/Panel*Panel*k:])
	}
}

// SetRows packs panels first to last-1 from w, N×K, whose rows stand stride
// elements apart.
func (p *Packed) SetRows(w []float32, stride, first, last int) {
	p.checkSet(len(w), p.n, p.k, stride, first, last)
	for i := first; i < last; i++ {
		out := p.f32[i*Panel*p.k : (i+1)*Panel*p.k]
		n := min(Panel, p.n-i*Panel)
		transpose(out, w[i*Panel*stride:], n, p.k, Panel, stride)
	}
}

// SetTransposed packs panels first to last-1 from the transpose of w, which is
// K×N with rows that stand stride elements apart.
func (p *Packed) SetTransposed(w []float32, stride, first, last int) {
	p.checkSet(len(w), p.k, p.n, stride, first, last)
	for i := first; i < last; i++ {
		out := p.f32[i*Panel*p.k : (i+1)*Panel*p.k]
		if n := p.n - i*Panel; n < Panel {
			for k := range p.k {
				copy(out[k*Panel:], w[k*stride+i*Panel:][:n])
			}
			continue
		}
		copyPanel(out, w[i*Panel:], stride, p.k)
	}
}

// checkSet panics when w is too short for rows×columns or the panels do not
// exist.
func (p *Packed) checkSet(have, rows, columns, stride, first, last int) {
	if first < 0 || last > p.Panels() || stride < columns || rows > 0 && have < (rows-1)*stride+columns {
		panic(fmt.Sprintf("kernel: pack panels [%d, %d) of a %d×%d matrix from %d values with rows %d apart",
			first, last, p.n, p.k, have, stride))
	}
}

// Transpose writes the transpose of x, rows×columns with rows xStride elements
// apart, to dst, columns×rows with rows dstStride elements apart.
func Transpose(dst, x []float32, rows, columns, dstStride, xStride int) {
	if rows <= 0 || columns <= 0 {
		return
	}
	if len(x) < (rows-1)*xStride+columns || len(dst) < (columns-1)*dstStride+rows {
		panic(fmt.Sprintf("kernel: transpose %d×%d: x has %d values with rows %d apart, dst %d with %d",
			rows, columns, len(x), xStride, len(dst), dstStride))
	}
	transpose(dst, x, rows, columns, dstStride, xStride)
}

// transposeGeneric is the reference of transpose for the part of x that begins
// at the given row and column.
func transposeGeneric(dst, x []float32, row, column, rows, columns, dstStride, xStride int) {
	for r := row; r < rows; r++ {
		for c := column; c < columns; c++ {
			dst[c*dstStride+r] = x[r*xStride+c]
		}
	}
}

// copyPanelGeneric is the reference of copyPanel, which copies 16 elements of
// each of the rows of x one after the other.
func copyPanelGeneric(dst, x []float32, stride, rows int) {
	for r := range rows {
		*(*[Panel]float32)(dst[r*Panel:]) = [Panel]float32(x[r*stride:])
	}
}
