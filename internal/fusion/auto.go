package fusion

// wordShare is the most that words alone can say: the document that holds them
// best is as likely as not what was meant. It is the one constant of Auto; the
// best value for 21 collections left out in turn is .5 or .6.
const wordShare = 0.5

// Auto treats the two sides as two witnesses who may each be right on their
// own, a noisy or (Pearl, 1988, section 4.3.2):
//
//	meaning = (cosine − background) / (1 − background)
//	words   = BM25 / (best BM25 among the candidates) / 2
//	value   = 1 − (1 − meaning) · (1 − words)
//
// background is the mean cosine of the query and the documents of the
// collection, that is the query times their mean vector. So meaning is how far
// a document has come from any document (0) to the same text (1), on a scale
// that is the same for models whose cosines lie close together. Where nothing
// stands out in meaning, as for a part number or a name that the model has not
// seen, words decide; the nearer a document is in meaning, the less room is
// left for them to change its place.
func Auto(candidates []Candidate, background float64) []Score {
	scores := ranked(candidates)
	var best float64
	for _, c := range candidates {
		best = max(best, c.Keyword)
	}
	for i := range scores {
		s := &scores[i]
		if background < 1 {
			s.Dense.Normalised = clamp((s.Dense.Raw - background) / (1 - background))
		}
		if best > 0 {
			s.Keyword.Normalised = clamp(wordShare * s.Keyword.Raw / best)
		}
		s.Value = 1 - (1-s.Dense.Normalised)*(1-s.Keyword.Normalised)
	}
	return scores
}
