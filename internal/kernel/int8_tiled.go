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
		for i := 0; i < count; i += high {
			p.rowsAt(r+i, min(high, count-i), n, min(p.panels, last-n)*Panel)
		}
	}
}

// rowsAt computes rows r to r+rows-1 of the given number of columns of the
// panels from n on.
func (p *int8Tiled) rowsAt(r, rows, n, columns int) {
	p.tile.x = (*float32)(bytePointer(p.x.data, r*p.x.stride))
	p.scale, p.zero = &p.x.scale[r], &p.x.zero[r]
	at := r*p.w.n + n*Panel
	if columns < p.panels*Panel || n*Panel+columns > p.w.n {
		p.edge(at, rows, n, min(columns, p.w.n-n*Panel))
		return
	}
	p.dst, p.dstStride = &p.out[at], uintptr(4*p.w.n)
	p.bias, p.residual = &zeroBias[0], nil
	if p.e.Bias != nil {
		p.bias = &p.e.Bias[n*Panel]
	}
	if p.e.Residual != nil {
		p.residual = &p.e.Residual[at]
	}
	runTileInt8(&p.tile, rows)
	p.e.Activation.rows(p.out[at:], columns, rows, p.w.n)
}

// edge computes a tile that is not whole panels of dst in a place of its own,
// then copies the columns that exist.
func (p *int8Tiled) edge(at, rows, n, columns int) {
	place := edges.Get().(*edgeTile)
	defer edges.Put(place)
	clear(place.bias[:])
	if p.e.Bias != nil {
		copy(place.bias[:], p.e.Bias[n*Panel:][:columns])
	}
	width := p.panels * Panel
	p.dst, p.dstStride = &place.out[0], uintptr(4*width)
	p.bias, p.residual = &place.bias[0], nil
	runTileInt8(&p.tile, rows)
	for i := range rows {
		out := place.out[i*width : i*width+columns]
		if p.e.Residual != nil {
			Add(out, p.e.Residual[at+i*p.w.n:][:columns])
		}
		p.e.Activation.Apply(out)
		copy(p.out[at+i*p.w.n:], out)
	}
}
