package bench

import "testing"

func TestHoldBack(t *testing.T) {
	for _, c := range []struct{ n, queries int }{{0, 0}, {9, 0}, {10, 1}, {105, 10}, {10_000, 1000}, {10_007, 909}, {250_000, 1000}} {
		all := make([][]float32, c.n)
		for i := range all {
			all[i] = []float32{float32(i)}
		}
		base, queries := HoldBack(all)
		if len(queries) != c.queries || len(base)+len(queries) != c.n {
			t.Errorf("%d vectors: %d and %d, want %d queries", c.n, len(base), len(queries), c.queries)
		}
		seen := map[float32]bool{}
		for _, v := range append(base, queries...) {
			seen[v[0]] = true
		}
		if len(seen) != c.n {
			t.Errorf("%d vectors: %d of them are left", c.n, len(seen))
		}
	}
}
