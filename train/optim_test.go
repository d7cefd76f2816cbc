package train

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/model"
)

// twoParams are a matrix and a bias.
func twoParams() []*model.Param {
	r := rand.New(rand.NewPCG(1, 2))
	var params []*model.Param
	for _, n := range []int{37, 5} {
		p := &model.Param{Value: make([]float32, n), Grad: make([]float32, n), Decay: n == 37}
		for i := range n {
			p.Value[i], p.Grad[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
		}
		params = append(params, p)
	}
	return params
}

// TestAdamWGoesDownhill checks decay, which is the matrix's alone, and the first
// step, which is the learning rate against the sign of the gradient.
func TestAdamWGoesDownhill(t *testing.T) {
	params := twoParams()
	before := [][]float32{slices.Clone(params[0].Value), slices.Clone(params[1].Value)}
	NewAdamW(params, AdamWOptions{Decay: 0.5}).Step(0.01)
	for i, p := range params {
		for k, v := range before[i] {
			want := float64(v) - 0.01*math.Copysign(1, float64(p.Grad[k]))
			if p.Decay {
				want -= 0.01 * 0.5 * float64(v)
			}
			if math.Abs(float64(p.Value[k])-want) > 1e-6 {
				t.Errorf("value %d of parameter %d is %v, want %v", k, i, p.Value[k], want)
			}
		}
	}
}

// TestAdamWRates: a parameter with ten times the rate goes as one at a rate ten
// times as high, in decay too.
func TestAdamWRates(t *testing.T) {
	fast, plain := twoParams(), twoParams()
	for _, p := range fast {
		p.Rate = 10
	}
	a, b := NewAdamW(fast, AdamWOptions{Decay: 0.1}), NewAdamW(plain, AdamWOptions{Decay: 0.1})
	for range 3 {
		for i := range fast {
			copy(fast[i].Grad, plain[i].Value)
			copy(plain[i].Grad, plain[i].Value)
		}
		a.Step(0.001)
		b.Step(0.01)
	}
	for i := range fast {
		for k, v := range fast[i].Value {
			if want := plain[i].Value[k]; math.Abs(float64(v-want)) > 1e-6 {
				t.Errorf("parameter %d: %v, want %v", i, v, want)
			}
		}
	}
}

// TestAdamWResumes continues from a saved state with the same bits.
func TestAdamWResumes(t *testing.T) {
	one, two := twoParams(), twoParams()
	a := NewAdamW(one, AdamWOptions{Decay: 0.01})
	b := NewAdamW(two, AdamWOptions{Decay: 0.01})
	a.Step(1e-3)
	b.Step(1e-3)
	var state bytes.Buffer
	if _, err := a.WriteTo(&state); err != nil {
		t.Fatal(err)
	}
	c := NewAdamW(one, AdamWOptions{Decay: 0.01})
	if _, err := c.ReadFrom(bytes.NewReader(state.Bytes())); err != nil {
		t.Fatal(err)
	}
	b.Step(1e-3)
	c.Step(1e-3)
	for i := range one {
		if !slices.Equal(one[i].Value, two[i].Value) {
			t.Errorf("parameter %d differs after a resume", i)
		}
	}
	for n := 0; n < state.Len(); n += 13 {
		if _, err := c.ReadFrom(bytes.NewReader(state.Bytes()[:n])); err == nil {
			t.Errorf("no error for %d of %d bytes", n, state.Len())
		}
	}
}

func TestClip(t *testing.T) {
	params := twoParams()
	length := Clip(params, 1)
	if again := Clip(params, 1); length < 2 || math.Abs(again-1) > 1e-5 {
		t.Errorf("length %v is clipped to %v, want 1", length, again)
	}
	kept := slices.Clone(params[0].Grad)
	if Clip(params, 2); !slices.Equal(kept, params[0].Grad) {
		t.Error("gradients that are short enough changed")
	}
}

func TestLinearWarmup(t *testing.T) {
	for step, want := range []float64{0.5, 1, 1, 0.75, 0.5, 0.25} {
		if got := LinearWarmup(step, 6, 2); math.Abs(got-want) > 1e-12 {
			t.Errorf("step %d has %v of the rate, want %v", step, got, want)
		}
	}
}
