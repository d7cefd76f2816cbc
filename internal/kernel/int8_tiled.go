//go:build amd64 && !purego

package kernel

// int8Tiled is one product of bytes in progress.
type int8Tiled struct {
	tile
	tiling
	out []float32
	x   *Quantized
	w   *PackedInt8
	e   Epilogue
}

// zeroBias stands for a bias that is not there.
var zeroBias [maxTilePanels * Panel]float32

// linearInt8Tiled is LinearInt8Panels by tiles, in the order of linearTiled.
func linearInt8Tiled(dst []float32, x *Quantized, w *PackedInt8, e Epilogue, first, last int, shape tiling) {
	p := int8Tiled{out: dst, x: x, w: w, e: e, tiling: shape}
	p.xStride = uintptr(x.stride)
	p.k = uintptr((w.k + 3) / 4)
	if e.Activation == GELU {
		p.gelu = 1
	}
	block := max(1, blockBytes/x.stride/shape.rows) * shape.rows
	block = share(x.rows, block)
	for r := 0; r < x.rows; r += block {
		p.block(r, min(block, x.rows-r), first, last)
	}
}

// block computes panels first to last-1 of count rows from row r on.
func (p *int8Tiled) block(r, count, first, last int) {
	high := share(count, p.rows)
	bytes := Panel * roundUp(p.w.k, 4)
	for n := first; n < last; n += p.panels {
		p.panel = bytePointer(p.w.data, n*bytes)
		p.next = 0
		if n+1 < last {
			p.next = uintptr(bytes)
		}
		p.factors, p.sums = &p.w.scale[n*Panel], &p.w.sum[n*Panel]
		columns := min(p.panels, last-n) * Panel
		if columns < p.panels*Panel || n*Panel+columns > p.w.n {
			p.edge(r, count, high, n, min(columns, p.w.n-n*Panel))
			continue
		}
		p.whole(r, count, high, n)
	}
}

// whole computes count rows from r on of the panels from n on, all of which are
// columns of dst, in tiles of high rows.
func (p *int8Tiled) whole(r, count, high, n int) {
	p.dstStride = uintptr(4 * p.w.n)
	p.bias, p.residual = &zeroBias[0], nil
	if p.e.Bias != nil {
		p.bias = &p.e.Bias[n*Panel]
	}
	for end := r + count; r < end; r += high {
		rows, at := min(high, end-r), r*p.w.n+n*Panel
		p.rowsAt(r, &p.out[at])
		if p.e.Residual != nil {
			p.residual = &p.e.Residual[at]
		}
		runTileInt8(&p.tile, rows)
		if p.gelu == 0 {
			p.e.Activation.rows(p.out[at:], p.panels*Panel, rows, p.w.n)
		}
	}
}

// rowsAt sets what belongs to the rows from r on, and where they go.
func (p *int8Tiled) rowsAt(r int, dst *float32) {
	p.tile.x = (*float32)(bytePointer(p.x.data, r*p.x.stride))
	p.scale, p.zero = &p.x.scale[r], &p.x.zero[r]
	p.dst = dst
}

// edge computes tiles that are not whole panels of dst in a place of their own,
// then copies the columns that exist. An output has the same bits from there,
// because the assembly does the same with it.
func (p *int8Tiled) edge(r, count, high, n, columns int) {
	place := edges.Get().(*edgeTile)
	defer edges.Put(place)
	clear(place.bias[:])
	if p.e.Bias != nil {
		copy(place.bias[:], p.e.Bias[n*Panel:][:columns])
	}
	width := p.panels * Panel
	p.dstStride = uintptr(4 * width)
	p.bias, p.residual = &place.bias[0], &place.out[0]
	for end := r + count; r < end; r += high {
		rows := min(high, end-r)
		p.rowsAt(r, &place.out[0])
		clear(place.out[:])
		for i := range rows {
			if p.e.Residual != nil {
				copy(place.out[i*width:i*width+columns], p.e.Residual[(r+i)*p.w.n+n*Panel:])
			}
		}
		runTileInt8(&p.tile, rows)
		for i := range rows {
			out := place.out[i*width : i*width+columns]
			if p.gelu == 0 {
				p.e.Activation.Apply(out)
			}
			copy(p.out[(r+i)*p.w.n+n*Panel:], out)
		}
	}
}
