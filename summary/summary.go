// Package summary chooses the sentences that say most of what a text says.
package summary

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/bertsearch/bertsearch/internal/kernel"
)

// Options tune the choice; nil and zero fields are good defaults.
type Options struct {
	Query   []float32 // what the summary is to answer, a vector like the sentences'; nil is a summary of the text
	Damping float64   // share of a sentence's rank that comes from its neighbours; 0 is 0.85
	Novelty float64   // weight of being unlike what is chosen already, against rank; 0 is DefaultNovelty, below 0 none
}

// Defaults of Options.
const (
	DefaultDamping = 0.85
	DefaultNovelty = 0.3
)

// maxSentences bounds the graph; of longer texts the beginning counts. A graph takes 8 bytes times its square.
const maxSentences = 2000

func (o *Options) settled() Options {
	if o == nil {
		o = &Options{}
	}
	s := *o
	s.Damping = cmp.Or(s.Damping, DefaultDamping)
	s.Novelty = min(max(cmp.Or(s.Novelty, DefaultNovelty), 0), 1)
	return s
}

// Choose returns the indexes of at most n sentences in the order of the text. vectors are the sentences', of length 1.
// Sentences are ranked by [Rank] and taken by maximal marginal relevance (Carbonell and Goldstein 1998): each time the
// one for which (1-novelty)·rank − novelty·(greatest cosine to those taken) is greatest, ranks being scaled to at most
// 1.
func Choose(vectors [][]float32, n int, o *Options) []int {
	vectors = vectors[:min(len(vectors), maxSentences)]
	s := o.settled()
	ranks := Rank(vectors, o)
	if len(ranks) == 0 || n < 1 {
		return nil
	}
	top := slices.Max(ranks)
	nearest := make([]float64, len(vectors)) // to those taken; not below 0
	taken := make([]bool, len(vectors))
	var chosen []int
	for len(chosen) < min(n, len(vectors)) {
		best, value := -1, math.Inf(-1)
		for i, r := range ranks {
			if v := (1-s.Novelty)*r/top - s.Novelty*nearest[i]; !taken[i] && v > value {
				best, value = i, v
			}
		}
		taken[best] = true
		chosen = append(chosen, best)
		for i, v := range vectors {
			nearest[i] = max(nearest[i], dot(v, vectors[best]))
		}
	}
	slices.Sort(chosen)
	return chosen
}

// Rank is the centrality of each sentence: PageRank over the graph in which sentences are joined by their cosine, as
// far as it is positive (continuous LexRank: Erkan and Radev 2004). With a query the walk jumps to sentences as they
// are near to it (Otterbacher, Erkan and Radev 2005). Ranks sum to 1.
func Rank(vectors [][]float32, o *Options) []float64 {
	vectors = vectors[:min(len(vectors), maxSentences)]
	n := len(vectors)
	if n == 0 {
		return nil
	}
	s := o.settled()
	graph := similarities(vectors)
	jump := mat.NewVecDense(n, nil)
	for i, v := range vectors {
		weight := 1.0
		if s.Query != nil {
			weight = max(dot(v, s.Query), 0) + 1e-6 // so that some sentence is always jumped to
		}
		jump.SetVec(i, weight)
	}
	jump.ScaleVec(1/mat.Sum(jump), jump)
	ranks, next := mat.VecDenseCopyOf(jump), mat.NewVecDense(n, nil)
	const rounds, enough = 100, 1e-9
	for range rounds {
		next.MulVec(graph.T(), ranks)
		next.ScaleVec(s.Damping, next)
		next.AddScaledVec(next, 1-s.Damping, jump)
		ranks.SubVec(ranks, next)
		change := mat.Norm(ranks, 1)
		ranks.CopyVec(next)
		if change < enough {
			break
		}
	}
	return ranks.RawVector().Data
}

// similarities is the graph's matrix: row i holds where a walk goes on from sentence i, and sums to 1. A sentence that
// is like no other stays where it is.
func similarities(vectors [][]float32) *mat.Dense {
	n := len(vectors)
	graph := mat.NewDense(n, n, nil)
	for i := range n {
		graph.Set(i, i, 1e-6)
		for j := range i {
			c := max(dot(vectors[i], vectors[j]), 0)
			graph.Set(i, j, c)
			graph.Set(j, i, c)
		}
	}
	for i := range n {
		row := graph.RawRowView(i)
		sum := 0.0
		for _, c := range row {
			sum += c
		}
		for j := range row {
			row[j] /= sum
		}
	}
	return graph
}

func dot(a, b []float32) float64 { return float64(kernel.Dot(a, b)) }
