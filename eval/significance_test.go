package eval

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestCompareByHand(t *testing.T) {
	// Differences 1, 2, 3: t = 2/(1/√3) = 3.4641 with 2 degrees of freedom, for
	// which p = 1 - t/√(2+t²) = 1 - √(6/7). Of the 8 assignments of signs, those
	// with a sum of 6 or -6 are as extreme.
	c, err := Compare([]float64{0, 0, 0}, []float64{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 - math.Sqrt(6.0/7); math.Abs(c.TTest-want) > 1e-9 {
		t.Errorf("t-test %v, want %v", c.TTest, want)
	}
	if c.Randomisation != 2.0/8 || c.Difference != 2 || c.Queries != 3 {
		t.Errorf("got %+v, want randomisation 0.25, difference 2 of 3 queries", c)
	}
}

func TestCompareEdges(t *testing.T) {
	same := []float64{.1, .2, .3}
	if c, err := Compare(same, same); err != nil || c.TTest != 1 || c.Randomisation != 1 {
		t.Errorf("the same values: %+v (%v), want 1 and 1", c, err)
	}
	if c, err := Compare([]float64{0, 0}, []float64{.5, .5}); err != nil || c.TTest != 0 || c.Randomisation != 0.5 {
		t.Errorf("a constant difference: %+v (%v)", c, err)
	}
	for _, pair := range [][2][]float64{{{1}, {1}}, {{1, 2}, {1}}, {nil, nil}, {{1, math.NaN()}, {1, 1}}} {
		if _, err := Compare(pair[0], pair[1]); err == nil {
			t.Errorf("%v: no error", pair)
		}
	}
}

// TestCompareLarge compares many queries, where signs are drawn at random. On
// differences that are normal the two tests must nearly agree.
func TestCompareLarge(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, shift := range []float64{0, 0.03, 0.3} {
		first, second := make([]float64, 200), make([]float64, 200)
		for i := range first {
			first[i] = random.Float64()
			second[i] = first[i] + shift + 0.3*random.NormFloat64()
		}
		c, err := Compare(first, second)
		if err != nil || math.Abs(c.TTest-c.Randomisation) > 0.01 {
			t.Errorf("shift %v: %+v (%v): the tests disagree", shift, c, err)
		}
		if back, _ := Compare(second, first); back.Randomisation != c.Randomisation || math.Abs(back.TTest-c.TTest) > 1e-12 {
			t.Errorf("shift %v: the order of the systems matters: %+v, %+v", shift, c, back)
		}
		if again, _ := Compare(first, second); again != c {
			t.Errorf("shift %v: %+v, then %+v", shift, c, again)
		}
	}
}
