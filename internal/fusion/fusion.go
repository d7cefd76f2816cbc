// Package fusion makes one score of two: how near a document is in meaning
// (dense, a cosine) and how well it holds the words (keyword, BM25).
//
// Three rules take the same candidates and give scores between 0 and 1: Auto,
// the default, weighs the sides by what they say about this query; Convex sums
// them with a fixed weight; RRF sums ranks and ignores the scores.
//
// Candidates are the best documents of either side, each with its exact score
// on both: to take a document for silent on the side that did not bring it up
// costs .003 nDCG@10, while more than 30 candidates a side change nothing.
package fusion

import (
	"cmp"
	"slices"
)

// Candidate is a document that one of the sides found, with the raw scores of both.
type Candidate struct {
	Dense   float64 // cosine of the query and the document's best passage
	Keyword float64 // BM25; 0 if the document holds no word of the query
}

// Score is the fused score of a candidate and what it is made of.
type Score struct {
	Value   float64 // between 0 and 1
	Dense   Part
	Keyword Part
}

// Part is what one side had to say about a candidate.
type Part struct {
	Raw        float64 // as the side gave it
	Normalised float64 // between 0 and 1, as the rule took it
	Rank       int     // among the candidates from 1; 0 if the side does not know it
}

// Order returns the places of the scores, best first. Equal values are ordered
// by the dense score, and after that as they came.
func Order(scores []Score) []int {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		if scores[i].Value != scores[j].Value {
			return cmp.Compare(scores[j].Value, scores[i].Value)
		}
		return cmp.Compare(scores[j].Dense.Raw, scores[i].Dense.Raw)
	})
	return order
}

// ranked returns a score for each candidate with raw scores and ranks filled in.
func ranked(candidates []Candidate) []Score {
	scores := make([]Score, len(candidates))
	for i, c := range candidates {
		scores[i].Dense.Raw = c.Dense
		scores[i].Keyword.Raw = c.Keyword
	}
	rank(scores, func(s *Score) *Part { return &s.Dense })
	rank(scores, func(s *Score) *Part { return &s.Keyword })
	for i := range scores {
		if scores[i].Keyword.Raw <= 0 {
			scores[i].Keyword.Rank = 0
		}
	}
	return scores
}

// rank numbers the parts of one side by falling raw score.
func rank(scores []Score, side func(*Score) *Part) {
	order := make([]*Part, len(scores))
	for i := range scores {
		order[i] = side(&scores[i])
	}
	slices.SortStableFunc(order, func(a, b *Part) int { return cmp.Compare(b.Raw, a.Raw) })
	for i, p := range order {
		p.Rank = i + 1
	}
}

// clamp returns x between 0 and 1, and 0 for what is not a number.
func clamp(x float64) float64 {
	if x > 1 {
		return 1
	}
	if x > 0 {
		return x
	}
	return 0
}
