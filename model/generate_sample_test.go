package model

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestSamplerDraws: tokens come as often as the model has it, and none that is
// not needed for the share.
func TestSamplerDraws(t *testing.T) {
	scores := []float32{1, 3, -2, 2, 2.5, 0}
	total := 0.0
	for _, x := range scores {
		total += math.Exp(float64(x))
	}
	probability := func(i int) float64 { return math.Exp(float64(scores[i])) / total }
	for share, kept := range map[float64][]int{0.8: {1, 3, 4}, 1: {0, 1, 2, 3, 4, 5}, 1e-9: {1}} {
		s := &sampler{share, rand.New(rand.NewPCG(1, 2))}
		together := 0.0
		for _, i := range kept {
			together += probability(i)
		}
		const n = 20000
		counts := make([]int, len(scores))
		for range n {
			id, p := s.draw(slices.Clone(scores))
			if counts[id]++; math.Abs(p-probability(int(id))) > 1e-6 {
				t.Fatalf("token %d has probability %v, want %v", id, p, probability(int(id)))
			}
		}
		for i, c := range counts {
			want := 0.0
			if slices.Contains(kept, i) {
				want = probability(i) / together
			}
			if got := float64(c) / n; math.Abs(got-want) > 0.02 || (want == 0) != (c == 0) {
				t.Errorf("of a share of %g: token %d is drawn with %.3f, want %.3f", share, i, got, want)
			}
		}
	}
}

// TestSampledTexts: a seed gives the same texts, the most probable first, and
// the smallest share gives what is written without drawing.
func TestSampledTexts(t *testing.T) {
	m := loadSeq2Seq(t)
	b := &Batch{}
	b.Add([]int32{5, 9, 22, 2, 7}, make([]uint8, 5))
	write := func(o GenerateOptions) [][]int32 {
		texts, err := m.GenerateAll(context.Background(), &Workspace{}, b, o)
		if err != nil {
			t.Fatal(err)
		}
		return texts[0]
	}
	drawn := GenerateOptions{Sample: 0.95, Seed: 3, Beams: 4, Length: 8}
	same := func(a, b [][]int32) bool { return slices.EqualFunc(a, b, slices.Equal[[]int32]) }
	texts := write(drawn)
	if len(texts) != 4 || !same(texts, write(drawn)) {
		t.Errorf("%v", texts)
	}
	drawn.Seed++
	if same(texts, write(drawn)) {
		t.Errorf("another seed draws the same: %v", texts)
	}
	if got, want := write(GenerateOptions{Sample: 1e-9, Length: 8}), write(GenerateOptions{Length: 8}); !same(got, want) {
		t.Errorf("the most probable tokens are %v, want %v", got, want)
	}
	drawn.Sample = 1.5
	if _, err := m.Generate(context.Background(), &Workspace{}, b, drawn); err == nil || !strings.Contains(err.Error(), "want 0 to 1") {
		t.Errorf("a probability of 1.5: %v", err)
	}
}

// TestGenerateTogether: what is written of a text does not depend on what is
// written beside it.
func TestGenerateTogether(t *testing.T) {
	m := loadSeq2Seq(t)
	all := &Batch{}
	var each []*Batch
	for _, ids := range [][]int32{{5, 9, 22, 2, 7}, {3}, {8, 8, 4, 1}} {
		b := &Batch{}
		b.Add(ids, make([]uint8, len(ids)))
		all.Add(ids, make([]uint8, len(ids)))
		each = append(each, b)
	}
	for _, o := range []GenerateOptions{{Length: 8}, {Beams: 3}, {Beams: 3, Sample: 0.9, Seed: 2, Length: 9}} {
		together, err := m.GenerateAll(context.Background(), &Workspace{}, all, o)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range each {
			alone, err := m.GenerateAll(context.Background(), &Workspace{}, b, o)
			if err != nil || !slices.EqualFunc(alone[0], together[i], slices.Equal[[]int32]) {
				t.Errorf("%+v: text %d: %v alone, %v beside others (%v)", o, i, alone[0], together[i], err)
			}
		}
	}
}
