package fusion

// rankConstant is k of reciprocal rank fusion.
const rankConstant = 60

// RRF is reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009): a side
// gives 1 / (60 + rank). The sum is scaled so that the first of both sides has
// the value 1. A document without a word of the query gets nothing from the
// keyword side.
func RRF(candidates []Candidate) []Score {
	scores := ranked(candidates)
	for i := range scores {
		s := &scores[i]
		s.Dense.Normalised = reciprocal(s.Dense.Rank)
		s.Keyword.Normalised = reciprocal(s.Keyword.Rank)
		s.Value = (s.Dense.Normalised + s.Keyword.Normalised) / 2
	}
	return scores
}

// reciprocal is 1 for the first rank, falls slowly, and is 0 for no rank.
func reciprocal(rank int) float64 {
	if rank == 0 {
		return 0
	}
	return (rankConstant + 1) / float64(rankConstant+rank)
}
