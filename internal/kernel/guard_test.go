//go:build unix

package kernel

import (
	"bytes"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// guarded returns n bytes that end where a page without access begins, so that
// reading or writing past them is a fault.
func guarded(t *testing.T, n int) []byte {
	t.Helper()
	page := unix.Getpagesize()
	size := (n + page - 1) / page * page
	m, err := unix.Mmap(-1, 0, size+page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(m) })
	if err := unix.Mprotect(m[size:], unix.PROT_NONE); err != nil {
		t.Fatal(err)
	}
	return m[size-n : size : size]
}

// guardedCopy returns x before such a page.
func guardedCopy(t *testing.T, x []float32) []float32 {
	t.Helper()
	if len(x) == 0 {
		return x
	}
	b := guarded(t, 4*len(x))
	s := unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), len(x))
	copy(s, x)
	return s
}

func TestLinearStaysInside(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, s := range shapes {
			rows, n, k := s[0], s[1], s[2]
			x := guardedCopy(t, random(r, rows*k))
			bias, residual := guardedCopy(t, random(r, n)), guardedCopy(t, random(r, rows*n))
			dst := guardedCopy(t, make([]float32, rows*n))
			f32 := PackF32(random(r, n*k), n, k)
			f16 := PackF16(random(r, n*k), n, k)
			data := guarded(t, len(f16.f16))
			copy(data, f16.f16)
			f32.f32, f16.f16 = guardedCopy(t, f32.f32), data
			for _, w := range []*Packed{f32, f16} {
				Linear(dst, x, rows, w, Epilogue{Bias: bias, Residual: residual, Activation: GELU})
			}
		}
	})
}

func TestLinearInt8StaysInside(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, s := range shapes {
			rows, n, k := s[0], s[1], s[2]
			w := PackInt8(random(r, n*k), n, k)
			data := guarded(t, len(w.data))
			copy(data, w.data)
			w.data, w.scale, w.sum = data, guardedCopy(t, w.scale), guardedCopy(t, w.sum)
			x := Quantized{data: guarded(t, rows*roundUp(k, Panel)),
				scale: guardedCopy(t, make([]float32, rows)), zero: guardedCopy(t, make([]float32, rows))}
			x.Resize(rows, k)
			x.SetRows(guardedCopy(t, random(r, rows*k)), 0, rows)
			dst := guardedCopy(t, random(r, rows*n))
			LinearInt8(dst, &x, w, Epilogue{Bias: guardedCopy(t, random(r, n)), Residual: dst})
		}
	})
}

func TestElementwiseStaysInside(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for n := 1; n < 70; n++ {
			x, gamma, beta := guardedCopy(t, random(r, n)), guardedCopy(t, random(r, n)), guardedCopy(t, random(r, n))
			for _, a := range []Activation{GELU, GELUTanh, ReLU, Tanh} {
				a.Apply(x)
			}
			Axpy(x, 2, gamma)
			LayerNorm(x, x, gamma, beta, 1e-12)
			Softmax(x)
			data := guarded(t, 2*n)
			DecodeF16(x, data)
		}
	})
}

func TestAttentionStaysInside(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, h := range []Heads{{2, 32}, {1, 64}, {3, 5}, {1, 16}} {
			for _, rows := range []int{1, 7, 16, 33} {
				qkv := guardedCopy(t, random(r, rows*3*h.Width()))
				dst := guardedCopy(t, make([]float32, rows*h.Width()))
				s := &Scratch{keys: guardedCopy(t, make([]float32, 1<<13)), values: guardedCopy(t, make([]float32, 1<<13))}
				Attention(dst, qkv, rows, h, 0, h.Count, s)
				AttentionBF16(dst, qkv, rows, h, 0, h.Count, s)
			}
		}
	})
}

// TestPackedInt8 rounds packed weights in place of those that were packed, which
// end before a page without access.
func TestPackedInt8(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, s := range [][2]int{{1, 4}, {16, 8}, {21, 7}, {40, 384}, {33, 12}} {
			n, k := s[0], s[1]
			w := random(r, n*k)
			clear(w[:k])
			f16 := PackF16(w, n, k)
			for i := range n {
				f16.Row(w[i*k:(i+1)*k], i) // as binary16 has it
			}
			data := guarded(t, len(f16.f16))
			copy(data, f16.f16)
			f16.f16 = data
			f32 := PackF32(w, n, k)
			f32.f32 = guardedCopy(t, f32.f32)
			want := PackInt8(w, n, k)
			for name, p := range map[string]*Packed{"f16": f16, "f32": f32} {
				got := p.Int8()
				if !bytes.Equal(got.data, want.data) || !sameBits(got.scale, want.scale) || !sameBits(got.sum, want.sum) {
					t.Errorf("%d×%d of %s: other bytes, scales or sums", n, k, name)
				}
			}
		}
	})
}
