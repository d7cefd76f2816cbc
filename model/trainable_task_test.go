package model

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/internal/safetensors"
)

// headBatch is the batch of a golden file.
func headBatch(g headGolden) *Batch {
	b := &Batch{}
	for i, ids := range g.IDs {
		types := make([]uint8, len(ids))
		if g.Types != nil {
			types = g.Types[i]
		}
		b.Add(ids, types)
	}
	return b
}

// allRows lists the rows of b.
func allRows(b *Batch) []int {
	rows := make([]int, len(b.IDs))
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// sines is the gradient of the loss that _gen/heads.py takes, sin(i+1) for
// value i; those of the first and the last token of an answer are two fields.
func sines(task Task, s *TaskScores) *TaskScores {
	d := &TaskScores{}
	wave := func(x []float32, fields int) (y []float32) {
		for i := range x {
			y = append(y, float32(math.Sin(float64(i/fields+1))))
		}
		return y
	}
	fields := 1
	if task == QuestionAnswering {
		fields = 2
	}
	d.Texts, d.Tokens, d.Words = wave(s.Texts, 1), wave(s.Tokens, fields), wave(s.Words, 1)
	return d
}

// TestHeadGradientsOfPyTorch compares the gradient of every tensor of every
// head with PyTorch's.
func TestHeadGradientsOfPyTorch(t *testing.T) {
	dirs, err := filepath.Glob("testdata/heads/*")
	if err != nil || len(dirs) < 11 {
		t.Fatalf("%d models in testdata/heads (%v)", len(dirs), err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			m, err := LoadTask(dir)
			if err != nil {
				t.Fatal(err)
			}
			w, err := m.Trainable(nil)
			if err != nil {
				t.Fatal(err)
			}
			team := nn.NewTeam(2)
			defer team.Close()
			b := headBatch(readGolden(t, dir))
			scores, tape, err := w.Forward(team, b, allRows(b), ForwardOptions{Train: true})
			if err != nil {
				t.Fatal(err)
			}
			w.Backward(team, tape, sines(m.Task, scores))
			compareHeadGradients(t, w, filepath.Join(dir, "gradients.safetensors"))
		})
	}
}

func compareHeadGradients(t *testing.T, w *TrainableTask, path string) {
	t.Helper()
	golden, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = golden.Close() }()
	if got, want := len(w.Params()), len(golden.Tensors()); got != want {
		t.Errorf("%d tensors are trained, PyTorch trains %d", got, want)
	}
	for _, p := range w.Params() {
		want, err := golden.Floats(p.Name)
		if err != nil {
			t.Fatal(err)
		}
		want = want[len(want)-len(p.Grad):] // positions that no token takes come first
		// The gradient of a key's bias is zero but for rounding.
		if strings.HasSuffix(p.Name, "key.bias") && length(want) < 1e-4 && length(p.Grad) < 1e-4 {
			continue
		}
		if e := distance(p.Grad, want) / length(want); !(e <= 1e-4) {
			t.Errorf("%s: the gradient is off by %.2g of its length", p.Name, e)
		}
	}
}

// TestHeadGradientsWithDropout compares gradients with the change of the loss
// when one value moves a little either way, with dropout.
func TestHeadGradientsWithDropout(t *testing.T) {
	for _, name := range []string{"bert-sequence", "bert-token", "xlm-sequence", "bert-pretraining"} {
		dir := filepath.Join("testdata", "heads", name)
		m, err := LoadTask(dir)
		if err != nil {
			t.Fatal(err)
		}
		w, err := m.Trainable(nil)
		if err != nil {
			t.Fatal(err)
		}
		b, o := headBatch(readGolden(t, dir)), ForwardOptions{Dropout: 0.2, Seed: 3}
		loss := func() (sum float64) {
			w.Refresh(nil)
			s, _, err := w.Forward(nil, b, []int{2, 0}, o)
			if err != nil {
				t.Fatal(err)
			}
			d := sines(m.Task, s)
			for i, x := range slices.Concat(s.Texts, s.Tokens, s.Words) {
				sum += float64(x) * float64(slices.Concat(d.Texts, d.Tokens, d.Words)[i])
			}
			return sum
		}
		o.Train = true
		scores, tape, err := w.Forward(nil, b, []int{2, 0}, o)
		if err != nil {
			t.Fatal(err)
		}
		w.Backward(nil, tape, sines(m.Task, scores))
		o.Train = false
		r := rand.New(rand.NewPCG(1, 1))
		for _, p := range w.Params() {
			i := r.IntN(len(p.Value))
			const step = 1.0 / 512
			keep := p.Value[i]
			p.Value[i] = keep + step
			above := loss()
			p.Value[i] = keep - step
			below := loss()
			p.Value[i] = keep
			got, want := float64(p.Grad[i]), (above-below)/(2*step)
			if math.Abs(got-want) > 2e-2*(0.2+math.Abs(want)) {
				t.Errorf("%s: %s[%d]: gradient %.5f, by differences %.5f", name, p.Name, i, got, want)
			}
		}
	}
}

// TestTrainableTaskIsTheModel computes the same scores before training, in
// training and after it.
func TestTrainableTaskIsTheModel(t *testing.T) {
	for _, name := range []string{"bert-sequence", "xlm-sequence", "bert-answer", "bert-pretraining"} {
		dir := filepath.Join("testdata", "heads", name)
		m, err := LoadTask(dir)
		if err != nil {
			t.Fatal(err)
		}
		w, err := m.Trainable(&TrainableOptions{Layers: 1})
		if err != nil {
			t.Fatal(err)
		}
		again, err := w.Task()
		if err != nil {
			t.Fatal(err)
		}
		b := headBatch(readGolden(t, dir))
		for kind, want := range headOutputs(t, m, b) {
			if !slices.Equal(headOutputs(t, again, b)[kind], want) {
				t.Errorf("%s: other %s after a training without steps", name, kind)
			}
		}
	}
}
