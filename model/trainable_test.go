package model

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/internal/nn"
)

// tinySentence is a model with every kind of module.
func tinySentence(t *testing.T, modes ...PoolingMode) *Sentence {
	t.Helper()
	c := tinyConfig()
	dir := writeTiny(t, c, tinyTensors(c, 3))
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	s.Pooling = Pooling{Modes: modes}
	s.Normalize = true
	return s
}

// lossOf is a linear loss of the vectors, with gradient slopes.
func lossOf(t *testing.T, w *Trainable, team *nn.Team, b *Batch, slopes []float32, o ForwardOptions) (float64, *Tape) {
	t.Helper()
	vectors, tape, err := w.Forward(team, b, o)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for i, v := range vectors {
		sum += float64(v) * float64(slopes[i])
	}
	return sum, tape
}

func randomSlopes(n int) []float32 {
	r := rand.New(rand.NewPCG(8, 8))
	slopes := make([]float32, n)
	for i := range slopes {
		slopes[i] = float32(r.NormFloat64())
	}
	return slopes
}

// TestTrainingComputesWhatInferenceDoes compares the two forward passes.
func TestTrainingComputesWhatInferenceDoes(t *testing.T) {
	s := tinySentence(t, Mean, CLS, Max)
	b := tinyTexts(s.Encoder.Config)
	want := make([]float32, b.Texts()*s.Dimension())
	if err := s.Embed(&Workspace{}, b, want); err != nil {
		t.Fatal(err)
	}
	w, err := s.Trainable(nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := w.Forward(nil, b, ForwardOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if math.Abs(float64(got[i]-want[i])) > 1e-5 {
			t.Fatalf("value %d is %v, inference has %v", i, got[i], want[i])
		}
	}
	copied, err := w.Sentence()
	if err != nil {
		t.Fatal(err)
	}
	again := make([]float32, len(want))
	if err := copied.Embed(&Workspace{}, b, again); err != nil || !slices.Equal(again, want) {
		t.Errorf("the copy embeds otherwise (%v)", err)
	}
}

// TestTrainableGradients compares the gradient of each tensor with the change
// of the loss when one value moves a little either way.
func TestTrainableGradients(t *testing.T) {
	for name, options := range map[string]*TrainableOptions{
		"all": nil, "last layer": {Layers: 1}, "low rank": {LoRA: &LoRA{Rank: 2, Alpha: 4, Seed: 1}},
	} {
		s := tinySentence(t, Mean, MeanSqrtLen)
		b := tinyTexts(s.Encoder.Config)
		w, err := s.Trainable(options)
		if err != nil {
			t.Fatal(err)
		}
		slopes := randomSlopes(b.Texts() * w.Dimension())
		o := ForwardOptions{Train: true, Dropout: 0.1, Seed: 5}
		_, tape := lossOf(t, w, nil, b, slopes, o)
		w.Backward(nil, tape, slopes)
		o.Train = false
		r := rand.New(rand.NewPCG(6, 6))
		for _, p := range w.Params() {
			for range 3 {
				i := r.IntN(len(p.Value))
				if p.Grad[i] == 0 && r.IntN(4) > 0 {
					continue // most rows of the tables are not used
				}
				const step = 1.0 / 256
				keep := p.Value[i]
				p.Value[i] = keep + step
				w.Refresh(nil)
				above, _ := lossOf(t, w, nil, b, slopes, o)
				p.Value[i] = keep - step
				w.Refresh(nil)
				below, _ := lossOf(t, w, nil, b, slopes, o)
				p.Value[i] = keep
				w.Refresh(nil)
				got, want := float64(p.Grad[i]), (above-below)/(2*step)
				if math.Abs(got-want) > 2e-2*(0.1+math.Abs(want)) {
					t.Errorf("%s: %s[%d]: gradient %.5f, by differences %.5f", name, p.Name, i, got, want)
				}
			}
		}
	}
}

// TestGradientsDoNotDependOnMemoryOrCores computes the same gradient with all
// kept and with nothing kept, alone and shared.
func TestGradientsDoNotDependOnMemoryOrCores(t *testing.T) {
	s := tinySentence(t, Mean)
	b := tinyTexts(s.Encoder.Config)
	gradients := func(memory int64, members int) (all []float32) {
		w, err := s.Trainable(nil)
		if err != nil {
			t.Fatal(err)
		}
		team := nn.NewTeam(members)
		defer team.Close()
		w.Refresh(team)
		slopes := randomSlopes(b.Texts() * w.Dimension())
		_, tape := lossOf(t, w, team, b, slopes, ForwardOptions{Train: true, Dropout: 0.2, Seed: 1, Memory: memory})
		w.Backward(team, tape, slopes)
		for _, p := range w.Params() {
			all = append(all, p.Grad...)
		}
		return all
	}
	want := gradients(0, 1)
	for _, test := range []struct {
		memory  int64
		members int
	}{{1, 1}, {0, 2}, {1, 3}} {
		if !slices.Equal(gradients(test.memory, test.members), want) {
			t.Errorf("memory %d, %d members: other bits", test.memory, test.members)
		}
	}
}
