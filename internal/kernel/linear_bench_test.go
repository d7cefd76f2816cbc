package kernel

import (
	"fmt"
	"testing"
)

// benchShapes are the matrices of MiniLM (N×K).
var benchShapes = [][2]int{{1152, 384}, {384, 384}, {1536, 384}, {384, 1536}}

// BenchmarkLinear reports the speed of the matrix products of MiniLM for a
// short query, one passage and a batch.
func BenchmarkLinear(b *testing.B) {
	for _, l := range supported {
		for _, rows := range []int{12, 237, 2000} {
			for _, s := range benchShapes {
				for _, kind := range []string{"f32", "f16"} {
					b.Run(fmt.Sprintf("%s/%s/%dx%dx%d", l, kind, rows, s[0], s[1]), func(b *testing.B) {
						withLevel(b, l)
						benchLinear(b, rows, s[0], s[1], kind == "f16")
					})
				}
			}
		}
	}
}

func benchLinear(b *testing.B, rows, n, k int, f16 bool) {
	r := source()
	w := PackF32(random(r, n*k), n, k)
	if f16 {
		w = PackF16(random(r, n*k), n, k)
	}
	x, dst := random(r, rows*k), make([]float32, rows*n)
	e := Epilogue{Bias: random(r, n)}
	for b.Loop() {
		Linear(dst, x, rows, w, e)
	}
	speed := 2 * float64(rows) * float64(n) * float64(k) * float64(b.N) / b.Elapsed().Seconds() / 1e9
	b.ReportMetric(speed, "GFLOPS")
	if peak := Peak(); peak > 0 {
		b.ReportMetric(100*speed/peak, "%peak")
	}
}
