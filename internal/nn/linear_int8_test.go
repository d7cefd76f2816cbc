package nn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// TestLinearInt8 compares with the product of float32, alone and by a team.
func TestLinearInt8(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		return x
	}
	const rows, n, k = 9, 70, 130
	l := Linear{Weight: kernel.PackF32(random(n*k), n, k), Bias: random(n)}
	x, residual := random(rows*k), random(rows*n)
	want := make([]float32, rows*n)
	l.Forward(Share{}, want, x, rows, residual, kernel.GELU)

	bytes := NewLinearInt8(l)
	if bytes.In() != k || bytes.Out() != n {
		t.Fatalf("a product of %d×%d", bytes.Out(), bytes.In())
	}
	forward := func(team *Team) []float32 {
		var q kernel.Quantized
		q.Resize(rows, k)
		got := make([]float32, rows*n)
		team.Do(func(s Share) {
			bytes.Quantize(s, &q, x, rows)
			s.Wait()
			bytes.Forward(s, got, &q, residual, kernel.GELU)
		})
		return got
	}
	alone, team := NewTeam(1), NewTeam(3)
	defer team.Close()
	got := forward(alone)
	if !slices.Equal(forward(team), got) {
		t.Error("a team's product has other bits")
	}
	var dot, a, b float64
	for i := range got {
		dot += float64(got[i]) * float64(want[i])
		a += float64(got[i]) * float64(got[i])
		b += float64(want[i]) * float64(want[i])
	}
	if cosine := dot / math.Sqrt(a*b); cosine < 0.9998 {
		t.Errorf("cosine to the product of float32: %v", cosine)
	}
}
