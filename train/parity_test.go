package train

import (
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/internal/safetensors"
	"github.com/bertsearch/bertsearch/model"
)

// parityBatch is a batch of model/_gen/gradients.py: texts 2i and 2i+1 are a
// pair.
type parityBatch struct {
	IDs [][]int32 `json:"ids"`
}

// model packs the queries, then their positives.
func (p parityBatch) model() *model.Batch {
	b := &model.Batch{}
	for side := range 2 {
		for i := side; i < len(p.IDs); i += 2 {
			b.Add(p.IDs[i], make([]uint8, len(p.IDs[i])))
		}
	}
	return b
}

// TestParitySteps compares the gradients of one batch and 50 steps of AdamW on
// the full model with PyTorch: the loss of each step within 1 %, the weights
// within 1e-4.
func TestParitySteps(t *testing.T) {
	weights, dir := os.Getenv("BERTSEARCH_WEIGHTS"), os.Getenv("BERTSEARCH_STEPS")
	if weights == "" {
		t.Skip("parity: BERTSEARCH_WEIGHTS not set")
	}
	if dir == "" {
		dir = runPyTorch(t, weights)
	}
	compareSteps(t, weights, dir, 2e-5)
}

// TestStepsOfPyTorch is TestParitySteps for a tiny model at a high learning
// rate, without its first gradient, which package model compares.
func TestStepsOfPyTorch(t *testing.T) {
	dir := filepath.Join("..", "model", "testdata", "gradients", "gelu")
	compareSteps(t, dir, dir, 1e-3)
}

// compareSteps trains the model of the folder weights as PyTorch did, whose
// results stand in dir.
func compareSteps(t *testing.T, weights, dir string, rate float64) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "steps.json"))
	if err != nil {
		t.Fatal(err)
	}
	var steps struct {
		Batches []parityBatch `json:"batches"`
		Losses  []float64     `json:"losses"`
	}
	if err := json.Unmarshal(text, &steps); err != nil {
		t.Fatal(err)
	}
	s, err := model.Load(weights)
	if err != nil {
		t.Fatal(err)
	}
	s.Normalize = true
	w, err := s.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	team := nn.NewTeam(2)
	defer team.Close()
	optimizer := NewAdamW(w.Params(), AdamWOptions{Decay: 0.01})
	total, worst := len(steps.Batches), 0.0
	for i, batch := range steps.Batches {
		loss := parityGradient(t, w, team, batch, model.ForwardOptions{Train: true})
		if i == 0 && weights != dir {
			compareParity(t, filepath.Join(dir, "gradients.safetensors"), w.Params(), func(p *model.Param) []float32 { return p.Grad })
		}
		Clip(w.Params(), 1)
		optimizer.Step(rate * LinearWarmup(i, total, max(1, total/10)))
		w.Refresh(team)
		off := math.Abs(loss-steps.Losses[i]) / steps.Losses[i]
		if worst = max(worst, off); off > 0.01 {
			t.Errorf("step %d: loss %v, PyTorch has %v", i, loss, steps.Losses[i])
		}
	}
	t.Logf("worst loss of %d steps: off by %.2g of it", total, worst)
	compareParity(t, filepath.Join(dir, "weights.safetensors"), w.Params(), func(p *model.Param) []float32 { return p.Value })
}

// parityGradient computes the loss of in-batch negatives and its gradient.
func parityGradient(t testing.TB, w *model.Trainable, team *nn.Team, batch parityBatch, o model.ForwardOptions) float64 {
	t.Helper()
	w.ZeroGrad()
	values, tape, err := w.Forward(team, batch.model(), o)
	if err != nil {
		t.Fatal(err)
	}
	n := len(batch.IDs) / 2
	v := &Vectors{Dim: w.Dimension(), Count: n, First: make([]int, n+1), Values: values}
	grad := make([]float32, len(values))
	loss := MultipleNegatives{Scale: 20}.Loss(v, grad)
	w.Backward(team, tape, grad)
	return loss
}

// compareParity checks each tensor of path: within 1e-4 of its length.
func compareParity(t *testing.T, path string, params []*model.Param, values func(*model.Param) []float32) {
	t.Helper()
	golden, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = golden.Close() }()
	worst, name, most := 0.0, "", 0.0
	for _, p := range params {
		// A key's bias changes no attention weight: its gradient is zero but for
		// rounding, of which AdamW makes steps of full size.
		if strings.HasSuffix(p.Name, "attention.self.key.bias") {
			continue
		}
		want, err := golden.Floats(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		var length, square float64
		for i, v := range values(p) {
			d := float64(v - want[i])
			length, square = length+float64(want[i])*float64(want[i]), square+d*d
			most = max(most, math.Abs(d))
		}
		if off := math.Sqrt(square / length); off > worst {
			worst, name = off, p.Name
		}
	}
	t.Logf("%s: the worst tensor, %s, is off by %.2g of its length; no element by more than %.2g", filepath.Base(path), name, worst, most)
	if worst > 1e-4 {
		t.Errorf("%s: %s is off by %.2g of its length", filepath.Base(path), name, worst)
	}
}

// runPyTorch makes what to compare with: 50 steps take PyTorch a minute or two.
func runPyTorch(t *testing.T, weights string) string {
	t.Helper()
	python := os.Getenv("BERTSEARCH_PYTHON")
	if python == "" {
		t.Skip("parity: BERTSEARCH_PYTHON, a Python with torch and transformers, not set")
	}
	dir := t.TempDir()
	script := filepath.Join("..", "model", "_gen", "gradients.py")
	if out, err := exec.Command(python, script, weights, dir, "50").CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return dir
}
