package model

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// TestGradientsOfPyTorch compares vectors and the gradient of every tensor with
// PyTorch's on tiny models (_gen/gradients.py).
func TestGradientsOfPyTorch(t *testing.T) {
	for _, act := range []string{"gelu", "gelu_new", "relu"} {
		t.Run(act, func(t *testing.T) {
			dir := filepath.Join("testdata", "gradients", act)
			text, err := os.ReadFile(filepath.Join(dir, "batch.json"))
			if err != nil {
				t.Fatal(err)
			}
			var lists struct {
				IDs   [][]int32 `json:"ids"`
				Types [][]int   `json:"types"`
			}
			if err := json.Unmarshal(text, &lists); err != nil {
				t.Fatal(err)
			}
			b := &Batch{}
			for i, ids := range lists.IDs {
				types := make([]uint8, len(ids))
				for j, kind := range lists.Types[i] {
					types[j] = uint8(kind)
				}
				b.Add(ids, types)
			}
			compareGradients(t, dir, b)
		})
	}
}

// compareGradients checks the model of dir against dir/gradients.safetensors.
func compareGradients(t *testing.T, dir string, b *Batch) {
	t.Helper()
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Normalize = true
	floats := goldenFloats(t, filepath.Join(dir, "gradients.safetensors"))
	w, err := s.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	team := nn.NewTeam(2)
	defer team.Close()
	vectors, tape, err := w.Forward(team, b, ForwardOptions{Train: true})
	if err != nil {
		t.Fatal(err)
	}
	if e := distance(vectors, floats("vectors")); e > 1e-5 {
		t.Errorf("vectors are off by %.2g", e)
	}
	w.Backward(team, tape, floats("vectors.grad"))
	for _, p := range w.Params() {
		want := floats(p.Name)
		// The gradient of a key's bias is zero but for rounding.
		if length(want) < 1e-5 {
			if length(p.Grad) > 1e-5 {
				t.Errorf("%s: the gradient has length %.2g, want nearly 0", p.Name, length(p.Grad))
			}
			continue
		}
		if e := distance(p.Grad, want) / length(want); e > 1e-4 {
			t.Errorf("%s: the gradient is off by %.2g of its length", p.Name, e)
		}
	}
}

func length(x []float32) float64 { return distance(x, make([]float32, len(x))) }

// distance is the length of a-b.
func distance(a, b []float32) float64 {
	square := 0.0
	for i, v := range a {
		square += float64(v-b[i]) * float64(v-b[i])
	}
	return math.Sqrt(square)
}
