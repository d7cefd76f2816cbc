// Package align pairs the sentences of two texts that say the same, most often one in two languages, by the vectors
// of a model that knows both.
package align

import (
	"cmp"
	"slices"
)

// Pair says that left sentence Left and right sentence Right belong together.
type Pair struct {
	Left, Right int
	Score       float32 // ratio margin; above 1 the two are nearer to each other than to their other neighbours
	Similarity  float32 // cosine
}

// Options tune the pairing; nil and the zero value are Artetxe and Schwenk's.
type Options struct {
	Neighbours int     // k of the margin; 0 is 4
	Threshold  float32 // pairs with a lower score are left out
}

// DefaultNeighbours is the k of the paper.
const DefaultNeighbours = 4

// Mine pairs each sentence with at most one of the other side, the best pairs first, by the ratio margin (Artetxe and
// Schwenk, "Margin-based Parallel Corpus Mining with Multilingual Sentence Embeddings", arXiv:1811.01136):
//
//	score(x, y) = cos(x, y) / (Σ cos(x, z)/2k over x's k nearest z + Σ cos(y, z)/2k over y's k nearest)
//
// A sentence that is near to everything gains nothing by it, which a plain cosine would not see. Candidates are each
// sentence's k nearest of the other side. Vectors are of one dimension and of length 1. All of len(left)·len(right)
// similarities are computed, a block at a time.
func Mine(left, right [][]float32, o *Options) []Pair {
	if o == nil {
		o = &Options{}
	}
	k := cmp.Or(max(o.Neighbours, 0), DefaultNeighbours)
	if len(left) == 0 || len(right) == 0 {
		return nil
	}
	there, back := nearest(left, right, k), nearest(right, left, k)
	var candidates []Pair
	add := func(i, j int, cosine float32) {
		if s := cosine / (there[i].mean()/2 + back[j].mean()/2); s >= o.Threshold {
			candidates = append(candidates, Pair{i, j, s, cosine})
		}
	}
	for i, list := range there {
		for _, n := range list {
			add(i, n.index, n.cosine)
		}
	}
	for j, list := range back {
		for _, n := range list {
			add(n.index, j, n.cosine)
		}
	}
	return choose(candidates, len(left), len(right))
}

// choose takes the best pairs whose sentences are both free.
func choose(candidates []Pair, left, right int) []Pair {
	slices.SortFunc(candidates, func(a, b Pair) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Left, b.Left), cmp.Compare(a.Right, b.Right))
	})
	usedLeft, usedRight := make([]bool, left), make([]bool, right)
	var pairs []Pair
	for _, p := range candidates {
		if !usedLeft[p.Left] && !usedRight[p.Right] {
			usedLeft[p.Left], usedRight[p.Right] = true, true
			pairs = append(pairs, p)
		}
	}
	return pairs
}
