package kernel

import (
	"encoding/binary"
	"sync"
)

// decoded is the memory of one panel as float32, reused between products.
type decoded struct{ panel []float32 }

var decodedPool = sync.Pool{New: func() any { return new(decoded) }}

// linearGeneric is the reference of LinearPanels, one panel of one row at a
// time.
func linearGeneric(dst, x []float32, rows int, w *Packed, e Epilogue, first, last int) {
	d := decodedPool.Get().(*decoded)
	defer decodedPool.Put(d)
	d.panel = grow(d.panel, Panel*w.k)
	panel := d.panel
	for p := first; p < last; p++ {
		w.decode(panel, p)
		n := p * Panel
		width := min(Panel, w.n-n)
		for r := range rows {
			acc := dotPanel(x[r*w.k:(r+1)*w.k], panel)
			out := dst[r*w.n+n : r*w.n+n+width]
			for i := range out {
				v := acc[i]
				if e.Bias != nil {
					v += e.Bias[n+i]
				}
				if e.Residual != nil {
					v += e.Residual[r*w.n+n+i]
				}
				out[i] = v
			}
			e.Activation.generic(out)
		}
	}
}

// dotPanel returns the products of the row x, K values, with the 16 weight
// rows of a panel, K×16.
func dotPanel(x, panel []float32) (acc [Panel]float32) {
	for k, v := range x {
		row := (*[Panel]float32)(panel[k*Panel:])
		for i := range acc {
			acc[i] += v * row[i]
		}
	}
	return acc
}

// decode writes panel i, K×16, to dst as float32.
func (p *Packed) decode(dst []float32, i int) {
	size := Panel * p.k
	if p.f16 == nil {
		copy(dst, p.f32[i*size:(i+1)*size])
		return
	}
	data := p.f16[2*i*size : 2*(i+1)*size]
	for j := range dst[:size] {
		dst[j] = Float32(binary.LittleEndian.Uint16(data[2*j:]))
	}
}
