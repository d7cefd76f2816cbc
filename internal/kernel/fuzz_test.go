package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzShapes compares every level's products and attention with the exact ones
// over shapes and seeds.
func FuzzShapes(f *testing.F) {
	f.Add(uint16(1), uint16(1), uint16(1), uint64(1))
	f.Add(uint16(13), uint16(47), uint16(130), uint64(2))
	f.Add(uint16(29), uint16(5), uint16(1024), uint64(3))
	f.Fuzz(func(t *testing.T, a, b, c uint16, seed uint64) {
		rows, n, k := int(a)%40+1, int(b)%70+1, int(c)%1100+1
		r := rand.New(rand.NewPCG(seed, seed))
		x, w, bias := random(r, rows*k), random(r, n*k), random(r, n)
		want, magnitude := product(x, w, rows, n, k)
		packed, bytes := PackF32(w, n, k), PackInt8(w, n, k)
		heads := Heads{1 + n%3, 1 + k%70}
		qkv := random(r, rows*3*heads.Width())
		for _, l := range supported {
			withLevel(t, l)
			got := make([]float32, rows*n)
			Linear(got, x, rows, packed, Epilogue{})
			compare(t, got, want, magnitude)

			var q Quantized
			set(&q, x, rows, k)
			exact := make([]float32, rows*n)
			linearInt8Generic(exact, &q, bytes, Epilogue{Bias: bias}, 0, bytes.Panels())
			LinearInt8(got, &q, bytes, Epilogue{Bias: bias})
			for i := range got {
				if diff := got[i] - exact[i]; diff > 1e-4 || diff < -1e-4 {
					t.Fatalf("int8 element %d: %v, want %v", i, got[i], exact[i])
				}
			}

			dst := make([]float32, rows*heads.Width())
			Attention(dst, qkv, rows, heads, 0, heads.Count, new(Scratch))
			checkHead(t, dst, qkv, rows, heads, heads.Count-1, 0x1p-19)
			if again := packed.Int8(); !slices.Equal(again.data, bytes.data) || !sameBits(again.scale, bytes.scale) {
				t.Fatal("packed weights are rounded otherwise")
			}
			checkBF16(t, r, rows, Heads{1 + n%3, 32 * (1 + k%2)})
		}
	})
}

// checkBF16 compares attention in bfloat16 with the exact one.
func checkBF16(t *testing.T, r *rand.Rand, rows int, h Heads) {
	t.Helper()
	qkv := random(r, rows*3*h.Width())
	dst := make([]float32, rows*h.Width())
	AttentionBF16(dst, qkv, rows, h, 0, h.Count, new(Scratch))
	checkHead(t, dst, qkv, rows, h, h.Count-1, 0x1p-6)
}
