package kernel

import (
	"fmt"
)

// Panel is the number of output rows of a weight matrix that stand together
// in its packed form: one AVX-512 register of float32.
const Panel = 16

// maxTilePanels is the number of panels that the widest tile of any level
// covers.
const maxTilePanels = 2

// Packed is an N×K weight matrix (out × in, as torch.nn.Linear keeps it) in
// the order in which the matrix products read it. Output rows stand in panels
// of 16; element (n, k) is number (n/16)·K·16 + k·16 + n%16. N is padded
// with zeros to whole panels. Elements are float32 or binary16.
//
// A Packed is read-only and may be shared between goroutines.
type Packed struct {
	n, k int
	f32  []float32 // one of the two is set
	f16  []byte    // little endian, any alignment
}

// PackedSize returns the number of elements of a packed n×k matrix, padding
// included.
func PackedSize(n, k int) int { return panels(n) * Panel * k }

func panels(n int) int { return (n + Panel - 1) / Panel }

// PackF32 packs w, n×k row-major, as float32.
func PackF32(w []float32, n, k int) *Packed {
	p := &Packed{n: n, k: k, f32: make([]float32, PackedSize(n, k))}
	pack(p.f32, w[:n*k], k)
	return p
}

// PackF16 packs w, n×k row-major, rounding each element to binary16.
func PackF16(w []float32, n, k int) *Packed {
	p := PackF32(w, n, k)
	p.f16 = make([]byte, 2*len(p.f32))
	EncodeF16(p.f16, p.f32)
	p.f32 = nil
	return p
}

// PackedF16 wraps data that is already packed, as little-endian binary16. The
// data is used in place and must not change; it need not be aligned, so it may
// be part of a string embedded in the program.
func PackedF16(data []byte, n, k int) (*Packed, error) {
	if n <= 0 || k <= 0 || len(data) != 2*PackedSize(n, k) {
		return nil, fmt.Errorf("kernel: %d bytes of packed binary16 are not a %d×%d matrix, which takes %d",
			len(data), n, k, 2*PackedSize(max(n, 0), max(k, 0)))
	}
	return &Packed{n: n, k: k, f16: data}, nil
}

// PackedF32 wraps data that is already packed, as float32, in place.
func PackedF32(data []float32, n, k int) (*Packed, error) {
	if n <= 0 || k <= 0 || len(data) != PackedSize(n, k) {
		return nil, fmt.Errorf("kernel: %d packed float32 are not a %d×%d matrix, which takes %d",
			len(data), n, k, PackedSize(max(n, 0), max(k, 0)))
	}
	return &Packed{n: n, k: k, f32: data}, nil
}

// pack writes the rows of w, k elements each, in panels.
func pack(dst, w []float32, k int) {
	for n := 0; n*k < len(w); n++ {
		at := n/Panel*Panel*k + n%Panel
		for i, v := range w[n*k : n*k+k] {
			dst[at+i*Panel] = v
		}
	}
}

// Rows returns N, the number of output features.
func (p *Packed) Rows() int { return p.n }

// Columns returns K, the number of input features.
func (p *Packed) Columns() int { return p.k }

// Panels returns the number of panels, ⌈N/16⌉.
func (p *Packed) Panels() int { return panels(p.n) }

// Row writes output row n of the matrix, K values, to dst.
func (p *Packed) Row(dst []float32, n int) {
	at := n/Panel*Panel*p.k + n%Panel
	for i := range dst[:p.k] {
		if p.f16 != nil {
			dst[i] = Float32(uint16(p.f16[2*(at+i*Panel)]) | uint16(p.f16[2*(at+i*Panel)+1])<<8)
		} else {
			dst[i] = p.f32[at+i*Panel]
		}
	}
}
