//go:build (amd64 || arm64) && !purego

package kernel

import (
	"sync"
	"unsafe"
)

// exactTerms is the number of products of an unsigned and a signed byte whose
// sum float32 holds exactly: 2^24/(255·127).
const exactTerms = 512

// int8Sums is a product of bytes on a chip without VNNI: tiles of exact sums,
// which Go code turns into float32 as linearInt8Generic does.
type int8Sums struct {
	tile
	x       *Quantized
	w       *PackedInt8
	sums    [maxTileRows * Panel]int32
	floats  [maxTileRows * maxTilePanels * Panel]float32
	panelAs []float32 // sumF32: the panel as float32, K'×16
	xAs     []float32 // sumF32: x as float32
}

var int8SumsPool = sync.Pool{New: func() any { return new(int8Sums) }}

// linearInt8Sums is LinearInt8Panels by tiles of one panel, whose sums are
// computed by sum.
func linearInt8Sums(dst []float32, x *Quantized, w *PackedInt8, e Epilogue, first, last int, shape tiling,
	sum func(p *int8Sums, r, rows, n int)) {
	p := int8SumsPool.Get().(*int8Sums)
	defer int8SumsPool.Put(p)
	p.x, p.w = x, w
	p.xAs, p.panelAs = p.xAs[:0], p.panelAs[:0]
	high := share(x.rows, shape.rows)
	for n := first; n < last; n++ {
		p.panelAs = p.panelAs[:0]
		for r := 0; r < x.rows; r += high {
			rows := min(high, x.rows-r)
			sum(p, r, rows, n)
			p.write(dst, r, rows, n, e)
		}
	}
	p.x, p.w = nil, nil
}

// write turns the sums of a tile into outputs.
func (p *int8Sums) write(dst []float32, r, rows, n int, e Epilogue) {
	width := min(Panel, p.w.n-n*Panel)
	for i := range rows {
		at := (r+i)*p.w.n + n*Panel
		out := dst[at : at+width]
		zero, scale := p.x.zero[r+i], p.x.scale[r+i]
		for j := range out {
			c := n*Panel + j
			out[j] = dequantize(p.sums[i*Panel+j], zero, p.w.sum[c], scale*p.w.scale[c], e.bias(c)) + e.residual(at+j)
		}
		e.Activation.Apply(out)
	}
}

// sumF32 computes a tile of sums with the kernels of float32, in pieces of k so
// short that every sum is exact.
func sumF32(p *int8Sums, r, rows, n int) {
	k := p.w.k
	if len(p.xAs) == 0 {
		p.xAs = grow(p.xAs, p.x.rows*k)
		for i := range p.x.rows {
			for j, v := range p.x.data[i*p.x.stride:][:k] {
				p.xAs[i*k+j] = float32(v)
			}
		}
	}
	if len(p.panelAs) == 0 {
		p.decodePanel(n)
	}
	p.xStride, p.next, p.bias, p.residual = uintptr(4*k), 0, nil, nil
	width := maxTilePanels * Panel // what the widest tile writes
	p.dst, p.dstStride = &p.floats[0], uintptr(4*width)
	clear(p.sums[:rows*Panel])
	for from := 0; from < k; from += exactTerms {
		p.tile.x = &p.xAs[r*k+from]
		p.panel = unsafe.Pointer(&p.panelAs[from*Panel])
		p.k = uintptr(min(exactTerms, k-from))
		runTile(&p.tile, rows, false)
		for i := range rows {
			for j := range Panel {
				p.sums[i*Panel+j] += int32(p.floats[i*width+j])
			}
		}
	}
}

// decodePanel writes panel n as float32, K×16.
func (p *int8Sums) decodePanel(n int) {
	padded := roundUp(p.w.k, 4)
	p.panelAs = grow(p.panelAs, padded*Panel)
	data := p.w.data[n*Panel*padded : (n+1)*Panel*padded]
	for i, v := range data {
		k, j := i/(4*Panel)*4+i%4, i/4%Panel
		p.panelAs[k*Panel+j] = float32(int8(v))
	}
}

// residual returns what is added to output i.
func (e Epilogue) residual(i int) float32 {
	if e.Residual == nil {
		return 0
	}
	return e.Residual[i]
}
