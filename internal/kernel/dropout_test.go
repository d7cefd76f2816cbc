package kernel

import (
	"math"
	"slices"
	"testing"
)

func ones(n int) []float32 { return slices.Repeat([]float32{1}, n) }

func TestDropoutShare(t *testing.T) {
	for _, rate := range []float32{0, 0.1, 0.5, 0.9} {
		d := NewDropout(rate, 3)
		const rows, n = 200, 301
		dropped, sum := 0, 0.0
		for r := range rows {
			x := ones(n)
			d.Apply(x, r)
			for _, v := range x {
				if v == 0 {
					dropped++
				}
				sum += float64(v)
			}
		}
		if got := float64(dropped) / (rows * n); math.Abs(got-float64(rate)) > 0.01 {
			t.Errorf("a share of %v is left out, want %v", got, rate)
		}
		if mean := sum / (rows * n); math.Abs(mean-1) > 0.03 {
			t.Errorf("rate %v: the mean of ones becomes %v", rate, mean)
		}
	}
}

// TestDropoutRepeats checks that a mask depends on seed, stream and row, and on
// nothing else.
func TestDropoutRepeats(t *testing.T) {
	mask := func(d Dropout, row, n int) []float32 {
		x := ones(n)
		d.Apply(x, row)
		return x
	}
	d := NewDropout(0.5, 1)
	first := mask(d.Stream(4), 7, 100)
	if !slices.Equal(first, mask(NewDropout(0.5, 1).Stream(4), 7, 100)) || !slices.Equal(first[:40], mask(d.Stream(4), 7, 40)) {
		t.Error("the same row has another mask")
	}
	for name, other := range map[string][]float32{
		"seed": mask(NewDropout(0.5, 2).Stream(4), 7, 100), "stream": mask(d.Stream(5), 7, 100), "row": mask(d.Stream(4), 8, 100),
	} {
		same := 0
		for i := range other {
			if other[i] == first[i] {
				same++
			}
		}
		if same < 25 || same > 75 {
			t.Errorf("another %s: %d of 100 decisions are the same", name, same)
		}
	}
}
