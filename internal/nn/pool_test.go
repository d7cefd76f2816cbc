package nn

import (
	"math"
	"slices"
	"testing"
)

func TestPools(t *testing.T) {
	x := []float32{1, -4, 3, -2, 5, -6} // three tokens of two values
	root3, root2 := float32(math.Sqrt(3)), float32(math.Sqrt(2))
	for _, c := range []struct {
		name string
		pool func(dst, x []float32, skip int)
		skip int
		want []float32
	}{
		{"mean", MeanPool, 0, []float32{3, -4}},
		{"mean", MeanPool, 1, []float32{4, -4}},
		{"mean", MeanPool, 3, []float32{0, 0}},
		{"mean", MeanPool, 9, []float32{0, 0}},
		{"mean sqrt", MeanSqrtPool, 0, []float32{9 / root3, -12 / root3}},
		{"mean sqrt", MeanSqrtPool, 1, []float32{8 / root2, -8 / root2}},
		{"weighted mean", WeightedMeanPool, 0, []float32{22.0 / 6, -26.0 / 6}},
		{"weighted mean", WeightedMeanPool, 1, []float32{21.0 / 5, -22.0 / 5}},
		{"max", MaxPool, 0, []float32{5, -2}},
		{"max", MaxPool, 2, []float32{5, -6}},
		{"max", MaxPool, 3, []float32{0, 0}},
		{"first", FirstPool, 0, []float32{1, -4}},
		{"first", FirstPool, 2, []float32{5, -6}},
		{"first", FirstPool, 3, []float32{1, -4}},
		{"last", LastPool, 0, []float32{5, -6}},
	} {
		got := []float32{99, 99}
		c.pool(got, x, c.skip)
		for i := range got {
			if math.Abs(float64(got[i]-c.want[i])) > 1e-5 {
				t.Errorf("%s without %d: %v, want %v", c.name, c.skip, got, c.want)
			}
		}
	}
}

func TestNormalize(t *testing.T) {
	x := []float32{3, 0, -4}
	Normalize(x)
	if !slices.Equal(x, []float32{0.6, 0, -0.8}) {
		t.Errorf("normalised to %v", x)
	}
	zero := make([]float32, 3)
	Normalize(zero)
	if !slices.Equal(zero, make([]float32, 3)) {
		t.Errorf("zeros became %v", zero)
	}
}

func TestTables(t *testing.T) {
	f32, err := NewTable([]float32{1, 2, 3, -4}, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	f16, err := NewTableF16([]byte{0, 0x3c, 0, 0x40, 0, 0x42, 0, 0xc4}, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []Table{f32, f16} {
		row, scratch := make([]float32, 2), make([]float32, 2)
		table.Row(row, 1)
		table.AddRow(row, scratch, 0)
		if !slices.Equal(row, []float32{4, -2}) {
			t.Errorf("rows 1 and 0 add to %v", row)
		}
	}
	if _, err := NewTable(make([]float32, 5), 2, 2); err == nil {
		t.Error("no error for a table of a wrong size")
	}
	if _, err := NewTableF16(make([]byte, 7), 2, 2); err == nil {
		t.Error("no error for a binary16 table of a wrong size")
	}
}
