package keyword

import "math"

// The parameters k1 and b of BM25: how slowly repetitions of a term saturate,
// and how much a long document is held against it.
const (
	saturationK1 = 1.2
	lengthB      = 0.75
)

// idf is the inverse document frequency in the form of Lucene, which is
// positive even for a term that every document has.
func idf(documents, with uint64) float64 {
	n, d := float64(documents), float64(with)
	return math.Log(1 + (n-d+0.5)/(d+0.5))
}

// saturation is the part of a term's weight that frequency occurrences in a
// document of that length earn: between 0 and 1. Robertson and Zaragoza (2009),
// "The Probabilistic Relevance Framework: BM25 and Beyond", without the constant
// factor k1+1, which changes no ranking.
func saturation(frequency, length, averageLength float64) float64 {
	return frequency / (frequency + saturationK1*(1-lengthB+lengthB*length/averageLength))
}
