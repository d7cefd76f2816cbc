//go:build unix

package kernel

import (
	"fmt"
	"testing"
)

func TestTranspose(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		for _, s := range [][2]int{{1, 1}, {7, 9}, {8, 8}, {8, 17}, {23, 16}, {64, 40}, {31, 33}} {
			rows, columns := s[0], s[1]
			xStride, dstStride := columns+3, rows+5
			x := guardedCopy(t, random(source(), (rows-1)*xStride+columns))
			dst := guardedCopy(t, make([]float32, (columns-1)*dstStride+rows))
			Transpose(dst, x, rows, columns, dstStride, xStride)
			for i := range dst {
				want := float32(0) // between the rows nothing is written
				if c, r := i/dstStride, i%dstStride; r < rows {
					want = x[r*xStride+c]
				}
				if dst[i] != want {
					t.Fatalf("%d×%d: element %d is %v, want %v", rows, columns, i, dst[i], want)
				}
			}
		}
		Transpose(nil, nil, 0, 4, 0, 4)
	})
}

// TestRepack checks that both ways to fill a Packed give what PackF32 gives,
// also in memory that held another matrix.
func TestRepack(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		p := NewPacked(3, 70)
		for _, s := range [][2]int{{1, 1}, {40, 9}, {16, 16}, {5, 33}, {48, 64}} {
			n, k := s[0], s[1]
			w := random(source(), n*k)
			want := PackF32(w, n, k)
			p.Resize(n, k)
			for i := range p.Panels() {
				p.SetRows(w, k, i, i+1)
			}
			if !sameBits(p.f32, want.f32) {
				t.Errorf("%d×%d packed by rows differs", n, k)
			}
			transposed := make([]float32, k*(n+2))
			Transpose(transposed, w, n, k, n+2, k)
			p.Resize(n, k)
			p.SetTransposed(transposed, n+2, 0, p.Panels())
			if !sameBits(p.f32, want.f32) {
				t.Errorf("%d×%d packed from its transpose differs", n, k)
			}
		}
	})
}

func TestRepackWrongShape(t *testing.T) {
	w := make([]float32, 12)
	for name, f := range map[string]func(){
		"short":     func() { NewPacked(4, 4).SetRows(w, 4, 0, 1) },
		"stride":    func() { NewPacked(3, 4).SetRows(w, 3, 0, 1) },
		"panels":    func() { NewPacked(3, 4).SetTransposed(w, 3, 0, 2) },
		"transpose": func() { Transpose(w, w[:11], 3, 4, 3, 4) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("a wrong shape went unnoticed")
				}
			}()
			f()
		})
	}
}

func BenchmarkTranspose(b *testing.B) {
	const rows, columns = 1024, 384
	x, dst := make([]float32, rows*columns), make([]float32, rows*columns)
	for _, stride := range []int{rows, rows + 16} {
		b.Run(fmt.Sprint(stride), func(b *testing.B) {
			dst := append(dst, make([]float32, columns*16)...)
			b.SetBytes(4 * rows * columns)
			for b.Loop() {
				Transpose(dst, x, rows, columns, stride, columns)
			}
		})
	}
}
