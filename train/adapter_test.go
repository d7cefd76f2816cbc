package train_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bertsearch/bertsearch/internal/kernel"
	"github.com/bertsearch/bertsearch/internal/nn"
	"github.com/bertsearch/bertsearch/train"
)

// An adapter learns that queries say things in another way than documents do:
// here their values stand in the other order.
func TestAdapt(t *testing.T) {
	const d, n = 16, 400
	r := rand.New(rand.NewPCG(1, 2))
	var documents, queries [][]float32
	var rankings []train.Ranking
	for k := range n {
		document := make([]float32, d)
		for i := range document {
			document[i] = float32(r.NormFloat64())
		}
		query := slices.Clone(document)
		slices.Reverse(query)
		for i := range query {
			query[i] += 0.5 * float32(r.NormFloat64())
		}
		nn.Normalize(document)
		nn.Normalize(query)
		documents, queries = append(documents, document), append(queries, query)
		if k < n/2 {
			rankings = append(rankings, train.Ranking{Query: query, Documents: []int{k}, Weights: []float32{1}})
		}
	}
	a, losses, err := train.Adapt(t.Context(), rankings, documents, train.AdapterOptions{LearningRate: 0.03})
	if err != nil {
		t.Fatal(err)
	}
	if first, last := losses[0], losses[len(losses)-1]; last > 0.8*first {
		t.Errorf("the loss went from %.3f to %.3f", first, last)
	}
	adapt := func(x []float32) []float32 {
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
				return compareFloat(kernel.Dot(q, documents[a]), kernel.Dot(q, documents[b]))
			})
			if best == k {
				right++
			}
		}
		return right
	}
	before, after := found(slices.Clone[[]float32]), found(adapt)
	if after < before+n/4 {
		t.Errorf("%d of %d queries find their document, %d did before", after, n/2, before)
	}
	again, _, err := train.Adapt(t.Context(), rankings, documents, train.AdapterOptions{LearningRate: 0.03})
	if err != nil || !slices.Equal(a, again) {
		t.Errorf("the same arguments gave another matrix (%v)", err)
	}
}

// Decay keeps the matrix small, and a document of no weight is pushed away.
func TestAdaptDecayAndWrongDocuments(t *testing.T) {
	documents := [][]float32{{1, 0, 0}, {0.8, 0.6, 0}, {0, 0, 1}}
	query := []float32{0.8, 0.36, 0.48}
	learn := func(r train.Ranking, decay float64) (size, wrong float32) {
		a, _, err := train.Adapt(t.Context(), []train.Ranking{r}, documents,
			train.AdapterOptions{Background: -1, LearningRate: 0.01, Decay: decay})
		if err != nil {
			t.Fatal(err)
		}
		z := slices.Clone(query)
		for i := range z {
			z[i] += kernel.Dot(a[3*i:3*i+3], query)
		}
		nn.Normalize(z)
		return kernel.Dot(a, a), kernel.Dot(z, documents[1])
	}
	alone := train.Ranking{Query: query, Documents: []int{0, 2}, Weights: []float32{0.5, 0.5}}
	beside := train.Ranking{Query: query, Documents: []int{0, 2, 1}, Weights: []float32{0.5, 0.5, 0}}
	_, ignored := learn(alone, 0)
	free, pushed := learn(beside, 0)
	if pushed >= ignored {
		t.Errorf("a wrong document is at %.4f, %.4f if it is not named", pushed, ignored)
	}
	if held, _ := learn(beside, 20); held >= free/2 {
		t.Errorf("the matrix has the squared size %g with decay, %g without", held, free)
	}
}

func TestAdaptRefusals(t *testing.T) {
	documents := [][]float32{{1, 0}, {0, 1}}
	for name, r := range map[string][]train.Ranking{
		"nothing":    nil,
		"dimensions": {{Query: []float32{1}, Documents: []int{0}, Weights: []float32{1}}},
		"place":      {{Query: []float32{1, 0}, Documents: []int{2}, Weights: []float32{1}}},
		"weights":    {{Query: []float32{1, 0}, Documents: []int{0}}},
	} {
		if _, _, err := train.Adapt(t.Context(), r, documents, train.AdapterOptions{}); err == nil {
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
