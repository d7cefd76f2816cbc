package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// eachLevel runs f once for every level that this build and processor have.
func eachLevel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	for _, l := range supported {
		t.Run(l.String(), func(t *testing.T) {
			withLevel(t, l)
			f(t)
		})
	}
}

// withLevel makes l the active level until the test ends.
func withLevel(tb testing.TB, l Level) {
	old := active
	active = l
	tb.Cleanup(func() { active = old })
}

func TestChoose(t *testing.T) {
	levels := []Level{Generic, AVX2, AVX512}
	for _, c := range []struct {
		name string
		want Level
		ok   bool
	}{
		{"", AVX512, true},
		{"generic", Generic, true},
		{"AVX2", AVX2, true},
		{"avx512vnni", AVX512, false},
		{"neon", AVX512, false},
		{"fast", AVX512, false},
	} {
		got, err := choose(c.name, levels)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("choose(%q) = %v, %v; want %v, ok %v", c.name, got, err, c.want, c.ok)
		}
	}
}

// random returns n values of a normal distribution.
func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// source returns a generator with a fixed seed, so that failures repeat.
func source() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// sameBits reports whether a and b are equal to the bit.
func sameBits(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}
