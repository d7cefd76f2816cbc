package fusion

import "math"

// Convex sums the scores of the sides, each stretched to lie between 0 for the
// worst of the candidates and 1 for the best; the dense side counts weight and
// the keyword side the rest (Bruch, Gai and Ingber, 2023, "An Analysis of
// Fusion Functions for Hybrid Retrieval"). A side that says the same of all
// candidates counts 0. The weight is clamped to lie between 0 and 1.
func Convex(candidates []Candidate, weight float64) []Score {
	weight = clamp(weight)
	scores := ranked(candidates)
	stretch(scores, func(s *Score) *Part { return &s.Dense })
	stretch(scores, func(s *Score) *Part { return &s.Keyword })
	for i := range scores {
		s := &scores[i]
		s.Value = clamp(weight*s.Dense.Normalised + (1-weight)*s.Keyword.Normalised)
	}
	return scores
}

// stretch maps the raw scores of one side to 0 … 1.
func stretch(scores []Score, side func(*Score) *Part) {
	low, high := math.Inf(1), math.Inf(-1)
	for i := range scores {
		raw := side(&scores[i]).Raw
		low, high = min(low, raw), max(high, raw)
	}
	if high <= low {
		return
	}
	for i := range scores {
		p := side(&scores[i])
		p.Normalised = clamp((p.Raw - low) / (high - low))
	}
}
