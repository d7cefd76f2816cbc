//go:build (amd64 || arm64) && !purego

package kernel

import (
	"sync"
	"unsafe"
)

const (
	maxTileRows = 14 // the highest tile of any level

	// blockBytes bounds the rows of x that one pass over the weights uses,
	// so that they stay in the second-level cache, which is 1 MB a core or
	// more on the chips that matter and half of that on older ones.
	blockBytes = 384 << 10

	// aliasBytes is the distance at which addresses compete for the same
	// few lines of the first-level cache.
	aliasBytes = 4096
)

// tiling is the shape of the largest tile of a level.
type tiling struct{ rows, panels int }

// tiled is one product in progress.
type tiled struct {
	tile
	dst, x []float32
	w      *Packed
	e      Epilogue
	tiling
	xRow int // elements from one row of x to the next
}

// linearTiled is LinearPanels by tiles: blocks of rows outside, so that each
// stays in the cache, panels next, rows within the block inside, so that a
// panel is read from memory once a block.
func linearTiled(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int, shape tiling) {
	p := tiled{dst: dst, x: x, w: w, e: e, tiling: shape, xRow: w.k}
	block := max(1, blockBytes/(4*w.k)/shape.rows) * shape.rows
	block = share(rows, block)
	for r := 0; r < rows; r += block {
		p.block(r, min(block, rows-r), first, last)
	}
}

// share returns the size of the parts when n is cut into as few nearly equal
// parts of at most most as possible.
func share(n, most int) int {
	parts := (n + most - 1) / most
	return (n + parts - 1) / parts
}

// block computes panels first to last-1 of count rows from row r on.
func (p *tiled) block(r, count, first, last int) {
	x := p.x[r*p.w.k:]
	if p.w.k*4%aliasBytes == 0 && count > 1 {
		spread := spreads.Get().(*spreadRows)
		defer spreads.Put(spread)
		x = spread.copy(x, count, p.w.k)
		p.xRow = p.w.k + spreadGap
	}
	high := share(count, p.rows)
	p.k = uintptr(p.w.k)
	p.xStride = uintptr(4 * p.xRow)
	for n := first; n < last; n += p.panels {
		wide := min(p.panels, last-n)
		p.panel = p.w.panel(n)
		p.next = 0
		if wide > 1 {
			p.next = p.w.panelBytes()
		}
		for i := 0; i < count; i += high {
			p.tile.x = &x[i*p.xRow]
			p.output(r+i, min(high, count-i), n, wide)
		}
	}
	p.xRow = p.w.k
}

// output computes a tile of rows r to r+rows-1 and wide panels from panel n.
func (p *tiled) output(r, rows, n, wide int) {
	columns := wide * Panel
	if wide < p.panels || n*Panel+columns > p.w.n {
		p.edge(r, rows, n, min(columns, p.w.n-n*Panel))
		return
	}
	at := r*p.w.n + n*Panel
	p.tile.dst = &p.dst[at]
	p.dstStride = uintptr(4 * p.w.n)
	p.bias, p.residual = nil, nil
	if p.e.Bias != nil {
		p.bias = &p.e.Bias[n*Panel]
	}
	if p.e.Residual != nil {
		p.residual = &p.e.Residual[at]
	}
	runTile(&p.tile, rows, p.w.f16 != nil)
	p.e.Activation.rows(p.dst[at:], columns, rows, p.w.n)
}

// edge computes a tile that is not whole panels of dst in a place of its own,
// then copies the columns that exist. The epilogue is that of output, operation
// by operation, so that an output has the same bits from either.
func (p *tiled) edge(r, rows, n, columns int) {
	place := edges.Get().(*edgeTile)
	defer edges.Put(place)
	width := p.panels * Panel
	p.tile.dst = &place.out[0]
	p.dstStride = uintptr(4 * width)
	p.bias, p.residual = nil, nil
	runTile(&p.tile, rows, p.w.f16 != nil)
	for i := range rows {
		at := (r+i)*p.w.n + n*Panel
		out := place.out[i*width : i*width+columns]
		if p.e.Bias != nil {
			Add(out, p.e.Bias[n*Panel:][:columns])
		}
		if p.e.Residual != nil {
			Add(out, p.e.Residual[at:][:columns])
		}
		p.e.Activation.Apply(out)
		copy(p.dst[at:], out)
	}
}

// edgeTile is the place of a tile that is not whole panels of dst. It is in
// memory of its own, reused between products, for a pointer to it is kept in
// the tile and would move it from the stack to the heap each time.
type edgeTile struct {
	out  [maxTileRows * maxTilePanels * Panel]float32
	bias [maxTilePanels * Panel]float32
}

var edges = sync.Pool{New: func() any { return new(edgeTile) }}

// pointer hides the type of a panel's elements.
func pointer(p *float32) unsafe.Pointer { return unsafe.Pointer(p) }

// bytePointer returns the address of byte i of b.
func bytePointer(b []byte, i int) unsafe.Pointer { return unsafe.Pointer(&b[i]) }

// panel returns the address of panel i.
func (p *Packed) panel(i int) unsafe.Pointer {
	if p.f16 != nil {
		return unsafe.Pointer(&p.f16[2*i*Panel*p.k])
	}
	return unsafe.Pointer(&p.f32[i*Panel*p.k])
}

// panelBytes returns the size of a panel.
func (p *Packed) panelBytes() uintptr {
	if p.f16 != nil {
		return uintptr(2 * Panel * p.k)
	}
	return uintptr(4 * Panel * p.k)
}

// spreadGap is the number of elements between the rows of a copy that keeps
// them off the same cache lines.
const spreadGap = 16

// spreadRows is the memory of such a copy, reused between products.
type spreadRows struct{ data []float32 }

var spreads = sync.Pool{New: func() any { return new(spreadRows) }}

// copy returns count rows of k elements with spreadGap between them.
func (s *spreadRows) copy(x []float32, count, k int) []float32 {
	s.data = grow(s.data, count*(k+spreadGap))
	for i := range count {
		copy(s.data[i*(k+spreadGap):], x[i*k:(i+1)*k])
	}
	return s.data
}
