package kernel

import (
	"fmt"
	"math"
	"testing"
)

// exactAttention is Attention of one head in float64, and the largest value
// of the head.
func exactAttention(qkv []float32, rows int, h Heads, head int) (out []float64, largest float64) {
	width, d := h.Width(), h.Size
	at := func(r, part, i int) float64 { return float64(qkv[r*3*width+part*width+head*d+i]) }
	out = make([]float64, rows*d)
	p := make([]float64, rows)
	for r := range rows {
		top, sum := math.Inf(-1), 0.0
		for t := range rows {
			p[t] = 0
			for i := range d {
				p[t] += at(r, 0, i) * at(t, 1, i) / math.Sqrt(float64(d))
			}
			top = max(top, p[t])
		}
		for t := range p {
			p[t] = math.Exp(p[t] - top)
			sum += p[t]
		}
		for t := range p {
			for i := range d {
				out[r*d+i] += p[t] / sum * at(t, 2, i)
				largest = max(largest, math.Abs(at(t, 2, i)))
			}
		}
	}
	return out, largest
}

func TestAttention(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		var s Scratch
		for _, c := range []struct {
			h    Heads
			rows []int
		}{
			{Heads{12, 32}, []int{1, 2, 7, 15, 33, 130}},
			{Heads{2, 64}, []int{1, 13, 29, 512}},
			{Heads{3, 5}, []int{1, 3, 40}},
			{Heads{1, 1}, []int{1, 17}},
			{Heads{2, 48}, []int{31}},
			{Heads{16, 64}, []int{30}}, // rows of 12 KB
		} {
			for _, rows := range c.rows {
				t.Run(fmt.Sprintf("%dx%d/%d", c.h.Count, c.h.Size, rows), func(t *testing.T) {
					qkv := random(r, rows*3*c.h.Width())
					dst := make([]float32, rows*c.h.Width())
					Attention(dst, qkv, rows, c.h, 0, c.h.Count, &s)
					for head := range c.h.Count {
						checkHead(t, dst, qkv, rows, c.h, head, 0x1p-20)
					}
				})
			}
		}
		Attention(nil, nil, 0, Heads{2, 3}, 0, 2, &s)
	})
}

func TestAttentionBF16(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		var s Scratch
		for _, h := range []Heads{{3, 32}, {2, 64}, {3, 5}} {
			for _, rows := range []int{1, 2, 3, 14, 15, 31, 32, 33, 64, 237} {
				qkv := random(r, rows*3*h.Width())
				dst := make([]float32, rows*h.Width())
				AttentionBF16(dst, qkv, rows, h, 0, h.Count, &s)
				for head := range h.Count {
					checkHead(t, dst, qkv, rows, h, head, 0x1p-6)
				}
				alone := make([]float32, rows*h.Width())
				AttentionBF16(alone, qkv, rows, h, 1, 2, new(Scratch))
				for i := range h.Size {
					if alone[h.Size+i] != dst[h.Size+i] {
						t.Fatalf("%d rows: a head alone has other bits", rows)
					}
				}
			}
		}
	})
}

func checkHead(t *testing.T, dst, qkv []float32, rows int, h Heads, head int, bound float64) {
	t.Helper()
	want, largest := exactAttention(qkv, rows, h, head)
	for r := range rows {
		for i := range h.Size {
			got, want := float64(dst[r*h.Width()+head*h.Size+i]), want[r*h.Size+i]
			if !(math.Abs(got-want) <= bound*largest) {
				t.Fatalf("row %d, head %d, feature %d: %v, want %v", r, head, i, got, want)
			}
		}
	}
}

// TestAttentionHeadsAlone checks that heads can be computed apart, and that a
// head leaves the columns of the others as they are.
func TestAttentionHeadsAlone(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		h, rows := Heads{5, 24}, 45
		qkv := random(source(), rows*3*h.Width())
		all := make([]float32, rows*h.Width())
		var s Scratch
		Attention(all, qkv, rows, h, 0, h.Count, &s)
		apart := make([]float32, rows*h.Width())
		for head := range h.Count {
			var fresh Scratch
			Attention(apart, qkv, rows, h, head, head+1, &fresh)
		}
		if !sameBits(apart, all) {
			t.Error("heads apart have other bits")
		}
	})
}

func TestAttentionWrongShape(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a short qkv went unnoticed")
		}
	}()
	Attention(make([]float32, 8), make([]float32, 23), 2, Heads{2, 2}, 0, 2, new(Scratch))
}

func BenchmarkAttention(b *testing.B) {
	for _, l := range supported[1:] {
		for _, rows := range []int{12, 64, 237, 512} {
			b.Run(fmt.Sprintf("%s/%d", l, rows), func(b *testing.B) {
				withLevel(b, l)
				benchAttention(b, rows, Attention)
			})
		}
	}
	for _, rows := range []int{12, 64, 237, 512} {
		b.Run(fmt.Sprintf("bf16/%d", rows), func(b *testing.B) {
			benchAttention(b, rows, AttentionBF16)
		})
	}
}

func benchAttention(b *testing.B, rows int, attention func(_, _ []float32, _ int, _ Heads, _, _ int, _ *Scratch)) {
	h := Heads{12, 32}
	var s Scratch
	qkv, dst := random(source(), rows*3*h.Width()), make([]float32, rows*h.Width())
	for b.Loop() {
		attention(dst, qkv, rows, h, 0, h.Count, &s)
	}
	b.ReportMetric(4*float64(rows*rows*h.Width())*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
}
