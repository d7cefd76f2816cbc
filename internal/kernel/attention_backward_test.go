package kernel

import (
	"fmt"
	"math"
	"testing"
)

// lossOfHead is Σ w·O for one head with attention weights multiplied by mask,
// all in float64: what SelfLook differentiates.
func lossOfHead(qkv, w, mask []float64, rows int, h Heads, head int) float64 {
	width, d := h.Width(), h.Size
	loss := 0.0
	p := make([]float64, rows)
	for i := range rows {
		sum := 0.0
		for j := range rows {
			s := 0.0
			for c := head * d; c < (head+1)*d; c++ {
				s += qkv[i*3*width+c] * qkv[j*3*width+width+c]
			}
			p[j] = math.Exp(s / math.Sqrt(float64(d)))
			sum += p[j]
		}
		for j := range rows {
			for c := head * d; c < (head+1)*d; c++ {
				loss += w[i*width+c] * p[j] / sum * mask[i*rows+j] * qkv[j*3*width+2*width+c]
			}
		}
	}
	return loss
}

// maskOf lists the factors that drop gives to the weights of a head.
func maskOf(drop Dropout, rows, head int) []float64 {
	mask := make([]float64, rows*rows)
	row := make([]float32, rows)
	for i := range rows {
		for j := range row {
			row[j] = 1
		}
		drop.Stream(head).Apply(row, i)
		for j, v := range row {
			mask[i*rows+j] = float64(v)
		}
	}
	return mask
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestAttentionBackward compares with central differences of the float64 loss.
func TestAttentionBackward(t *testing.T) {
	eachLevel(t, func(t *testing.T) {
		r := source()
		for _, c := range []struct {
			h    Heads
			rows int
		}{{Heads{2, 32}, 5}, {Heads{1, 64}, 37}, {Heads{3, 7}, 16}, {Heads{2, 16}, 1}, {Heads{2, 5}, 33}} {
			for _, rate := range []float32{0, 0.3} {
				t.Run(fmt.Sprintf("%dx%d/%d/%v", c.h.Count, c.h.Size, c.rows, rate), func(t *testing.T) {
					drop := NewDropout(rate, 9)
					qkv, dout := random(r, c.rows*3*c.h.Width()), random(r, c.rows*c.h.Width())
					out, dqkv := make([]float32, len(dout)), make([]float32, len(qkv))
					var s TrainingScratch
					if drop.Active() {
						SelfLook(c.rows, c.h, false).Forward(out, qkv, qkv[c.h.Width():], 0, c.h.Count, drop, &s)
					} else {
						Attention(out, qkv, c.rows, c.h, 0, c.h.Count, new(Scratch))
					}
					w := c.h.Width()
					SelfLook(c.rows, c.h, false).Backward(dqkv, dqkv[w:], dout, qkv, qkv[w:], out, 0, c.h.Count, drop, &s)
					checkAttentionGradient(t, dqkv, qkv, dout, c.rows, c.h, drop)
				})
			}
		}
	})
}

func checkAttentionGradient(t *testing.T, got, qkv, dout []float32, rows int, h Heads, drop Dropout) {
	t.Helper()
	const step = 1e-5
	x, w := widen(qkv), widen(dout)
	for i := 0; i < len(x); i += 1 + len(x)/200 {
		head := i % h.Width() / h.Size
		mask := maskOf(drop, rows, head)
		old := x[i]
		x[i] = old + step
		high := lossOfHead(x, w, mask, rows, h, head)
		x[i] = old - step
		want := (high - lossOfHead(x, w, mask, rows, h, head)) / (2 * step)
		x[i] = old
		if math.Abs(float64(got[i])-want) > 2e-5*(1+math.Abs(want)) {
			t.Fatalf("gradient %d is %v, want %v", i, got[i], want)
		}
	}
}

// TestAttentionDropoutWithoutDropout checks that the two forward passes agree.
func TestAttentionDropoutWithoutDropout(t *testing.T) {
	h, rows := Heads{3, 32}, 45
	qkv := random(source(), rows*3*h.Width())
	a, b := make([]float32, rows*h.Width()), make([]float32, rows*h.Width())
	Attention(a, qkv, rows, h, 0, h.Count, new(Scratch))
	SelfLook(rows, h, false).Forward(b, qkv, qkv[h.Width():], 0, h.Count, Dropout{}, new(TrainingScratch))
	for i := range a {
		if math.Abs(float64(a[i]-b[i])) > 1e-5 {
			t.Fatalf("element %d is %v with a dropout of nothing, %v without", i, b[i], a[i])
		}
	}
}

func BenchmarkAttentionBackward(b *testing.B) {
	h := Heads{12, 32}
	for _, rows := range []int{32, 256} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			qkv, dout := random(source(), rows*3*h.Width()), random(source(), rows*h.Width())
			out, dqkv := make([]float32, len(dout)), make([]float32, len(qkv))
			var s TrainingScratch
			b.ReportAllocs()
			for b.Loop() {
				SelfLook(rows, h, false).Backward(dqkv, dqkv[h.Width():], dout, qkv, qkv[h.Width():], out, 0, h.Count, Dropout{}, &s)
			}
			b.ReportMetric(10*float64(rows*rows*h.Width())*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOPS")
		})
	}
}
