package train_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/train"
)

// A projection learns which of the dimensions tell documents apart: a quarter
// of them carry the answer, and the others are noise.
func TestProject(t *testing.T) {
	const d, n = 32, 200
	r := rand.New(rand.NewPCG(1, 2))
	vector := func(signal []float32) []float32 {
		v := make([]float32, d)
		for i := range v {
			v[i] = float32(r.NormFloat64())
			if i < len(signal) {
				v[i] = signal[i]
			}
		}
		nn.Normalize(v)
		return v
	}
	var documents, queries [][]float32
	var rankings []train.Ranking
	for k := range n {
		signal := make([]float32, d/4)
		for i := range signal {
			signal[i] = float32(r.NormFloat64())
		}
		documents, queries = append(documents, vector(signal)), append(queries, vector(signal))
		if k < n/2 {
			rankings = append(rankings, train.Ranking{Query: queries[k], Documents: []int{k}, Weights: []float32{1}})
		}
	}
	a, losses, err := train.Project(t.Context(), rankings, documents, train.ProjectionOptions{LearningRate: 0.02})
	if err != nil {
		t.Fatal(err)
	}
	if first, last := losses[0], losses[len(losses)-1]; last > 0.8*first {
		t.Errorf("the loss went from %.3f to %.3f", first, last)
	}
	project := func(x []float32) []float32 {
		y := slices.Clone(x)
		for i := range y {
			y[i] += kernel.Dot(a[i*d:(i+1)*d], x)
		}
		nn.Normalize(y)
		return y
	}
	found := func(f func([]float32) []float32) (right int) {
		for k := n / 2; k < n; k++ { // not learnt from
			q := f(queries[k])
			best := slices.MaxFunc(rangeOf(n), func(a, b int) int {
				return compareFloat(kernel.Dot(q, f(documents[a])), kernel.Dot(q, f(documents[b])))
			})
			if best == k {
				right++
			}
		}
		return right
	}
	before, after := found(slices.Clone[[]float32]), found(project)
	if after < before+n/10 {
		t.Errorf("%d of %d queries find their document, %d did before", after, n/2, before)
	}
	again, _, err := train.Project(t.Context(), rankings, documents, train.ProjectionOptions{LearningRate: 0.02})
	if err != nil || !slices.Equal(a, again) {
		t.Errorf("the same arguments gave another matrix (%v)", err)
	}
}

func TestProjectRefusals(t *testing.T) {
	documents := [][]float32{{1, 0}, {0, 1}}
	for name, r := range map[string][]train.Ranking{
		"nothing":    nil,
		"dimensions": {{Query: []float32{1}, Documents: []int{0}, Weights: []float32{1}}},
		"place":      {{Query: []float32{1, 0}, Documents: []int{2}, Weights: []float32{1}}},
		"weights":    {{Query: []float32{1, 0}, Documents: []int{0}}},
	} {
		if _, _, err := train.Project(t.Context(), r, documents, train.ProjectionOptions{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func rangeOf(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

func compareFloat(a, b float32) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
