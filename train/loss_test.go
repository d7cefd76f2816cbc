package train

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// randomVectors makes a batch with up to three negatives an example and as
// many targets as the loss reads.
func randomVectors(r *rand.Rand, targets func(negatives int) int) *Vectors {
	const n, dim = 5, 7
	v := &Vectors{Dim: dim, Count: n, First: []int{0}}
	for i := range n {
		negatives := 1 + r.IntN(3)
		v.First = append(v.First, v.First[i]+negatives)
		var scores []float64
		for range targets(negatives) {
			scores = append(scores, r.NormFloat64()/2)
		}
		v.Targets = append(v.Targets, scores)
	}
	for range (2*n + v.First[n]) * dim {
		v.Values = append(v.Values, float32(r.NormFloat64()/math.Sqrt(dim)))
	}
	return v
}

// targetsOf says how many targets each loss reads.
func targetsOf(l Loss) func(int) int {
	switch l.(type) {
	case CoSENT, Cosine:
		return func(int) int { return 1 }
	case MarginMSE, KL:
		return func(negatives int) int { return 1 + negatives }
	}
	return func(int) int { return 0 }
}

// TestGradientsByDifferences compares every gradient with the change of the
// loss when one value moves a little either way.
func TestGradientsByDifferences(t *testing.T) {
	for _, l := range append(losses(), MultipleNegatives{Scale: 3, Symmetric: true}) {
		const seed = 7 // a triplet at its kink has no gradient to compare with
		r := rand.New(rand.NewPCG(seed, 0))
		v := randomVectors(r, targetsOf(l))
		v.Ignore = func(query, passage int) bool { return query == 1 && passage == 3 }
		grad := make([]float32, len(v.Values))
		l.Loss(v, grad)
		worst := 0.0
		for range 40 {
			i := r.IntN(len(v.Values))
			const step = 1.0 / 512
			kept, waste := v.Values[i], make([]float32, len(v.Values))
			v.Values[i] = kept + step
			above := l.Loss(v, waste)
			v.Values[i] = kept - step
			below := l.Loss(v, waste)
			v.Values[i] = kept
			worst = max(worst, math.Abs((above-below)/(2*step)-float64(grad[i]))/(1+math.Abs(float64(grad[i]))))
		}
		if worst > 5e-3 {
			t.Errorf("%s: a gradient is off by %.2g", l.Name(), worst)
		}
	}
}

// pair is a batch of one query with its positive and a negative in the plane.
func pair(positive, negative [2]float32, targets ...float64) *Vectors {
	return &Vectors{Dim: 2, Count: 1, First: []int{0, 1}, Targets: [][]float64{targets},
		Values: []float32{1, 0, positive[0], positive[1], negative[0], negative[1]}}
}

func TestLossesByHand(t *testing.T) {
	right, wrong := [2]float32{0.8, 0.6}, [2]float32{0.6, 0.8}
	for _, test := range []struct {
		loss Loss
		v    *Vectors
		want float64
	}{
		{MultipleNegatives{Scale: 10}, pair(right, wrong), math.Log(1 + math.Exp(-2))},
		{MultipleNegatives{Scale: 10, Symmetric: true}, pair(right, wrong), math.Log(1+math.Exp(-2)) / 2},
		{Triplet{Margin: 0.5}, pair(right, wrong), 0.3},
		{Triplet{Margin: 0.1}, pair(right, wrong), 0},
		{Cosine{}, pair(right, wrong, 0.5), 0.09},
		{MarginMSE{}, pair(right, wrong, 0.9, 0.2), 0.25},
		{KL{Scale: 1}, pair(right, wrong, 0.8, 0.6), 0},
		{CoSENT{Scale: 10}, pair(right, wrong, 1), 0},
		{CoSENT{Scale: 10}, &Vectors{Dim: 1, Count: 2, First: []int{0, 0, 0}, Targets: [][]float64{{1}, {0}},
			Values: []float32{1, 1, 0.3, 0.5}}, math.Log(1 + math.Exp(2))},
	} {
		if got := test.loss.Loss(test.v, make([]float32, len(test.v.Values))); math.Abs(got-test.want) > 1e-6 {
			t.Errorf("%+v: %v, want %v", test.loss, got, test.want)
		}
	}
}

func TestIgnoredPassagesDoNotCount(t *testing.T) {
	v := pair([2]float32{0.8, 0.6}, [2]float32{0.6, 0.8})
	v.Ignore = func(_, passage int) bool { return passage == 1 }
	grad := make([]float32, len(v.Values))
	if loss := (MultipleNegatives{Scale: 20}).Loss(v, grad); loss != 0 || grad[4] != 0 || grad[5] != 0 {
		t.Errorf("loss %v, gradient %v: want none", loss, grad)
	}
}

func TestParseLoss(t *testing.T) {
	for _, name := range LossNames() {
		if l, err := ParseLoss(name); err != nil || l.Name() != name {
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
	if _, err := ParseLoss("hinge"); err == nil || !strings.Contains(err.Error(), "margin-mse") {
		t.Errorf("an unknown loss: %v", err)
	}
}

func TestLossesCheckExamples(t *testing.T) {
	plain := Example{Query: "q", Positive: "p"}
	hard := Example{Query: "q", Positive: "p", Negatives: []string{"n"}}
	graded := Example{Query: "q", Positive: "p", Targets: []float64{.5}}
	taught := Example{Query: "q", Positive: "p", Negatives: []string{"n"}, Targets: []float64{.5, .1}}
	spoilt := Example{Query: "q", Positive: "p", Targets: []float64{math.NaN()}}
	for name, accepted := range map[string][]Example{
		"mnr": {plain, hard, graded, taught}, "triplet": {hard, taught}, "cosent": {graded}, "cosine": {graded},
		"margin-mse": {taught}, "kl": {taught},
	} {
		l, err := ParseLoss(name)
		if err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, e := range []Example{plain, hard, graded, taught, spoilt} {
			if l.Check(e) == nil {
				count++
			}
		}
		for _, e := range accepted {
			if err := l.Check(e); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if name != "mnr" && count != len(accepted) {
			t.Errorf("%s accepts %d examples, want %d", name, count, len(accepted))
		}
	}
}
